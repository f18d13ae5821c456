-- Sessions, turns and dead letters, for SQLite 3.40+. Times are integers: microseconds since the epoch, UTC.

CREATE TABLE IF NOT EXISTS chat_sessions (
  session_id     TEXT    NOT NULL PRIMARY KEY,
  user_id        TEXT    NOT NULL,
  title          TEXT    NOT NULL,
  question_count INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  deleted_at     INTEGER NULL -- a tombstone: the session was erased and must not come back
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS sessions_of_user ON chat_sessions (user_id, updated_at DESC, session_id);

-- With a rowid, unlike the others: rows of many kilobytes would make a clustered B-tree deep and slow.
CREATE TABLE IF NOT EXISTS chat_messages (
  session_id TEXT    NOT NULL,
  ts         INTEGER NOT NULL, -- microseconds since the epoch
  turn_id    TEXT    NOT NULL UNIQUE,
  seq        INTEGER NULL, -- absent in turns of other programs
  user_id    TEXT    NOT NULL,
  question   TEXT    NOT NULL,
  answer     TEXT    NOT NULL,
  status     TEXT    NOT NULL,
  model      TEXT    NOT NULL,
  created_at INTEGER GENERATED ALWAYS AS (ts) VIRTUAL,
  synced_at  INTEGER NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000),
  PRIMARY KEY (session_id, ts)
) STRICT;

CREATE TABLE IF NOT EXISTS dead_letters (
  id              INTEGER PRIMARY KEY,
  session_id      TEXT    NOT NULL,
  message_key     TEXT    NOT NULL,
  reason          TEXT    NOT NULL,
  error_code      TEXT    NOT NULL,
  payload         TEXT    NOT NULL,
  first_failed_at INTEGER NOT NULL,
  -- Whatever is the same in all of these is the same letter: a repeated drain adds nothing.
  UNIQUE (session_id, message_key, error_code, payload)
) STRICT;
