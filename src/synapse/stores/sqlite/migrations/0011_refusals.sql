-- What a server refused for its content is not sent again: the code of the error, on the question
-- and on its answer. NULL for everything else, and for what other programs write. A column of its
-- own, because a branch may begin behind a question whose answer it leaves behind.
ALTER TABLE messages ADD COLUMN refused TEXT;
ALTER TABLE kept_messages ADD COLUMN refused TEXT;

-- As it was, but for the new column.
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
         tool_calls, tool_results)
    SELECT session_id, seq, id, role,
        iif(status = 'streaming', content || coalesce((SELECT group_concat(content, '') FROM (
            SELECT content FROM answer_chunks WHERE message_id = m.id ORDER BY n)), ''), content),
        timestamp, iif(status = 'streaming', 'incomplete', status),
        iif(status = 'streaming', reasoning || coalesce((SELECT group_concat(reasoning, '') FROM (
            SELECT reasoning FROM answer_chunks WHERE message_id = m.id ORDER BY n)), ''), reasoning),
        finish_reason, error, provider, model, input_tokens, output_tokens, elapsed_ms, superseded,
        refused,
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
