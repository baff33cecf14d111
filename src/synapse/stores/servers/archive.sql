-- What exports read and imports write. Whoever merges has locked the session's row.

-- name: session_of
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags,
       restored_at, imported_at, used_at
FROM sessions WHERE id = :id;

-- name: changes_of
SELECT what, changed_at FROM session_changes WHERE session_id = :id;

-- name: import_of
SELECT program, source_id, extra FROM imports WHERE session_id = :id;

-- name: extras_of
SELECT message_id, after, extra FROM message_extras WHERE session_id = :id;

-- name: message_at
SELECT id FROM messages WHERE session_id = :id AND seq = :index;

-- name: attachments_of
-- Of some messages of one session.
SELECT message_id, name, media_type, data, source FROM attachments
WHERE session_id = :session_id AND message_id IN :messages ORDER BY message_id, n;

-- name: messages_elsewhere
-- Which of these messages are there, and in which session. By messages' key that begins with the id;
-- on a distributed engine every shard is asked.
SELECT id, session_id FROM messages WHERE id IN :ids;

-- name: replace_message
-- What it says is to be indexed anew.
UPDATE messages
SET role = :role, content = :content, timestamp = :timestamp, status = :status,
    reasoning = :reasoning, finish_reason = :finish_reason, error = :error, provider = :provider,
    model = :model, input_tokens = :input_tokens, output_tokens = :output_tokens,
    elapsed_ms = :elapsed_ms, superseded = :superseded, refused = :refused,
    cached_tokens = :cached_tokens, cache_write_tokens = :cache_write_tokens,
    reasoning_tokens = :reasoning_tokens, cost = :cost, cost_source = :cost_source,
    attachment_count = :attachment_count, indexed = false
WHERE session_id = :session_id AND id = :id;

-- name: move_away
-- Out of the way of their new numbers.
UPDATE messages SET seq = -seq WHERE session_id = :id;

-- name: number_message
UPDATE messages SET seq = :seq WHERE session_id = :session_id AND id = :id;

-- name: forked_here
-- Branches off this session, whose origins' numbers may move.
SELECT id, forked_at FROM sessions WHERE forked_from = :id AND forked_at IS NOT NULL;

-- name: number_fork
UPDATE sessions SET forked_at = :index WHERE id = :id;

-- name: set_state
-- Whatever became of it while the messages came in.
UPDATE sessions
SET name = :name, name_key = :name_key, title = :title, title_key = :title_key,
    provider = :provider, model = :model, model_key = :model_key, instructions = :instructions,
    created_at = :created_at, updated_at = :updated_at, deleted_at = :deleted_at,
    pinned = :pinned, forked_from = :forked_from, forked_at = :forked_at,
    tags = :tags, tag_keys = :tag_keys
WHERE id = :id;

-- name: set_upkeep
UPDATE sessions
SET used_at = :used_at, imported_at = :imported_at, restored_at = :restored_at
WHERE id = :id;

-- name: raise_mark
-- What was used elsewhere before is no use of today with an old time, which a wrong clock sets.
UPDATE clock SET mark = :used_at WHERE owner = session_user AND mark < :used_at;

-- name: forget_changes
DELETE FROM session_changes WHERE session_id = :id;

-- name: add_change
INSERT INTO session_changes (session_id, owner, what, changed_at)
SELECT id, owner, :what, :changed_at FROM sessions WHERE id = :id;

-- name: forget_import
DELETE FROM imports WHERE session_id = :id;

-- name: add_import
INSERT INTO imports (session_id, owner, program, source_id, extra)
SELECT id, owner, :program, :source_id, :extra FROM sessions WHERE id = :id;

-- name: forget_message_extra
DELETE FROM message_extras WHERE session_id = :session_id AND message_id = :message_id;

-- name: add_message_extra
INSERT INTO message_extras (session_id, owner, message_id, after, extra)
SELECT id, owner, :message_id, :after, :extra FROM sessions WHERE id = :session_id;

-- name: forget_attachments
DELETE FROM attachments WHERE session_id = :session_id AND message_id = :message_id;
