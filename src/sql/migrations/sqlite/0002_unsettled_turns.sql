-- Turns that the store took in the cache's place, caches whose sessions were compared with the store, and what an
-- operator, the ledger and the erasure of a user need of the tables that are there. It runs in one transaction.

-- A turn is in here, beside its row in chat_messages, until the cache has given it its final number.
CREATE TABLE IF NOT EXISTS unsettled_turns (
  session_id  TEXT    NOT NULL,
  ts          INTEGER NOT NULL,
  provisional INTEGER NOT NULL, -- 0: the first turn of a session that nobody else could know
  PRIMARY KEY (session_id, ts)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS cache_lineages (
  lineage     INTEGER NOT NULL PRIMARY KEY, -- the bits of an unsigned number
  verified_at INTEGER NOT NULL
) STRICT;

-- The lineage admitted last, in one row; 0 before any was.
CREATE TABLE IF NOT EXISTS cache_fence (
  id      INTEGER NOT NULL PRIMARY KEY,
  lineage INTEGER NOT NULL
) STRICT;
INSERT INTO cache_fence (id, lineage) VALUES (1, 0) ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS superseded_lineages (
  lineage INTEGER NOT NULL PRIMARY KEY
) STRICT;

ALTER TABLE dead_letters ADD COLUMN seq INTEGER NULL;
ALTER TABLE dead_letters ADD COLUMN discarded_at INTEGER NULL;

-- A user's sessions in an order that no activity changes, for walking through all of them.
CREATE INDEX IF NOT EXISTS sessions_of_user_by_id ON chat_sessions (user_id, session_id);

-- The numbers of the letters that are there already: of turns and of foreign messages.
UPDATE dead_letters SET seq = nullif(max(0, CAST(coalesce(
  json_extract(payload, '$.seq'), json_extract(payload, '$.fields.seq'), 0) AS INTEGER)), 0)
WHERE json_valid(payload);

UPDATE chat_sessions SET question_count = max(question_count, (
  SELECT max(seq) FROM dead_letters WHERE dead_letters.session_id = chat_sessions.session_id))
WHERE session_id IN (SELECT session_id FROM dead_letters WHERE seq IS NOT NULL);
