-- What an answer cost, and what of it was cached: see the domain's Usage. NULL for everything before.
-- All columns with one statement, which these engines do whole or not at all; only MariaDB can be
-- told to add what is not there yet.
SET @synapse_step = if(
    EXISTS (
        SELECT 1 FROM information_schema.columns
        WHERE table_schema = database() AND table_name = 'messages'
          AND column_name = 'cached_tokens'),
    'DO 0',
    'ALTER TABLE messages
        ADD COLUMN cached_tokens bigint, ADD COLUMN cache_write_tokens bigint,
        ADD COLUMN reasoning_tokens bigint, ADD COLUMN cost bigint,
        ADD COLUMN cost_source longtext');
PREPARE synapse_step FROM @synapse_step;
EXECUTE synapse_step;
DEALLOCATE PREPARE synapse_step;

-- What stands for the older messages of a session.
CREATE TABLE IF NOT EXISTS summaries (
    session_id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    owner char(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    last_index bigint NOT NULL,
    message_count bigint NOT NULL,
    created_at datetime(6) NOT NULL,
    provider longtext,
    model longtext,
    parent char(36) CHARACTER SET ascii COLLATE ascii_bin,
    generation bigint NOT NULL,
    tokens_before bigint,
    tokens_after bigint,
    input_tokens bigint,
    output_tokens bigint,
    cached_tokens bigint,
    cache_write_tokens bigint,
    reasoning_tokens bigint,
    cost bigint,
    cost_source longtext,
    prompt_version bigint NOT NULL,
    session_length bigint NOT NULL,
    focus longtext,
    content longtext NOT NULL,
    PRIMARY KEY (session_id, id),
    -- whoever removes one knows nothing but its id
    UNIQUE KEY summaries_id (id, session_id),
    -- backwards along it to the one that stands
    KEY summaries_standing (session_id, created_at, id),
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
