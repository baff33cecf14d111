-- What PostgreSQL says of clean-ups in its own way.

-- name: first_look
INSERT INTO clock (seen_at, marked_at, mark) VALUES (:now, :now, now()) ON CONFLICT DO NOTHING;
