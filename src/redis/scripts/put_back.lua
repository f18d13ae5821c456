-- The end of a transaction that records turns by plain commands (redis/record_transaction.cpp): undoes what these
-- wrote in the place of the keys that expect.lua had put aside.
--
-- KEYS: 1 the list that expect.lua made
local call = redis.call
if call('EXISTS', KEYS[1]) == 0 then return end
for _, name in ipairs(call('LRANGE', KEYS[1], 0, -1)) do
  call('DEL', name)
  if call('EXISTS', name .. ':aside') == 1 then call('RENAME', name .. ':aside', name) end
end
call('DEL', KEYS[1])
