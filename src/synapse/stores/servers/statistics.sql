-- Sums over all messages, and over the requests that made summaries. {key} is one of the keys below,
-- or of the engine's own; {messages} is `messages`, or `requests` from below.

-- name: summed
SELECT {key}, count(DISTINCT messages.session_id), count(*),
       coalesce(sum(messages.input_tokens), 0), coalesce(sum(messages.output_tokens), 0),
       coalesce(sum(cached_tokens), 0), coalesce(sum(cache_write_tokens), 0), sum(cost),
       coalesce(sum(CASE WHEN cost IS NULL
                          AND coalesce(messages.input_tokens, messages.output_tokens) IS NOT NULL
                         THEN 1 ELSE 0 END), 0)
FROM {messages}
JOIN sessions ON sessions.id = messages.session_id AND sessions.owner = messages.owner
WHERE sessions.owner = session_user AND deleted_at IS NULL AND timestamp >= :since
GROUP BY 1;

-- name: bounds
SELECT min(timestamp), max(timestamp)
FROM {messages}
JOIN sessions ON sessions.id = messages.session_id AND sessions.owner = messages.owner
WHERE sessions.owner = session_user AND deleted_at IS NULL AND timestamp >= :since;

-- name: requests
-- Those that made summaries, in the place of messages.
(SELECT session_id, owner, model, provider, 'assistant' AS role, created_at AS timestamp,
        input_tokens, output_tokens, cached_tokens, cache_write_tokens, cost
 FROM summaries
 WHERE owner = session_user AND coalesce(input_tokens, output_tokens, cost) IS NOT NULL)
AS messages

-- name: by_model
coalesce(messages.model, sessions.model)

-- name: by_provider
coalesce(messages.provider, sessions.provider)

-- name: by_session
messages.session_id

-- name: by_role
role
