-- Claims a turn for a while, unless somebody has it or it is recorded.
--
-- KEYS: 1 the claim
-- ARGV: 1 digest of the request, 2 owner, 3 session id, 4 lease in ms
-- Returns 'granted', 'running', 'done' or 'other'.
local call = redis.call

local held = call('HMGET', KEYS[1], 'request', 'owner', 'done')
if held[1] and held[1] ~= ARGV[1] then return 'other' end
if held[3] then return 'done' end
if held[2] and held[2] ~= ARGV[2] then return 'running' end
call('HSET', KEYS[1], 'request', ARGV[1], 'owner', ARGV[2], 'session', ARGV[3])
call('PEXPIRE', KEYS[1], ARGV[4])
return 'granted'
