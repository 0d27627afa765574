-- Some entries of a room's window, in order from the one with `from` to the one with `to` at most, as many as fit.
-- KEYS  state, window   ARGV  1 epoch  2 from  3 to  4 bytes, after which the page ends
-- Answers {{first seq, last seq, mark, events}…}, or nothing when the epoch is another: the same numbers are other events then.
if redis.call('HGET', KEYS[1], 'e') ~= ARGV[1] then return false end
local events, bytes, limit = {}, 0, tonumber(ARGV[4])
local from = ARGV[2] .. '-0'
while bytes < limit do
  local page = redis.call('XRANGE', KEYS[2], from, ARGV[3] .. '-0', 'COUNT', 16)
  if #page == 0 then break end
  for _, entry in ipairs(page) do
    if bytes >= limit then break end
    events[#events + 1] = {entry[2][6], string.match(entry[1], '^%d+'), entry[2][8], entry[2][10]}
    bytes = bytes + tonumber(entry[2][4])
  end
  from = '(' .. page[#page][1]
end
return events
