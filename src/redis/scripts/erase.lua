-- Forgets a session with its pending turns, and remembers for a while that it was erased: a request that has
-- looked at the store before cannot bring it back.
--
-- KEYS: 1 count, 2 history, 3 pending, 4 meta, 5 sync:dirty
-- ARGV: 1 session id, 2 prefix of message keys, 3 prefix of sync:new, 4 for how long to remember, in ms
-- Returns how many pending turns were deleted.
local call, pcall = redis.call, redis.pcall

local deleted = 0
while true do
  -- In pieces, for Lua unpacks only so much.
  local members = pcall('SPOP', KEYS[3], 1000)
  if members.err or #members == 0 then break end
  deleted = deleted + #members
  local messages = {}
  for _, member in ipairs(members) do
    -- The set may be another program's: it cannot name keys that are not this session's.
    if string.sub(member, 1, #ARGV[2]) == ARGV[2] then messages[#messages + 1] = member end
  end
  if #messages > 0 then call('UNLINK', unpack(messages)) end
end
local user = pcall('HGET', KEYS[4], 'user_id')
if type(user) == 'string' then pcall('SREM', ARGV[3] .. user, ARGV[1]) end
pcall('ZREM', KEYS[5], ARGV[1])
call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
-- Not at the memory limit; then the tombstone in the store must do.
if type(pcall('HSET', KEYS[4], 'erased', '1')) ~= 'table' then call('PEXPIRE', KEYS[4], ARGV[4]) end
return deleted
