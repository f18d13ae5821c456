-- Tells whoever has a session's lock something, and all who have one that somebody was told.
--
-- KEYS: 1 the lock, 2 how often anybody was told
-- ARGV: 1 what, 2 the turn that must be under way, or ''
-- Returns 1 if somebody has it, else 0.
local call = redis.call

local turn = call('HGET', KEYS[1], 'turn')
if not turn or (ARGV[2] ~= '' and ARGV[2] ~= turn) then return 0 end
call('HSET', KEYS[1], ARGV[1], '1')
call('INCR', KEYS[2])
return 1
