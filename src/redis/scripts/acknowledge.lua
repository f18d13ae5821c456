-- Takes turns that the store has committed out of pending and deletes them, of many sessions. A session that has
-- nothing left to sync leaves the indexes and gets its TTL, or, if it is in use, stays in the index of those to look
-- at, so that its next turn need not undo all that. What has to be done here works at maxmemory. One session's failure
-- is its own.
--
-- KEYS: 1 sync:dirty; then of each session: 1 pending, 2 count, 3 history, 4 meta; then the members of the first
--       session's pending set, those of the second's, and so on
-- ARGV: 1 session TTL in ms, 2 prefix of sync:new; then of each session: 1 its id, 2 how many members it has above,
--       3 how many of these, from the first on, are keys of turns, 4 '1' if the session's own data were committed
--       too, 5 user id and 6 title that were, 7 the time of its last turn if it stays, or '0'
-- Returns of each session how many turns were pending, or an error.
local call, pcall = redis.call, redis.pcall
local KEYS_OF_A_SESSION, ARGUMENTS_OF_A_SESSION = 4, 7
local sessions = (#ARGV - 2) / ARGUMENTS_OF_A_SESSION

local removed, synced, staying, new, taken = {}, {}, {}, {}, {}
local member = 1 + KEYS_OF_A_SESSION * sessions

local function key(kind, session) return KEYS[1 + KEYS_OF_A_SESSION * (session - 1) + kind] end

-- Messages are deleted once they are in no pending set, those of all sessions by one command.
local function take_out(session, members, turns)
  local first = member + 1
  member = member + members
  if members == 0 then return 0 end
  local count = pcall('SREM', key(1, session), unpack(KEYS, first, member))
  if type(count) == 'number' then
    for turn = first, first + turns - 1 do taken[#taken + 1] = KEYS[turn] end
  end
  return count
end

-- What the store has of a session is all that there is; with its owner, if that is known.
local function is_synced(session, a)
  local own = pcall('HMGET', key(4, session), 'unsynced', 'user_id', 'title')
  if own.err then return true end
  if own[1] then
    -- Content is compared, not time: what was changed since it was claimed is not in the store.
    local same = ARGV[a + 4] == '1' and own[2] == ARGV[a + 5] and (own[3] or '') == ARGV[a + 6]
    if not same then return false end
    call('HDEL', key(4, session), 'unsynced')
  end
  return true, own[2]
end

local function let_go(session, a)
  local all_synced, user = is_synced(session, a)
  if not all_synced then return end
  synced[#synced + 1] = ARGV[a + 1]
  if user then
    new[user] = new[user] or {}
    table.insert(new[user], ARGV[a + 1])
  end
  for kind = 2, 4 do call('PEXPIRE', key(kind, session), ARGV[1]) end
end

-- Nothing is pending that is older than that.
local function keep(a)
  staying[#staying + 1] = ARGV[a + 7]
  staying[#staying + 1] = ARGV[a + 1]
end

local function arguments_of(session) return 2 + ARGUMENTS_OF_A_SESSION * (session - 1) end

local pending = {}
for session = 1, sessions do
  local a = arguments_of(session)
  pending[session] = key(1, session)
  removed[session] = take_out(session, tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3]))
end
if #taken > 0 then call('UNLINK', unpack(taken)) end

local none_left = call('EXISTS', unpack(pending)) == 0
for session = 1, sessions do
  if none_left or call('EXISTS', pending[session]) == 0 then
    local a = arguments_of(session)
    if ARGV[a + 7] == '0' then let_go(session, a) else keep(a) end
  end
end

if #staying > 0 then pcall('ZADD', KEYS[1], 'XX', unpack(staying)) end
if #synced > 0 then pcall('ZREM', KEYS[1], unpack(synced)) end
for user, ids in pairs(new) do pcall('SREM', ARGV[2] .. user, unpack(ids)) end
return removed
