-- What exports read and imports write.

-- name: session_of
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags,
       tag_keys, restored_at, imported_at, use_order,
       EXISTS (SELECT 1 FROM session_changes WHERE session_id = sessions.id),
       EXISTS (SELECT 1 FROM imports WHERE session_id = sessions.id),
       EXISTS (SELECT 1 FROM summaries WHERE session_id = sessions.id)
FROM sessions WHERE id = :id;

-- name: kept_session_of
-- One that another program deleted.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags,
       tag_keys, NULL, NULL, NULL, 1, 1, 1
FROM kept_sessions WHERE id = :id;

-- name: changes_of
SELECT what, changed_at FROM session_changes WHERE session_id = :id;

-- name: import_of
SELECT program, source_id, extra FROM imports WHERE session_id = :id;

-- name: extras_of
SELECT message_id, after, extra FROM message_extras WHERE session_id = :id;

-- name: messages_behind
-- In their order, behind the one of a number. That is a text if a message is not plain
-- (archived.PlainMessage), but for the form of its time. A text is less than any blob.
SELECT id, role, content, timestamp, reasoning, finish_reason, provider, model, input_tokens,
       output_tokens, elapsed_ms,
       cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source,
       CASE WHEN status = 'complete' AND NOT superseded AND error IS NULL AND refused IS NULL
                 AND attachment_count = 0
                 AND (coalesce(cached_tokens, cache_write_tokens, reasoning_tokens, cost,
                               cost_source) IS NULL
                      OR (cached_tokens IS NULL OR typeof(cached_tokens) = 'integer'
                                                       AND cached_tokens BETWEEN 0 AND :largest)
                         AND (cache_write_tokens IS NULL OR typeof(cache_write_tokens) = 'integer'
                                                       AND cache_write_tokens BETWEEN 0 AND :largest)
                         AND (reasoning_tokens IS NULL OR typeof(reasoning_tokens) = 'integer'
                                                       AND reasoning_tokens BETWEEN 0 AND :largest)
                         AND (cost IS NULL OR typeof(cost) = 'integer'
                                                       AND cost BETWEEN 0 AND :largest)
                         AND (cost_source IS NULL OR cost_source < x''))
                 AND role IN ('user', 'assistant', 'system', 'tool')
                 AND id < x'' AND content < x'' AND reasoning < x'' AND timestamp < x''
                 AND (finish_reason IS NULL OR finish_reason < x'')
                 AND (provider IS NULL OR provider < x'') AND (model IS NULL OR model < x'')
                 AND (coalesce(input_tokens, output_tokens, elapsed_ms) IS NULL
                      OR (input_tokens IS NULL OR typeof(input_tokens) = 'integer'
                                                  AND input_tokens BETWEEN 0 AND :largest)
                         AND (output_tokens IS NULL OR typeof(output_tokens) = 'integer'
                                                       AND output_tokens BETWEEN 0 AND :largest)
                         AND (elapsed_ms IS NULL OR typeof(elapsed_ms) = 'integer'
                                                    AND elapsed_ms BETWEEN 0 AND :largest))
            THEN seq ELSE CAST(seq AS TEXT) END
FROM messages
WHERE session_id = :id AND seq > :after ORDER BY seq LIMIT :most;

-- name: page_behind
-- The number of its last message; of messages that others wrote, any number may be missing.
SELECT max(seq) FROM (
    SELECT seq FROM messages WHERE session_id = :id AND seq > :after ORDER BY seq LIMIT :most);

-- name: message_at
SELECT id FROM messages WHERE session_id = :id AND seq = :index;

-- name: index_of
SELECT seq FROM messages WHERE session_id = :session_id AND id = :id;

-- name: insert_message
-- The triggers count it. A state that is nobody's any more: no owner.
INSERT INTO messages
    (id, session_id, role, content, timestamp, seq, status, reasoning, finish_reason, error,
     provider, model, input_tokens, output_tokens, elapsed_ms, superseded, refused,
     cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source)
VALUES (:id, :session_id, :role, :content, :timestamp, :seq, :status, :reasoning, :finish_reason,
        :error, :provider, :model, :input_tokens, :output_tokens, :elapsed_ms, :superseded,
        :refused, :cached_tokens, :cache_write_tokens, :reasoning_tokens, :cost, :cost_source);

-- name: insert_plain
-- The same, of what an archived.PlainMessage says; the rows follow.
INSERT INTO messages
    (id, role, content, timestamp, reasoning, finish_reason, provider, model, input_tokens,
     output_tokens, elapsed_ms, seq, session_id)

-- name: insert_priced
-- The same, with all that is known of what they took.
INSERT INTO messages
    (id, role, content, timestamp, reasoning, finish_reason, provider, model, input_tokens,
     output_tokens, elapsed_ms, cached_tokens, cache_write_tokens, reasoning_tokens, cost,
     cost_source, seq, session_id)

-- name: places_are_new
-- Whether a message that is inserted now gets a place that no index has known.
SELECT coalesce((SELECT max(rowid) FROM messages), 0) BETWEEN
    coalesce((SELECT indexed_to FROM search_state WHERE recipe <> 0), 0) AND (1 << 62);

-- name: count_plain
-- What the triggers would have reckoned from complete messages.
UPDATE sessions SET
    message_count = :count, input_tokens = :sent, output_tokens = :received,
    preview = coalesce((
        SELECT preview FROM user_previews WHERE session_id = :id AND preview <> ''
        ORDER BY seq LIMIT 1), '')
WHERE id = :id;

-- name: fold_preview
UPDATE sessions SET preview_key = (SELECT preview_key FROM plain_keys WHERE id = :id)
WHERE id = :id AND preview <> '';

-- name: replace_message
UPDATE messages
SET role = :role, content = :content, timestamp = :timestamp, status = :status,
    reasoning = :reasoning, finish_reason = :finish_reason, error = :error, provider = :provider,
    model = :model, input_tokens = :input_tokens, output_tokens = :output_tokens,
    elapsed_ms = :elapsed_ms, superseded = :superseded, refused = :refused,
    cached_tokens = :cached_tokens, cache_write_tokens = :cache_write_tokens,
    reasoning_tokens = :reasoning_tokens, cost = :cost, cost_source = :cost_source
WHERE id = :id;

-- name: number_message
UPDATE messages SET seq = :seq WHERE id = :id AND seq IS NOT :seq;

-- name: forked_here
-- Branches off this session, whose origins' numbers may move.
SELECT id, forked_at FROM sessions WHERE forked_from = :id AND forked_at IS NOT NULL;

-- name: number_fork
UPDATE sessions SET forked_at = :index WHERE id = :id;

-- name: message_elsewhere
-- The session that has a message of this id.
SELECT session_id FROM messages WHERE id = :id;

-- name: count_anew
-- What the triggers reckon from the messages as they come.
UPDATE sessions SET
    message_count = (SELECT count(*) FROM messages WHERE session_id = :id),
    preview = coalesce((
        SELECT preview FROM user_previews WHERE session_id = :id AND preview <> ''
        ORDER BY seq LIMIT 1), ''),
    last_status = coalesce((
        SELECT status FROM messages WHERE session_id = :id ORDER BY seq DESC LIMIT 1), 'complete')
WHERE id = :id;

-- name: set_state
-- Whatever the triggers did while the messages came in.
UPDATE sessions
SET name = :name, provider = :provider, model = :model, instructions = :instructions,
    created_at = :created_at, updated_at = :updated_at, deleted_at = :deleted_at,
    pinned = :pinned, forked_from = :forked_from, forked_at = :forked_at, title = :title,
    tags = :tags, tag_keys = :tag_keys
WHERE id = :id;

-- name: set_upkeep
-- The trigger of the times has taken the first two.
UPDATE sessions
SET use_order = :use_order, imported_at = :imported_at, restored_at = :restored_at
WHERE id = :id;

-- name: raise_mark
-- What was used elsewhere before is no use of today with an old time, which a wrong clock sets.
UPDATE clock SET mark = max(mark, (SELECT coalesce(max(use_order), 0) FROM sessions));

-- name: forget_changes
DELETE FROM session_changes WHERE session_id = :id;

-- name: add_change
INSERT OR REPLACE INTO session_changes (session_id, what, changed_at)
VALUES (:id, :what, :changed_at);

-- name: set_import
INSERT OR REPLACE INTO imports (session_id, program, source_id, extra)
VALUES (:id, :program, :source_id, :extra);

-- name: set_message_extra
INSERT OR REPLACE INTO message_extras (session_id, message_id, after, extra)
VALUES (:session_id, :message_id, :after, :extra);

-- name: forget_message_extra
DELETE FROM message_extras WHERE session_id = :session_id AND message_id = :message_id;

-- name: forget_attachments
DELETE FROM attachments WHERE message_id = :message_id;
