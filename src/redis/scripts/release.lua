-- Gives up a claim or a lock, if it is still the owner's.
--
-- KEYS: 1 the claim or the lock
-- ARGV: 1 owner
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
