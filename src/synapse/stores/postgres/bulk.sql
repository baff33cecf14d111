-- What PostgreSQL says of many sessions in its own way.

-- name: note_trash
INSERT INTO session_changes (session_id, owner, what, changed_at)
SELECT id, owner, 'trash', :now FROM sessions WHERE id IN :ids AND owner = session_user
ON CONFLICT (session_id, what) DO UPDATE SET changed_at = excluded.changed_at;
