-- What MySQL and MariaDB say in their own way, both the same. Of what an UPDATE sets, a later
-- expression sees what an earlier one has set: the order matters.

-- name: count_message
-- The session's row is locked, and its next index is what LAST_INSERT_ID tells.
UPDATE sessions SET
    last_seq = LAST_INSERT_ID(last_seq + 1),
    message_count = message_count + 1,
    last_status = :status,
    input_tokens = input_tokens + coalesce(:input_tokens, 0),
    output_tokens = output_tokens + coalesce(:output_tokens, 0),
    preview_key = CASE WHEN preview = '' THEN :preview_key ELSE preview_key END,
    preview = CASE WHEN preview = '' THEN :preview ELSE preview END,
    used_at = CASE WHEN :timestamp >= updated_at THEN now(6) ELSE used_at END,
    imported_at = CASE WHEN :timestamp >= updated_at THEN NULL ELSE imported_at END,
    updated_at = greatest(updated_at, :timestamp)
WHERE id = :session_id AND deleted_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM messages WHERE session_id = :session_id AND id = :id);

-- name: append_message
-- `added`: by the server's clock, what one transaction appends in its order.
INSERT INTO messages
    (session_id, owner, seq, id, role, content, reasoning, timestamp, added, status,
     finish_reason, error, provider, model, input_tokens, output_tokens, elapsed_ms, superseded,
     refused, attachment_count, cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source,
     holder)
VALUES
    (:session_id, '', :seq, :id, :role, :content, :reasoning, :timestamp,
     timestampdiff(MICROSECOND, '1970-01-01 00:00:00.000000', now(6)) * 1024 + mod(:seq, 1024),
     :status, :finish_reason, :error, :provider, :model, :input_tokens, :output_tokens,
     :elapsed_ms, :superseded, :refused, :attachment_count, :cached_tokens, :cache_write_tokens,
     :reasoning_tokens, :cost, :cost_source, :holder);

-- name: hold_name
SELECT number FROM name_locks WHERE number = :number FOR UPDATE;

-- name: get_arriving_messages
-- As get_messages, an answer that is being received with its chunks.
SELECT id, session_id, role,
       CASE WHEN status = 'streaming' THEN concat(content, coalesce((
           SELECT group_concat(content ORDER BY n SEPARATOR '') FROM answer_chunks
           WHERE session_id = :session_id AND message_id = messages.id), '')) ELSE content END,
       timestamp, seq, status,
       CASE WHEN status = 'streaming' THEN concat(reasoning, coalesce((
           SELECT group_concat(reasoning ORDER BY n SEPARATOR '') FROM answer_chunks
           WHERE session_id = :session_id AND message_id = messages.id), '')) ELSE reasoning END,
       finish_reason, error, provider, model, input_tokens, output_tokens, elapsed_ms, superseded,
       attachment_count, refused, cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source
FROM messages
WHERE session_id = :session_id AND seq >= :first AND seq <= :last
ORDER BY seq;

-- name: streaming_answers
-- Of each: the owner, the seconds that are left of the lease by the server's clock, and when it was
-- begun.
SELECT id, holder, timestampdiff(MICROSECOND, now(6), leased_until) / 1e6, timestamp
FROM messages WHERE session_id = :session_id AND status = 'streaming' ORDER BY seq;

-- name: lease
-- From now on, by the server's clock. Not of an answer that has been closed.
UPDATE messages SET leased_until = now(6) + INTERVAL :seconds SECOND
WHERE session_id = :session_id AND id = :id AND status = 'streaming';

-- name: add_chunk
-- Not to an answer that has been closed. One that is sent again takes the place of the first.
INSERT INTO answer_chunks (session_id, owner, message_id, n, content, reasoning)
SELECT session_id, owner, id, :n, :content, :reasoning
FROM messages WHERE session_id = :session_id AND id = :message_id AND status = 'streaming'
ON DUPLICATE KEY UPDATE content = :content, reasoning = :reasoning;

-- name: join_chunks
-- Of an answer whose owner is gone: its text becomes what was checkpointed.
UPDATE messages SET
    status = 'incomplete',
    leased_until = NULL,
    content = concat(content, coalesce((
        SELECT group_concat(answer_chunks.content ORDER BY n SEPARATOR '') FROM answer_chunks
        WHERE session_id = :session_id AND message_id = :id), '')),
    reasoning = concat(reasoning, coalesce((
        SELECT group_concat(answer_chunks.reasoning ORDER BY n SEPARATOR '') FROM answer_chunks
        WHERE session_id = :session_id AND message_id = :id), ''))
WHERE session_id = :session_id AND id = :id AND status = 'streaming';

-- name: note_change
INSERT INTO session_changes (session_id, owner, what, changed_at)
SELECT id, owner, :what, :changed_at FROM sessions WHERE id = :session_id
ON DUPLICATE KEY UPDATE changed_at = :changed_at;

-- name: position
-- What `added` of a message may begin with, by the server's clock; see append_message.
SELECT timestampdiff(MICROSECOND, '1970-01-01 00:00:00.000000', now(6)) * 1024;
