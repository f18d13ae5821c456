-- Takes turns of one session that the store has committed out of pending and deletes them. A session that has
-- nothing left to sync leaves the indexes and gets its TTL. Every command here works at maxmemory.
--
-- KEYS: 1 pending, 2 sync:dirty, 3 count, 4 history, 5 meta, 6... members of pending
-- ARGV: 1 session id, 2 session TTL in ms, 3 how many of the members, from the first on, are keys of turns,
--       4 '1' if the session's own data were committed too, 5 user id and 6 title that were, 7 prefix of sync:new
-- Returns how many turns were pending.
local call, pcall = redis.call, redis.pcall

local removed = 0
if #KEYS > 5 then
  removed = call('SREM', KEYS[1], unpack(KEYS, 6))
  local turns = tonumber(ARGV[3])
  if turns > 0 then call('UNLINK', unpack(KEYS, 6, 5 + turns)) end
end
if call('SCARD', KEYS[1]) > 0 then return removed end

local own = pcall('HMGET', KEYS[5], 'unsynced', 'user_id', 'title')
if own.err then own = {} end
if own[1] then
  -- Content is compared, not time: what was changed since it was claimed is not in the store.
  local same = ARGV[4] == '1' and own[2] == ARGV[5] and (own[3] or '') == ARGV[6]
  if not same then return removed end
  call('HDEL', KEYS[5], 'unsynced')
end
pcall('ZREM', KEYS[2], ARGV[1])
if own[2] then pcall('SREM', ARGV[7] .. own[2], ARGV[1]) end
call('PEXPIRE', KEYS[3], ARGV[2])
call('PEXPIRE', KEYS[4], ARGV[2])
call('PEXPIRE', KEYS[5], ARGV[2])
return removed
