-- Begins the lease of a claim or a lock anew, if it is still the owner's.
--
-- KEYS: 1 the claim or the lock
-- ARGV: 1 owner, 2 lease in ms
-- Returns {1 or 0, '1' if it is to be cancelled, '1' if it is to be published}.
local call = redis.call

if call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return {0} end
call('PEXPIRE', KEYS[1], ARGV[2])
return {1, unpack(call('HMGET', KEYS[1], 'cancel', 'publish'))}
