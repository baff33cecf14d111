-- What the Rust program does to a file that it shares with us must cost nobody anything.

-- A message that somebody else writes takes its session out of the trash: its writer knows of no
-- trash, and the clean-up would destroy what is being used. Ours are written with their number.
CREATE TRIGGER message_untrashes AFTER INSERT ON messages WHEN new.seq IS NULL
BEGIN
    UPDATE sessions
    SET deleted_at = NULL, restored_at = strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')
    WHERE id = new.session_id AND deleted_at IS NOT NULL;
END;

-- Newer versions of that program drop the column system_prompt, with what is in it; so the prompts
-- are kept in a column of ours, which follows what others write into that one. It must never be
-- named as a column of a table: the statement would fail once it is gone, and with a trigger that
-- names it, the program's own migration fails and it starts no more. Here the name has a fallback:
-- where the inner scope has no such column, the outer one gives NULL.
ALTER TABLE sessions ADD COLUMN instructions TEXT;

UPDATE sessions SET instructions = (
    SELECT (SELECT system_prompt FROM sessions AS this WHERE this.id = sessions.id)
    FROM (SELECT NULL AS system_prompt));

CREATE TRIGGER session_instructed AFTER INSERT ON sessions WHEN new.instructions IS NULL
BEGIN
    UPDATE sessions SET instructions = (
        SELECT (SELECT system_prompt FROM sessions WHERE id = new.id)
        FROM (SELECT NULL AS system_prompt))
    WHERE id = new.id AND (
        SELECT (SELECT system_prompt FROM sessions WHERE id = new.id)
        FROM (SELECT NULL AS system_prompt)) IS NOT NULL;
END;

-- A NULL written there takes nothing away: whoever writes whole rows back may not know the prompt.
CREATE TRIGGER session_reinstructed AFTER UPDATE OF system_prompt ON sessions
BEGIN
    UPDATE sessions SET instructions = (
        SELECT (SELECT system_prompt FROM sessions WHERE id = new.id)
        FROM (SELECT NULL AS system_prompt))
    WHERE id = new.id AND (
        SELECT (SELECT system_prompt FROM sessions WHERE id = new.id)
        FROM (SELECT NULL AS system_prompt)) IS NOT NULL;
END;

-- What another program deletes is copied before it is gone: out of its sight, so that it neither
-- lists nor counts it, and a part of our trash until that is emptied. It never refuses the deletion:
-- the program would say that there is no such session. Columns are named, for the program adds and
-- drops some; those that it may have added are named where they have a fallback, as above. Only
-- core functions, and no constraint that a row of theirs could break: whatever fails here makes
-- their deletion fail. We say of what we destroy that it is purged, in the same transaction.
CREATE TABLE kept_sessions (
    id TEXT PRIMARY KEY NOT NULL, name TEXT, provider TEXT, model TEXT, instructions TEXT,
    created_at TEXT, updated_at TEXT, deleted_at TEXT, name_key TEXT, pinned INTEGER,
    forked_from TEXT, forked_at INTEGER, title TEXT, message_count INTEGER, preview TEXT,
    last_status TEXT);

CREATE INDEX idx_kept_sessions ON kept_sessions(deleted_at);

CREATE TABLE kept_messages (
    session_id TEXT NOT NULL, seq INTEGER, id TEXT NOT NULL, role TEXT, content TEXT,
    timestamp TEXT, status TEXT, reasoning TEXT, finish_reason TEXT, error TEXT, provider TEXT,
    model TEXT, input_tokens INTEGER, output_tokens INTEGER, elapsed_ms INTEGER,
    superseded INTEGER, tool_calls TEXT, tool_results TEXT,
    PRIMARY KEY (session_id, id));

CREATE TABLE kept_attachments (
    session_id TEXT NOT NULL, message_id TEXT NOT NULL, n INTEGER NOT NULL, name TEXT,
    media_type TEXT, source TEXT, data BLOB,
    PRIMARY KEY (session_id, message_id, n));

-- BEFORE: behind the deletion, the cascade has taken the messages.
CREATE TRIGGER session_kept BEFORE DELETE ON sessions
WHEN old.deleted_at IS NOT 'purged' AND EXISTS (SELECT 1 FROM messages WHERE session_id = old.id)
BEGIN
    INSERT OR REPLACE INTO kept_sessions
        (id, name, provider, model, instructions, created_at, updated_at, deleted_at, name_key,
         pinned, forked_from, forked_at, title, message_count, preview, last_status)
    VALUES (old.id, old.name, old.provider, old.model, old.instructions, old.created_at,
        old.updated_at, coalesce(old.deleted_at, strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')),
        old.name_key, old.pinned, old.forked_from, old.forked_at, old.title, old.message_count,
        old.preview, iif(old.last_status = 'streaming', 'incomplete', old.last_status));
    INSERT OR REPLACE INTO kept_messages
        (session_id, seq, id, role, content, timestamp, status, reasoning, finish_reason, error,
         provider, model, input_tokens, output_tokens, elapsed_ms, superseded, tool_calls,
         tool_results)
    SELECT session_id, seq, id, role,
        iif(status = 'streaming', content || coalesce((SELECT group_concat(content, '') FROM (
            SELECT content FROM answer_chunks WHERE message_id = m.id ORDER BY n)), ''), content),
        timestamp, iif(status = 'streaming', 'incomplete', status),
        iif(status = 'streaming', reasoning || coalesce((SELECT group_concat(reasoning, '') FROM (
            SELECT reasoning FROM answer_chunks WHERE message_id = m.id ORDER BY n)), ''), reasoning),
        finish_reason, error, provider, model, input_tokens, output_tokens, elapsed_ms, superseded,
        (SELECT (SELECT tool_calls FROM messages WHERE id = m.id)
         FROM (SELECT NULL AS tool_calls)),
        (SELECT (SELECT tool_results FROM messages WHERE id = m.id)
         FROM (SELECT NULL AS tool_results))
    FROM messages AS m WHERE session_id = old.id;
    INSERT OR REPLACE INTO kept_attachments
        (session_id, message_id, n, name, media_type, source, data)
    SELECT old.id, message_id, n, name, media_type, source, data FROM attachments
    WHERE message_id IN (
        SELECT id FROM messages WHERE session_id = old.id AND attachment_count > 0);
END;
