-- What was typed before.

-- name: recent_prompts
-- Backwards along messages_prompts: costs the rows that it passes.
SELECT added, content FROM messages
WHERE owner = session_user AND role = 'user' AND added < :before
  AND octet_length(content) <= :longest
  AND octet_length(replace(replace(replace(replace(
      content, ' ', ''), '\t', ''), '\n', ''), '\r', '')) > 0
  AND EXISTS (
      SELECT 1 FROM sessions WHERE sessions.id = messages.session_id AND deleted_at IS NULL)
ORDER BY added DESC LIMIT :limit;
