-- What MySQL and MariaDB say of searches in their own way.

-- name: all_named
-- Every message that is indexed, backwards along messages_indexed.
SELECT session_id, id, timestamp FROM messages
WHERE owner = session_user AND indexed = true AND timestamp >= :after AND timestamp <= :said
  AND (timestamp < :said OR session_id < :session_id
       OR (session_id = :session_id AND id < :message_id))
ORDER BY timestamp DESC, session_id DESC, id DESC LIMIT :most;

-- name: newest_said
-- Along messages_indexed.
SELECT max(timestamp) FROM messages
WHERE owner = session_user AND indexed = true AND timestamp <= :before;

-- name: take
-- What is taken is locked until its words are written; what another process has taken is its.
SELECT session_id, id, timestamp, content, reasoning, attachment_count FROM messages
WHERE owner = session_user AND indexed = false AND status <> 'streaming'
ORDER BY timestamp DESC LIMIT :limit FOR UPDATE SKIP LOCKED;

-- name: mark_taken
UPDATE messages SET indexed = true WHERE id IN :ids AND session_id IN :session_ids;
