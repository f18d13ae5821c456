-- Accepts a turn: count, turn, history, pending and dirty change together, or nothing does.
--
-- Lua does not roll back, so whatever can fail (a key of another type) comes before what cannot, and undo()
-- takes back what was done until then. The time stamp is the one proposed, or the next even one after that of
-- the session's last turn: it grows from turn to turn whatever the clocks of the recorders say, and is never
-- one that the store gives (chat/turn_stamp.hpp). History entries of other programs do not tell their time;
-- so the pending set has the last word on whether a stamp is free.
--
-- KEYS: 1 count, 2 history, 3 pending, 4 meta, 5 sync:dirty
-- ARGV: 1 '1' if the session may be new, 2 proposed time stamp, even, 3 prefix of message keys, 4 session id,
--       5 prefix of sync:new, 6 turn id, 7 user id, 8 question, 9 answer, 10 status, 11 model,
--       12 history entry from after created_at on
-- Returns {count, time stamp}; {0, 0} if the session's count is not here, or was erased.
local call, pcall = redis.call, redis.pcall

local last = pcall('LINDEX', KEYS[2], -1)
if type(last) == 'table' then return last end
local ts = ARGV[2]
if last then
  local last_ts = tonumber(string.match(last, '^{"seq":%d+,"created_at":(%d+)') or
                           string.match(last, '^{"latest":(%d+)') or 0)
  -- Above that, numbers of Lua are not exact; it is no time stamp of ours.
  if last_ts >= tonumber(ts) and last_ts < 9e15 then ts = string.format('%d', last_ts + 2 - last_ts % 2) end
end

local seq = pcall('INCR', KEYS[1])
if type(seq) == 'table' then return seq end
local was_empty, owned, message, hashed, dirtied

local function undo(reply)
  if owned then call('HDEL', KEYS[4], 'user_id') end
  if dirtied then call('ZREM', KEYS[5], ARGV[4]) end
  if hashed then call('DEL', message) end
  if message then call('SREM', KEYS[3], message) end
  if was_empty then call('HSET', KEYS[4], 'empty', '1') end
  if seq == 1 and not was_empty then call('DEL', KEYS[1]) else call('DECR', KEYS[1]) end
  return reply
end

if seq == 1 then
  -- A count of 0 is one of ours only where meta says so; else there was none before INCR.
  local removed = pcall('HDEL', KEYS[4], 'empty')
  if type(removed) == 'table' then return undo(removed) end
  was_empty = removed == 1
  if not was_empty and (ARGV[1] == '0' or call('HEXISTS', KEYS[4], 'erased') == 1) then return undo({0, 0}) end
end

local added
repeat
  local candidate = ARGV[3] .. ts
  added = pcall('SADD', KEYS[3], candidate)
  if type(added) == 'table' then return undo(added) end
  if added == 1 then message = candidate else ts = string.format('%d', tonumber(ts) + 2) end
until added == 1

local count = string.format('%d', seq)
local set = pcall('HSET', message, 'turn_id', ARGV[6], 'seq', count, 'user_id', ARGV[7], 'question', ARGV[8],
                  'answer', ARGV[9], 'status', ARGV[10], 'model', ARGV[11], 'created_at', ts)
if type(set) == 'table' then return undo(set) end
hashed = true

-- Each turn looks at the index: the session may have pending turns of another program that it does not name.
local marked = pcall('ZADD', KEYS[5], 'NX', ts, ARGV[4])
if type(marked) == 'table' then return undo(marked) end
dirtied = marked == 1
if seq == 1 then
  owned = call('HSETNX', KEYS[4], 'user_id', ARGV[7]) == 1
  if owned then
    local indexed = pcall('SADD', ARGV[5] .. ARGV[7], ARGV[4])
    if type(indexed) == 'table' then return undo(indexed) end
  end
  call('HSETNX', KEYS[4], 'created_at', ts)
end

local length = call('RPUSH', KEYS[2], '{"seq":' .. count .. ',"created_at":' .. ts .. ',' .. ARGV[12])
if length > 10 then call('LTRIM', KEYS[2], -10, -1) end
if dirtied then
  -- Nothing of a session expires while it has something to sync.
  call('PERSIST', KEYS[1])
  call('PERSIST', KEYS[2])
  call('PERSIST', KEYS[4])
end
return {seq, tonumber(ts)}
