-- Wrong guesses of a secret, shared by all edges: who may try, and what a wrong or a right try leaves behind.
--
-- KEYS: the guesser at this account, the account, the guesser's address, the account's known places.
-- ARGV: what happened (try, wrong, right); for each of the first three keys how many wrong tries a minute it has;
-- the longest wait in seconds; how long a known place is remembered in seconds; the address.
-- Gives the seconds to wait, as text; "0" for none.
local now = redis.call('TIME')
now = tonumber(now[1]) + tonumber(now[2]) / 1000000
local longest = tonumber(ARGV[5])
local known = redis.call('ZSCORE', KEYS[4], ARGV[7])
local at_home = known and tonumber(known) > now - tonumber(ARGV[6])

if ARGV[1] == 'right' then
  redis.call('DEL', KEYS[1], KEYS[1] .. ':times')
  redis.call('ZADD', KEYS[4], now, ARGV[7])
  redis.call('ZREMRANGEBYRANK', KEYS[4], 0, -21)
  redis.call('EXPIRE', KEYS[4], ARGV[6])
  return '0'
end

local wait = 0
for index = 1, 3 do
  local key, most = KEYS[index], tonumber(ARGV[index + 1])
  -- Somebody else's guessing does not lock people out of where they have logged in before.
  if most > 0 and not (index == 2 and at_home) then
    if ARGV[1] == 'wrong' then
      local times = key .. ':times'
      redis.call('LPUSH', times, now)
      redis.call('LTRIM', times, 0, most - 1)
      redis.call('EXPIRE', times, 60)
      local oldest = tonumber(redis.call('LINDEX', times, -1))
      if redis.call('LLEN', times) >= most and now - oldest < 60 then
        local strikes = redis.call('HINCRBY', key, 'strikes', 1)
        -- At first until the minute has passed, then twice as long each time.
        local pause = math.min(longest, math.max(1, 60 - (now - oldest)) * 2 ^ math.min(strikes - 1, 20))
        redis.call('HSET', key, 'until', now + pause)
        redis.call('EXPIRE', key, 3600)
      end
    end
    local over = tonumber(redis.call('HGET', key, 'until') or '0')
    if over > now then wait = math.max(wait, over - now) end
  end
end
return tostring(wait)
