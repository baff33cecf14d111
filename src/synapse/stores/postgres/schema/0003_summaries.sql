-- What an answer cost, and what of it was cached: see the domain's Usage. NULL for everything before.
ALTER TABLE messages ADD COLUMN cached_tokens bigint;
ALTER TABLE messages ADD COLUMN cache_write_tokens bigint;
ALTER TABLE messages ADD COLUMN reasoning_tokens bigint;
ALTER TABLE messages ADD COLUMN cost bigint;
ALTER TABLE messages ADD COLUMN cost_source text;

-- What stands for the older messages of a session. The next step ties it to the sessions: where
-- these are divided between machines, it has to be divided before.
CREATE TABLE summaries (
    session_id uuid NOT NULL,
    owner text COLLATE "C" NOT NULL DEFAULT session_user,
    id uuid NOT NULL,
    last_index bigint NOT NULL,
    message_count bigint NOT NULL,
    created_at timestamptz NOT NULL,
    provider text,
    model text,
    parent uuid,
    generation bigint NOT NULL,
    tokens_before bigint,
    tokens_after bigint,
    input_tokens bigint,
    output_tokens bigint,
    cached_tokens bigint,
    cache_write_tokens bigint,
    reasoning_tokens bigint,
    cost bigint,
    cost_source text,
    prompt_version bigint NOT NULL,
    session_length bigint NOT NULL,
    focus text,
    content text NOT NULL,
    PRIMARY KEY (session_id, id),
    -- whoever removes one knows nothing but its id
    UNIQUE (id, session_id)
);

-- Backwards along it to the one that stands.
CREATE INDEX summaries_standing ON summaries (session_id, created_at, id);

ALTER TABLE summaries ENABLE ROW LEVEL SECURITY;
ALTER TABLE summaries FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON summaries
    USING (owner = CAST(session_user AS text)) WITH CHECK (owner = CAST(session_user AS text));
