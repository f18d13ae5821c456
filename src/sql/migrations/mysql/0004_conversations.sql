-- What conversations have beside turns: titles and metadata that were given to them, marks of items, sibling answers.
--
-- Every statement can be repeated: DDL commits by itself, so a migration that broke off runs again from its top.

-- ADD COLUMN IF NOT EXISTS is MariaDB's alone.
SET @chatsync_ddl = IF(
  (SELECT COUNT(*) FROM information_schema.columns
   WHERE table_schema = DATABASE() AND table_name = 'chat_sessions' AND column_name = 'metadata') = 0,
  'ALTER TABLE chat_sessions ADD COLUMN titled_at DATETIME(6) NULL, ADD COLUMN metadata MEDIUMTEXT NULL',
  'DO 0');
PREPARE chatsync_ddl FROM @chatsync_ddl;
EXECUTE chatsync_ddl;
DEALLOCATE PREPARE chatsync_ddl;

-- An item is the question (0) or what follows it, of the turn as it was first answered or of a sibling answer.
CREATE TABLE IF NOT EXISTS item_marks (
  session_id VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  turn_id    VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sibling_id VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- empty: of the turn as first answered
  item       BIGINT       NOT NULL,
  deleted_at DATETIME(6)  NULL,
  rating     TINYINT      NULL, -- 1 up, -1 down
  comment    MEDIUMTEXT   NULL,
  rated_by   VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL,
  rated_at   DATETIME(6)  NULL,
  PRIMARY KEY (session_id, turn_id, sibling_id, item)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- Other answers to the question of a turn; the one with the greatest id counts.
CREATE TABLE IF NOT EXISTS sibling_answers (
  session_id VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  turn_id    VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sibling_id VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  answer     MEDIUMTEXT   NOT NULL,
  status     VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  model      VARCHAR(255) NOT NULL,
  details    MEDIUMTEXT   NULL,
  created_at DATETIME(6)  NOT NULL,
  PRIMARY KEY (session_id, turn_id, sibling_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;
