-- What the clean-up notes of the clock. Most starts need none of it.

-- name: first_look
INSERT OR IGNORE INTO clock (id, seen_at, marked_at, mark)
VALUES (1, :now, :now, (SELECT coalesce(max(use_order), 0) FROM sessions));

-- name: look
UPDATE clock SET seen_at = :now, lowest_at = NULL;

-- name: mark
UPDATE clock SET marked_at = :now, mark = (SELECT coalesce(max(use_order), 0) FROM sessions);

-- name: add_gap
INSERT INTO clock_gaps (began_at, ended_at) VALUES (:began_at, :ended_at);

-- name: drop_gaps_of_the_future
DELETE FROM clock_gaps WHERE began_at >= :now;

-- name: cut_gaps_that_last_into_the_future
-- What was leapt over before this moment stays so: sessions may have times from before the gap.
UPDATE clock_gaps SET ended_at = :now WHERE ended_at > :now;

-- name: used_before_it_was_made
-- Used since the mark was set, by the order, but earlier by their time.
SELECT id, use_order FROM sessions
WHERE use_order > (SELECT mark FROM clock) AND updated_at < (SELECT marked_at FROM clock);

-- name: set_time
UPDATE sessions SET updated_at = (SELECT marked_at FROM clock) WHERE id = :id;

-- name: set_use_order
-- What sets a time counts as a use.
UPDATE sessions SET use_order = :use_order WHERE id = :id;
