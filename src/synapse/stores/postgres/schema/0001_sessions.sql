-- Everything that a store keeps. PostgreSQL and Citus run it word for word; what it does without is
-- what a distributed engine refuses: triggers, sequences, and keys without the session's id. Columns
-- that follow from others are reckoned by whoever writes: nobody else does.
--
-- `owner` is the role whose session it is, in every table, so that a policy needs no other one.

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    owner text COLLATE "C" NOT NULL DEFAULT session_user,
    -- the last 32 bits of the id: the eight digits that are shown and typed, for ranges
    handle bigint NOT NULL,
    name text,
    -- in the form in which they are compared: NFC and case folded
    name_key text COLLATE "C",
    title text,
    title_key text COLLATE "C",
    provider text NOT NULL,
    model text NOT NULL,
    model_key text COLLATE "C" NOT NULL,
    instructions text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- by the server's clock, so that the last one used is known whatever the clients' clocks say;
    -- 1970 for one that came in with an older time than the last used one had
    used_at timestamptz NOT NULL DEFAULT '1970-01-01 00:00:00+00',
    deleted_at timestamptz,
    restored_at timestamptz,
    imported_at timestamptz,
    pinned boolean NOT NULL DEFAULT false,
    forked_from uuid,
    forked_at integer,
    tags text,
    tag_keys text COLLATE "C",
    -- from the messages
    last_seq integer NOT NULL DEFAULT 0,
    message_count integer NOT NULL DEFAULT 0,
    preview text NOT NULL DEFAULT '',
    preview_key text COLLATE "C" NOT NULL DEFAULT '',
    last_status text NOT NULL DEFAULT 'complete',
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    -- what the tables below refer to
    UNIQUE (id, owner)
);

CREATE INDEX sessions_live ON sessions (owner, updated_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX sessions_trash ON sessions (owner, deleted_at DESC, id DESC)
    WHERE deleted_at IS NOT NULL;
CREATE INDEX sessions_used ON sessions (owner, used_at DESC, updated_at DESC, id DESC)
    WHERE deleted_at IS NULL;
CREATE INDEX sessions_cleaned ON sessions (owner, updated_at, id)
    WHERE deleted_at IS NULL AND imported_at IS NULL;
CREATE INDEX sessions_handle ON sessions (owner, handle);
CREATE INDEX sessions_name ON sessions (owner, name_key) WHERE name_key IS NOT NULL;
CREATE INDEX sessions_tagged ON sessions (owner) WHERE tag_keys IS NOT NULL;
CREATE INDEX sessions_forked ON sessions (forked_from) WHERE forked_from IS NOT NULL;

CREATE TABLE messages (
    session_id uuid NOT NULL,
    owner text COLLATE "C" NOT NULL DEFAULT session_user,
    seq integer NOT NULL,
    id uuid NOT NULL,
    role text NOT NULL,
    content text NOT NULL,
    reasoning text NOT NULL DEFAULT '',
    timestamp timestamptz NOT NULL,
    -- the order in which messages came into the store, over all sessions: microseconds since 1970 by
    -- the server's clock, times 1024, and ten random bits
    added bigint NOT NULL,
    status text NOT NULL DEFAULT 'complete',
    finish_reason text,
    error text,
    provider text,
    model text,
    input_tokens bigint,
    output_tokens bigint,
    elapsed_ms bigint,
    superseded boolean NOT NULL DEFAULT false,
    refused text,
    attachment_count integer NOT NULL DEFAULT 0,
    -- whether `words` has what it says now; whoever changes a text, or a time, says that it has not
    indexed boolean NOT NULL DEFAULT false,
    -- of an answer that is being received: by whom, and until when that is believed
    holder text,
    leased_until timestamptz,
    PRIMARY KEY (session_id, seq),
    -- the id first: a checkpoint may know nothing else of its answer
    UNIQUE (id, session_id),
    FOREIGN KEY (session_id, owner) REFERENCES sessions (id, owner) ON DELETE CASCADE
);

CREATE INDEX messages_prompts ON messages (owner, added DESC) WHERE role = 'user';
CREATE INDEX messages_not_indexed ON messages (owner, timestamp) WHERE NOT indexed;
CREATE INDEX messages_streaming ON messages (session_id) WHERE status = 'streaming';

-- The text of an answer that is being received, in the pieces in which it was checkpointed.
CREATE TABLE answer_chunks (
    session_id uuid NOT NULL,
    owner text COLLATE "C" NOT NULL DEFAULT session_user,
    message_id uuid NOT NULL,
    n integer NOT NULL,
    content text NOT NULL,
    reasoning text NOT NULL,
    PRIMARY KEY (session_id, message_id, n),
    FOREIGN KEY (session_id, owner) REFERENCES sessions (id, owner) ON DELETE CASCADE
);

CREATE TABLE attachments (
    session_id uuid NOT NULL,
    owner text COLLATE "C" NOT NULL DEFAULT session_user,
    message_id uuid NOT NULL,
    n integer NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    source text NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (session_id, message_id, n),
    FOREIGN KEY (session_id, owner) REFERENCES sessions (id, owner) ON DELETE CASCADE
);

-- When a field of a session was last changed, so that two stores can agree on the newest state.
-- `what` is the name of the field, or `tag:` and a folded tag, put on or taken off.
CREATE TABLE session_changes (
    session_id uuid NOT NULL,
    owner text COLLATE "C" NOT NULL DEFAULT session_user,
    what text COLLATE "C" NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (session_id, what),
    FOREIGN KEY (session_id, owner) REFERENCES sessions (id, owner) ON DELETE CASCADE
);

-- Where a session was before it came here, and the fields of its file that nobody here knows (JSON).
CREATE TABLE imports (
    session_id uuid PRIMARY KEY,
    owner text COLLATE "C" NOT NULL DEFAULT session_user,
    program text,
    source_id text,
    extra text,
    FOREIGN KEY (session_id, owner) REFERENCES sessions (id, owner) ON DELETE CASCADE
);

-- The same for messages. `after`: the message that it was written after, if another one stands
-- before it, because two stores had gone on with the session; '' for none.
CREATE TABLE message_extras (
    session_id uuid NOT NULL,
    owner text COLLATE "C" NOT NULL DEFAULT session_user,
    message_id uuid NOT NULL,
    after text,
    extra text,
    PRIMARY KEY (session_id, message_id),
    FOREIGN KEY (session_id, owner) REFERENCES sessions (id, owner) ON DELETE CASCADE
);

-- What each owner's automatic clean-up knows of the clock.
CREATE TABLE clock (
    owner text COLLATE "C" PRIMARY KEY DEFAULT session_user,
    seen_at timestamptz NOT NULL,
    lowest_at timestamptz,
    marked_at timestamptz NOT NULL,
    -- a used_at: what was used since is later
    mark timestamptz NOT NULL
);

-- Times that the clock leapt over, or in which there was no clean-up: they make nothing older.
CREATE TABLE clock_gaps (
    owner text COLLATE "C" NOT NULL DEFAULT session_user,
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL
);

CREATE INDEX clock_gaps_of_owner ON clock_gaps (owner, ended_at);

-- The lexemes of messages, by which a search finds them; derived from their texts. What is written
-- here, and in which form, is in stores/postgres/_search.py. Each is written in its place at once:
-- in a list of what is still to be put there, every search would have to look.
CREATE TABLE words (
    session_id uuid NOT NULL,
    owner text COLLATE "C" NOT NULL DEFAULT session_user,
    message_id uuid NOT NULL,
    part integer NOT NULL,
    said timestamptz NOT NULL,
    words tsvector NOT NULL,
    PRIMARY KEY (session_id, message_id, part),
    FOREIGN KEY (message_id, session_id) REFERENCES messages (id, session_id) ON DELETE CASCADE
);

CREATE INDEX words_words ON words USING gin (words) WITH (fastupdate = off);
CREATE INDEX words_said ON words (owner, said);

-- Under row-level security an index of words is not used, as `@@` might tell of rows that are not to
-- be seen. So this reads as the one who owns the tables, and says itself whose rows are meant. The
-- conditions are put so that the planner has no other way than that index: not knowing how common a
-- word is, it would walk along the times of all messages.
CREATE FUNCTION words_named(
    asked tsquery, after timestamptz, before timestamptz, before_session uuid, before_message uuid,
    most integer
) RETURNS TABLE (session_id uuid, message_id uuid, said timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
BEGIN ATOMIC
    SELECT w.session_id, w.message_id, w.said FROM words AS w
    WHERE w.words @@ asked AND w.owner || '' = session_user
      AND w.said + interval '0' >= after
      AND (w.said + interval '0', w.session_id, w.message_id)
        < (before, before_session, before_message)
    ORDER BY w.said DESC, w.session_id DESC, w.message_id DESC LIMIT most;
END;
