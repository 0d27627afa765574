-- A room is valid while its state was written by this run of the server; else it starts a new epoch, empty, at seq 0.
-- The offsets (t:…) and fact ids (f) stay: they can only be too low, and then they drop less than they could.
-- The mark (o) goes: what was sent in the lost epoch may lie beyond it, so a snapshot must not wait for that mark alone.
-- Returns epoch, seq, mark ('-' = none), bytes and events of the window, recent fact ids.
local function ensure(state, window, channel, fresh, force)
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  local had = redis.call('HMGET', state, 'e', 's', 'run', 'o', 'b', 'c', 'f')
  if had[1] and had[2] and had[3] == run and not force then
    return had[1], tonumber(had[2]), had[4] or '-', tonumber(had[5]) or 0, tonumber(had[6]) or 0, had[7] or ''
  end
  redis.call('HSET', state, 'e', fresh, 's', '0', 'run', run, 'b', '0', 'c', '0')
  redis.call('HDEL', state, 'o')
  -- A window that outlived its state would refuse every XADD with a smaller id.
  redis.call('UNLINK', window)
  redis.call('PUBLISH', channel, '1 0 ' .. fresh .. ' -\n')
  return fresh, 0, '-', 0, 0, had[7] or ''
end

-- Lua writes numbers over 1e14 as 1e+14.
local function text(number) return string.format('%.0f', number) end

