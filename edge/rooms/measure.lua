-- What a replay of the events `from`…`to` would take, without sending them.
-- KEYS  window   ARGV  1 from  2 to  3 bytes at which counting may stop
-- Answers {first seq there ('' = none), age in ms of that event, bytes}.
local first, age, bytes = '', 0, 0
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local from, limit = ARGV[1] .. '-0', tonumber(ARGV[3])
while bytes <= limit do
  local page = redis.call('XRANGE', KEYS[1], from, ARGV[2] .. '-0', 'COUNT', 64)
  if #page == 0 then break end
  if first == '' then first, age = string.match(page[1][1], '^%d+'), now - tonumber(page[1][2][2]) end
  for _, entry in ipairs(page) do bytes = bytes + tonumber(entry[2][4]) end
  from = '(' .. page[#page][1]
end
return {first, text(age), text(bytes)}
