-- What the completion of a command line asks: id, name, title, first words, last use.

-- name: by_prefix
-- By the primary key and by sessions_handle; of what is longer than a handle, more than was asked for.
SELECT id, coalesce(name, ''), coalesce(title, ''), preview, updated_at FROM sessions
WHERE id IN (
    SELECT id FROM sessions WHERE id BETWEEN :id_from AND :id_to
    UNION
    SELECT id FROM sessions
    WHERE owner = session_user AND handle BETWEEN :handle_from AND :handle_to
) AND owner = session_user AND (deleted_at IS NOT NULL) = :deleted
ORDER BY updated_at DESC, id DESC LIMIT :limit;

-- name: live_by_text
-- Among the newest.
SELECT id, coalesce(name, ''), coalesce(title, ''), preview, updated_at FROM (
    SELECT id, name, title, preview, updated_at, name_key, title_key, preview_key
    FROM sessions WHERE owner = session_user AND deleted_at IS NULL
    ORDER BY updated_at DESC, id DESC LIMIT :newest
) AS newest
WHERE position(:part IN preview_key) > 0 OR position(:part IN name_key) > 0
   OR position(:part IN title_key) > 0
ORDER BY updated_at DESC, id DESC LIMIT :limit;

-- name: trashed_by_text
SELECT id, coalesce(name, ''), coalesce(title, ''), preview, updated_at FROM (
    SELECT id, name, title, preview, updated_at, deleted_at, name_key, title_key, preview_key
    FROM sessions WHERE owner = session_user AND deleted_at IS NOT NULL
    ORDER BY deleted_at DESC, id DESC LIMIT :newest
) AS newest
WHERE position(:part IN preview_key) > 0 OR position(:part IN name_key) > 0
   OR position(:part IN title_key) > 0
ORDER BY deleted_at DESC, id DESC LIMIT :limit;

-- name: by_name
-- Along sessions_name: of all sessions, however many there are.
SELECT id, name, coalesce(title, ''), preview, updated_at FROM sessions
WHERE owner = session_user AND name_key >= :part AND name_key < :behind
  AND (deleted_at IS NOT NULL) = :deleted
ORDER BY name_key LIMIT :limit;

-- name: by_id
SELECT id, coalesce(name, ''), coalesce(title, ''), preview, updated_at FROM sessions
WHERE id IN :ids;
