-- A claim is its holder's own words under a name, for the length of a lease. What else stands there is another's claim, or
-- the record of what was done: neither is ever overwritten.
--
-- KEYS: the name.
-- ARGV: the holder's words; what stands there from now on, '' for nothing; for how many milliseconds.
-- Gives what stands there of others, nothing where the name was free or the holder's.
local found = redis.call('GET', KEYS[1])
if found and found ~= ARGV[1] then
  return found
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return false
