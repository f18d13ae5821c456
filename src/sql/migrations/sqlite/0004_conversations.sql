-- What conversations have beside turns: titles and metadata that were given to them, marks of items, sibling answers.
-- It runs in one transaction.

ALTER TABLE chat_sessions ADD COLUMN titled_at INTEGER NULL;
ALTER TABLE chat_sessions ADD COLUMN metadata TEXT NULL;

-- An item is the question (0) or what follows it, of the turn as it was first answered or of a sibling answer.
CREATE TABLE IF NOT EXISTS item_marks (
  session_id TEXT    NOT NULL,
  turn_id    TEXT    NOT NULL,
  sibling_id TEXT    NOT NULL, -- empty: of the turn as first answered
  item       INTEGER NOT NULL,
  deleted_at INTEGER NULL,
  rating     INTEGER NULL, -- 1 up, -1 down
  comment    TEXT    NULL,
  rated_by   TEXT    NULL,
  rated_at   INTEGER NULL,
  PRIMARY KEY (session_id, turn_id, sibling_id, item)
) STRICT, WITHOUT ROWID;

-- Other answers to the question of a turn; the one with the greatest id counts.
CREATE TABLE IF NOT EXISTS sibling_answers (
  session_id TEXT    NOT NULL,
  turn_id    TEXT    NOT NULL,
  sibling_id TEXT    NOT NULL,
  answer     TEXT    NOT NULL,
  status     TEXT    NOT NULL,
  model      TEXT    NOT NULL,
  details    TEXT    NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (session_id, turn_id, sibling_id)
) STRICT;
