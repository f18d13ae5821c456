-- Accepts turns, of any sessions: of each turn count, turn, history, pending and dirty change together, or
-- nothing does. One turn's failure is its own.
--
-- The turn's time stamp is the one proposed, or the next even one after that of the session's last turn: it
-- grows from turn to turn whatever the clocks of the recorders say, and is never one that the store gives
-- (chat/turn_stamp.hpp). History entries of other programs do not tell their time; so the key of the turn and the
-- pending set have the last word on whether a stamp is free.
--
-- Lua does not roll back, so whatever can fail (a key of another type) comes before what cannot, and what was
-- done until then is taken back.
--
-- KEYS: 1 sync:dirty; then of each turn: 1 count, 2 history, 3 pending, 4 meta
-- ARGV: 1 prefix of sync:new; then of each turn: 1 'new' if the session may have no count yet, else '',
--       2 proposed time stamp, even, 3 prefix of message keys, 4 session id, 5 turn id, 6 user id, 7 question,
--       8 answer, 9 status, 10 model, 11 its history entry from after created_at on, 12 details or ''
-- Returns of each turn {count, time stamp}, which is {0, 0} if the session's count is not here, or was erased;
-- or an error.
local call, pcall = redis.call, redis.pcall
local KEYS_OF_A_TURN, ARGUMENTS_OF_A_TURN = 4, 12

local function record(k, a)
  local count_key, history, pending, meta = KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], KEYS[k + 4]
  local session, user = ARGV[a + 4], ARGV[a + 6]
  local last = pcall('LINDEX', history, -1)
  if type(last) == 'table' then return last end
  local ts = ARGV[a + 2]
  if last then
    local last_ts = tonumber(string.match(last, '^{"seq":%d+,"created_at":(%d+)') or
                             string.match(last, '^{"latest":(%d+)') or 0)
    -- Above that, numbers of Lua are not exact; it is no time stamp of ours.
    if last_ts >= tonumber(ts) and last_ts < 9e15 then ts = string.format('%d', last_ts + 2 - last_ts % 2) end
  end

  local seq = pcall('INCR', count_key)
  if type(seq) == 'table' then return seq end
  local was_empty, owned, message, hashed, dirtied

  local function undo(reply)
    if owned then call('HDEL', meta, 'user_id') end
    if dirtied then call('ZREM', KEYS[1], session) end
    if hashed then call('DEL', message) end
    if message then call('SREM', pending, message) end
    if was_empty then call('HSET', meta, 'empty', '1') end
    if seq == 1 and not was_empty then call('DEL', count_key) else call('DECR', count_key) end
    return reply
  end

  if seq == 1 then
    -- A count of 0 is one of ours only where meta says so; else there was none before INCR.
    local removed = pcall('HDEL', meta, 'empty')
    if type(removed) == 'table' then return undo(removed) end
    was_empty = removed == 1
    if not was_empty and (ARGV[a + 1] ~= 'new' or call('HEXISTS', meta, 'erased') == 1) then
      return undo({0, 0})
    end
  end

  repeat
    local candidate = ARGV[a + 3] .. ts
    -- Another program writes its turn before it makes it pending.
    local added = call('EXISTS', candidate) == 0 and pcall('SADD', pending, candidate)
    if type(added) == 'table' then return undo(added) end
    if added == 1 then message = candidate else ts = string.format('%d', tonumber(ts) + 2) end
  until message

  local count = string.format('%d', seq)
  local set = pcall('HSET', message, 'turn_id', ARGV[a + 5], 'seq', count, 'user_id', user, 'question', ARGV[a + 7],
                    'answer', ARGV[a + 8], 'status', ARGV[a + 9], 'model', ARGV[a + 10], 'created_at', ts)
  if type(set) == 'table' then return undo(set) end
  hashed = true
  if ARGV[a + 12] ~= '' then call('HSET', message, 'details', ARGV[a + 12]) end

  -- Each turn looks at the index: the session may have pending turns of another program that it does not name.
  local marked = pcall('ZADD', KEYS[1], 'NX', ts, session)
  if type(marked) == 'table' then return undo(marked) end
  dirtied = marked == 1
  if seq == 1 then
    owned = call('HSETNX', meta, 'user_id', user) == 1
    if owned then
      local indexed = pcall('SADD', ARGV[1] .. user, session)
      if type(indexed) == 'table' then return undo(indexed) end
    end
    call('HSETNX', meta, 'created_at', ts)
  end

  local length = call('RPUSH', history, '{"seq":' .. count .. ',"created_at":' .. ts .. ',' .. ARGV[a + 11])
  if length > 10 then call('LTRIM', history, '-10', '-1') end
  if dirtied then
    -- Nothing of a session expires while it has something to sync.
    call('PERSIST', count_key)
    call('PERSIST', history)
    call('PERSIST', meta)
  end
  return {seq, tonumber(ts)}
end

local replies = {}
for turn = 1, (#KEYS - 1) / KEYS_OF_A_TURN do
  replies[turn] = record(1 + (turn - 1) * KEYS_OF_A_TURN, 1 + (turn - 1) * ARGUMENTS_OF_A_TURN)
end
return replies
