-- Brings a session up to what the store knows, and numbers the turns that the store took in the cache's place.
--
-- A session whose count is not here is put in. What lies here without a count (turns still pending, a history)
-- is newer than the store: it stays, and the count goes on from there. A count below the store's is of a Redis
-- that came back older, or was set back: it becomes the store's, and so does the history where the store has
-- the later turn. Every other count stays.
-- A turn that is pending here, by its turn id, keeps the number that it has. Each other one is numbered once:
-- `settled_us` in meta is the time stamp of the last one that was, and `settled:{ts}` keeps what a turn was
-- given, its number and its final time stamp, until the store has committed it.
-- The next turn's time follows from the last entry of the history alone. An entry that does not tell the latest
-- time that is known, here or in the store, gets it as `latest`, its first field.
--
-- All that can fail is looked at before anything is written; the first write is one that a full Redis refuses.
--
-- KEYS: 1 count, 2 history, 3 pending, 4 meta
-- ARGV: 1 session TTL in ms, 2 the store's count, 3 user id, 4 title, 5 created_at, 6 updated_at, 7 the latest
--       time stamp that the store knows, 8 the last time stamp of the history entries, 9 prefix of message keys,
--       10 number of history entries, 11... these; then of each unsettled turn its time stamp, its turn id, and
--       its history entry from after created_at on, empty if later turns fill the history
-- Returns for each unsettled turn "{number} {final time stamp}", or nil if the store has committed it. Nothing
-- is done, and the reply is empty, where the session was erased.
local call, pcall = redis.call, redis.pcall

-- 0 instead of what is no number or is one that Lua does not hold exactly.
local function exact(digits)
  local number = tonumber(digits or 0) or 0
  return number < 9e15 and number or 0
end

local function decimal(number) return string.format('%d', number) end

-- The next stamp that is none of record.lua's.
local function odd_after(number) return decimal(number + 1 + number % 2) end

local function later(one, other) return #one > #other or (#one == #other and one > other) end

local cached = pcall('GET', KEYS[1])
if type(cached) == 'table' then return cached end
local last = pcall('LINDEX', KEYS[2], -1)
if type(last) == 'table' then return last end
local pending = pcall('SCARD', KEYS[3])
if type(pending) == 'table' then return pending end
local own = pcall('HMGET', KEYS[4], 'unsynced', 'settled_us', 'erased')
if own.err then return own end
-- What the caller knows of the session is older than its end.
if own[3] then return {} end
if cached and not string.match(cached, '^%-?%d+$') then
  return redis.error_reply('ERR value is not an integer or out of range')
end

local stored = tonumber(ARGV[2])
local count = tonumber(cached or stored)
local behind = not cached or count < stored
local told, last_seq = 0, 0
if last then
  told = exact(string.match(last, '^{"seq":%d+,"created_at":(%d+)') or string.match(last, '^{"latest":(%d+)'))
  last_seq = exact(string.match(last, '^{"seq":(%d+)') or string.match(last, '^{"latest":%d+,"seq":(%d+)'))
end
if cached then
  count = math.max(count, stored)
else
  count = math.max(stored, last_seq)
  if last_seq == 0 and pending > 0 then
    for _, member in ipairs(call('SMEMBERS', KEYS[3])) do
      local seq = string.sub(member, 1, #ARGV[9]) == ARGV[9] and pcall('HGET', member, 'seq')
      if type(seq) == 'string' then count = math.max(count, exact(string.match(seq, '^%d+$'))) end
    end
  end
end

local entries = tonumber(ARGV[10])
local first = 11 + entries
local fresh = {}
for i = first, #ARGV, 3 do
  if not own[2] or later(ARGV[i], own[2]) then fresh[#fresh + 1] = i end
end

local here = {}
if #fresh > 0 and pending > 0 then
  for _, member in ipairs(call('SMEMBERS', KEYS[3])) do
    local ours = string.sub(member, 1, #ARGV[9]) == ARGV[9]
    local turn = ours and pcall('HMGET', member, 'turn_id', 'seq') or {}
    if turn[1] and turn[2] then here[turn[1]] = turn[2] .. ' ' .. string.sub(member, #ARGV[9] + 1) end
  end
end
local unnumbered = 0
for _, i in ipairs(fresh) do
  if not here[ARGV[i + 1]] then unnumbered = unnumbered + 1 end
end

if behind or #fresh > 0 then
  call('SET', KEYS[1], decimal(count + unnumbered))
  if behind then
    call('HSETNX', KEYS[4], 'user_id', ARGV[3])
    call('HSETNX', KEYS[4], 'title', ARGV[4])
    call('HSETNX', KEYS[4], 'created_at', ARGV[5])
    call('HSETNX', KEYS[4], 'updated_at', ARGV[6])
    if entries > 0 and (not last or cached and exact(ARGV[8]) > told) then
      call('DEL', KEYS[2])
      call('RPUSH', KEYS[2], unpack(ARGV, 11, 10 + entries))
      -- An entry may then be of another turn than the one that is pending with its time stamp.
      if pending > 0 then call('HSET', KEYS[4], 'history_of_store', '1') end
    end
  end
  local latest = math.max(told, exact(ARGV[7]))
  for _, i in ipairs(fresh) do
    local given = here[ARGV[i + 1]]
    if not given then
      count = count + 1
      local ts = ARGV[i]
      if not later(ts, decimal(latest)) then ts = odd_after(math.max(latest, exact(ARGV[6]))) end
      while call('SISMEMBER', KEYS[3], ARGV[9] .. ts) == 1 do ts = odd_after(tonumber(ts)) end
      latest = math.max(latest, exact(ts))
      local seq = decimal(count)
      given = seq .. ' ' .. ts
      if ARGV[i + 2] ~= '' then
        call('RPUSH', KEYS[2], '{"seq":' .. seq .. ',"created_at":' .. ts .. ',' .. ARGV[i + 2])
      end
    end
    call('HSET', KEYS[4], 'settled_us', ARGV[i], 'settled:' .. ARGV[i], given)
  end
  if count == 0 then call('HSET', KEYS[4], 'empty', '1') else call('HDEL', KEYS[4], 'empty') end

  last = call('LINDEX', KEYS[2], -1)
  if latest > exact(last and string.match(last, '^{"seq":%d+,"created_at":(%d+)')) then
    local field = '{"latest":' .. decimal(latest)
    if last and string.sub(last, 1, 2) == '{"' then
      call('LSET', KEYS[2], -1, field .. ',' .. string.sub(string.gsub(last, '^{"latest":%d+,', '{'), 2))
    else
      call('RPUSH', KEYS[2], field .. '}')
    end
  end
  call('LTRIM', KEYS[2], -10, -1)

  -- Nothing of a session expires while it has something to sync.
  for _, key in ipairs({KEYS[1], KEYS[2], KEYS[4]}) do
    if pending == 0 and not own[1] then call('PEXPIRE', key, ARGV[1]) else call('PERSIST', key) end
  end
end

local numbers = {}
for i = first, #ARGV, 3 do numbers[#numbers + 1] = call('HGET', KEYS[4], 'settled:' .. ARGV[i]) end
return numbers
