-- What an answer cost, and what of it was cached: see the domain's Usage. NULL for everything of
-- before, and for what other programs write.
ALTER TABLE messages ADD COLUMN cached_tokens INTEGER;
ALTER TABLE messages ADD COLUMN cache_write_tokens INTEGER;
ALTER TABLE messages ADD COLUMN reasoning_tokens INTEGER;
ALTER TABLE messages ADD COLUMN cost INTEGER;
ALTER TABLE messages ADD COLUMN cost_source TEXT;
ALTER TABLE kept_messages ADD COLUMN cached_tokens INTEGER;
ALTER TABLE kept_messages ADD COLUMN cache_write_tokens INTEGER;
ALTER TABLE kept_messages ADD COLUMN reasoning_tokens INTEGER;
ALTER TABLE kept_messages ADD COLUMN cost INTEGER;
ALTER TABLE kept_messages ADD COLUMN cost_source TEXT;

-- What stands for the older messages of a session. Without a foreign key: what another program
-- deletes, and is taken out of our trash again, has its summaries. What a statistic reads stands
-- before the text, which may be long.
CREATE TABLE summaries (
    id TEXT PRIMARY KEY NOT NULL,
    session_id TEXT NOT NULL,
    last_index INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    provider TEXT,
    model TEXT,
    parent TEXT,
    generation INTEGER NOT NULL,
    tokens_before INTEGER,
    tokens_after INTEGER,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cached_tokens INTEGER,
    cache_write_tokens INTEGER,
    reasoning_tokens INTEGER,
    cost INTEGER,
    cost_source TEXT,
    prompt_version INTEGER NOT NULL,
    session_length INTEGER NOT NULL,
    focus TEXT,
    content TEXT NOT NULL
);

-- Backwards along it to the one that stands.
CREATE INDEX idx_summaries_session ON summaries(session_id, created_at, id);

-- As it was, and: what stood for a message that another program deletes stands for it no longer. Of
-- a session that is being deleted there is no row left, and what is kept of it keeps its summaries.
DROP TRIGGER message_removed;
CREATE TRIGGER message_removed AFTER DELETE ON messages
BEGIN
    DELETE FROM summaries
    WHERE session_id = old.session_id AND last_index >= old.seq
      AND EXISTS (SELECT 1 FROM sessions WHERE id = old.session_id);
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

-- As it was, but for the new columns.
DROP TRIGGER session_kept;
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
         provider, model, input_tokens, output_tokens, elapsed_ms, superseded, refused,
         cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source,
         tool_calls, tool_results)
    SELECT session_id, seq, id, role,
        iif(status = 'streaming', content || coalesce((SELECT group_concat(content, '') FROM (
            SELECT content FROM answer_chunks WHERE message_id = m.id ORDER BY n)), ''), content),
        timestamp, iif(status = 'streaming', 'incomplete', status),
        iif(status = 'streaming', reasoning || coalesce((SELECT group_concat(reasoning, '') FROM (
            SELECT reasoning FROM answer_chunks WHERE message_id = m.id ORDER BY n)), ''), reasoning),
        finish_reason, error, provider, model, input_tokens, output_tokens, elapsed_ms, superseded,
        refused, cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source,
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
