-- What a turn, a list, the trash and a REF need beyond SY-9. Every new column has a default and
-- every derived one a trigger, so that SY-9's own statements go on leaving a correct database.

-- A message's place in its session. Timestamps can be equal or run backwards; this can't.
ALTER TABLE messages ADD COLUMN seq INTEGER;
ALTER TABLE messages ADD COLUMN status TEXT NOT NULL DEFAULT 'complete';
ALTER TABLE messages ADD COLUMN reasoning TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN finish_reason TEXT;
ALTER TABLE messages ADD COLUMN error TEXT;
ALTER TABLE messages ADD COLUMN provider TEXT;
ALTER TABLE messages ADD COLUMN model TEXT;
ALTER TABLE messages ADD COLUMN input_tokens INTEGER;
ALTER TABLE messages ADD COLUMN output_tokens INTEGER;
ALTER TABLE messages ADD COLUMN elapsed_ms INTEGER;
ALTER TABLE messages ADD COLUMN superseded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN owner TEXT;

ALTER TABLE sessions ADD COLUMN name_key TEXT;
ALTER TABLE sessions ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN forked_from TEXT;
ALTER TABLE sessions ADD COLUMN forked_at INTEGER;
ALTER TABLE sessions ADD COLUMN deleted_at TEXT;
ALTER TABLE sessions ADD COLUMN restored_at TEXT;
ALTER TABLE sessions ADD COLUMN message_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN preview TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN last_status TEXT NOT NULL DEFAULT 'complete';
ALTER TABLE sessions ADD COLUMN input_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN output_tokens INTEGER NOT NULL DEFAULT 0;

-- The text of an answer that is being received, in the pieces in which it was checkpointed:
-- appending to one growing row would write the whole row each time.
CREATE TABLE answer_chunks (
    message_id TEXT NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    content TEXT NOT NULL,
    reasoning TEXT NOT NULL,
    saved_at TEXT NOT NULL,
    PRIMARY KEY (message_id, n)
) WITHOUT ROWID;

UPDATE messages SET seq = ordered.seq
FROM (
    SELECT rowid AS place,
           row_number() OVER (PARTITION BY session_id ORDER BY timestamp, rowid) AS seq
    FROM messages
) AS ordered
WHERE messages.rowid = ordered.place;

-- (session_id, seq) orders a session without a sort, and its first column serves the look-ups
-- and the cascade that SY-9's two indexes on messages served. They go: at 20 million messages
-- they took 3.1 of 12.7 GB, and an insert went through two more trees.
CREATE UNIQUE INDEX idx_messages_seq ON messages(session_id, seq);
DROP INDEX IF EXISTS idx_messages_session;
DROP INDEX IF EXISTS idx_messages_timestamp;

CREATE INDEX idx_messages_streaming ON messages(session_id) WHERE status = 'streaming';
-- deleted_at is in it, always NULL, so that a probe need not fetch the rows themselves.
CREATE INDEX idx_sessions_live ON sessions(deleted_at, updated_at) WHERE deleted_at IS NULL;
CREATE INDEX idx_sessions_trash ON sessions(deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX idx_sessions_name ON sessions(name_key) WHERE name_key IS NOT NULL;
CREATE INDEX idx_sessions_handle ON sessions(substr(id, -8));

-- What a list shows of a user message: its first 50 characters, without leading white space, on
-- one line. Only the first 200 are looked at: a message may be megabytes long.
CREATE VIEW user_previews AS
SELECT session_id, seq, rtrim(substr(replace(replace(replace(
           substr(ltrim(content, char(9, 10, 13, 32)), 1, 200),
           char(13), ''), char(10), ' '), char(9), ' '), 1, 50)) AS preview
FROM messages
WHERE role = 'user';

UPDATE sessions SET name_key = lower(name) WHERE name IS NOT NULL;

UPDATE sessions SET
    message_count = (SELECT count(*) FROM messages WHERE session_id = sessions.id),
    preview = coalesce((
            SELECT preview FROM user_previews WHERE session_id = sessions.id AND preview <> ''
            ORDER BY seq LIMIT 1
        ), '');

CREATE TRIGGER message_numbered AFTER INSERT ON messages WHEN new.seq IS NULL
BEGIN
    UPDATE messages
    SET seq = (SELECT coalesce(max(seq), 0) + 1 FROM messages WHERE session_id = new.session_id)
    WHERE id = new.id;
END;

CREATE TRIGGER message_added AFTER INSERT ON messages
BEGIN
    UPDATE sessions SET
        message_count = message_count + 1,
        last_status = new.status,
        input_tokens = input_tokens + coalesce(new.input_tokens, 0),
        output_tokens = output_tokens + coalesce(new.output_tokens, 0),
        preview = CASE WHEN preview = '' AND new.role = 'user' THEN coalesce((
            SELECT preview FROM user_previews WHERE session_id = new.session_id AND preview <> ''
            ORDER BY seq LIMIT 1
        ), '') ELSE preview END
    WHERE id = new.session_id;
END;

CREATE TRIGGER message_changed
AFTER UPDATE OF content, role, status, input_tokens, output_tokens ON messages
BEGIN
    UPDATE sessions SET
        input_tokens = input_tokens - coalesce(old.input_tokens, 0) + coalesce(new.input_tokens, 0),
        output_tokens
            = output_tokens - coalesce(old.output_tokens, 0) + coalesce(new.output_tokens, 0),
        last_status = coalesce((
            SELECT status FROM messages WHERE session_id = new.session_id
            ORDER BY seq DESC LIMIT 1
        ), 'complete'),
        preview = CASE WHEN 'user' IN (old.role, new.role) THEN coalesce((
            SELECT preview FROM user_previews WHERE session_id = new.session_id AND preview <> ''
            ORDER BY seq LIMIT 1
        ), '') ELSE preview END
    WHERE id = new.session_id;
END;

-- Of a session that is being deleted there is no row left to update: the cascade pays nothing.
CREATE TRIGGER message_removed AFTER DELETE ON messages
BEGIN
    UPDATE sessions SET
        message_count = message_count - 1,
        input_tokens = input_tokens - coalesce(old.input_tokens, 0),
        output_tokens = output_tokens - coalesce(old.output_tokens, 0),
        last_status = coalesce((
            SELECT status FROM messages WHERE session_id = old.session_id
            ORDER BY seq DESC LIMIT 1
        ), 'complete'),
        preview = CASE WHEN old.role = 'user' THEN coalesce((
            SELECT preview FROM user_previews WHERE session_id = old.session_id AND preview <> ''
            ORDER BY seq LIMIT 1
        ), '') ELSE preview END
    WHERE id = old.session_id;
END;

-- Synapse writes the folded name itself, after the name; these serve programs that don't.
CREATE TRIGGER session_named AFTER INSERT ON sessions
WHEN new.name IS NOT NULL AND new.name_key IS NULL
BEGIN
    UPDATE sessions SET name_key = lower(new.name) WHERE id = new.id;
END;

CREATE TRIGGER session_renamed AFTER UPDATE OF name ON sessions
WHEN new.name IS NOT old.name AND new.name_key IS old.name_key
BEGIN
    UPDATE sessions SET name_key = lower(new.name) WHERE id = new.id;
END;
