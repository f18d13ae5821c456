-- Turns that the store took in the cache's place, caches whose sessions were compared with the store, and what an
-- operator, the ledger and the erasure of a user need of the tables that are there.
--
-- Every statement can be repeated: DDL commits by itself, so a migration that broke off runs again from its top.

-- A turn is in here, beside its row in chat_messages, until the cache has given it its final number.
CREATE TABLE IF NOT EXISTS unsettled_turns (
  session_id  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ts          BIGINT      NOT NULL,
  provisional TINYINT     NOT NULL, -- 0: the first turn of a session that nobody else could know
  PRIMARY KEY (session_id, ts)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS cache_lineages (
  lineage     BIGINT UNSIGNED NOT NULL,
  verified_at DATETIME(6)     NOT NULL,
  PRIMARY KEY (lineage)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- The lineage admitted last, in one row; 0 before any was.
CREATE TABLE IF NOT EXISTS cache_fence (
  id      TINYINT         NOT NULL,
  lineage BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;
INSERT INTO cache_fence (id, lineage) VALUES (1, 0) ON DUPLICATE KEY UPDATE id = id;

CREATE TABLE IF NOT EXISTS superseded_lineages (
  lineage BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (lineage)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- ADD COLUMN IF NOT EXISTS is MariaDB's alone.
SET @chatsync_ddl = IF(
  (SELECT COUNT(*) FROM information_schema.columns
   WHERE table_schema = DATABASE() AND table_name = 'dead_letters' AND column_name = 'discarded_at') = 0,
  'ALTER TABLE dead_letters ADD COLUMN seq BIGINT NULL, ADD COLUMN discarded_at DATETIME(6) NULL',
  'DO 0');
PREPARE chatsync_ddl FROM @chatsync_ddl;
EXECUTE chatsync_ddl;
DEALLOCATE PREPARE chatsync_ddl;

-- A user's sessions in an order that no activity changes, for walking through all of them.
SET @chatsync_ddl = IF(
  (SELECT COUNT(*) FROM information_schema.statistics
   WHERE table_schema = DATABASE() AND table_name = 'chat_sessions' AND index_name = 'sessions_of_user_by_id') = 0,
  'CREATE INDEX sessions_of_user_by_id ON chat_sessions (user_id, session_id)',
  'DO 0');
PREPARE chatsync_ddl FROM @chatsync_ddl;
EXECUTE chatsync_ddl;
DEALLOCATE PREPARE chatsync_ddl;

-- The numbers of the letters that are there already: of turns, which begin with it, and of foreign messages.
UPDATE dead_letters SET seq = CAST(SUBSTRING_INDEX(SUBSTRING(payload, 8, 20), ',', 1) AS SIGNED)
WHERE part = 0 AND seq IS NULL AND payload LIKE '{"seq":%' AND SUBSTRING(payload, 8, 20) REGEXP '^[1-9][0-9]{0,17},';

UPDATE dead_letters SET seq = CAST(JSON_UNQUOTE(JSON_EXTRACT(payload, '$.fields.seq')) AS SIGNED)
WHERE part = 0 AND seq IS NULL AND
  IF(JSON_VALID(payload), COALESCE(JSON_UNQUOTE(JSON_EXTRACT(payload, '$.fields.seq')), ''), '') REGEXP '^[1-9][0-9]{0,17}$';

UPDATE chat_sessions AS s JOIN
  (SELECT session_id, MAX(seq) AS seq FROM dead_letters WHERE seq IS NOT NULL GROUP BY session_id) AS l
  ON l.session_id = s.session_id
SET s.question_count = GREATEST(s.question_count, l.seq);
