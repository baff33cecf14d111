-- Statements of sessions and messages. The column order of the SELECTs is what stores/_rows.py reads.
-- `session_user` is whose sessions these are; an engine without it has a word of its own for that.

-- name: session_exists
SELECT 1 FROM sessions WHERE id = :id;

-- name: latest_time
-- Of the session that was used last.
SELECT updated_at FROM sessions WHERE owner = session_user AND deleted_at IS NULL
ORDER BY used_at DESC, updated_at DESC, id DESC LIMIT 1;

-- name: create_session
-- The derived columns follow from the messages.
INSERT INTO sessions
    (id, handle, name, name_key, title, title_key, provider, model, model_key, instructions,
     created_at, updated_at, deleted_at, pinned, forked_from, forked_at)
VALUES
    (:id, :handle, :name, :name_key, :title, :title_key, :provider, :model, :model_key,
     :instructions, :created_at, :updated_at, :deleted_at, :pinned, :forked_from, :forked_at);

-- name: mark_used
-- By the server's clock.
UPDATE sessions SET used_at = now() WHERE id = :id;

-- name: get_summary
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE id = :id;

-- name: lock_session
-- Nobody else changes the session, or what belongs to it, until the transaction ends.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE id = :id FOR UPDATE;

-- name: list_live
-- A walk along sessions_live.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE owner = session_user AND deleted_at IS NULL
ORDER BY updated_at DESC, id DESC LIMIT :limit OFFSET :passed;

-- name: list_trash
-- A walk along sessions_trash.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE owner = session_user AND deleted_at IS NOT NULL
ORDER BY deleted_at DESC, id DESC LIMIT :limit OFFSET :passed;

-- name: last_used
-- The first entry of sessions_used.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE owner = session_user AND deleted_at IS NULL
ORDER BY used_at DESC, updated_at DESC, id DESC LIMIT 1;

-- name: count_live
SELECT count(*) FROM sessions WHERE owner = session_user AND deleted_at IS NULL;

-- name: count_trash
SELECT count(*) FROM sessions WHERE owner = session_user AND deleted_at IS NOT NULL;

-- name: find_by_prefix
-- By the primary key and by sessions_handle.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE id IN (
    SELECT id FROM sessions WHERE id BETWEEN :id_from AND :id_to
    UNION
    SELECT id FROM sessions
    WHERE owner = session_user AND handle BETWEEN :handle_from AND :handle_to
) AND owner = session_user AND (deleted_at IS NOT NULL) = :deleted
ORDER BY updated_at DESC, id DESC LIMIT :limit;

-- name: find_by_name
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions
WHERE owner = session_user AND name_key = :name_key AND (deleted_at IS NOT NULL) = :deleted
ORDER BY updated_at DESC, id DESC;

-- name: owner_of_anothers
SELECT owner FROM sessions WHERE id = :id AND owner <> session_user;

-- name: rename_session
UPDATE sessions SET name = :name, name_key = :name_key WHERE id = :id;

-- name: retitle_session
UPDATE sessions SET title = :title, title_key = :title_key WHERE id = :id;

-- name: has_been_titled
-- It has a title, or had one: a change of it was noted.
SELECT 1 FROM sessions WHERE id = :id AND title IS NOT NULL
UNION ALL
SELECT 1 FROM session_changes WHERE session_id = :id AND what = 'title';

-- name: pin_session
UPDATE sessions SET pinned = :pinned WHERE id = :id AND pinned <> :pinned;

-- name: touch_session
-- A clock that runs behind sets an earlier time, but it is a use.
UPDATE sessions SET updated_at = :updated_at, used_at = now(), imported_at = NULL WHERE id = :id;

-- name: restore_session
UPDATE sessions SET deleted_at = NULL, restored_at = :restored_at
WHERE id = :id AND deleted_at IS NOT NULL;

-- name: rivals
-- Of what tells sessions apart: their handles, names that look like one, and beginnings of ids, for
-- which conditions are put behind.
SELECT id, name_key FROM sessions WHERE owner = session_user AND handle IN :handles
UNION ALL
SELECT id, name_key FROM sessions WHERE owner = session_user AND name_key IN :names
UNION ALL
SELECT id, name_key FROM sessions WHERE

-- name: count_anew
-- What is reckoned from a session's messages, but for the preview.
UPDATE sessions SET
    last_seq = coalesce((SELECT max(seq) FROM messages WHERE session_id = :id), 0),
    message_count = (SELECT count(*) FROM messages WHERE session_id = :id),
    input_tokens = coalesce((SELECT sum(input_tokens) FROM messages WHERE session_id = :id), 0),
    output_tokens = coalesce((SELECT sum(output_tokens) FROM messages WHERE session_id = :id), 0),
    last_status = coalesce((
        SELECT status FROM messages WHERE session_id = :id ORDER BY seq DESC LIMIT 1), 'complete')
WHERE id = :id;

-- name: set_preview
UPDATE sessions SET preview = :preview, preview_key = :preview_key WHERE id = :id;

-- name: insert_message
-- With an index that the caller has found, into a session that he has locked and counts anew.
INSERT INTO messages
    (session_id, owner, seq, id, role, content, reasoning, timestamp, added, status,
     finish_reason, error, provider, model, input_tokens, output_tokens, elapsed_ms, superseded,
     refused, attachment_count, cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source,
     holder)
SELECT id, owner, :seq, :id, :role, :content, :reasoning, :timestamp, :added, :status,
       :finish_reason, :error, :provider, :model, :input_tokens, :output_tokens, :elapsed_ms,
       :superseded, :refused, :attachment_count, :cached_tokens, :cache_write_tokens,
       :reasoning_tokens, :cost, :cost_source, :holder
FROM sessions WHERE id = :session_id;

-- name: message_exists
SELECT 1 FROM messages WHERE session_id = :session_id AND id = :id;

-- name: message_seq
SELECT seq, timestamp FROM messages WHERE session_id = :session_id AND id = :id;

-- name: session_of_message
-- By messages' key, which begins with the id; on a distributed engine every shard is asked.
SELECT session_id FROM messages WHERE id = :id;

-- name: last_times
-- Of the last message, and of the last prompt.
SELECT (SELECT timestamp FROM messages WHERE session_id = :session_id ORDER BY seq DESC LIMIT 1),
       (SELECT timestamp FROM messages WHERE session_id = :session_id AND role = 'user'
        ORDER BY seq DESC LIMIT 1);

-- name: get_messages
-- By the primary key. Of an answer that is being received, without its chunks.
SELECT id, session_id, role, content, timestamp, seq, status, reasoning, finish_reason, error,
       provider, model, input_tokens, output_tokens, elapsed_ms, superseded, attachment_count,
       refused, cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source
FROM messages
WHERE session_id = :session_id AND seq >= :first AND seq <= :last
ORDER BY seq;

-- name: add_attachment
-- It belongs to whoever the session belongs to.
INSERT INTO attachments (session_id, owner, message_id, n, name, media_type, source, data)
SELECT id, owner, :message_id, :n, :name, :media_type, :source, :data
FROM sessions WHERE id = :session_id;

-- name: copy_attachments
INSERT INTO attachments (session_id, owner, message_id, n, name, media_type, source, data)
SELECT :copy_id, (SELECT owner FROM sessions WHERE id = :copy_id), :copied_id, n, name, media_type,
       source, data
FROM attachments WHERE session_id = :session_id AND message_id = :message_id;

-- name: get_attachments
-- Of one message, by the primary key.
SELECT name, media_type, data, source FROM attachments
WHERE session_id = :session_id AND message_id = :message_id ORDER BY n;

-- name: last_question
-- The last prompt that has not been taken back.
SELECT seq FROM messages WHERE session_id = :session_id AND role = 'user' AND NOT superseded
ORDER BY seq DESC LIMIT 1;

-- name: supersede_answers
UPDATE messages SET superseded = true
WHERE session_id = :session_id AND role = 'assistant' AND seq > :question;

-- name: supersede_messages
-- Not what the user has said of the system prompt: that holds until it is said otherwise.
UPDATE messages SET superseded = true
WHERE session_id = :session_id AND seq >= :first AND role <> 'system' AND NOT superseded;

-- name: last_chunk
SELECT coalesce(max(n), 0) FROM answer_chunks
WHERE session_id = :session_id AND message_id = :message_id;

-- name: drop_chunks
DELETE FROM answer_chunks WHERE session_id = :session_id AND message_id = :message_id;

-- name: get_answer
SELECT content, status, reasoning, finish_reason, error, provider, model, input_tokens,
       output_tokens, elapsed_ms, cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source
FROM messages WHERE session_id = :session_id AND id = :id;

-- name: finish_answer
UPDATE messages SET
    content = :content, status = :status, reasoning = :reasoning,
    finish_reason = :finish_reason, error = :error, provider = :provider, model = :model,
    input_tokens = :input_tokens, output_tokens = :output_tokens, elapsed_ms = :elapsed_ms,
    cached_tokens = :cached_tokens, cache_write_tokens = :cache_write_tokens,
    reasoning_tokens = :reasoning_tokens, cost = :cost, cost_source = :cost_source,
    leased_until = NULL, indexed = false
WHERE session_id = :session_id AND id = :id;

-- name: advance_session
-- Time never runs backwards for a session, whatever the clock does, but it is a use. What the answer changes in the
-- columns that follow from messages comes with it.
UPDATE sessions SET
    used_at = now(),
    imported_at = NULL,
    updated_at = greatest(updated_at, :updated_at),
    input_tokens = input_tokens + :more_input,
    output_tokens = output_tokens + :more_output,
    last_status = coalesce((
        SELECT status FROM messages WHERE session_id = :id ORDER BY seq DESC LIMIT 1), 'complete')
WHERE id = :id;

-- name: set_last_status
UPDATE sessions SET last_status = coalesce((
    SELECT status FROM messages WHERE session_id = :id ORDER BY seq DESC LIMIT 1), 'complete')
WHERE id = :id;

-- name: answered
-- The last answer that the server did not refuse, but for this one.
SELECT seq FROM messages
WHERE session_id = :session_id AND role = 'assistant' AND NOT superseded AND refused IS NULL
  AND content <> '' AND id <> :id
ORDER BY seq DESC LIMIT 1;

-- name: questions_between
SELECT seq, refused, superseded FROM messages
WHERE session_id = :session_id AND role = 'user' AND seq > :after AND seq < :before
  AND (NOT superseded OR refused IS NOT NULL)
ORDER BY seq;

-- name: mark_refused
UPDATE messages SET refused = :refused WHERE session_id = :session_id AND seq IN :places;

-- name: unmark_refused
-- The last question, if there is an answer to it after all.
UPDATE messages SET refused = NULL
WHERE session_id = :session_id AND refused IS NOT NULL AND seq = (
    SELECT seq FROM (
        SELECT seq FROM messages
        WHERE session_id = :session_id AND role = 'user' AND NOT superseded
        ORDER BY seq DESC LIMIT 1) AS question)
  AND EXISTS (
    SELECT 1 FROM (
        SELECT 1 FROM messages
        WHERE session_id = :session_id AND id = :id AND (content <> '' OR status = 'complete')
        LIMIT 1) AS answer);
