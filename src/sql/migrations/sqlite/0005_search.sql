-- A full-text index of the turns, filled after the drain where SEARCH_INDEX is set: filled by the drain, it makes that four
-- times as slow. It runs in one transaction.

-- The tokenizer takes no notice of case and accents, but for the stroke of đ, which is no accent to Unicode.
CREATE VIEW IF NOT EXISTS turn_search_text AS SELECT rowid AS rowid,
  replace(replace(question, 'đ', 'd'), 'Đ', 'D') AS question, replace(replace(answer, 'đ', 'd'), 'Đ', 'D') AS answer
  FROM chat_messages;
CREATE VIRTUAL TABLE IF NOT EXISTS turn_search USING fts5 (
  question, answer, content = 'turn_search_text', content_rowid = 'rowid', tokenize = 'unicode61 remove_diacritics 2');

-- One row: the turns up to this rowid are in the index.
CREATE TABLE IF NOT EXISTS search_state (
  id      INTEGER NOT NULL PRIMARY KEY,
  indexed INTEGER NOT NULL
) STRICT;
INSERT INTO search_state (id, indexed) VALUES (1, 0) ON CONFLICT DO NOTHING;

-- SQLite gives the greatest rowids again once they are free, so the mark goes back with them.
CREATE TRIGGER IF NOT EXISTS turn_search_deleted AFTER DELETE ON chat_messages
  WHEN old.rowid <= (SELECT indexed FROM search_state) BEGIN INSERT INTO turn_search (turn_search, rowid, question, answer)
  VALUES ('delete', old.rowid, replace(replace(old.question, 'đ', 'd'), 'Đ', 'D'),
  replace(replace(old.answer, 'đ', 'd'), 'Đ', 'D')); UPDATE search_state SET indexed =
  min(indexed, (SELECT coalesce(max(rowid), 0) FROM chat_messages)); END;
