-- What is asked of many sessions at once; see archive/together.py.

-- name: sizes_of
-- Of each that has messages: the bytes of their texts, and their attachments.
SELECT session_id, sum(octet_length(content) + octet_length(reasoning)), sum(attachment_count)
FROM messages WHERE session_id IN :ids GROUP BY session_id;

-- name: sessions_there
SELECT id FROM sessions WHERE id IN :ids;

-- name: receiving
-- Those in which an answer is being received, or was when its owner died.
SELECT session_id FROM messages WHERE session_id IN :ids AND status = 'streaming';
