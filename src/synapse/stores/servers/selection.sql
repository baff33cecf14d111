-- Parts of statements that choose among sessions. _selection.py puts them together: a beginning, and
-- the conditions that choose, joined with AND. position() knows no wildcards.

-- name: listed
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE owner = session_user

-- name: total
-- Reads all that may fit.
SELECT count(*), coalesce(sum(message_count), 0) FROM sessions WHERE owner = session_user

-- name: live
deleted_at IS NULL

-- name: trash
deleted_at IS NOT NULL

-- name: updated_since
updated_at >= :since

-- name: updated_until
updated_at < :until

-- name: deleted_since
deleted_at >= :since

-- name: deleted_until
deleted_at < :until

-- name: provider
provider = :provider

-- name: named
name IS NOT NULL

-- name: pinned
pinned = :pinned

-- name: model
position(:model in model_key) > 0

-- name: text
(position(:text in preview_key) > 0 OR position(:text in coalesce(name_key, '')) > 0
   OR position(:text in coalesce(title_key, '')) > 0)
