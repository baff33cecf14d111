-- What stands for the older messages of sessions. Whoever changes something has locked the session's
-- row. The columns of a SELECT are those of stores._summaries.

-- name: standing_summary
-- Backwards along summaries_standing.
SELECT id, session_id, last_index, message_count, content, provider, model, created_at, parent,
       generation, focus, tokens_before, tokens_after, prompt_version, session_length,
       input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens,
       cost, cost_source
FROM summaries WHERE session_id = :session_id ORDER BY created_at DESC, id DESC LIMIT 1;

-- name: summaries
SELECT id, session_id, last_index, message_count, content, provider, model, created_at, parent,
       generation, focus, tokens_before, tokens_after, prompt_version, session_length,
       input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens,
       cost, cost_source
FROM summaries WHERE session_id = :session_id ORDER BY created_at, id;

-- name: session_of_summary
-- By the key that begins with the id; on a distributed engine every shard is asked.
SELECT session_id FROM summaries WHERE id = :id;

-- name: has_message
SELECT 1 FROM messages WHERE session_id = :session_id AND seq = :last_index;

-- name: count_live
-- Reads these messages.
SELECT count(*) FROM messages
WHERE session_id = :session_id AND seq <= :last_index AND NOT superseded;

-- name: add_summary
-- It belongs to whoever the session belongs to.
INSERT INTO summaries
    (session_id, owner, id, last_index, message_count, created_at, provider, model, parent,
     generation, tokens_before, tokens_after, input_tokens, output_tokens, cached_tokens,
     cache_write_tokens, reasoning_tokens, cost, cost_source, prompt_version, session_length,
     focus, content)
SELECT id, owner, :id, :last_index, :message_count, :created_at, :provider, :model, :parent,
       :generation, :tokens_before, :tokens_after, :input_tokens, :output_tokens, :cached_tokens,
       :cache_write_tokens, :reasoning_tokens, :cost, :cost_source, :prompt_version,
       :session_length, :focus, :content
FROM sessions WHERE id = :session_id;

-- name: remove_summary
DELETE FROM summaries WHERE session_id = :session_id AND id = :id;

-- name: remove_all
DELETE FROM summaries WHERE session_id = :session_id;

-- name: remove_reaching
-- Those that stand for a message with this index, or for one behind it.
DELETE FROM summaries WHERE session_id = :session_id AND last_index >= :index;

-- name: first_answer_to_supersede
SELECT min(seq) FROM messages
WHERE session_id = :session_id AND role = 'assistant' AND NOT superseded AND seq > :question;

-- name: first_message_to_supersede
SELECT min(seq) FROM messages
WHERE session_id = :session_id AND seq >= :first AND role <> 'system' AND NOT superseded;
