-- Sessions, turns and dead letters, for MySQL 8 and MariaDB 10.6+.
--
-- Every statement can be repeated: DDL commits by itself, so a migration that broke off runs again from its top.
-- Times are UTC. Ids are ascii_bin and texts utf8mb4_bin, since the other collations take `alice` for `ALICE`.

CREATE TABLE IF NOT EXISTS chat_sessions (
  session_id     VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id        VARCHAR(128)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  title          VARCHAR(1024) NOT NULL,
  question_count BIGINT        NOT NULL,
  created_at     DATETIME(6)   NOT NULL,
  updated_at     DATETIME(6)   NOT NULL,
  deleted_at     DATETIME(6)   NULL, -- a tombstone: the session was erased and must not come back
  PRIMARY KEY (session_id),
  KEY sessions_of_user (user_id, updated_at DESC, session_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- The primary key begins with the session, so that a session's turns lie together, in order, in one shard. There
-- is no auto-increment: it would cost a second index on the hot path.
CREATE TABLE IF NOT EXISTS chat_messages (
  session_id VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ts         BIGINT       NOT NULL, -- microseconds since the epoch
  turn_id    VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seq        BIGINT       NULL, -- absent in turns of other programs
  user_id    VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  question   MEDIUMTEXT   NOT NULL,
  answer     MEDIUMTEXT   NOT NULL,
  status     VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  model      VARCHAR(255) NOT NULL,
  created_at DATETIME(6)  GENERATED ALWAYS AS (TIMESTAMP'1970-01-01 00:00:00.000000' + INTERVAL ts MICROSECOND) VIRTUAL,
  synced_at  DATETIME(6)  NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (session_id, ts),
  UNIQUE KEY turn_identity (turn_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- `fingerprint` is SHA-256 of session, key, error code and whole payload, so that a repeated drain adds nothing. A payload
-- larger than a packet of the server is kept in several rows, `part` 0 first.
CREATE TABLE IF NOT EXISTS dead_letters (
  id              BIGINT       NOT NULL AUTO_INCREMENT,
  fingerprint     BINARY(32)   NOT NULL,
  part            INT          NOT NULL,
  session_id      VARCHAR(255) NOT NULL,
  message_key     VARCHAR(512) NOT NULL,
  reason          VARCHAR(2048) NOT NULL,
  error_code      VARCHAR(64)  NOT NULL,
  payload         LONGTEXT     NOT NULL,
  first_failed_at DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY letter_identity (fingerprint, part),
  KEY letters_of_session (session_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;
