-- What MySQL and MariaDB say of clean-ups in their own way.

-- name: first_look
INSERT IGNORE INTO clock (seen_at, marked_at, mark) VALUES (:now, :now, now());
