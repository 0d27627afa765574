-- Number new events of one room, keep them in its window, publish them: all or nothing, whatever was tried before.
-- KEYS  state, window
-- ARGV  1 channel  2 name of a new epoch, should one be needed  3 now in ms ('' = the server's clock)
--       4 ms in which an event is never trimmed  5 ms, 6 events, 7 bytes that older ones may take  8 bytes at most
--       9 ms that the state outlives its last event
-- then per record: offset field, generation, offset, mark ('' = not of boards.ops), fact id ('' = none), n, n event bodies
-- An event body is its JSON without `{"seq":N,`. Answers {epoch, seq, how many events were new}.
local state, window, channel, fresh = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local young, keep_ms, keep_events = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local soft, hard, state_ms = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])

-- Last offsets of the partitions that this call brings; a topic made anew starts a new epoch.
local last, recreated = {}, false
local i = 10
while i <= #ARGV do
  local field, generation = ARGV[i], ARGV[i + 1]
  if last[field] == nil then
    last[field] = -1
    local kept = redis.call('HGET', state, field)
    if kept then
      local of, offset = string.match(kept, '^(.*):(%d+)$')
      if of == generation then last[field] = tonumber(offset) else recreated = true end
    end
  end
  i = i + 6 + tonumber(ARGV[i + 5])
end

local epoch, seq, mark, bytes, count, facts = ensure(state, window, channel, fresh, recreated)
if redis.call('EXISTS', window) == 0 then bytes, count = 0, 0 end -- an idle room's window expires by itself

local before, parts, changed, told = seq, {}, {}, false
i = 10
while i <= #ARGV do
  local field, offset, id, n = ARGV[i], tonumber(ARGV[i + 2]), ARGV[i + 4], tonumber(ARGV[i + 5])
  if offset > last[field] then
    last[field] = offset
    changed[field] = ARGV[i + 1] .. ':' .. text(offset)
    if id == '' or not string.find(facts, id, 1, true) then
      if id ~= '' then
        facts, told = string.sub(facts .. ' ' .. id, -9472), true -- the last 256 ids
      end
      for j = 1, n do
        seq = seq + 1
        parts[#parts + 1] = #parts == 0 and '{"seq":' or ',{"seq":'
        parts[#parts + 1] = text(seq)
        parts[#parts + 1] = ','
        parts[#parts + 1] = ARGV[i + 5 + j]
      end
      if n > 0 and ARGV[i + 3] ~= '' then mark = ARGV[i + 3] end
    end
  end
  i = i + 6 + n
end

-- One entry for all of them: a long list of small ones would cost several times as much to keep, trim and read.
local events = table.concat(parts)
if seq > before then
  redis.call('XADD', window, text(seq) .. '-0', 't', text(now), 'n', #events, 'f', text(before + 1), 'o', mark, 'd', events)
  bytes, count = bytes + #events, count + seq - before
end

-- Trim from the oldest on, whole entries only: what is left is never less than is to be kept.
local dropped, from, page_size, done = false, '-', 1, false
while not done and count > 0 do
  local page = redis.call('XRANGE', window, from, '+', 'COUNT', page_size)
  if #page == 0 then break end
  for _, entry in ipairs(page) do
    local age, size = now - tonumber(entry[2][2]), tonumber(entry[2][4])
    local n = tonumber(string.match(entry[1], '^%d+')) - tonumber(entry[2][6]) + 1
    local over = count - n >= keep_events or age > keep_ms or bytes > soft
    if bytes > hard or (age > young and over) then
      bytes, count, dropped, from = bytes - size, count - n, true, '(' .. entry[1]
    else
      if dropped then redis.call('XTRIM', window, 'MINID', entry[1]) end
      done = true
      break
    end
  end
  page_size = math.min(page_size * 2, 32) -- mostly one or two leave; an idle hour leaves at once
end
if dropped and not done then redis.call('UNLINK', window) end

local values = {'s', text(seq), 'b', text(bytes), 'c', text(count)}
if mark ~= '-' then
  values[#values + 1] = 'o'
  values[#values + 1] = mark
end
if told then
  values[#values + 1] = 'f'
  values[#values + 1] = facts
end
for field, value in pairs(changed) do
  values[#values + 1] = field
  values[#values + 1] = value
end
redis.call('HSET', state, unpack(values))
redis.call('PEXPIRE', state, state_ms)
redis.call('PEXPIRE', window, math.max(young, keep_ms))
if seq > before then
  redis.call('PUBLISH', channel, text(before + 1) .. ' ' .. text(seq) .. ' ' .. epoch .. ' ' .. mark .. '\n' .. events)
end
return {epoch, text(seq), seq - before}
