-- What a search and its index ask. A place is a row number of messages.

-- name: state
-- Whether the row numbers are still those that were indexed: see the migration.
SELECT indexed_to, coalesce(recipe, 0),
       last_place IS NULL
       OR EXISTS (SELECT 1 FROM messages WHERE rowid = last_place AND id = last_id)
       OR EXISTS (SELECT 1 FROM search_stale WHERE place = last_place),
       (SELECT coalesce(max(rowid), 0) FROM messages),
       (SELECT coalesce(min(rowid), 1) - 1 FROM messages)
FROM (SELECT 1) LEFT JOIN search_state ON one = 1;

-- name: is_large
SELECT count(*) > :few FROM (SELECT 1 FROM messages LIMIT :few + 1);

-- name: tables
-- Of the index, or of what is left of one.
SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'search_*[0-9]*';

-- name: stale_places
SELECT place FROM search_stale;

-- name: times
SELECT chunk, newest FROM search_times;

-- name: rows
-- What a message is judged by. Is followed by one of the FROM parts below; the first two of them by
-- what is asked of the texts.
SELECT m.rowid, m.session_id, m.seq, m.timestamp, m.role, m.provider, m.model, m.status,
       m.attachment_count,
       CASE WHEN :reasoning THEN m.reasoning ELSE m.content END
       || CASE WHEN m.status = 'streaming' THEN coalesce((
           SELECT group_concat(iif(:reasoning, reasoning, content), '' ORDER BY n)
           FROM answer_chunks WHERE message_id = m.id), '') ELSE '' END,
       m.id

-- name: beginning
-- The place of the message that is :limit messages before the last of a range, or of its first.
SELECT min(rowid) FROM (
    SELECT rowid FROM messages WHERE rowid <= :last AND rowid > :first
    ORDER BY rowid DESC LIMIT :limit);

-- name: rows_between
FROM messages AS m WHERE m.rowid BETWEEN :first AND :last

-- name: rows_at
FROM json_each(:places) AS p CROSS JOIN messages AS m ON m.rowid = p.value WHERE 1

-- name: newest_rows
FROM messages AS m WHERE m.rowid > :first ORDER BY m.rowid DESC LIMIT :limit;

-- name: rows_of_session
-- Backwards along idx_messages_seq.
FROM messages AS m WHERE m.session_id = :session_id AND m.seq <= :last
ORDER BY m.seq DESC LIMIT :limit;

-- name: kept_rows
-- Of what other programs have deleted.
SELECT m.rowid, m.session_id, m.seq, m.timestamp, m.role, m.provider, m.model, m.status,
       (SELECT count(*) FROM kept_attachments
        WHERE session_id = m.session_id AND message_id = m.id),
       CASE WHEN :reasoning THEN m.reasoning ELSE m.content END,
       m.id
FROM kept_messages AS m
WHERE m.rowid <= :last AND m.rowid > :first AND m.session_id NOT IN (SELECT id FROM sessions)
ORDER BY m.rowid DESC LIMIT :limit;

-- name: last_kept
SELECT coalesce(max(rowid), 0) FROM kept_messages;

-- name: sessions
SELECT id, deleted_at IS NOT NULL, name, title, provider, model, tag_keys FROM sessions
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: kept
SELECT id, 1, name, title, provider, model, tag_keys FROM kept_sessions
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: described
-- Of the sessions that have a name, a title or tags, by which they may be asked for.
SELECT id, deleted_at IS NOT NULL, name, title, provider, model, tag_keys FROM sessions
WHERE (deleted_at IS NOT NULL) = :deleted
  AND iif(:tagged, tag_keys IS NOT NULL, coalesce(name, title) IS NOT NULL);

-- name: message_count
SELECT coalesce(sum(message_count), 0) FROM sessions
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: summaries
-- The columns of get_summary.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE id IN (SELECT value FROM json_each(:ids));

-- name: messages_at
-- The columns of get_messages, of those that it takes from nowhere else.
SELECT id, session_id, role, content, timestamp, seq, status, reasoning, finish_reason, error,
       provider, model, input_tokens, output_tokens, elapsed_ms, superseded, attachment_count,
       refused, cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source
FROM messages WHERE rowid IN (SELECT value FROM json_each(:places))
  AND status <> 'streaming' AND attachment_count = 0;

-- name: to_index
-- The next messages behind the watermark, as they are indexed.
SELECT place, id, content, reasoning, files, timestamp, status
FROM search_texts WHERE place > :indexed_to ORDER BY place LIMIT :limit;

-- name: to_renew
-- What is stale, and what stands there now. An answer that is still coming in has to wait.
SELECT stale.place, now.id, now.content, now.reasoning, now.files, now.timestamp, now.status,
       stale.content, stale.reasoning, stale.files
FROM search_stale AS stale LEFT JOIN search_texts AS now ON now.place = stale.place
WHERE stale.content IS NOT NULL OR now.status IS NOT 'streaming'
LIMIT :limit;

-- name: purged
-- What the index still knows of sessions that are nowhere any more, or may be of one.
SELECT place, content, reasoning, files FROM search_stale
WHERE content IS NOT NULL
  AND (session_id IS NULL OR session_id NOT IN (SELECT id FROM sessions)
       AND session_id NOT IN (SELECT id FROM kept_sessions))
LIMIT :limit;

-- name: forget_stale
DELETE FROM search_stale WHERE place = :place;

-- name: note_unknown
-- That the index knows nothing of a message, if there is one.
INSERT INTO search_stale (place, session_id)
SELECT rowid, session_id FROM messages WHERE rowid = :place
ON CONFLICT (place) DO UPDATE SET content = NULL, reasoning = NULL, files = NULL;

-- name: newest
SELECT newest FROM search_times WHERE chunk = :chunk;

-- name: set_newest
INSERT INTO search_times (chunk, newest) VALUES (:chunk, :newest)
ON CONFLICT (chunk) DO UPDATE SET newest = excluded.newest;

-- name: advance
-- The last message that is there at or below the watermark.
UPDATE search_state SET indexed_to = coalesce(:indexed_to, indexed_to),
    (last_place, last_id) = (
        SELECT rowid, id FROM messages WHERE rowid <= coalesce(:indexed_to, indexed_to)
        ORDER BY rowid DESC LIMIT 1);

-- name: begin
INSERT OR REPLACE INTO search_state (one, indexed_to, recipe)
SELECT 1, min(coalesce(min(rowid), 1) - 1, 0), :recipe FROM messages;

-- name: forget_all_stale
DELETE FROM search_stale;

-- name: stale_bytes
SELECT coalesce(sum(
    octet_length(content) + octet_length(reasoning) + coalesce(octet_length(files), 0)), 0)
FROM search_stale WHERE content IS NOT NULL;

-- name: all_stale
-- As bytes, with what they are: a text may be no UTF-8.
SELECT place, typeof(session_id) = 'text', CAST(session_id AS BLOB),
       typeof(content) = 'text', CAST(content AS BLOB),
       typeof(reasoning) = 'text', CAST(reasoning AS BLOB), CAST(files AS BLOB)
FROM search_stale;

-- name: note_again
INSERT INTO search_stale (place, session_id, content, reasoning, files)
VALUES (?1, iif(?2, CAST(?3 AS TEXT), ?3), iif(?4, CAST(?5 AS TEXT), ?5),
        iif(?6, CAST(?7 AS TEXT), ?7), CAST(?8 AS TEXT));

-- name: forget_times
DELETE FROM search_times;
