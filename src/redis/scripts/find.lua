-- What the cache knows of a session, at one moment.
--
-- KEYS: 1 count, 2 history, 3 pending, 4 meta
-- Returns {count, length of history, number of pending turns, user id, title, created_at, updated_at,
-- the last turn's time stamp}; what there is not is nil.
local call, pcall = redis.call, redis.pcall

local function or_nil(reply)
  if type(reply) == 'table' and reply.err then return false end
  return reply
end

local meta = or_nil(pcall('HMGET', KEYS[4], 'user_id', 'title', 'created_at', 'updated_at')) or {}
local last = or_nil(pcall('LINDEX', KEYS[2], -1))
return {or_nil(pcall('GET', KEYS[1])), or_nil(pcall('LLEN', KEYS[2])), or_nil(pcall('SCARD', KEYS[3])),
        meta[1] or false, meta[2] or false, meta[3] or false, meta[4] or false,
        last and (string.match(last, '^{"seq":%d+,"created_at":(%d+)') or string.match(last, '^{"latest":(%d+)')) or
            false}
