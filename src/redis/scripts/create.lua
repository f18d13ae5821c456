-- Creates a session without turns and marks it to be synced.
--
-- KEYS: 1 count, 2 pending, 3 meta, 4 sync:dirty, 5 sync:new of the user
-- ARGV: 1 session id, 2 user id, 3 title, 4 created_at, 5 updated_at
-- Returns 1 if it was created, 0 if the cache holds it.
local call, pcall = redis.call, redis.pcall

if call('EXISTS', KEYS[1], KEYS[2]) > 0 then return 0 end
if pcall('HEXISTS', KEYS[3], 'erased') == 1 then return 0 end
-- Each of the three may be of another type: then what was done before it is taken back.
local indexed = pcall('SADD', KEYS[5], ARGV[1])
if type(indexed) == 'table' then return indexed end
local marked = pcall('ZADD', KEYS[4], 'NX', ARGV[4], ARGV[1])
local set = marked
if type(marked) ~= 'table' then
  set = pcall('HSET', KEYS[3], 'user_id', ARGV[2], 'title', ARGV[3], 'created_at', ARGV[4], 'updated_at', ARGV[5],
              'unsynced', '1', 'empty', '1')
end
if type(set) == 'table' then
  if indexed == 1 then call('SREM', KEYS[5], ARGV[1]) end
  if marked == 1 then call('ZREM', KEYS[4], ARGV[1]) end
  return set
end
call('PERSIST', KEYS[3])
call('SET', KEYS[1], '0')
return 1
