-- Accepts turns, of any sessions: of each turn count, turn, history, pending and dirty change together, or
-- nothing does. One turn's failure is its own.
--
-- Most turns go the short way. Whoever recorded a session's last turn knows its count and time stamp, and so
-- what the next turn is to be; if the count is still that one, nobody has recorded since, and the turn is
-- written as proposed, with the counts of all such turns in one MSET and their dirty marks in one ZADD.
--
-- Every other turn is numbered here, after those (record_any). Its time stamp is the one proposed, or the next
-- even one after that of the session's last turn: it grows from turn to turn whatever the clocks of the
-- recorders say, and is never one that the store gives (chat/turn_stamp.hpp). History entries of other
-- programs do not tell their time; so the pending set has the last word on whether a stamp is free.
--
-- Lua does not roll back, so whatever can fail (a key of another type) comes before what cannot, and what was
-- done until then is taken back.
--
-- KEYS: 1 sync:dirty; then of each turn: 1 count, 2 history, 3 pending, 4 meta
-- ARGV: 1 prefix of sync:new; then of each turn: 1 the count the session is known to have, 'new' if it may
--       have none yet, '' if nothing is known, 2 the count with this turn, or '0', 3 proposed time stamp, even,
--       4 key of the turn, which ends in it, 5 session id, 6 turn id, 7 user id, 8 question, 9 answer,
--       10 status, 11 model, 12 history entry
-- Returns of each turn: its count, if its time stamp is the one proposed; otherwise {count, time stamp}, which
-- is {0, 0} if the session's count is not here, or was erased; or an error.
local call, pcall = redis.call, redis.pcall
local KEYS_OF_A_TURN, ARGUMENTS_OF_A_TURN = 4, 12

local function write_turn(message, count, ts, a)
  return pcall('HSET', message, 'turn_id', ARGV[a + 6], 'seq', count, 'user_id', ARGV[a + 7],
               'question', ARGV[a + 8], 'answer', ARGV[a + 9], 'status', ARGV[a + 10], 'model', ARGV[a + 11],
               'created_at', ts)
end

local function trim(history, length)
  if length == 11 then call('LPOP', history) elseif length > 11 then call('LTRIM', history, -10, -1) end
end

-- All but count and dirty. Returns true, an error, or nil if the time stamp is taken.
local function record_as_proposed(k, a)
  local history, pending, message = KEYS[k + 2], KEYS[k + 3], ARGV[a + 4]
  local added = pcall('SADD', pending, message)
  if added == 0 then return nil end
  if added ~= 1 then return added end
  local set = write_turn(message, ARGV[a + 2], ARGV[a + 3], a)
  if type(set) == 'table' then
    call('SREM', pending, message)
    return set
  end
  local length = pcall('RPUSH', history, ARGV[a + 12])
  if type(length) == 'table' then
    call('DEL', message)
    call('SREM', pending, message)
    return length
  end
  trim(history, length)
  return true
end

local function record_any(k, a)
  local count_key, history, pending, meta = KEYS[k + 1], KEYS[k + 2], KEYS[k + 3], KEYS[k + 4]
  local session, user = ARGV[a + 5], ARGV[a + 7]
  local last = pcall('LINDEX', history, -1)
  if type(last) == 'table' then return last end
  local ts = ARGV[a + 3]
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

  local prefix = string.sub(ARGV[a + 4], 1, -1 - #ARGV[a + 3])
  repeat
    local candidate = prefix .. ts
    local added = pcall('SADD', pending, candidate)
    if type(added) == 'table' then return undo(added) end
    if added == 1 then message = candidate else ts = string.format('%d', tonumber(ts) + 2) end
  until added == 1

  local count = string.format('%d', seq)
  local set = write_turn(message, count, ts, a)
  if type(set) == 'table' then return undo(set) end
  hashed = true

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

  local tail = string.match(ARGV[a + 12], '^{"seq":%d+,"created_at":%d+(,.*)$')
  trim(history, call('RPUSH', history, '{"seq":' .. count .. ',"created_at":' .. ts .. tail))
  if dirtied then
    -- Nothing of a session expires while it has something to sync.
    call('PERSIST', count_key)
    call('PERSIST', history)
    call('PERSIST', meta)
  end
  return {seq, tonumber(ts)}
end

local turns = (#KEYS - 1) / KEYS_OF_A_TURN
local function keys_of(turn) return 1 + (turn - 1) * KEYS_OF_A_TURN end
local function arguments_of(turn) return 1 + (turn - 1) * ARGUMENTS_OF_A_TURN end

local index = pcall('ZCARD', KEYS[1])
if type(index) == 'table' then return index end
local count_keys = {}
for turn = 1, turns do count_keys[turn] = KEYS[keys_of(turn) + 1] end
local counts = call('MGET', unpack(count_keys))

local replies, others, set, marks, recorded = {}, {}, {}, {}, {}
for turn = 1, turns do
  local k, a = keys_of(turn), arguments_of(turn)
  local as_known = ARGV[a + 2] ~= '0' and counts[turn] == ARGV[a + 1]
  local done = as_known and record_as_proposed(k, a)
  if done == true then
    recorded[#recorded + 1] = k
    set[#set + 1] = KEYS[k + 1]
    set[#set + 1] = ARGV[a + 2]
    marks[#marks + 1] = ARGV[a + 3]
    marks[#marks + 1] = ARGV[a + 5]
    replies[turn] = tonumber(ARGV[a + 2])
  elseif done then
    replies[turn] = done
  else
    others[#others + 1] = turn
    replies[turn] = false
  end
end
if #recorded > 0 then
  -- MSET takes the time to live from the counts.
  call('MSET', unpack(set))
  if call('ZADD', KEYS[1], 'NX', unpack(marks)) > 0 then
    for _, k in ipairs(recorded) do
      call('PERSIST', KEYS[k + 2])
      call('PERSIST', KEYS[k + 4])
    end
  end
end
for _, turn in ipairs(others) do replies[turn] = record_any(keys_of(turn), arguments_of(turn)) end
return replies
