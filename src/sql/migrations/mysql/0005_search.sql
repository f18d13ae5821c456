-- A full-text index of the turns, filled after the drain where SEARCH_INDEX is set. It is a table of its own: an index on
-- chat_messages makes the drain three times as slow, and would compare texts byte by byte, as utf8mb4_bin does.
--
-- Every statement can be repeated: DDL commits by itself, so a migration that broke off runs again from its top.

-- The server's stop words are English and German ones, some of which are words in other languages. The table keeps this.
SET SESSION innodb_ft_enable_stopword = OFF;

-- unicode_520_ci takes no notice of case and accents, and knows that đ is a d; MySQL and MariaDB both have it.
CREATE TABLE IF NOT EXISTS turn_search (
  session_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  turn_id    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  body       LONGTEXT    NOT NULL, -- the words of question and answer, each of at least three characters
  PRIMARY KEY (session_id, turn_id),
  FULLTEXT KEY words (body)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_unicode_520_ci;

-- Sessions with turns from a time stamp on that may not be in the index yet.
CREATE TABLE IF NOT EXISTS search_backlog (
  id         BIGINT      NOT NULL AUTO_INCREMENT,
  session_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  from_ts    BIGINT      NOT NULL,
  PRIMARY KEY (id),
  KEY backlog_of_session (session_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- One row: whether every turn is in the index or its session in the backlog. A server without SEARCH_INDEX ends that.
CREATE TABLE IF NOT EXISTS search_state (
  id       TINYINT NOT NULL,
  complete TINYINT NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;
INSERT INTO search_state (id, complete) VALUES (1, 0) ON DUPLICATE KEY UPDATE id = id;
