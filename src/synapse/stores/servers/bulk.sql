-- What is done with many sessions at once. Only with one's own: whoever may write into another's
-- session may not throw it away.

-- name: live
SELECT id FROM sessions WHERE id IN :ids AND owner = session_user AND deleted_at IS NULL;

-- name: in_trash
SELECT id FROM sessions WHERE id IN :ids AND owner = session_user AND deleted_at IS NOT NULL;

-- name: existing
SELECT id FROM sessions WHERE id IN :ids AND owner = session_user;

-- name: trash
UPDATE sessions SET deleted_at = :now, restored_at = NULL
WHERE id IN :ids AND owner = session_user AND deleted_at IS NULL;

-- name: trashed_at
SELECT id FROM sessions WHERE id IN :ids AND owner = session_user AND deleted_at = :now;

-- name: delete
-- What belongs to them goes by cascade.
DELETE FROM sessions WHERE id IN :ids AND owner = session_user;

-- name: delete_trash
DELETE FROM sessions WHERE id IN :ids AND owner = session_user AND deleted_at IS NOT NULL;

-- name: clock_runs_behind
-- Said where something is deleted, so that the next clean-up sees a jump when the clock is right
-- again, and not something that has been in the trash for years.
UPDATE clock SET lowest_at = :now
WHERE owner = session_user AND :now < seen_at AND (lowest_at IS NULL OR :now < lowest_at);

-- name: trash_unused
-- Those of them that nobody has pinned, or used, since they were named.
UPDATE sessions SET deleted_at = :now, restored_at = NULL
WHERE id IN :ids AND owner = session_user AND deleted_at IS NULL AND NOT pinned
  AND used_at <= :latest
  AND NOT EXISTS (
      SELECT 1 FROM messages WHERE session_id = sessions.id AND status = 'streaming');

-- name: tagged
-- Along sessions_tagged. Newest sessions first: of two ways to write a tag, the last one is told.
SELECT tags, tag_keys FROM sessions
WHERE owner = session_user AND tag_keys IS NOT NULL AND (deleted_at IS NOT NULL) = :deleted
ORDER BY updated_at DESC, id DESC;

-- name: set_tags
UPDATE sessions SET tags = :tags, tag_keys = :tag_keys WHERE id = :id;

-- name: of_others
SELECT id, owner FROM sessions WHERE id IN :ids AND owner <> session_user;
