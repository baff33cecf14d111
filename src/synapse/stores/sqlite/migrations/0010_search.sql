-- What a search needs. The index itself, tables of FTS5 that are called search_0, search_1, … for
-- 2^22 row numbers each, is not
-- made here but by the first indexing, and is only ever written by Synapse: a trigger that wrote to
-- it would refuse the message of every program whose SQLite has no FTS5. So messages are indexed
-- later than they are stored, and triggers of plain SQL note what has become stale. What is not
-- indexed is searched by reading it.

-- Messages up to this row number are in the index, but for those in search_stale. `last_place` and
-- `last_id` are the last of them: another message there says that all row numbers have moved, as a
-- dump that is read in again moves them. `recipe` says how texts were cut into terms; 0: no index.
CREATE TABLE search_state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    indexed_to INTEGER NOT NULL,
    last_place INTEGER,
    last_id TEXT,
    recipe INTEGER NOT NULL
);

INSERT INTO search_state (one, indexed_to, recipe)
SELECT 1, min(coalesce(min(rowid), 1) - 1, 0), 0 FROM messages;

-- The time of the newest message of each 512 row numbers, as 128 numbers of eight bytes, little
-- endian: microseconds since 1970. So the newest are found first, whatever an import has added last.
CREATE TABLE search_times (chunk INTEGER PRIMARY KEY, newest BLOB NOT NULL);

-- Row numbers that the index knows wrong, with the texts that it knows: only with them can their
-- terms be taken out. A content of NULL says that it knows nothing of the row.
CREATE TABLE search_stale (
    place INTEGER PRIMARY KEY, session_id TEXT, content TEXT, reasoning TEXT, files TEXT);

-- The texts of a message, as they are indexed.
CREATE VIEW search_texts AS
SELECT rowid AS place, id, session_id, status, timestamp, content, reasoning,
    (SELECT group_concat(CAST(data AS TEXT), char(10)) FROM attachments
     WHERE message_id = messages.id AND substr(media_type, 1, 5) = 'text/' AND source <> 'agent')
    AS files
FROM messages;

-- In none of these is there an OR IGNORE: within an INSERT OR REPLACE of somebody else it would
-- become a REPLACE, and the text that the index knows would be lost.

-- While an answer is received, the index knows nothing of it.
CREATE TRIGGER search_changed BEFORE UPDATE OF content, reasoning, timestamp ON messages
WHEN old.status <> 'streaming' AND old.rowid <= (SELECT indexed_to FROM search_state)
    AND (old.content, old.reasoning, old.timestamp)
        IS NOT (new.content, new.reasoning, new.timestamp)
BEGIN
    INSERT INTO search_stale (place, session_id, content, reasoning, files)
    SELECT place, session_id, content, reasoning, files FROM search_texts
    WHERE id = old.id AND place NOT IN (SELECT place FROM search_stale);
END;

CREATE TRIGGER search_removed BEFORE DELETE ON messages
WHEN old.rowid <= (SELECT indexed_to FROM search_state)
BEGIN
    INSERT INTO search_stale (place, session_id, content, reasoning, files)
    SELECT place, session_id, content, reasoning, files FROM search_texts
    WHERE id = old.id AND place NOT IN (SELECT place FROM search_stale);
END;

-- A REPLACE deletes without a word.
CREATE TRIGGER search_replaced BEFORE INSERT ON messages
WHEN EXISTS (
    SELECT 1 FROM messages
    WHERE id = new.id AND rowid <= (SELECT indexed_to FROM search_state))
BEGIN
    INSERT INTO search_stale (place, session_id, content, reasoning, files)
    SELECT place, session_id, content, reasoning, files FROM search_texts
    WHERE id = new.id AND place NOT IN (SELECT place FROM search_stale);
END;

-- Behind the deletion of the last row, the next one gets its number.
CREATE TRIGGER search_reused AFTER INSERT ON messages
WHEN new.rowid <= (SELECT indexed_to FROM search_state)
BEGIN
    INSERT INTO search_stale (place, session_id)
    SELECT new.rowid, new.session_id
    WHERE new.rowid NOT IN (SELECT place FROM search_stale);
END;

-- An attachment comes with its message, and goes with it: these serve whoever does otherwise.
CREATE TRIGGER search_attached BEFORE INSERT ON attachments
WHEN EXISTS (
    SELECT 1 FROM messages
    WHERE id = new.message_id AND rowid <= (SELECT indexed_to FROM search_state))
BEGIN
    INSERT INTO search_stale (place, session_id, content, reasoning, files)
    SELECT place, session_id, content, reasoning, files FROM search_texts
    WHERE id = new.message_id AND place NOT IN (SELECT place FROM search_stale);
END;

CREATE TRIGGER search_detached BEFORE DELETE ON attachments
WHEN EXISTS (
    SELECT 1 FROM messages
    WHERE id = old.message_id AND rowid <= (SELECT indexed_to FROM search_state))
BEGIN
    INSERT INTO search_stale (place, session_id, content, reasoning, files)
    SELECT place, session_id, content, reasoning, files FROM search_texts
    WHERE id = old.message_id AND place NOT IN (SELECT place FROM search_stale);
END;

CREATE TRIGGER search_reattached BEFORE UPDATE ON attachments
WHEN EXISTS (
    SELECT 1 FROM messages
    WHERE id IN (old.message_id, new.message_id)
      AND rowid <= (SELECT indexed_to FROM search_state))
BEGIN
    INSERT INTO search_stale (place, session_id, content, reasoning, files)
    SELECT place, session_id, content, reasoning, files FROM search_texts
    WHERE id IN (old.message_id, new.message_id) AND place NOT IN (SELECT place FROM search_stale);
END;

-- Words that the user has put on a session, with a space around each: as they were typed, and as they
-- are compared (NFC, case folded). NULL for none. What another program deletes keeps them.
ALTER TABLE sessions ADD COLUMN tags TEXT;
ALTER TABLE sessions ADD COLUMN tag_keys TEXT;
ALTER TABLE kept_sessions ADD COLUMN tags TEXT;
ALTER TABLE kept_sessions ADD COLUMN tag_keys TEXT;

CREATE INDEX idx_sessions_tagged ON sessions(id) WHERE tag_keys IS NOT NULL;

CREATE TRIGGER session_tags_kept AFTER DELETE ON sessions
WHEN old.tag_keys IS NOT NULL AND old.deleted_at IS NOT 'purged'
BEGIN
    UPDATE kept_sessions SET tags = old.tags, tag_keys = old.tag_keys WHERE id = old.id;
END;
