-- Puts a session that the store knows into the cache. Does nothing if its count is here already. What lies
-- here without a count (turns still pending, a history) is newer than the store: it stays, and the count
-- goes on from there.
--
-- KEYS: 1 count, 2 history, 3 pending, 4 meta
-- ARGV: 1 session TTL in ms, 2 count, 3 user id, 4 title, 5 created_at, 6 updated_at, 7... history entries
-- Returns 1 if it was put in, 0 if it was here.
local call, pcall = redis.call, redis.pcall

if call('EXISTS', KEYS[1]) == 1 then return 0 end
local last = pcall('LINDEX', KEYS[2], -1)
if type(last) == 'table' then return last end
local pending = pcall('SCARD', KEYS[3])
if type(pending) == 'table' then return pending end
local unsynced = pcall('HEXISTS', KEYS[4], 'unsynced')
if type(unsynced) == 'table' then return unsynced end

local count = tonumber(ARGV[2])
if last then
  local last_seq = tonumber(string.match(last, '^{"seq":(%d+),"created_at":') or 0)
  if last_seq > count then count = last_seq end
elseif #ARGV > 6 then
  call('RPUSH', KEYS[2], unpack(ARGV, 7))
end
call('SET', KEYS[1], string.format('%d', count))
call('HSETNX', KEYS[4], 'user_id', ARGV[3])
call('HSETNX', KEYS[4], 'title', ARGV[4])
call('HSETNX', KEYS[4], 'created_at', ARGV[5])
call('HSETNX', KEYS[4], 'updated_at', ARGV[6])
if count == 0 then call('HSET', KEYS[4], 'empty', '1') else call('HDEL', KEYS[4], 'empty') end
if pending == 0 and unsynced == 0 then
  call('PEXPIRE', KEYS[1], ARGV[1])
  call('PEXPIRE', KEYS[2], ARGV[1])
  call('PEXPIRE', KEYS[4], ARGV[1])
end
return 1
