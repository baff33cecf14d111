-- What a search and its index ask. The columns of a candidate are those that search/facts.py reads.

-- name: not_indexed
-- Backwards along messages_not_indexed.
SELECT session_id, id, seq, timestamp, added, role, provider, model, status, attachment_count,
       CASE WHEN :reasoning THEN reasoning ELSE content END
FROM messages
WHERE owner = session_user AND NOT indexed AND timestamp <= :before AND timestamp >= :after
  AND (timestamp, added, session_id, seq) < (:before, :added, :session_id, :seq)
ORDER BY timestamp DESC, added DESC, session_id DESC, seq DESC LIMIT :limit;

-- name: rows_of_session
SELECT session_id, id, seq, timestamp, added, role, provider, model, status, attachment_count,
       CASE WHEN :reasoning THEN reasoning ELSE content END
FROM messages WHERE session_id = :session_id AND seq <= :last
ORDER BY seq DESC LIMIT :limit;

-- name: rows_at
-- Without ASCII texts that are not like the pattern.
SELECT session_id, id, seq, timestamp, added, role, provider, model, status, attachment_count,
       CASE WHEN :reasoning THEN reasoning ELSE content END
FROM messages WHERE session_id IN :session_ids AND id IN :ids
  AND (:pattern = '%' OR attachment_count > 0
       OR octet_length(CASE WHEN :reasoning THEN reasoning ELSE content END)
          <> char_length(CASE WHEN :reasoning THEN reasoning ELSE content END)
       OR lower(CASE WHEN :reasoning THEN reasoning ELSE content END) LIKE :pattern ESCAPE '!');

-- name: chunks
-- What has been received of an answer.
SELECT CASE WHEN :reasoning THEN reasoning ELSE content END FROM answer_chunks
WHERE session_id = :session_id AND message_id = :message_id ORDER BY n;

-- name: session_facts
SELECT id, deleted_at IS NOT NULL, name, title, provider, model, tag_keys FROM sessions
WHERE id IN :ids;

-- name: described
-- Of the sessions that have a name, a title or tags, by which they may be asked for.
SELECT id, deleted_at IS NOT NULL, name, title, provider, model, tag_keys FROM sessions
WHERE owner = session_user AND (deleted_at IS NOT NULL) = :deleted
  AND CASE WHEN :tagged THEN tag_keys IS NOT NULL ELSE coalesce(name, title) IS NOT NULL END;

-- name: messages_of_sessions
SELECT coalesce(sum(message_count), 0) FROM sessions WHERE id IN :ids;

-- name: summaries
-- The columns of get_summary.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions WHERE id IN :ids;

-- name: messages_at
-- The columns of get_messages, of those that it takes from nowhere else.
SELECT id, session_id, role, content, timestamp, seq, status, reasoning, finish_reason, error,
       provider, model, input_tokens, output_tokens, elapsed_ms, superseded, attachment_count,
       refused, cached_tokens, cache_write_tokens, reasoning_tokens, cost, cost_source
FROM messages WHERE session_id IN :session_ids AND id IN :ids
  AND status <> 'streaming' AND attachment_count = 0;

-- name: waiting
SELECT count(*) FROM (
    SELECT 1 FROM messages WHERE owner = session_user AND NOT indexed LIMIT :most) AS those;

-- name: searched_in_all
-- How many messages a search may have to read; the engine need not know it exactly.
SELECT count(*) FROM messages WHERE owner = session_user AND NOT indexed;

-- name: indexed_in_all
-- How many messages are read where the index has nothing to say; nor need this be exact.
SELECT count(*) FROM messages
WHERE owner = session_user AND indexed = true AND timestamp >= :after AND timestamp <= :before;

-- name: newest_said
-- The first entry of words_said behind there.
SELECT said FROM words WHERE owner = session_user AND said <= :before ORDER BY said DESC LIMIT 1;

-- name: forget_words
DELETE FROM words WHERE session_id IN :session_ids AND message_id IN :ids;
