-- Sums over all messages, and over the requests that made summaries.

-- name: statistics
-- Reads every message. A period is one of the local calendar, with the offset that held then; what
-- another program wrote with an offset is brought to UTC before it is compared.
SELECT CASE :by
           WHEN 'model' THEN coalesce(messages.model, sessions.model)
           WHEN 'provider' THEN coalesce(messages.provider, sessions.provider)
           WHEN 'session' THEN session_id
           WHEN 'role' THEN role
           ELSE coalesce(strftime(:period, timestamp, 'localtime'), 'unknown')
       END, count(DISTINCT session_id), count(*),
       sum(iif(messages.input_tokens BETWEEN 0 AND 1000000000000, messages.input_tokens, 0)),
       sum(iif(messages.output_tokens BETWEEN 0 AND 1000000000000, messages.output_tokens, 0)),
       sum(iif(cached_tokens BETWEEN 0 AND 1000000000000, cached_tokens, 0)),
       sum(iif(cache_write_tokens BETWEEN 0 AND 1000000000000, cache_write_tokens, 0)),
       sum(iif(cost BETWEEN 0 AND 1000000000000, cost, NULL)),
       count(*) FILTER (
           WHERE coalesce(messages.input_tokens, messages.output_tokens) IS NOT NULL
             AND (cost BETWEEN 0 AND 1000000000000) IS NOT TRUE)
FROM {messages} JOIN sessions ON sessions.id = session_id
WHERE deleted_at IS NULL AND :since <= iif(timestamp GLOB '*+00:00', timestamp,
    coalesce(strftime('%Y-%m-%dT%H:%M:%f000+00:00', timestamp), ''))
GROUP BY 1;

-- name: requests
-- Those that made summaries, in the place of messages.
(SELECT session_id, model, provider, 'assistant' AS role, created_at AS timestamp, input_tokens,
        output_tokens, cached_tokens, cache_write_tokens, cost
 FROM summaries WHERE coalesce(input_tokens, output_tokens, cost) IS NOT NULL) AS messages
