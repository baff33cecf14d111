-- What clean-ups ask, and what they note of the clock. Each owner has a clock of his own. What is put
-- into the trash is named here and moved by bulk.sql.

-- name: gaps
-- Times that the clock has leapt over, the latest first.
SELECT began_at, ended_at FROM clock_gaps WHERE owner = session_user ORDER BY ended_at DESC;

-- name: clock
SELECT seen_at, lowest_at, marked_at, mark FROM clock WHERE owner = session_user;

-- name: used_before_it_was_made
-- Used since the mark was set, by the server's clock, but earlier by their time.
SELECT 1 FROM sessions
WHERE owner = session_user AND deleted_at IS NULL AND used_at > :mark AND updated_at < :marked_at
LIMIT 1;

-- name: set_times
UPDATE sessions SET updated_at = :marked_at
WHERE owner = session_user AND used_at > :mark AND updated_at < :marked_at;

-- name: mark
UPDATE clock SET marked_at = :now, mark = now() WHERE owner = session_user;

-- name: look
UPDATE clock SET seen_at = :now, lowest_at = NULL WHERE owner = session_user;

-- name: add_gap
INSERT INTO clock_gaps (began_at, ended_at) VALUES (:began_at, :ended_at);

-- name: drop_gaps_of_the_future
DELETE FROM clock_gaps WHERE owner = session_user AND began_at >= :now;

-- name: cut_gaps_that_last_into_the_future
-- What was leapt over before this moment stays so: sessions may have times from before the gap.
UPDATE clock_gaps SET ended_at = :now WHERE owner = session_user AND ended_at > :now;

-- name: expired_exists
-- One step into sessions_cleaned.
SELECT 1 FROM sessions
WHERE owner = session_user AND deleted_at IS NULL AND imported_at IS NULL
  AND updated_at < :cutoff LIMIT 1;

-- name: excess_exists
-- A walk of :max_sessions entries along sessions_cleaned.
SELECT 1 FROM sessions WHERE owner = session_user AND deleted_at IS NULL AND imported_at IS NULL
ORDER BY updated_at DESC, id DESC LIMIT 1 OFFSET :max_sessions;

-- name: outdated_exists
SELECT 1 FROM sessions
WHERE owner = session_user AND deleted_at IS NOT NULL AND deleted_at <= :cutoff
  AND updated_at <= :cutoff LIMIT 1;

-- name: outdated
-- The first rows of sessions_trash.
SELECT id FROM sessions
WHERE owner = session_user AND deleted_at IS NOT NULL AND deleted_at <= :cutoff
  AND updated_at <= :cutoff
ORDER BY deleted_at, id LIMIT :limit;

-- name: expired
-- The first rows of sessions_cleaned; ends at once if the first is young enough.
SELECT id, used_at FROM sessions
WHERE owner = session_user AND deleted_at IS NULL AND imported_at IS NULL
  AND updated_at < :cutoff AND NOT pinned
  AND (restored_at IS NULL OR restored_at < :restored_before) AND id NOT IN :spare
  AND NOT EXISTS (
      SELECT 1 FROM messages WHERE session_id = sessions.id AND status = 'streaming')
ORDER BY updated_at, id LIMIT :limit;

-- name: last_kept
-- The session behind which :max_sessions remain, itself among them.
SELECT updated_at, id FROM sessions
WHERE owner = session_user AND deleted_at IS NULL AND imported_at IS NULL
ORDER BY updated_at DESC, id DESC LIMIT 1 OFFSET :passed;

-- name: excess
-- The first rows of sessions_cleaned, up to that one.
SELECT id, used_at FROM sessions
WHERE owner = session_user AND deleted_at IS NULL AND imported_at IS NULL
  AND updated_at <= :used AND (updated_at < :used OR id < :id)
  AND NOT pinned
  AND (restored_at IS NULL OR restored_at < :restored_before) AND id NOT IN :spare
  AND NOT EXISTS (
      SELECT 1 FROM messages WHERE session_id = sessions.id AND status = 'streaming')
ORDER BY updated_at, id LIMIT :limit;

-- name: empty
SELECT id, used_at FROM sessions
WHERE owner = session_user AND deleted_at IS NULL AND imported_at IS NULL
  AND message_count = 0 AND NOT pinned
  AND (restored_at IS NULL OR restored_at < :restored_before) AND id NOT IN :spare
ORDER BY updated_at, id LIMIT :limit;

-- name: oversize
-- Texts are measured without being read, where the engine can.
SELECT id, used_at FROM (
    SELECT id, used_at, updated_at, pinned, restored_at, sum(coalesce((
        SELECT sum(octet_length(content) + octet_length(reasoning))
        FROM messages WHERE session_id = sessions.id
    ), 0) + coalesce((
        SELECT sum(octet_length(data)) FROM attachments WHERE session_id = sessions.id
    ), 0)) OVER (ORDER BY updated_at DESC, id DESC) AS size
    FROM sessions
    WHERE owner = session_user AND deleted_at IS NULL AND imported_at IS NULL
) AS live
WHERE size > :max_size AND NOT pinned
  AND (restored_at IS NULL OR restored_at < :restored_before) AND id NOT IN :spare
  AND NOT EXISTS (
      SELECT 1 FROM messages WHERE session_id = live.id AND status = 'streaming')
ORDER BY updated_at, id LIMIT :limit;

-- name: plan_cleanup
-- Counts what each rule would move after those before it, and what of all is pinned. Without a rule,
-- its cutoff is before all, its flag false, its limit -1.
WITH live AS (
    SELECT updated_at, id, pinned, updated_at < :cutoff AS expired,
           :empty AND message_count = 0 AS blank,
           CASE WHEN :max_size < 0 THEN 0 ELSE coalesce((
               SELECT sum(octet_length(content) + octet_length(reasoning))
               FROM messages WHERE session_id = sessions.id
           ), 0) + coalesce((
               SELECT sum(octet_length(data)) FROM attachments WHERE session_id = sessions.id
           ), 0) END AS size,
           (restored_at IS NULL OR restored_at < :restored_before) AND id NOT IN :spare
           AND NOT EXISTS (
               SELECT 1 FROM messages WHERE session_id = sessions.id AND status = 'streaming'
           ) AS movable
    FROM sessions
    WHERE owner = session_user AND deleted_at IS NULL AND imported_at IS NULL
), staying AS (
    SELECT pinned, movable, expired OR blank AS named,
           :max_sessions >= 0 AND row_number() OVER newest > :max_sessions AS surplus,
           :max_size >= 0 AND sum(size) OVER newest > :max_size AS oversize
    FROM live WHERE NOT ((expired OR blank) AND movable AND NOT pinned)
    WINDOW newest AS (ORDER BY updated_at DESC, id DESC)
)
SELECT (SELECT count(*) FROM live WHERE expired AND movable AND NOT pinned),
       (SELECT count(*) FROM live WHERE blank AND NOT expired AND movable AND NOT pinned),
       (SELECT count(*) FROM staying WHERE surplus AND movable AND NOT pinned),
       (SELECT count(*) FROM staying
        WHERE oversize AND NOT surplus AND movable AND NOT pinned),
       (SELECT count(*) FROM staying WHERE pinned AND (named OR surplus OR oversize));
