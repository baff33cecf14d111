-- What PostgreSQL says of searches in its own way.

-- name: named
SELECT session_id, message_id, said
FROM words_named(:asked, :after, :said, CAST(:session_id AS uuid), CAST(:message_id AS uuid), :most);

-- name: all_named
-- Every message, backwards along words_said.
SELECT session_id, message_id, said FROM words
WHERE owner = session_user AND part = 1 AND said >= :after AND said <= :said
  AND (said, session_id, message_id) < (:said, :session_id, :message_id)
ORDER BY said DESC, session_id DESC, message_id DESC LIMIT :most;

-- name: indexed_in_all
-- Along words_said.
SELECT count(*) FROM words WHERE owner = session_user AND said >= :after AND said <= :before;

-- name: take
-- What is taken is locked until its words are written, and is as it is then.
UPDATE messages SET indexed = true
WHERE (session_id, id) IN (
    SELECT session_id, id FROM messages
    WHERE owner = session_user AND NOT indexed AND status <> 'streaming'
    ORDER BY timestamp DESC LIMIT :limit)
  AND NOT indexed AND status <> 'streaming'
RETURNING session_id, id, timestamp, content, reasoning, attachment_count;

-- name: write_words
INSERT INTO words (session_id, message_id, part, said, words)
VALUES (:session_id, :message_id, :part, :said, CAST(:words AS tsvector));
