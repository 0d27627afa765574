-- What a replay of the events `from`…`to` of an epoch would take, without sending them.
-- KEYS  state, window   ARGV  1 epoch  2 from  3 to  4 bytes at which counting may stop
-- Answers {first seq there ('' = none), age in ms of that event, bytes}, or nothing when the epoch is another.
if redis.call('HGET', KEYS[1], 'e') ~= ARGV[1] then return false end
local first, age, bytes = '', 0, 0
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local from, limit = ARGV[2] .. '-0', tonumber(ARGV[4])
while bytes <= limit do
  local page = redis.call('XRANGE', KEYS[2], from, ARGV[3] .. '-0', 'COUNT', 64)
  if #page == 0 then break end
  if first == '' then
    first = page[1][2][6]
    age = now - tonumber(page[1][2][2])
  end
  for _, entry in ipairs(page) do bytes = bytes + tonumber(entry[2][4]) end
  from = '(' .. page[#page][1]
end
return {first, text(age), text(bytes)}
