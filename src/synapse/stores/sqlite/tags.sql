-- What is asked and said of tags.

-- name: tagged
-- Along idx_sessions_tagged. Newest sessions first: of two ways to write a tag, the last one is told.
SELECT tags, tag_keys FROM sessions
WHERE tag_keys IS NOT NULL AND (deleted_at IS NOT NULL) = :deleted ORDER BY updated_at DESC;

-- name: tags_of
SELECT tags, tag_keys FROM sessions WHERE id = :id;

-- name: set_tags
UPDATE sessions SET tags = :tags, tag_keys = :tag_keys WHERE id = :id;

-- name: all_tags
-- Reads all sessions.
SELECT id, tags, tag_keys FROM sessions WHERE tags IS NOT NULL OR tag_keys IS NOT NULL;

-- name: note_tag
INSERT OR REPLACE INTO session_changes (session_id, what, changed_at) VALUES (:id, :what, :now);
