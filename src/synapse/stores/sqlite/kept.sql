-- Sessions that another program has deleted: a part of the trash, in tables of their own. See the
-- migration that made them. Named values.

-- name: trashed
-- All that is in the trash, with the columns of `sessions` that are asked for. A session that is
-- there again, as a merge of two files may bring it back, is what it is there.
WITH trashed AS (
    SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at, pinned,
           forked_from, forked_at, title, message_count, preview, last_status, name_key, title_key,
           model_key, preview_key, tag_keys, tags
    FROM main.sessions WHERE deleted_at IS NOT NULL
    UNION ALL
    SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at, pinned,
           forked_from, forked_at, title, message_count, preview, last_status, name_key, title_key,
           model_key, preview_key, tag_keys, tags
    FROM kept_sessions WHERE id NOT IN (SELECT id FROM main.sessions)
);

-- name: get_messages
-- By the primary key's first column.
SELECT id, session_id, role, content, timestamp, seq, status, reasoning, finish_reason, error,
       provider, model, input_tokens, output_tokens, elapsed_ms, superseded,
       (SELECT count(*) FROM kept_attachments
        WHERE session_id = :session_id AND message_id = kept_messages.id),
       refused, cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source
FROM kept_messages
WHERE session_id = :session_id AND seq >= :first AND seq <= :last
  AND session_id NOT IN (SELECT id FROM sessions)
ORDER BY seq;

-- name: get_attachments
SELECT name, media_type, CAST(data AS BLOB), source FROM kept_attachments
WHERE session_id = :session_id AND message_id = :message_id ORDER BY n;

-- name: is_kept
SELECT 1 FROM kept_sessions WHERE id = :id;

-- name: finish_answer
-- Of a session that was deleted while it was being answered.
UPDATE kept_messages SET
    content = :content, status = :status, reasoning = :reasoning,
    finish_reason = :finish_reason, error = :error, provider = :provider, model = :model,
    input_tokens = :input_tokens, output_tokens = :output_tokens, elapsed_ms = :elapsed_ms,
    cached_tokens = :cached_tokens, cache_write_tokens = :cache_write_tokens,
    reasoning_tokens = :reasoning_tokens, cost = :cost, cost_source = :cost_source
WHERE session_id = :session_id AND id = :id AND status <> 'complete'
  AND (content, status, reasoning, finish_reason, error, provider, model,
       input_tokens, output_tokens, elapsed_ms,
       cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source)
   IS NOT (:content, :status, :reasoning, :finish_reason, :error, :provider, :model,
       :input_tokens, :output_tokens, :elapsed_ms,
       :cached_tokens, :cache_write_tokens, :reasoning_tokens, :cost, :cost_source)
RETURNING 1;

-- name: finish_session
UPDATE kept_sessions SET
    updated_at = max(updated_at, :updated_at),
    last_status = coalesce((SELECT status FROM kept_messages WHERE session_id = :id
                            ORDER BY seq DESC LIMIT 1), last_status)
WHERE id = :id;

-- name: bring_session_back
INSERT OR IGNORE INTO sessions
    (id, name, provider, model, instructions, created_at, updated_at, deleted_at, pinned,
     forked_from, forked_at, title, tags, tag_keys)
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at, pinned,
       forked_from, forked_at, title, tags, tag_keys
FROM kept_sessions WHERE id = :id;

-- name: bring_messages_back
-- Where messages of the session are there, as an unfinished deletion leaves them, each is taken
-- once; where others have their places, those that come back stand behind them.
INSERT INTO messages
    (session_id, seq, id, role, content, timestamp, status, reasoning, finish_reason, error,
     provider, model, input_tokens, output_tokens, elapsed_ms, superseded, refused,
     cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source)
SELECT session_id,
       seq + iif(EXISTS (
               SELECT 1 FROM messages AS there JOIN kept_messages AS copy USING (session_id, seq)
               WHERE session_id = :id AND there.id <> copy.id),
           (SELECT max(seq) FROM messages WHERE session_id = :id), 0),
       id, role, content, timestamp, status, reasoning, finish_reason, error, provider, model,
       input_tokens, output_tokens, elapsed_ms, superseded, refused,
       cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source
FROM kept_messages AS kept
WHERE session_id = :id AND NOT EXISTS (SELECT 1 FROM messages WHERE id = kept.id)
ORDER BY kept.seq;

-- name: bring_attachments_back
INSERT OR IGNORE INTO attachments (message_id, n, name, media_type, source, data)
SELECT message_id, n, name, media_type, source, data FROM kept_attachments
WHERE session_id = :id AND message_id IN (SELECT id FROM messages WHERE session_id = :id);

-- name: bring_tools_back
-- Only where the other program's columns are.
UPDATE messages
SET (tool_calls, tool_results) = (
    SELECT tool_calls, tool_results FROM kept_messages
    WHERE session_id = :id AND id = messages.id)
WHERE session_id = :id AND tool_calls IS NULL AND tool_results IS NULL AND id IN (
    SELECT id FROM kept_messages
    WHERE session_id = :id AND coalesce(tool_calls, tool_results) IS NOT NULL);

-- name: count_anew
UPDATE sessions SET
    message_count = (SELECT count(*) FROM messages WHERE session_id = :id),
    preview = coalesce((
        SELECT preview FROM user_previews WHERE session_id = :id AND preview <> ''
        ORDER BY seq LIMIT 1), ''),
    last_status = coalesce((
        SELECT status FROM messages WHERE session_id = :id ORDER BY seq DESC LIMIT 1), 'complete')
WHERE id = :id;

-- name: restore_row
UPDATE sessions
SET deleted_at = NULL, restored_at = strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')
WHERE id = :id AND deleted_at IS NOT NULL;

-- name: forget_attachments
DELETE FROM kept_attachments WHERE session_id = :id;

-- name: forget_messages
DELETE FROM kept_messages WHERE session_id = :id;

-- name: forget_session
DELETE FROM kept_sessions WHERE id = :id;

-- name: forget_changes
DELETE FROM session_changes WHERE session_id = :id;

-- name: forget_import
DELETE FROM imports WHERE session_id = :id;

-- name: forget_message_extras
DELETE FROM message_extras WHERE session_id = :id;

-- name: forget_summaries
DELETE FROM summaries WHERE session_id = :id;
