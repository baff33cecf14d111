-- A clock that is wrong for a while must neither destroy anything nor hide what was used last.

-- Which session was used after which, whatever the clock said: the last one has the highest number.
-- NULL for one that came in with an older time than the last used one, as an import brings it.
ALTER TABLE sessions ADD COLUMN use_order INTEGER;

UPDATE sessions SET use_order = ordered.number
FROM (
    SELECT rowid AS place, row_number() OVER (ORDER BY updated_at, rowid) AS number FROM sessions
) AS ordered
WHERE sessions.rowid = ordered.place;

-- deleted_at is in it so that a walk to the last live one need not fetch the rows in the trash.
CREATE INDEX idx_sessions_used ON sessions(use_order, deleted_at);

CREATE TRIGGER session_made AFTER INSERT ON sessions WHEN new.use_order IS NULL
BEGIN
    UPDATE sessions SET use_order = (SELECT coalesce(max(use_order), 0) + 1 FROM sessions)
    WHERE id = new.id AND new.updated_at >= coalesce((
        SELECT updated_at FROM sessions ORDER BY use_order DESC LIMIT 1), '');
END;

-- Every program sets the time of a session that it uses. Who sets an earlier one corrects it.
CREATE TRIGGER session_used AFTER UPDATE OF updated_at ON sessions
WHEN new.updated_at >= old.updated_at
BEGIN
    UPDATE sessions SET use_order = (SELECT coalesce(max(use_order), 0) + 1 FROM sessions)
    WHERE id = new.id;
END;

-- What the automatic clean-up knows of the clock; one row, or none before the first.
CREATE TABLE clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seen_at TEXT NOT NULL,
    lowest_at TEXT,
    marked_at TEXT NOT NULL,
    mark INTEGER NOT NULL
);

-- Times that the clock leapt over, or in which there was no clean-up: they make nothing older.
CREATE TABLE clock_gaps (began_at TEXT NOT NULL, ended_at TEXT NOT NULL);

-- The bytes of what was stored as a text and is none, once `db check --repair` has put a text that
-- can be read into its place (or a time, an id). They go with their session, or their message.
CREATE TABLE original_texts (
    place TEXT NOT NULL,
    session_id TEXT REFERENCES sessions(id) ON DELETE CASCADE,
    message_id TEXT REFERENCES messages(id) ON DELETE CASCADE,
    n INTEGER,
    bytes BLOB NOT NULL,
    kept_at TEXT NOT NULL
);

CREATE INDEX idx_original_texts_session ON original_texts(session_id);
CREATE INDEX idx_original_texts_message ON original_texts(message_id);
