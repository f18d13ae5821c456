-- What is known of a turn beside its texts: a JSON object, and of that what statistics ask for as columns that take
-- no room. It runs in one transaction.

ALTER TABLE chat_messages ADD COLUMN details TEXT NULL;
ALTER TABLE chat_messages ADD COLUMN finish_reason TEXT GENERATED ALWAYS AS
  (CAST(json_extract(details, '$.finish_reason') AS TEXT)) VIRTUAL;
ALTER TABLE chat_messages ADD COLUMN prompt_tokens INTEGER GENERATED ALWAYS AS
  (CAST(json_extract(details, '$.prompt_tokens') AS INTEGER)) VIRTUAL;
ALTER TABLE chat_messages ADD COLUMN completion_tokens INTEGER GENERATED ALWAYS AS
  (CAST(json_extract(details, '$.completion_tokens') AS INTEGER)) VIRTUAL;
ALTER TABLE chat_messages ADD COLUMN latency_ms INTEGER GENERATED ALWAYS AS
  (CAST(json_extract(details, '$.latency_ms') AS INTEGER)) VIRTUAL;
