-- Sums over all messages. {key} is one of the keys below, or of the engine's own.

-- name: summed
SELECT {key}, count(DISTINCT messages.session_id), count(*),
       coalesce(sum(messages.input_tokens), 0), coalesce(sum(messages.output_tokens), 0)
FROM messages
JOIN sessions ON sessions.id = messages.session_id AND sessions.owner = messages.owner
WHERE sessions.owner = session_user AND deleted_at IS NULL AND timestamp >= :since
GROUP BY 1;

-- name: bounds
SELECT min(timestamp), max(timestamp)
FROM messages
JOIN sessions ON sessions.id = messages.session_id AND sessions.owner = messages.owner
WHERE sessions.owner = session_user AND deleted_at IS NULL AND timestamp >= :since;

-- name: by_model
coalesce(messages.model, sessions.model)

-- name: by_role
role
