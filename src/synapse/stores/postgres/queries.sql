-- What PostgreSQL says in its own way.

-- name: append_message
-- In one statement: the session's row is locked for no longer than that takes. `added`: by the
-- server's clock, what one transaction appends in its order.
WITH session AS (
    UPDATE sessions SET
        last_seq = last_seq + 1,
        message_count = message_count + 1,
        last_status = :status,
        input_tokens = input_tokens + coalesce(:input_tokens, 0),
        output_tokens = output_tokens + coalesce(:output_tokens, 0),
        preview = CASE WHEN preview = '' THEN :preview ELSE preview END,
        preview_key = CASE WHEN preview = '' THEN :preview_key ELSE preview_key END,
        used_at = now(),
        imported_at = NULL,
        updated_at = greatest(updated_at, :timestamp)
    WHERE id = :session_id AND deleted_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM messages WHERE session_id = :session_id AND id = :id)
    RETURNING id, owner, last_seq
)
INSERT INTO messages
    (session_id, owner, seq, id, role, content, reasoning, timestamp, added, status,
     finish_reason, error, provider, model, input_tokens, output_tokens, elapsed_ms, superseded,
     refused, attachment_count, cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source,
     holder)
SELECT id, owner, last_seq, :id, :role, :content, :reasoning, :timestamp,
       CAST(extract(epoch FROM now()) * 1000000 AS bigint) * 1024 + mod(last_seq, 1024),
       :status, :finish_reason, :error, :provider, :model, :input_tokens, :output_tokens,
       :elapsed_ms, :superseded, :refused, :attachment_count, :cached_tokens, :cache_write_tokens,
       :reasoning_tokens, :cost, :cost_source, :holder
FROM session
RETURNING seq;

-- name: hold_name
-- A number of the owner and the name; two that share one only wait for each other.
SELECT pg_advisory_xact_lock(hashtextextended(session_user || ' ' || :key, 0));

-- name: get_arriving_messages
-- As get_messages, an answer that is being received with its chunks.
SELECT id, session_id, role,
       CASE WHEN status = 'streaming' THEN content || coalesce((
           SELECT string_agg(content, '' ORDER BY n) FROM answer_chunks
           WHERE session_id = :session_id AND message_id = messages.id), '') ELSE content END,
       timestamp, seq, status,
       CASE WHEN status = 'streaming' THEN reasoning || coalesce((
           SELECT string_agg(reasoning, '' ORDER BY n) FROM answer_chunks
           WHERE session_id = :session_id AND message_id = messages.id), '') ELSE reasoning END,
       finish_reason, error, provider, model, input_tokens, output_tokens, elapsed_ms, superseded,
       attachment_count, refused, cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source
FROM messages
WHERE session_id = :session_id AND seq >= :first AND seq <= :last
ORDER BY seq;

-- name: streaming_answers
-- Of each: the owner, the seconds that are left of the lease by the server's clock, and when it was
-- begun.
SELECT id, holder, CAST(extract(epoch FROM leased_until - now()) AS double precision), timestamp
FROM messages WHERE session_id = :session_id AND status = 'streaming' ORDER BY seq;

-- name: lease
-- From now on, by the server's clock. Not of an answer that has been closed.
UPDATE messages SET leased_until = now() + make_interval(secs => :seconds)
WHERE session_id = :session_id AND id = :id AND status = 'streaming';

-- name: add_chunk
-- Not to an answer that has been closed. One that is sent again takes the place of the first.
INSERT INTO answer_chunks (session_id, owner, message_id, n, content, reasoning)
SELECT session_id, owner, id, :n, :content, :reasoning
FROM messages WHERE session_id = :session_id AND id = :message_id AND status = 'streaming'
ON CONFLICT (session_id, message_id, n)
DO UPDATE SET content = excluded.content, reasoning = excluded.reasoning;

-- name: join_chunks
-- Of an answer whose owner is gone: its text becomes what was checkpointed.
UPDATE messages SET
    status = 'incomplete',
    leased_until = NULL,
    content = content || coalesce((
        SELECT string_agg(content, '' ORDER BY n) FROM answer_chunks
        WHERE session_id = :session_id AND message_id = :id), ''),
    reasoning = reasoning || coalesce((
        SELECT string_agg(reasoning, '' ORDER BY n) FROM answer_chunks
        WHERE session_id = :session_id AND message_id = :id), '')
WHERE session_id = :session_id AND id = :id AND status = 'streaming';

-- name: note_change
INSERT INTO session_changes (session_id, owner, what, changed_at)
SELECT id, owner, :what, :changed_at FROM sessions WHERE id = :session_id
ON CONFLICT (session_id, what) DO UPDATE SET changed_at = excluded.changed_at;

-- name: position
-- What `added` of a message may begin with, by the server's clock; see append_message.
SELECT CAST(extract(epoch FROM now()) * 1000000 AS bigint) * 1024;

-- name: find_by_prefix
-- By the primary key and by sessions_handle; then what others have shared, which is little.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE id IN (
    SELECT id FROM sessions WHERE id BETWEEN :id_from AND :id_to
    UNION
    SELECT id FROM sessions
    WHERE owner = session_user AND handle BETWEEN :handle_from AND :handle_to
    UNION
    SELECT sessions.id FROM grants JOIN sessions ON sessions.id = grants.session_id
    WHERE grantee = session_user AND handle BETWEEN :handle_from AND :handle_to
) AND (
    owner = session_user
    OR NOT :deleted AND id IN (SELECT session_id FROM grants WHERE grantee = session_user)
) AND (deleted_at IS NOT NULL) = :deleted
ORDER BY updated_at DESC, id DESC LIMIT :limit;
