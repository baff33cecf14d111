-- What stands for the older messages of sessions. Named values; the columns of a SELECT are those
-- of stores._summaries.

-- name: summaries
-- Along idx_summaries_session.
SELECT id, session_id, last_index, message_count, content, provider, model, created_at, parent,
       generation, focus, tokens_before, tokens_after, prompt_version, session_length,
       input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens,
       cost, cost_source
FROM summaries WHERE session_id = :session_id ORDER BY created_at, id;

-- name: summary_exists
SELECT 1 FROM summaries WHERE id = :id;

-- name: fits
-- Whether it stands for a beginning of the session as that is now. Reads these messages.
SELECT EXISTS (SELECT 1 FROM messages WHERE session_id = :session_id AND seq = :last_index)
   AND :message_count = (
       SELECT count(*) FROM messages
       WHERE session_id = :session_id AND seq <= :last_index AND NOT superseded);

-- name: add_summary
INSERT INTO summaries
    (id, session_id, last_index, message_count, created_at, provider, model, parent, generation,
     tokens_before, tokens_after, input_tokens, output_tokens, cached_tokens, cache_write_tokens,
     reasoning_tokens, cost, cost_source, prompt_version, session_length, focus, content)
VALUES
    (:id, :session_id, :last_index, :message_count, :created_at, :provider, :model, :parent,
     :generation, :tokens_before, :tokens_after, :input_tokens, :output_tokens, :cached_tokens,
     :cache_write_tokens, :reasoning_tokens, :cost, :cost_source, :prompt_version,
     :session_length, :focus, :content);

-- name: remove_summary
DELETE FROM summaries WHERE id = :id;

-- name: remove_all
DELETE FROM summaries WHERE session_id = :session_id;

-- name: remove_reaching
-- Those that stand for a message with this index, or for one behind it.
DELETE FROM summaries WHERE session_id = :session_id AND last_index >= :index;

-- name: remove_unfit
-- What stood for other messages than there are now.
DELETE FROM summaries
WHERE session_id = :session_id AND message_count <> (
    SELECT count(*) FROM messages
    WHERE session_id = :session_id AND seq <= last_index AND NOT superseded);

-- name: first_answer_to_supersede
-- Of the answers to the last prompt that has not been taken back.
SELECT min(seq) FROM messages
WHERE session_id = :session_id AND role = 'assistant' AND NOT superseded AND seq > (
    SELECT seq FROM messages WHERE session_id = :session_id AND role = 'user' AND NOT superseded
    ORDER BY seq DESC LIMIT 1
);

-- name: first_message_to_supersede
SELECT min(seq) FROM messages
WHERE session_id = :session_id AND seq >= :first AND role <> 'system' AND NOT superseded;

-- name: places
-- The indexes that the messages up to one get where they are copied.
SELECT seq, row_number() OVER (ORDER BY seq) FROM messages
WHERE session_id = :session_id AND seq <= :last;
