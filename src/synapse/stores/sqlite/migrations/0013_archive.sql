-- What exports and imports need to know. No table here has a foreign key: what another program
-- deletes, and what is taken out of our trash again, keeps what was known of it.

-- When a field of a session was last changed, so that two machines can agree on the newest state.
-- `what` is the name of the field, or `tag:` and a folded tag, put on or taken off.
CREATE TABLE session_changes (
    session_id TEXT NOT NULL,
    what TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    PRIMARY KEY (session_id, what)
);

CREATE TRIGGER session_changed
AFTER UPDATE OF name, title, pinned, deleted_at, provider, model, instructions ON sessions
WHEN (new.name, new.title, new.pinned, new.deleted_at, new.provider, new.model, new.instructions)
    IS NOT (old.name, old.title, old.pinned, old.deleted_at, old.provider, old.model,
            old.instructions)
BEGIN
    INSERT OR REPLACE INTO session_changes (session_id, what, changed_at)
    SELECT new.id, what, strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')
    FROM (
        SELECT 'name' AS what WHERE new.name IS NOT old.name
        UNION ALL SELECT 'title' WHERE new.title IS NOT old.title
        UNION ALL SELECT 'pinned' WHERE new.pinned IS NOT old.pinned
        UNION ALL SELECT 'trash' WHERE new.deleted_at IS NOT old.deleted_at
        UNION ALL SELECT 'model'
            WHERE new.provider IS NOT old.provider OR new.model IS NOT old.model
        UNION ALL SELECT 'system_prompt' WHERE new.instructions IS NOT old.instructions
    )
    WHERE new.deleted_at IS NOT 'purged';
END;

-- Where a session was before it came here, and the fields of its file that nobody here knows (JSON).
CREATE TABLE imports (
    session_id TEXT PRIMARY KEY NOT NULL,
    program TEXT,
    source_id TEXT,
    extra TEXT
);

-- The same for messages. `after`: the message that it was written after, if another one stands
-- before it, because two machines had gone on with the session; '' for none.
CREATE TABLE message_extras (
    session_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    after TEXT,
    extra TEXT,
    PRIMARY KEY (session_id, message_id)
);

-- When a session was imported; NULL as soon as it is used here. Until then no clean-up touches it,
-- and it does not count among those of which only so many are kept.
ALTER TABLE sessions ADD COLUMN imported_at TEXT;

CREATE INDEX idx_sessions_cleaned ON sessions(deleted_at, imported_at, updated_at, id)
WHERE deleted_at IS NULL AND imported_at IS NULL;

DROP TRIGGER session_used;
CREATE TRIGGER session_used AFTER UPDATE OF updated_at ON sessions
WHEN new.updated_at >= old.updated_at
BEGIN
    UPDATE sessions
    SET use_order = (SELECT coalesce(max(use_order), 0) + 1 FROM sessions), imported_at = NULL
    WHERE id = new.id;
END;
