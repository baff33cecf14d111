-- What MySQL and MariaDB say of many sessions in their own way.

-- name: note_trash
INSERT INTO session_changes (session_id, owner, what, changed_at)
SELECT id, owner, 'trash', :now FROM sessions WHERE id IN :ids AND owner = session_user
ON DUPLICATE KEY UPDATE changed_at = :now;
