-- What other programs write can put a row in the place of others without deleting those by name: of
-- a REPLACE no trigger hears. A message is displaced by another with its id, its row number, or its
-- number in its session. What the index knows of it is noted before, as of any other change. Where
-- there is no index, nothing is noted at all, not even of row numbers below 0.

-- Attachments go by the id, so a new one means other texts. What is known of an answer that is
-- received is noted already, as nothing.
DROP TRIGGER search_changed;
CREATE TRIGGER search_changed BEFORE UPDATE OF id, content, reasoning, timestamp ON messages
WHEN old.rowid <= (SELECT indexed_to FROM search_state WHERE recipe <> 0)
    AND (old.id, old.content, old.reasoning, old.timestamp)
        IS NOT (new.id, new.content, new.reasoning, new.timestamp)
BEGIN
    INSERT INTO search_stale (place, session_id, content, reasoning, files)
    SELECT place, session_id, content, reasoning, files FROM search_texts
    WHERE id = old.id AND place NOT IN (SELECT place FROM search_stale);
END;

-- As they were, but for an index that has to be there.
DROP TRIGGER search_removed;
CREATE TRIGGER search_removed BEFORE DELETE ON messages
WHEN old.rowid <= (SELECT indexed_to FROM search_state WHERE recipe <> 0)
BEGIN
    INSERT INTO search_stale (place, session_id, content, reasoning, files)
    SELECT place, session_id, content, reasoning, files FROM search_texts
    WHERE id = old.id AND place NOT IN (SELECT place FROM search_stale);
END;

DROP TRIGGER search_reused;
CREATE TRIGGER search_reused AFTER INSERT ON messages
WHEN new.rowid <= (SELECT indexed_to FROM search_state WHERE recipe <> 0)
BEGIN
    INSERT INTO search_stale (place, session_id)
    SELECT new.rowid, new.session_id
    WHERE new.rowid NOT IN (SELECT place FROM search_stale);
END;

DROP TRIGGER search_detached;
CREATE TRIGGER search_detached BEFORE DELETE ON attachments
WHEN EXISTS (
    SELECT 1 FROM messages
    WHERE id = old.message_id
      AND rowid <= (SELECT indexed_to FROM search_state WHERE recipe <> 0))
BEGIN
    INSERT INTO search_stale (place, session_id, content, reasoning, files)
    SELECT place, session_id, content, reasoning, files FROM search_texts
    WHERE id = old.message_id AND place NOT IN (SELECT place FROM search_stale);
END;

DROP TRIGGER search_replaced;
CREATE TRIGGER search_replaced BEFORE INSERT ON messages
WHEN (SELECT recipe FROM search_state) <> 0 AND (
    EXISTS (SELECT 1 FROM messages WHERE id = new.id)
    OR EXISTS (SELECT 1 FROM messages WHERE rowid = new.rowid)
    OR EXISTS (SELECT 1 FROM messages WHERE session_id = new.session_id AND seq = new.seq))
BEGIN
    INSERT INTO search_stale (place, session_id, content, reasoning, files)
    SELECT place, session_id, content, reasoning, files FROM search_texts
    WHERE place IN (
        SELECT rowid FROM messages WHERE id = new.id
        UNION ALL SELECT rowid FROM messages WHERE rowid = new.rowid
        UNION ALL SELECT rowid FROM messages WHERE session_id = new.session_id AND seq = new.seq)
      AND place <= (SELECT indexed_to FROM search_state WHERE recipe <> 0)
      AND place NOT IN (SELECT place FROM search_stale);
END;

-- A text that was noted in one session and is in another now goes with the first of them that is
-- purged: NULL stands for both.
CREATE TRIGGER search_supplanted BEFORE UPDATE OF id, session_id, seq ON messages
WHEN (old.id, old.session_id, old.seq) IS NOT (new.id, new.session_id, new.seq)
BEGIN
    INSERT INTO search_stale (place, session_id, content, reasoning, files)
    SELECT place, session_id, content, reasoning, files FROM search_texts
    WHERE place IN (
        SELECT rowid FROM messages WHERE id = new.id
        UNION ALL SELECT rowid FROM messages WHERE session_id = new.session_id AND seq = new.seq)
      AND place <> old.rowid
      AND place <= (SELECT indexed_to FROM search_state WHERE recipe <> 0)
      AND place NOT IN (SELECT place FROM search_stale);
    UPDATE search_stale SET session_id = NULL
    WHERE place = old.rowid AND old.session_id IS NOT new.session_id;
END;

-- Whoever changes row numbers mostly changes all of them, and to note each text would store them all
-- twice: everything is indexed anew.
CREATE TRIGGER search_moved AFTER UPDATE OF rowid, oid, _rowid_ ON messages
WHEN old.rowid <> new.rowid
    AND min(old.rowid, new.rowid) <= (SELECT indexed_to FROM search_state WHERE recipe <> 0)
BEGIN
    UPDATE search_state SET recipe = 0;
END;

-- An attachment is displaced by one with its row number, too, which may be another message's.
DROP TRIGGER search_attached;
CREATE TRIGGER search_attached BEFORE INSERT ON attachments
BEGIN
    INSERT INTO search_stale (place, session_id, content, reasoning, files)
    SELECT place, session_id, content, reasoning, files FROM search_texts
    WHERE id IN (
        SELECT new.message_id
        UNION ALL SELECT message_id FROM attachments WHERE rowid = new.rowid)
      AND place <= (SELECT indexed_to FROM search_state WHERE recipe <> 0)
      AND place NOT IN (SELECT place FROM search_stale);
END;

DROP TRIGGER search_reattached;
CREATE TRIGGER search_reattached BEFORE UPDATE ON attachments
BEGIN
    INSERT INTO search_stale (place, session_id, content, reasoning, files)
    SELECT place, session_id, content, reasoning, files FROM search_texts
    WHERE id IN (
        SELECT old.message_id
        UNION ALL SELECT new.message_id
        UNION ALL SELECT message_id FROM attachments WHERE rowid = new.rowid)
      AND place <= (SELECT indexed_to FROM search_state WHERE recipe <> 0)
      AND place NOT IN (SELECT place FROM search_stale);
END;
