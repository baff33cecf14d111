-- What checks and repairs ask. Sessions are looked at page by page, each page at one moment.

-- name: totals
SELECT (SELECT count(*) FROM sessions WHERE owner = session_user AND deleted_at IS NULL),
       (SELECT count(*) FROM sessions WHERE owner = session_user AND deleted_at IS NOT NULL),
       (SELECT count(*) FROM messages WHERE owner = session_user);

-- name: page
SELECT id, handle, name, name_key, title, title_key, model, model_key, tags, tag_keys,
       last_seq, message_count, preview, preview_key, last_status, input_tokens, output_tokens
FROM sessions WHERE owner = session_user AND id > :after ORDER BY id LIMIT :limit;

-- name: lock_page
-- Whoever writes to a session locks its row first.
SELECT id FROM sessions WHERE owner = session_user AND id > :after
ORDER BY id LIMIT :limit FOR UPDATE;

-- name: reckoned
SELECT session_id, count(*), min(seq), max(seq),
       coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0)
FROM messages WHERE session_id IN :ids GROUP BY session_id;

-- name: last_statuses
SELECT messages.session_id, messages.status
FROM messages JOIN (
    SELECT session_id, max(seq) AS seq FROM messages WHERE session_id IN :ids GROUP BY session_id
) AS newest ON newest.session_id = messages.session_id AND newest.seq = messages.seq;

-- name: first_prompts
-- Of each its beginning: a preview looks at no more, but for white space in front.
SELECT messages.session_id, substr(messages.content, 1, 1000)
FROM messages JOIN (
    SELECT session_id, min(seq) AS seq FROM messages
    WHERE session_id IN :ids AND role = 'user' GROUP BY session_id
) AS oldest ON oldest.session_id = messages.session_id AND oldest.seq = messages.seq;

-- name: prompts
SELECT content FROM messages WHERE session_id = :id AND role = 'user' ORDER BY seq;

-- name: attachment_counts
SELECT session_id, id, attachment_count FROM messages
WHERE session_id IN :ids AND attachment_count <> 0;

-- name: attached
SELECT session_id, message_id, count(*) FROM attachments
WHERE session_id IN :ids GROUP BY session_id, message_id;

-- name: leftover_attachments
-- Of messages that are gone.
SELECT attachments.session_id, attachments.message_id
FROM attachments LEFT JOIN messages
  ON messages.session_id = attachments.session_id AND messages.id = attachments.message_id
WHERE attachments.session_id IN :ids AND messages.id IS NULL
GROUP BY attachments.session_id, attachments.message_id;

-- name: leftover_chunks
-- Of answers that are closed, or gone.
SELECT answer_chunks.session_id, answer_chunks.message_id
FROM answer_chunks LEFT JOIN messages
  ON messages.session_id = answer_chunks.session_id AND messages.id = answer_chunks.message_id
 AND messages.status = 'streaming'
WHERE answer_chunks.session_id IN :ids AND messages.id IS NULL
GROUP BY answer_chunks.session_id, answer_chunks.message_id;

-- name: leftover_extras
SELECT message_extras.session_id, message_extras.message_id
FROM message_extras LEFT JOIN messages
  ON messages.session_id = message_extras.session_id AND messages.id = message_extras.message_id
WHERE message_extras.session_id IN :ids AND messages.id IS NULL;

-- name: unfit_summaries
-- Those that stand for other messages than there are now.
SELECT summaries.session_id, summaries.id, message_count, count(messages.id)
FROM summaries LEFT JOIN messages
  ON messages.session_id = summaries.session_id AND messages.seq <= summaries.last_index
 AND NOT messages.superseded
WHERE summaries.session_id IN :ids
GROUP BY summaries.session_id, summaries.id, message_count
HAVING message_count <> count(messages.id);

-- name: drop_summaries
DELETE FROM summaries WHERE session_id = :session_id AND id = :id;

-- name: places
SELECT id, seq FROM messages WHERE session_id = :id ORDER BY seq;

-- name: place_aside
-- Out of the way of the other numbers.
UPDATE messages SET seq = -seq WHERE session_id = :id;

-- name: place
UPDATE messages SET seq = :seq WHERE session_id = :session_id AND id = :id;

-- name: forks_at
SELECT id, forked_at FROM sessions WHERE forked_from = :id AND forked_at IS NOT NULL;

-- name: move_fork
UPDATE sessions SET forked_at = :seq WHERE id = :id;

-- name: set_keys
UPDATE sessions SET handle = :handle, name_key = :name_key, title_key = :title_key,
       model_key = :model_key, tag_keys = :tag_keys, tags = :tags
WHERE id = :id;

-- name: set_attachment_count
UPDATE messages SET attachment_count = :number WHERE session_id = :session_id AND id = :id;

-- name: drop_attachments
DELETE FROM attachments WHERE session_id = :session_id AND message_id = :id;

-- name: drop_chunks
DELETE FROM answer_chunks WHERE session_id = :session_id AND message_id = :id;

-- name: drop_extras
DELETE FROM message_extras WHERE session_id = :session_id AND message_id = :id;

-- name: doubled_names
-- Of live sessions; the bot that gives names with `tg:` gives one to many.
SELECT id, name_key FROM sessions
WHERE owner = session_user AND deleted_at IS NULL AND name_key IN (
    SELECT name_key FROM sessions
    WHERE owner = session_user AND deleted_at IS NULL AND name_key IS NOT NULL
      AND name_key NOT LIKE 'tg:%'
    GROUP BY name_key HAVING count(*) > 1)
ORDER BY name_key, created_at, id;

-- name: without_session
-- Only where somebody has switched the references off.
SELECT session_id, count(*) FROM messages
WHERE owner = session_user
  AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.id = messages.session_id)
GROUP BY session_id;

-- name: beginnings
SELECT min(timestamp), max(timestamp) FROM messages WHERE session_id = :id;

-- name: receiving
-- Answers that are being received, and for how many of them the lease has run out.
SELECT count(*), coalesce(sum(CASE WHEN leased_until < now() THEN 1 ELSE 0 END), 0)
FROM messages WHERE owner = session_user AND status = 'streaming';

-- name: newest_use
SELECT max(updated_at) FROM sessions WHERE owner = session_user;
