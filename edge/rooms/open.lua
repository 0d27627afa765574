-- The state of one room, made when there is none that holds: the numbering of a room begins with its first visitor.
-- KEYS  state, window, members   ARGV  1 channel  2 name of a new epoch  3 ms that state and members stay at least
-- Answers {epoch, seq, mark}.
local epoch, seq, mark = ensure(KEYS[1], KEYS[2], ARGV[1], ARGV[2], false)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[3], ARGV[3])
return {epoch, text(seq), mark}
