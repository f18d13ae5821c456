-- The beginning of a transaction that records turns by plain commands (redis/record_transaction.cpp). Finds the
-- sessions that are as their recorder knows them: with the count expected, nothing under the turn's key, and keys
-- of the right types. It marks these as dirty, makes room in their histories, and nothing of them expires from then
-- on. The keys of every other session are put aside, where the commands that follow do not reach them;
-- put_back.lua, the transaction's end, undoes what these then did.
--
-- What goes wrong here must not let the commands loose: whatever cannot be looked at is put aside.
--
-- KEYS: 1 sync:dirty, 2 a list for put_back.lua, 3 a key that nobody uses; then of all turns the counts, of all
--       turns the pending sets, and so on: keys of turns, histories
-- ARGV: of all turns the counts expected, then of each turn its time stamp and session id
-- Returns which turns are not to be recorded, the first being 1.
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local COUNT, PENDING, MESSAGE, HISTORY = 1, 2, 3, 4
local turns = #ARGV / 3

local function place(kind, turn) return 3 + (kind - 1) * turns + turn end
local function keys(kind, first, last) return unpack(KEYS, place(kind, first), place(kind, last)) end

-- One command for all turns wherever there is one. A difference to nothing looks at no set but at their types. That
-- a history is none is seen when room is made in it, which comes when nothing else speaks against a turn: one that is
-- refused leaves its session as it was.
local function are_as_expected(first, last)
  call('ZCARD', KEYS[1])
  local counts = call('MGET', keys(COUNT, first, last))
  for turn = first, last do
    if counts[turn - first + 1] ~= ARGV[turn] then return false end
  end
  if call('EXISTS', keys(MESSAGE, first, last)) > 0 then return false end
  call('SDIFF', KEYS[3], keys(PENDING, first, last))
  for history = place(HISTORY, first), place(HISTORY, last) do call('LTRIM', KEYS[history], '-9', '-1') end
  return true
end

-- What has nothing to sync has a time to live, of which MSET frees the count.
local function keep(turn)
  local history = KEYS[place(HISTORY, turn)]
  call('PERSIST', history)
  call('PERSIST', string.sub(history, 1, -8) .. 'meta')
end

-- A session that was marked just now has this turn's time stamp in the index.
local function keep_marked()
  local ids = {}
  for turn = 1, turns do ids[turn] = ARGV[turns + 2 * turn] end
  local since = call('ZMSCORE', KEYS[1], unpack(ids))
  for turn = 1, turns do
    if tonumber(since[turn]) == tonumber(ARGV[turns + 2 * turn - 1]) then keep(turn) end
  end
end

local function put_aside(turn)
  for kind = COUNT, HISTORY do
    local name = KEYS[place(kind, turn)]
    call('RPUSH', KEYS[2], name)
    if call('EXISTS', name) == 1 then call('RENAME', name, name .. ':aside') end
  end
end

call('DEL', KEYS[2])
local looked, all = pcall(are_as_expected, 1, turns)
if looked and all then
  if call('ZADD', KEYS[1], 'NX', unpack(ARGV, turns + 1)) > 0 then keep_marked() end
  return {}
end

local refused = {}
for turn = 1, turns do
  local saw, expected = pcall(are_as_expected, turn, turn)
  if saw and expected then
    call('ZADD', KEYS[1], 'NX', ARGV[turns + 2 * turn - 1], ARGV[turns + 2 * turn])
    keep(turn)
  else
    refused[#refused + 1] = turn
    put_aside(turn)
  end
end
return refused
