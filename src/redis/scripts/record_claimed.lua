-- The end of a script that begins with record.lua as the function record_all(): records one turn if its claim is
-- the recorder's, and makes the claim one that is done, in the same step. So of two that take themselves for the
-- owner, one of which was frozen while its lease ran out, one alone records.
--
-- What follows record_all() cannot fail: the claim is a hash, and a script that has written may write on.
--
-- KEYS: as of record.lua for one turn, then the claim
-- ARGV: as of record.lua for one turn, then the owner, for how long a claim that is done is kept, in ms
-- Returns {} if the claim is not the owner's any more, else what record.lua returns of the turn.
local claim, keep, owner = table.remove(KEYS), table.remove(ARGV), table.remove(ARGV)

if redis.call('HGET', claim, 'owner') ~= owner then return {} end
local outcome = record_all()[1]
if not outcome.err and outcome[1] > 0 then
  redis.call('HSET', claim, 'done', '1')
  redis.call('HDEL', claim, 'owner')
  redis.call('PEXPIRE', claim, keep)
end
return outcome
