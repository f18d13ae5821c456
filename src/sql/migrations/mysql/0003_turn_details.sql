-- What is known of a turn beside its texts: a JSON object, and of that what statistics ask for as columns that take
-- no room.
--
-- Every statement can be repeated: DDL commits by itself, so a migration that broke off runs again from its top.

-- ADD COLUMN IF NOT EXISTS is MariaDB's alone.
SET @chatsync_ddl = IF(
  (SELECT COUNT(*) FROM information_schema.columns
   WHERE table_schema = DATABASE() AND table_name = 'chat_messages' AND column_name = 'details') = 0,
  'ALTER TABLE chat_messages ADD COLUMN details MEDIUMTEXT NULL',
  'DO 0');
PREPARE chatsync_ddl FROM @chatsync_ddl;
EXECUTE chatsync_ddl;
DEALLOCATE PREPARE chatsync_ddl;

SET @chatsync_ddl = IF(
  (SELECT COUNT(*) FROM information_schema.columns
   WHERE table_schema = DATABASE() AND table_name = 'chat_messages' AND column_name = 'latency_ms') = 0,
  'ALTER TABLE chat_messages
     ADD COLUMN finish_reason VARCHAR(255) GENERATED ALWAYS AS
       (LEFT(JSON_UNQUOTE(JSON_EXTRACT(details, ''$.finish_reason'')), 255)) VIRTUAL,
     ADD COLUMN prompt_tokens BIGINT GENERATED ALWAYS AS
       (CAST(JSON_UNQUOTE(JSON_EXTRACT(details, ''$.prompt_tokens'')) AS SIGNED)) VIRTUAL,
     ADD COLUMN completion_tokens BIGINT GENERATED ALWAYS AS
       (CAST(JSON_UNQUOTE(JSON_EXTRACT(details, ''$.completion_tokens'')) AS SIGNED)) VIRTUAL,
     ADD COLUMN latency_ms BIGINT GENERATED ALWAYS AS
       (CAST(JSON_UNQUOTE(JSON_EXTRACT(details, ''$.latency_ms'')) AS SIGNED)) VIRTUAL',
  'DO 0');
PREPARE chatsync_ddl FROM @chatsync_ddl;
EXECUTE chatsync_ddl;
DEALLOCATE PREPARE chatsync_ddl;
