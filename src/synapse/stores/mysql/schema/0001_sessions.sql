-- Everything that a store keeps, in words that MySQL 8 and MariaDB 10.11 both understand. A statement
-- that changes tables can't be taken back: each may be run again by whoever goes on with a step that
-- was ended midway. Columns that follow from others are reckoned by whoever writes: nobody else does.
--
-- Texts are compared by their code points. What ends with `_key`, and other texts that must differ if
-- a space at their end differs, are kept as bytes: these engines compare texts without such spaces.
-- `owner` is empty: whoever may use the database has all of it.

CREATE TABLE IF NOT EXISTS sessions (
    id char(36) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
    owner char(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    -- the last 32 bits of the id: the eight digits that are shown and typed, for ranges
    handle bigint NOT NULL,
    name longtext,
    -- in the form in which they are compared: NFC and case folded
    name_key longblob,
    title longtext,
    title_key longblob,
    provider longtext NOT NULL,
    model longtext NOT NULL,
    model_key longblob NOT NULL,
    instructions longtext,
    created_at datetime(6) NOT NULL,
    updated_at datetime(6) NOT NULL,
    -- by the server's clock, so that the last one used is known whatever the clients' clocks say;
    -- 1970 for one that came in with an older time than the last used one had
    used_at datetime(6) NOT NULL DEFAULT '1970-01-01 00:00:00.000000',
    deleted_at datetime(6),
    restored_at datetime(6),
    imported_at datetime(6),
    pinned boolean NOT NULL DEFAULT false,
    forked_from char(36) CHARACTER SET ascii COLLATE ascii_bin,
    forked_at bigint,
    tags longtext,
    tag_keys longblob,
    -- from the messages
    last_seq integer NOT NULL DEFAULT 0,
    message_count integer NOT NULL DEFAULT 0,
    preview varchar(50) NOT NULL DEFAULT '',
    preview_key varbinary(1000) NOT NULL DEFAULT '',
    last_status varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'complete',
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    -- each is walked from its end
    KEY sessions_live (owner, deleted_at, updated_at, id),
    KEY sessions_trash (owner, deleted_at, id),
    KEY sessions_used (owner, deleted_at, used_at, updated_at, id),
    KEY sessions_handle (owner, handle),
    KEY sessions_name (owner, name_key(200)),
    KEY sessions_forked (forked_from)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS messages (
    session_id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    owner char(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    seq integer NOT NULL,
    id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    role varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    content longtext NOT NULL,
    reasoning longtext NOT NULL,
    timestamp datetime(6) NOT NULL,
    -- the order in which messages came into the store, over all sessions: microseconds since 1970 by
    -- the server's clock, times 1024, and ten more bits
    added bigint NOT NULL,
    status varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'complete',
    finish_reason longtext,
    error longtext,
    provider longtext,
    model longtext,
    input_tokens bigint,
    output_tokens bigint,
    elapsed_ms bigint,
    superseded boolean NOT NULL DEFAULT false,
    refused longtext,
    attachment_count integer NOT NULL DEFAULT 0,
    -- whether `words` has what it says now; whoever changes a text, or a time, says that it has not
    indexed boolean NOT NULL DEFAULT false,
    -- of an answer that is being received: by whom, and until when that is believed
    holder longtext,
    leased_until datetime(6),
    PRIMARY KEY (session_id, seq),
    -- the id first: a checkpoint may know nothing else of its answer
    UNIQUE KEY messages_id (id, session_id),
    KEY messages_prompts (owner, role, added),
    KEY messages_indexed (owner, indexed, timestamp, session_id, id),
    KEY messages_streaming (session_id, status),
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The text of an answer that is being received, in the pieces in which it was checkpointed.
CREATE TABLE IF NOT EXISTS answer_chunks (
    session_id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    owner char(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    message_id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    n integer NOT NULL,
    content longtext NOT NULL,
    reasoning longtext NOT NULL,
    PRIMARY KEY (session_id, message_id, n),
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS attachments (
    session_id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    owner char(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    message_id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    n integer NOT NULL,
    name longtext NOT NULL,
    media_type longtext NOT NULL,
    source longtext NOT NULL,
    data longblob NOT NULL,
    PRIMARY KEY (session_id, message_id, n),
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- When a field of a session was last changed, so that two stores can agree on the newest state.
-- `what` is the name of the field, or `tag:` and a folded tag, put on or taken off.
CREATE TABLE IF NOT EXISTS session_changes (
    session_id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    owner char(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    what varbinary(2900) NOT NULL,
    changed_at datetime(6) NOT NULL,
    PRIMARY KEY (session_id, what),
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Where a session was before it came here, and the fields of its file that nobody here knows (JSON).
CREATE TABLE IF NOT EXISTS imports (
    session_id char(36) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
    owner char(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    program longtext,
    source_id longtext,
    extra longtext,
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The same for messages. `after`: the message that it was written after, if another one stands
-- before it, because two stores had gone on with the session; '' for none.
CREATE TABLE IF NOT EXISTS message_extras (
    session_id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    owner char(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    message_id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    after longtext,
    extra longtext,
    PRIMARY KEY (session_id, message_id),
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What the automatic clean-up knows of the clock.
CREATE TABLE IF NOT EXISTS clock (
    owner char(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' PRIMARY KEY,
    seen_at datetime(6) NOT NULL,
    lowest_at datetime(6),
    marked_at datetime(6) NOT NULL,
    -- a used_at: what was used since is later
    mark datetime(6) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Times that the clock leapt over, or in which there was no clean-up: they make nothing older.
CREATE TABLE IF NOT EXISTS clock_gaps (
    owner char(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    began_at datetime(6) NOT NULL,
    ended_at datetime(6) NOT NULL,
    KEY clock_gaps_of_owner (owner, ended_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The lexemes of messages, by which a search finds them; derived from their texts. A walk along
-- words_lexeme from its end names the newest first; the primary key tells what else a message has.
CREATE TABLE IF NOT EXISTS words (
    message_id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    session_id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    lexeme varbinary(255) NOT NULL,
    said datetime(6) NOT NULL,
    PRIMARY KEY (message_id, session_id, lexeme),
    KEY words_lexeme (lexeme, said, session_id, message_id),
    FOREIGN KEY (message_id, session_id) REFERENCES messages (id, session_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Rows to lock: who gives or takes a name locks the one that the name's sum leads to.
CREATE TABLE IF NOT EXISTS name_locks (number integer PRIMARY KEY)
ENGINE = InnoDB;

INSERT IGNORE INTO name_locks (number)
SELECT high.n * 16 + low.n FROM
    (SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5
     UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9 UNION SELECT 10 UNION SELECT 11
     UNION SELECT 12 UNION SELECT 13 UNION SELECT 14 UNION SELECT 15) AS high,
    (SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5
     UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9 UNION SELECT 10 UNION SELECT 11
     UNION SELECT 12 UNION SELECT 13 UNION SELECT 14 UNION SELECT 15) AS low;
