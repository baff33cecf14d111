-- Our invariants: a query that finds who breaks one, and the statement that mends them all.

-- name: numbers
-- What no count can be (LARGEST_COUNT of the domain), whoever wrote it: the provider did not say.
SELECT id FROM messages
WHERE input_tokens IS NOT NULL
      AND NOT (typeof(input_tokens) = 'integer' AND input_tokens BETWEEN 0 AND 1000000000000)
   OR output_tokens IS NOT NULL
      AND NOT (typeof(output_tokens) = 'integer' AND output_tokens BETWEEN 0 AND 1000000000000)
   OR elapsed_ms IS NOT NULL
      AND NOT (typeof(elapsed_ms) = 'integer' AND elapsed_ms BETWEEN 0 AND 1000000000000)
   OR cached_tokens IS NOT NULL
      AND NOT (typeof(cached_tokens) = 'integer' AND cached_tokens BETWEEN 0 AND 1000000000000)
   OR cache_write_tokens IS NOT NULL
      AND NOT (typeof(cache_write_tokens) = 'integer' AND cache_write_tokens BETWEEN 0 AND 1000000000000)
   OR reasoning_tokens IS NOT NULL
      AND NOT (typeof(reasoning_tokens) = 'integer' AND reasoning_tokens BETWEEN 0 AND 1000000000000)
   OR cost IS NOT NULL
      AND NOT (typeof(cost) = 'integer' AND cost BETWEEN 0 AND 1000000000000)
UNION ALL
SELECT id FROM sessions
WHERE forked_at IS NOT NULL
      AND NOT (typeof(forked_at) = 'integer' AND forked_at BETWEEN 0 AND 1000000000000);

-- name: repair numbers
-- The totals, which follow by triggers, begin anew: infinity less infinity is NULL.
UPDATE sessions SET (input_tokens, output_tokens) = (0, 0)
WHERE typeof(input_tokens) <> 'integer' OR typeof(output_tokens) <> 'integer';
UPDATE messages SET input_tokens = NULL
WHERE input_tokens IS NOT NULL
      AND NOT (typeof(input_tokens) = 'integer' AND input_tokens BETWEEN 0 AND 1000000000000);
UPDATE messages SET output_tokens = NULL
WHERE output_tokens IS NOT NULL
      AND NOT (typeof(output_tokens) = 'integer' AND output_tokens BETWEEN 0 AND 1000000000000);
UPDATE messages SET elapsed_ms = NULL
WHERE elapsed_ms IS NOT NULL
      AND NOT (typeof(elapsed_ms) = 'integer' AND elapsed_ms BETWEEN 0 AND 1000000000000);
UPDATE messages SET cached_tokens = NULL
WHERE cached_tokens IS NOT NULL
      AND NOT (typeof(cached_tokens) = 'integer' AND cached_tokens BETWEEN 0 AND 1000000000000);
UPDATE messages SET cache_write_tokens = NULL
WHERE cache_write_tokens IS NOT NULL
      AND NOT (typeof(cache_write_tokens) = 'integer' AND cache_write_tokens BETWEEN 0 AND 1000000000000);
UPDATE messages SET reasoning_tokens = NULL
WHERE reasoning_tokens IS NOT NULL
      AND NOT (typeof(reasoning_tokens) = 'integer' AND reasoning_tokens BETWEEN 0 AND 1000000000000);
UPDATE messages SET cost = NULL
WHERE cost IS NOT NULL
      AND NOT (typeof(cost) = 'integer' AND cost BETWEEN 0 AND 1000000000000);
UPDATE sessions SET forked_at = NULL
WHERE forked_at IS NOT NULL
      AND NOT (typeof(forked_at) = 'integer' AND forked_at BETWEEN 0 AND 1000000000000);

-- name: places
-- The next message of a session comes behind its last: there must be numbers left for it.
SELECT id FROM messages
WHERE seq IS NOT NULL AND NOT (typeof(seq) = 'integer' AND seq BETWEEN 1 AND 1000000000000);

-- name: repair places
-- Renumbers the session, its order kept; by way of numbers that no row has, as each is unique.
UPDATE messages SET seq = -1000000000000000 - ordered.place
FROM (
    SELECT rowid AS row, row_number() OVER (PARTITION BY session_id ORDER BY seq, rowid) AS place
    FROM messages
    WHERE seq IS NOT NULL AND session_id IN (
        SELECT session_id FROM messages
        WHERE seq IS NOT NULL
              AND NOT (typeof(seq) = 'integer' AND seq BETWEEN 1 AND 1000000000000))
) AS ordered
WHERE messages.rowid = ordered.row;
UPDATE messages SET seq = -1000000000000000 - seq WHERE seq < -1000000000000000;

-- name: counts
SELECT id FROM sessions
WHERE message_count <> (SELECT count(*) FROM messages WHERE session_id = sessions.id);

-- name: repair counts
UPDATE sessions
SET message_count = (SELECT count(*) FROM messages WHERE session_id = sessions.id)
WHERE message_count <> (SELECT count(*) FROM messages WHERE session_id = sessions.id);

-- name: previews
SELECT id FROM sessions
WHERE preview <> coalesce((
    SELECT user_previews.preview FROM user_previews
    WHERE session_id = sessions.id AND user_previews.preview <> '' ORDER BY seq LIMIT 1), '');

-- name: repair previews
UPDATE sessions
SET preview = coalesce((
    SELECT user_previews.preview FROM user_previews
    WHERE session_id = sessions.id AND user_previews.preview <> '' ORDER BY seq LIMIT 1), '');

-- name: statuses
SELECT id FROM sessions
WHERE last_status <> coalesce((
    SELECT status FROM messages WHERE session_id = sessions.id ORDER BY seq DESC LIMIT 1),
    'complete');

-- name: repair statuses
UPDATE sessions
SET last_status = coalesce((
    SELECT status FROM messages WHERE session_id = sessions.id ORDER BY seq DESC LIMIT 1),
    'complete');

-- name: token totals
SELECT id FROM sessions
WHERE (input_tokens, output_tokens) <> (
    SELECT coalesce(sum(iif(messages.input_tokens BETWEEN 0 AND 1000000000000, messages.input_tokens, 0)), 0),
           coalesce(sum(iif(messages.output_tokens BETWEEN 0 AND 1000000000000, messages.output_tokens, 0)), 0)
    FROM messages WHERE session_id = sessions.id);

-- name: repair token totals
UPDATE sessions
SET (input_tokens, output_tokens) = (
    SELECT coalesce(sum(iif(messages.input_tokens BETWEEN 0 AND 1000000000000, messages.input_tokens, 0)), 0),
           coalesce(sum(iif(messages.output_tokens BETWEEN 0 AND 1000000000000, messages.output_tokens, 0)), 0)
    FROM messages WHERE session_id = sessions.id);

-- name: order
SELECT id FROM messages WHERE seq IS NULL;

-- name: repair order
UPDATE messages SET seq = ordered.seq
FROM (
    SELECT rowid AS place,
           row_number() OVER (PARTITION BY session_id ORDER BY rowid) + (
               SELECT coalesce(max(seq), 0) FROM messages AS known
               WHERE known.session_id = messages.session_id) AS seq
    FROM messages WHERE seq IS NULL
) AS ordered
WHERE messages.rowid = ordered.place;

-- name: times
-- Sessions are ordered by the text of theirs, so it must be UTC; those of messages need only be
-- times. The trigger of sessions knows what to do with one that is none.
SELECT id FROM sessions
WHERE created_at NOT GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]*+00:00'
   OR updated_at NOT GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]*+00:00'
UNION ALL
SELECT id FROM messages
WHERE timestamp NOT GLOB '????-??-??*' OR julianday(timestamp) IS NULL;

-- name: repair times
-- What names no moment is kept, if that has not been done already; what names one in another form
-- loses nothing.
INSERT INTO original_texts (place, session_id, message_id, bytes, kept_at)
SELECT 'sessions.created_at', id, NULL, CAST(created_at AS BLOB),
       strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')
FROM sessions WHERE (created_at NOT GLOB '????-??-??*' OR julianday(created_at) IS NULL)
  AND NOT instr(created_at, char(65533))
UNION ALL
SELECT 'sessions.updated_at', id, NULL, CAST(updated_at AS BLOB),
       strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')
FROM sessions WHERE (updated_at NOT GLOB '????-??-??*' OR julianday(updated_at) IS NULL)
  AND NOT instr(updated_at, char(65533))
UNION ALL
SELECT 'messages.timestamp', NULL, id, CAST(timestamp AS BLOB),
       strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')
FROM messages
WHERE (timestamp NOT GLOB '????-??-??*' OR julianday(timestamp) IS NULL)
  AND NOT instr(timestamp, char(65533));
UPDATE sessions SET updated_at = updated_at
WHERE created_at NOT GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]*+00:00'
   OR updated_at NOT GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]*+00:00';
UPDATE messages
SET timestamp = (SELECT updated_at FROM sessions WHERE id = messages.session_id)
WHERE timestamp NOT GLOB '????-??-??*' OR julianday(timestamp) IS NULL;

-- name: prompts
-- In the column that other programs know, but not in ours: see the migration that made it.
SELECT id FROM sessions
WHERE instructions IS NULL AND (
    SELECT (SELECT system_prompt FROM sessions AS this WHERE this.id = sessions.id)
    FROM (SELECT NULL AS system_prompt)) IS NOT NULL;

-- name: repair prompts
UPDATE sessions SET instructions = (
    SELECT (SELECT system_prompt FROM sessions AS this WHERE this.id = sessions.id)
    FROM (SELECT NULL AS system_prompt))
WHERE instructions IS NULL;

-- name: leftover chunks
SELECT message_id FROM answer_chunks
WHERE message_id NOT IN (SELECT id FROM messages WHERE status = 'streaming');

-- name: repair leftover chunks
-- What an answer that has ended does not have is kept; of an answer that is gone, nothing is.
INSERT INTO original_texts (place, message_id, n, bytes, kept_at)
SELECT 'answer_chunks.content', id, n, CAST(answer_chunks.content AS BLOB), saved_at
FROM answer_chunks JOIN messages ON id = message_id
WHERE status <> 'streaming' AND NOT instr(messages.content, answer_chunks.content)
UNION ALL
SELECT 'answer_chunks.reasoning', id, n, CAST(answer_chunks.reasoning AS BLOB), saved_at
FROM answer_chunks JOIN messages ON id = message_id
WHERE status <> 'streaming' AND NOT instr(messages.reasoning, answer_chunks.reasoning);
DELETE FROM answer_chunks
WHERE message_id NOT IN (SELECT id FROM messages WHERE status = 'streaming');

-- name: attachment counts
SELECT id FROM messages
WHERE attachment_count <> (SELECT count(*) FROM attachments WHERE message_id = messages.id);

-- name: repair attachment counts
UPDATE messages
SET attachment_count = (SELECT count(*) FROM attachments WHERE message_id = messages.id)
WHERE attachment_count <> (SELECT count(*) FROM attachments WHERE message_id = messages.id);

-- name: leftover attachments
SELECT message_id FROM attachments WHERE message_id NOT IN (SELECT id FROM messages);

-- name: repair leftover attachments
DELETE FROM attachments WHERE message_id NOT IN (SELECT id FROM messages);

-- name: deleted sessions that are there
-- Kept from another program's deletion, but there are messages of it, or the session, again.
SELECT id FROM kept_sessions
WHERE id IN (SELECT id FROM sessions) OR id IN (SELECT session_id FROM messages);

-- name: repair deleted sessions that are there
-- What is only in the copy has been brought back before.
SELECT 1;

-- name: deleted messages without a session
SELECT id FROM kept_messages WHERE session_id NOT IN (SELECT id FROM kept_sessions);

-- name: repair deleted messages without a session
INSERT INTO kept_sessions
    (id, provider, model, created_at, updated_at, deleted_at, pinned, message_count, preview,
     last_status)
SELECT session_id, coalesce(max(provider), 'unknown'), coalesce(max(model), 'unknown'),
       min(timestamp), max(timestamp), max(timestamp), 0, count(*), '', 'complete'
FROM kept_messages WHERE session_id NOT IN (SELECT id FROM kept_sessions) GROUP BY session_id;

-- name: deleted attachments without a message
SELECT message_id FROM kept_attachments WHERE NOT EXISTS (
    SELECT 1 FROM kept_messages
    WHERE session_id = kept_attachments.session_id AND id = message_id);

-- name: repair deleted attachments without a message
DELETE FROM kept_attachments WHERE NOT EXISTS (
    SELECT 1 FROM kept_messages
    WHERE session_id = kept_attachments.session_id AND id = message_id);

-- name: messages without a session
SELECT id FROM messages WHERE session_id NOT IN (SELECT id FROM sessions);

-- name: repair messages without a session
INSERT INTO sessions (id, provider, model, created_at, updated_at)
SELECT session_id, coalesce(max(provider), 'unknown'), coalesce(max(model), 'unknown'),
       min(timestamp), max(timestamp)
FROM messages WHERE session_id NOT IN (SELECT id FROM sessions) GROUP BY session_id;

-- name: summaries
-- Of which a number, or the time, can't be what it says.
SELECT id FROM summaries
WHERE created_at NOT GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]*+00:00'
   OR tokens_before IS NOT NULL
      AND NOT (typeof(tokens_before) = 'integer' AND tokens_before BETWEEN 0 AND 1000000000000)
   OR tokens_after IS NOT NULL
      AND NOT (typeof(tokens_after) = 'integer' AND tokens_after BETWEEN 0 AND 1000000000000)
   OR input_tokens IS NOT NULL
      AND NOT (typeof(input_tokens) = 'integer' AND input_tokens BETWEEN 0 AND 1000000000000)
   OR output_tokens IS NOT NULL
      AND NOT (typeof(output_tokens) = 'integer' AND output_tokens BETWEEN 0 AND 1000000000000)
   OR cached_tokens IS NOT NULL
      AND NOT (typeof(cached_tokens) = 'integer' AND cached_tokens BETWEEN 0 AND 1000000000000)
   OR cache_write_tokens IS NOT NULL
      AND NOT (typeof(cache_write_tokens) = 'integer' AND cache_write_tokens BETWEEN 0 AND 1000000000000)
   OR reasoning_tokens IS NOT NULL
      AND NOT (typeof(reasoning_tokens) = 'integer' AND reasoning_tokens BETWEEN 0 AND 1000000000000)
   OR cost IS NOT NULL
      AND NOT (typeof(cost) = 'integer' AND cost BETWEEN 0 AND 1000000000000);

-- name: repair summaries
UPDATE summaries SET created_at = coalesce(
    strftime('%Y-%m-%dT%H:%M:%f000+00:00', created_at),
    (SELECT updated_at FROM sessions WHERE id = session_id),
    strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'))
WHERE created_at NOT GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]*+00:00';
UPDATE summaries SET tokens_before = NULL
WHERE tokens_before IS NOT NULL
      AND NOT (typeof(tokens_before) = 'integer' AND tokens_before BETWEEN 0 AND 1000000000000);
UPDATE summaries SET tokens_after = NULL
WHERE tokens_after IS NOT NULL
      AND NOT (typeof(tokens_after) = 'integer' AND tokens_after BETWEEN 0 AND 1000000000000);
UPDATE summaries SET input_tokens = NULL
WHERE input_tokens IS NOT NULL
      AND NOT (typeof(input_tokens) = 'integer' AND input_tokens BETWEEN 0 AND 1000000000000);
UPDATE summaries SET output_tokens = NULL
WHERE output_tokens IS NOT NULL
      AND NOT (typeof(output_tokens) = 'integer' AND output_tokens BETWEEN 0 AND 1000000000000);
UPDATE summaries SET cached_tokens = NULL
WHERE cached_tokens IS NOT NULL
      AND NOT (typeof(cached_tokens) = 'integer' AND cached_tokens BETWEEN 0 AND 1000000000000);
UPDATE summaries SET cache_write_tokens = NULL
WHERE cache_write_tokens IS NOT NULL
      AND NOT (typeof(cache_write_tokens) = 'integer' AND cache_write_tokens BETWEEN 0 AND 1000000000000);
UPDATE summaries SET reasoning_tokens = NULL
WHERE reasoning_tokens IS NOT NULL
      AND NOT (typeof(reasoning_tokens) = 'integer' AND reasoning_tokens BETWEEN 0 AND 1000000000000);
UPDATE summaries SET cost = NULL
WHERE cost IS NOT NULL
      AND NOT (typeof(cost) = 'integer' AND cost BETWEEN 0 AND 1000000000000);

-- name: leftover summaries
-- Of sessions that are nowhere, or of messages that are not what they were: in vain, as they would
-- stand for what they were not made of.
SELECT id FROM summaries
WHERE NOT (typeof(last_index) = 'integer' AND last_index BETWEEN 0 AND 1000000000000) OR
      NOT (typeof(message_count) = 'integer' AND message_count BETWEEN 0 AND 1000000000000) OR
      NOT (typeof(generation) = 'integer' AND generation BETWEEN 0 AND 1000000000000) OR
      NOT (typeof(prompt_version) = 'integer' AND prompt_version BETWEEN 0 AND 1000000000000) OR
      NOT (typeof(session_length) = 'integer' AND session_length BETWEEN 0 AND 1000000000000) OR message_count <> (
    SELECT count(*) FROM messages
    WHERE session_id = summaries.session_id AND seq <= last_index AND NOT superseded
) + (
    SELECT count(*) FROM kept_messages
    WHERE session_id = summaries.session_id AND seq <= last_index AND NOT superseded
      AND session_id NOT IN (SELECT id FROM sessions));

-- name: repair leftover summaries
DELETE FROM summaries
WHERE NOT (typeof(last_index) = 'integer' AND last_index BETWEEN 0 AND 1000000000000) OR
      NOT (typeof(message_count) = 'integer' AND message_count BETWEEN 0 AND 1000000000000) OR
      NOT (typeof(generation) = 'integer' AND generation BETWEEN 0 AND 1000000000000) OR
      NOT (typeof(prompt_version) = 'integer' AND prompt_version BETWEEN 0 AND 1000000000000) OR
      NOT (typeof(session_length) = 'integer' AND session_length BETWEEN 0 AND 1000000000000) OR message_count <> (
    SELECT count(*) FROM messages
    WHERE session_id = summaries.session_id AND seq <= last_index AND NOT superseded
) + (
    SELECT count(*) FROM kept_messages
    WHERE session_id = summaries.session_id AND seq <= last_index AND NOT superseded
      AND session_id NOT IN (SELECT id FROM sessions));
