-- Every statement of the store. Named values; the column order of the SELECTs is what _rows.py reads.

-- name: session_exists
-- Live, in the trash, or kept from another program's deletion.
SELECT 1 FROM sessions WHERE id = :id
UNION ALL
SELECT 1 FROM kept_sessions WHERE id = :id;

-- name: create_session
-- The derived columns follow from the messages.
INSERT INTO sessions
    (id, name, provider, model, instructions, created_at, updated_at, deleted_at, pinned,
     forked_from, forked_at, title, name_key, title_key, model_key, preview_key)
VALUES
    (:id, :name, :provider, :model, :instructions, :created_at, :updated_at, :deleted_at, :pinned,
     :forked_from, :forked_at, :title, :name_key, :title_key, :model_key, '');

-- name: get_summary
-- By the primary key.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE id = :id;

-- name: list_live
-- A walk along idx_sessions_live.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE deleted_at IS NULL
ORDER BY updated_at DESC, id DESC LIMIT :limit;

-- name: list_trash
-- A walk along idx_sessions_trash.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE deleted_at IS NOT NULL
ORDER BY deleted_at DESC, id DESC LIMIT :limit;

-- name: nth_live
-- As list_live, from behind so many entries of the index, whose rows are not read.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE deleted_at IS NULL
ORDER BY updated_at DESC, id DESC LIMIT 1 OFFSET :passed;

-- name: nth_trash
-- As list_trash, from behind so many.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE deleted_at IS NOT NULL
ORDER BY deleted_at DESC, id DESC LIMIT 1 OFFSET :passed;

-- name: count_live
-- Reads idx_sessions_live from end to end.
SELECT count(*) FROM sessions WHERE deleted_at IS NULL;

-- name: count_trash
-- Reads idx_sessions_trash from end to end.
SELECT count(*) FROM sessions WHERE deleted_at IS NOT NULL;

-- name: find_by_prefix
-- Two index ranges, of the ids and of the handles, each cut short: four digits of an id can be
-- shared by all sessions of fifty days. More digits than a handle has may be the end of an id, too.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions
WHERE id IN (
    SELECT id FROM (
        SELECT id FROM sessions
        WHERE id >= :id_from AND id < :id_to AND (deleted_at IS NOT NULL) = :deleted
        ORDER BY id DESC LIMIT :limit
    )
    UNION ALL
    SELECT id FROM (
        SELECT id FROM sessions
        WHERE substr(id, -8) >= :handle_from AND substr(id, -8) < :handle_to
          AND (deleted_at IS NOT NULL) = :deleted
        ORDER BY substr(id, -8) DESC LIMIT :limit
    )
    UNION ALL
    SELECT id FROM sessions
    WHERE length(:handle_from) > 8 AND substr(id, -8) = substr(:handle_from, -8)
      AND substr(replace(id, '-', ''), -length(:handle_from)) = :handle_from
      AND (deleted_at IS NOT NULL) = :deleted
)
ORDER BY updated_at DESC, id DESC LIMIT :limit;

-- name: find_by_name
-- By idx_sessions_name; and every session of which a folded form is still missing, along
-- idx_sessions_unfolded: whoever asks sees which of these have the name.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions
WHERE id IN (
    SELECT id FROM sessions WHERE name_key = :name_key
    UNION ALL
    SELECT id FROM sessions
    WHERE (model_key IS NULL OR preview_key IS NULL OR (name IS NULL) <> (name_key IS NULL)
           OR (title IS NULL) <> (title_key IS NULL)) AND name IS NOT NULL
) AND (deleted_at IS NOT NULL) = :deleted
ORDER BY updated_at DESC, id DESC;

-- name: rename_session
-- The trigger folds it, if that takes no Unicode.
UPDATE sessions SET name = :name WHERE id = :id;

-- name: retitle_session
-- The trigger folds it, if that takes no Unicode.
UPDATE sessions SET title = :title WHERE id = :id;

-- name: has_been_titled
-- It has a title, or had one: a change of it was noted.
SELECT 1 FROM sessions WHERE id = :id AND title IS NOT NULL
UNION ALL
SELECT 1 FROM session_changes WHERE session_id = :id AND what = 'title';

-- name: forget_titling
-- The trigger has noted a change, but it was nobody's: what a person says elsewhere is to win over
-- it, however early he said it.
DELETE FROM session_changes WHERE session_id = :id AND what = 'title';

-- name: last_used
-- Along idx_sessions_used. Of those that have no number, the last by their time.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE deleted_at IS NULL
ORDER BY use_order DESC, updated_at DESC, id DESC LIMIT 1;

-- name: touch_session
-- A clock that runs behind sets an earlier time, but it is a use.
UPDATE sessions
SET updated_at = :updated_at, use_order = (SELECT coalesce(max(use_order), 0) + 1 FROM sessions)
WHERE id = :id;

-- name: clock
-- And whether something was used since the mark was set, by the order, but earlier by its time.
SELECT seen_at, lowest_at, EXISTS (
    SELECT 1 FROM sessions WHERE use_order > mark AND updated_at < marked_at)
FROM clock;

-- name: gaps
-- Times that the clock has leapt over, the latest first.
SELECT began_at, ended_at FROM clock_gaps ORDER BY ended_at DESC;

-- name: clock_runs_behind
-- Said where something is deleted, so that the next clean-up sees a jump when the clock is right
-- again, and not something that has been in the trash for years.
UPDATE clock SET lowest_at = :now
WHERE :now < seen_at AND (lowest_at IS NULL OR :now < lowest_at);

-- name: advance_session
-- Time never runs backwards for a session, whatever the clock does.
UPDATE sessions SET updated_at = max(updated_at, :updated_at) WHERE id = :id;

-- name: pin_session
UPDATE sessions SET pinned = :pinned WHERE id = :id AND pinned <> :pinned;

-- name: trash_session
UPDATE sessions SET deleted_at = :deleted_at, restored_at = NULL
WHERE id = :id AND deleted_at IS NULL;

-- name: restore_session
UPDATE sessions SET deleted_at = NULL, restored_at = :restored_at
WHERE id = :id AND deleted_at IS NOT NULL;

-- name: mark_purged
-- The trigger that keeps what others delete lets a session with this mark go.
UPDATE sessions SET deleted_at = 'purged' WHERE id = :id;

-- name: delete_session
-- Messages, chunks and attachments go by cascade.
DELETE FROM sessions WHERE id = :id;

-- name: add_message
-- The index is the next of the session.
INSERT INTO messages
    (id, session_id, role, content, timestamp, seq, status, reasoning, finish_reason, error,
     provider, model, input_tokens, output_tokens, elapsed_ms, superseded, refused,
     cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source, owner)
SELECT :id, :session_id, :role, :content, :timestamp,
       (SELECT coalesce(max(seq), 0) + 1 FROM messages WHERE session_id = :session_id),
       :status, :reasoning, :finish_reason, :error,
       :provider, :model, :input_tokens, :output_tokens, :elapsed_ms, :superseded, :refused,
       :cached_tokens, :cache_write_tokens, :reasoning_tokens, :cost, :cost_source, :owner
RETURNING seq;

-- name: copy_messages
-- In one statement: a session may have tens of thousands of messages.
INSERT INTO messages
    (id, session_id, role, content, timestamp, seq, status, reasoning, finish_reason, error,
     provider, model, input_tokens, output_tokens, elapsed_ms, superseded, refused,
     cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source)
SELECT synapse_new_id(), :copy_id, role,
       CASE WHEN status = 'streaming' THEN content || coalesce((
           SELECT group_concat(content, '' ORDER BY n) FROM answer_chunks
           WHERE message_id = messages.id), '') ELSE content END,
       timestamp, row_number() OVER (ORDER BY seq),
       CASE WHEN status = 'streaming' THEN 'incomplete' ELSE status END,
       CASE WHEN status = 'streaming' THEN reasoning || coalesce((
           SELECT group_concat(reasoning, '' ORDER BY n) FROM answer_chunks
           WHERE message_id = messages.id), '') ELSE reasoning END,
       finish_reason, error, provider, model, input_tokens, output_tokens, elapsed_ms, superseded,
       refused, cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source
FROM messages WHERE session_id = :session_id AND seq <= :last
ORDER BY seq;

-- name: copy_attachments
-- After copy_messages: the copies stand in the order of the originals.
INSERT INTO attachments (message_id, n, name, media_type, source, data)
SELECT copy.id, n, name, media_type, source, data
FROM (
    SELECT id, attachment_count, row_number() OVER (ORDER BY seq) AS place FROM messages
    WHERE session_id = :session_id AND seq <= :last
) AS original
JOIN messages AS copy ON copy.session_id = :copy_id AND copy.seq = original.place
JOIN attachments ON attachments.message_id = original.id
WHERE original.attachment_count > 0;

-- name: last_times
-- Of the last message, and of the last prompt: backwards along idx_messages_seq.
SELECT (SELECT timestamp FROM messages WHERE session_id = :session_id ORDER BY seq DESC LIMIT 1),
       (SELECT timestamp FROM messages WHERE session_id = :session_id AND role = 'user'
        ORDER BY seq DESC LIMIT 1);

-- name: standing_summary
-- Backwards along idx_summaries_session: one step where there is none. See stores._summaries.
SELECT id, session_id, last_index, message_count, content, provider, model, created_at, parent,
       generation, focus, tokens_before, tokens_after, prompt_version, session_length,
       input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens,
       cost, cost_source
FROM summaries WHERE session_id = :session_id ORDER BY created_at DESC, id DESC LIMIT 1;

-- name: message_exists
SELECT 1 FROM messages WHERE id = :id;

-- name: get_messages
-- Along idx_messages_seq. An answer that is being received is given with its chunks.
SELECT id, session_id, role,
       CASE WHEN status = 'streaming' THEN content || coalesce((
           SELECT group_concat(content, '' ORDER BY n) FROM answer_chunks
           WHERE message_id = messages.id), '') ELSE content END,
       timestamp, seq, status,
       CASE WHEN status = 'streaming' THEN reasoning || coalesce((
           SELECT group_concat(reasoning, '' ORDER BY n) FROM answer_chunks
           WHERE message_id = messages.id), '') ELSE reasoning END,
       finish_reason, error, provider, model, input_tokens, output_tokens, elapsed_ms, superseded,
       attachment_count, refused, cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source
FROM messages
WHERE session_id = :session_id AND seq >= :first AND seq <= :last
ORDER BY seq;

-- name: add_attachment
INSERT INTO attachments (message_id, n, name, media_type, source, data)
VALUES (:message_id, :n, :name, :media_type, :source, :data);

-- name: get_attachments
-- Of one message, by the primary key.
SELECT name, media_type, CAST(data AS BLOB), source FROM attachments
WHERE message_id = :message_id ORDER BY n;

-- name: recent_prompts
-- Backwards along the table itself: costs the rows that it passes. The size of a text is in the
-- header of its row, so that what is too long, and every answer, is passed without being read.
SELECT rowid, content FROM messages
WHERE rowid < :before AND role = 'user' AND octet_length(content) <= :longest
  AND trim(content, char(9, 10, 13, 32)) <> ''
  AND EXISTS (SELECT 1 FROM sessions WHERE id = session_id AND deleted_at IS NULL)
ORDER BY rowid DESC LIMIT :limit;

-- name: streaming_answers
-- By idx_messages_streaming, which holds only answers that are being received. Of each: the owner,
-- the seconds that are left of the lease by the engine's clock, and when it was begun.
SELECT id, owner, leased_until - unixepoch('now', 'subsec'), timestamp
FROM messages WHERE session_id = :session_id AND status = 'streaming';

-- name: lease
-- From now on, by the engine's clock. Not of an answer that has been closed.
UPDATE messages SET leased_until = unixepoch('now', 'subsec') + :seconds
WHERE id = :id AND status = 'streaming'
RETURNING 1;

-- name: supersede_answers
-- The answers to the last prompt that has not been taken back.
UPDATE messages SET superseded = 1
WHERE session_id = :session_id AND role = 'assistant' AND seq > (
    SELECT seq FROM messages WHERE session_id = :session_id AND role = 'user' AND NOT superseded
    ORDER BY seq DESC LIMIT 1
);

-- name: supersede_messages
-- Not what the user has said of the system prompt: that holds until it is said otherwise.
UPDATE messages SET superseded = 1
WHERE session_id = :session_id AND seq >= :first AND role <> 'system' AND NOT superseded;

-- name: add_chunk
-- Not to an answer that has been closed.
INSERT INTO answer_chunks (message_id, n, content, reasoning, saved_at)
SELECT id, (SELECT coalesce(max(n), 0) + 1 FROM answer_chunks WHERE message_id = :message_id),
       :content, :reasoning, :saved_at
FROM messages WHERE id = :message_id AND status = 'streaming'
RETURNING 1;

-- name: join_chunks
-- Of an answer whose owner is gone: its text becomes what was checkpointed.
UPDATE messages SET
    status = 'incomplete',
    content = content || coalesce((
        SELECT group_concat(content, '' ORDER BY n) FROM answer_chunks WHERE message_id = :id), ''),
    reasoning = reasoning || coalesce((
        SELECT group_concat(reasoning, '' ORDER BY n) FROM answer_chunks
        WHERE message_id = :id), '')
WHERE id = :id AND status = 'streaming';

-- name: drop_chunks
DELETE FROM answer_chunks WHERE message_id = :message_id;

-- name: finish_answer
-- A complete answer stays as it is; a row says that something changed.
UPDATE messages SET
    content = :content, status = :status, reasoning = :reasoning,
    finish_reason = :finish_reason, error = :error, provider = :provider, model = :model,
    input_tokens = :input_tokens, output_tokens = :output_tokens, elapsed_ms = :elapsed_ms,
    cached_tokens = :cached_tokens, cache_write_tokens = :cache_write_tokens,
    reasoning_tokens = :reasoning_tokens, cost = :cost, cost_source = :cost_source
WHERE id = :id AND status <> 'complete'
  AND (content, status, reasoning, finish_reason, error, provider, model,
       input_tokens, output_tokens, elapsed_ms,
       cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source)
   IS NOT (:content, :status, :reasoning, :finish_reason, :error, :provider, :model,
       :input_tokens, :output_tokens, :elapsed_ms,
       :cached_tokens, :cache_write_tokens, :reasoning_tokens, :cost, :cost_source)
RETURNING 1;

-- name: mark_refused
-- The answer and the question that it is to. And one before it that was never answered, as soon as a
-- second one that was sent together with it has been refused: it may be what the server minds.
WITH question (seq) AS (
    SELECT seq FROM messages WHERE session_id = :session_id AND role = 'user' AND NOT superseded
    ORDER BY seq DESC LIMIT 1
), answered (seq) AS (
    SELECT seq FROM messages WHERE session_id = :session_id AND role = 'assistant'
      AND NOT superseded AND refused IS NULL AND content <> '' AND id <> :id
    ORDER BY seq DESC LIMIT 1
)
UPDATE messages SET refused = :refused
WHERE session_id = :session_id AND (
    id = :id OR seq = (SELECT seq FROM question)
    OR seq > coalesce((SELECT seq FROM answered), 0) AND seq < (SELECT seq FROM question)
      AND role = 'user' AND NOT superseded AND refused IS NULL AND EXISTS (
          SELECT 1 FROM messages AS later
          WHERE later.session_id = :session_id AND later.seq > messages.seq
            AND later.seq < (SELECT seq FROM question)
            AND later.role = 'user' AND later.refused IS NOT NULL));

-- name: unmark_refused
-- The last question, if there is an answer to it after all.
UPDATE messages SET refused = NULL
WHERE session_id = :session_id AND refused IS NOT NULL AND seq = (
    SELECT seq FROM messages WHERE session_id = :session_id AND role = 'user' AND NOT superseded
    ORDER BY seq DESC LIMIT 1)
  AND EXISTS (SELECT 1 FROM messages WHERE id = :id AND (content <> '' OR status = 'complete'));

-- name: trash_expired
-- The first rows of idx_sessions_cleaned; ends at once if the first is young enough.
UPDATE sessions SET deleted_at = :now, restored_at = NULL
WHERE rowid IN (
    SELECT rowid FROM sessions
    WHERE deleted_at IS NULL AND imported_at IS NULL AND updated_at < :cutoff AND NOT pinned
      AND (restored_at IS NULL OR restored_at < :restored_before)
      AND id NOT IN (SELECT value FROM json_each(:spare))
      AND NOT EXISTS (
          SELECT 1 FROM messages WHERE session_id = sessions.id AND status = 'streaming')
    ORDER BY updated_at, id LIMIT :limit
);

-- name: trash_excess
-- The first rows of idx_sessions_cleaned, up to the one behind which :max_sessions remain.
UPDATE sessions SET deleted_at = :now, restored_at = NULL
WHERE rowid IN (
    SELECT rowid FROM sessions
    WHERE deleted_at IS NULL AND imported_at IS NULL
      AND (updated_at, id) < (
          SELECT updated_at, id FROM sessions WHERE deleted_at IS NULL AND imported_at IS NULL
          ORDER BY updated_at DESC, id DESC LIMIT 1 OFFSET :max_sessions - 1)
      AND NOT pinned AND (restored_at IS NULL OR restored_at < :restored_before)
      AND id NOT IN (SELECT value FROM json_each(:spare))
      AND NOT EXISTS (
          SELECT 1 FROM messages WHERE session_id = sessions.id AND status = 'streaming')
    ORDER BY updated_at, id LIMIT :limit
);

-- name: expired_exists
-- One step into idx_sessions_cleaned.
SELECT 1 FROM sessions
WHERE deleted_at IS NULL AND imported_at IS NULL AND updated_at < :cutoff LIMIT 1;

-- name: excess_exists
-- A walk of :max_sessions entries along idx_sessions_cleaned, without touching a row.
SELECT 1 FROM sessions WHERE deleted_at IS NULL AND imported_at IS NULL
ORDER BY updated_at DESC LIMIT 1 OFFSET :max_sessions;

-- name: outdated_trash
-- The first rows of idx_sessions_trash. What another program, which knows of no trash, has used
-- since is no trash yet.
SELECT id FROM sessions
WHERE deleted_at IS NOT NULL AND deleted_at <= :cutoff AND updated_at <= :cutoff
ORDER BY deleted_at LIMIT :limit;

-- name: outdated_kept
-- The same of what other programs have deleted: the first rows of idx_kept_sessions.
SELECT id FROM kept_sessions
WHERE deleted_at <= :cutoff AND id NOT IN (SELECT id FROM sessions)
ORDER BY deleted_at LIMIT :limit;
