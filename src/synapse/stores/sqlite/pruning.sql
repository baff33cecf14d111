-- What only a clean-up by hand needs: its plan, and the rules that no index answers. These read all
-- live sessions once, without keeping writers waiting, and name those that may go.

-- name: plan_cleanup
-- Counts what each rule would move after those before it, and what of all is pinned. Without a rule,
-- its cutoff is '', its flag 0, its limit -1.
WITH live AS (
    SELECT updated_at, id, pinned, updated_at < :cutoff AS expired,
           :empty AND message_count = 0 AS empty,
           CASE WHEN :max_size < 0 THEN 0 ELSE (
               SELECT coalesce(sum(octet_length(content) + octet_length(reasoning)), 0)
               FROM messages WHERE session_id = sessions.id
           ) + (
               SELECT coalesce(sum(octet_length(data)), 0)
               FROM messages JOIN attachments ON message_id = messages.id
               WHERE session_id = sessions.id AND attachment_count > 0
           ) END AS size,
           (restored_at IS NULL OR restored_at < :restored_before)
           AND id NOT IN (SELECT value FROM json_each(:spare))
           AND NOT EXISTS (
               SELECT 1 FROM messages WHERE session_id = sessions.id AND status = 'streaming'
           ) AS movable
    FROM sessions WHERE deleted_at IS NULL AND imported_at IS NULL
), staying AS (
    SELECT pinned, movable, expired OR empty AS named,
           :max_sessions >= 0 AND row_number() OVER newest > :max_sessions AS surplus,
           :max_size >= 0 AND sum(size) OVER newest > :max_size AS oversize
    FROM live WHERE NOT ((expired OR empty) AND movable AND NOT pinned)
    WINDOW newest AS (ORDER BY updated_at DESC, id DESC)
)
SELECT (SELECT count(*) FROM live WHERE expired AND movable AND NOT pinned),
       (SELECT count(*) FROM live WHERE empty AND NOT expired AND movable AND NOT pinned),
       (SELECT count(*) FROM staying WHERE surplus AND movable AND NOT pinned),
       (SELECT count(*) FROM staying
        WHERE oversize AND NOT surplus AND movable AND NOT pinned),
       (SELECT count(*) FROM staying WHERE pinned AND (named OR surplus OR oversize));

-- name: empty
SELECT id, updated_at FROM sessions
WHERE deleted_at IS NULL AND imported_at IS NULL AND message_count = 0 AND NOT pinned
  AND (restored_at IS NULL OR restored_at < :restored_before)
  AND id NOT IN (SELECT value FROM json_each(:spare))
ORDER BY updated_at, id LIMIT :limit;

-- name: oversize
-- octet_length() knows the length of a value without reading it.
SELECT id, updated_at FROM (
    SELECT id, updated_at, pinned, restored_at, sum((
        SELECT coalesce(sum(octet_length(content) + octet_length(reasoning)), 0)
        FROM messages WHERE session_id = sessions.id
    ) + (
        SELECT coalesce(sum(octet_length(data)), 0)
        FROM messages JOIN attachments ON message_id = messages.id
        WHERE session_id = sessions.id AND attachment_count > 0
    )) OVER (ORDER BY updated_at DESC, id DESC) AS size
    FROM sessions WHERE deleted_at IS NULL AND imported_at IS NULL
) AS live
WHERE size > :max_size AND NOT pinned
  AND (restored_at IS NULL OR restored_at < :restored_before)
  AND id NOT IN (SELECT value FROM json_each(:spare))
  AND NOT EXISTS (SELECT 1 FROM messages WHERE session_id = live.id AND status = 'streaming')
ORDER BY updated_at, id LIMIT :limit;

-- name: trash_unused
-- One of them, unless somebody has pinned or used it since it was named.
UPDATE sessions SET deleted_at = :now, restored_at = NULL
WHERE id = :id AND updated_at = :used AND deleted_at IS NULL AND NOT pinned
  AND NOT EXISTS (
      SELECT 1 FROM messages WHERE session_id = sessions.id AND status = 'streaming');
