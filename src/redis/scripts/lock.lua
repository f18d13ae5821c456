-- Locks a session for a while, unless somebody has it.
--
-- KEYS: 1 the lock
-- ARGV: 1 owner, 2 turn id, 3 lease in ms
-- Returns 1 if it is the owner's, else 0.
local call = redis.call

if call('EXISTS', KEYS[1]) == 1 then return 0 end
call('HSET', KEYS[1], 'owner', ARGV[1], 'turn', ARGV[2])
call('PEXPIRE', KEYS[1], ARGV[3])
return 1
