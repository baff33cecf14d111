-- Texts are searched, and names compared, without case and in one composition (NFC, case folded). To
-- fold each text again at each search cost far more than all the rest, so the folded forms are stored:
-- by us with the text. SQLite itself can fold ASCII and no more. Where another program writes, its
-- triggers do that, and a form that they can't make is NULL: Synapse makes it as soon as it comes by,
-- and until then whenever it is asked for. Only core functions, as other programs run the triggers.
ALTER TABLE sessions ADD COLUMN title_key TEXT;
ALTER TABLE sessions ADD COLUMN model_key TEXT;
ALTER TABLE sessions ADD COLUMN preview_key TEXT;
ALTER TABLE kept_sessions ADD COLUMN title_key TEXT;
ALTER TABLE kept_sessions ADD COLUMN model_key TEXT;
ALTER TABLE kept_sessions ADD COLUMN preview_key TEXT;

-- What SQLite can fold: a text of the characters 1 to 127. A NUL, where its functions stop, shows in
-- the length, and bytes that are no UTF-8 are none of these characters.
CREATE VIEW plain_keys AS
SELECT id, rowid AS place,
    CASE WHEN typeof(name) = 'text' AND length(name) = length(CAST(name AS BLOB))
              AND name NOT GLOB '*[^' || char(1) || '-' || char(127) || ']*'
         THEN lower(name) END AS name_key,
    CASE WHEN typeof(title) = 'text' AND length(title) = length(CAST(title AS BLOB))
              AND title NOT GLOB '*[^' || char(1) || '-' || char(127) || ']*'
         THEN lower(title) END AS title_key,
    CASE WHEN typeof(model) = 'text' AND length(model) = length(CAST(model AS BLOB))
              AND model NOT GLOB '*[^' || char(1) || '-' || char(127) || ']*'
         THEN lower(model) END AS model_key,
    CASE WHEN typeof(preview) = 'text' AND length(preview) = length(CAST(preview AS BLOB))
              AND preview NOT GLOB '*[^' || char(1) || '-' || char(127) || ']*'
         THEN lower(preview) END AS preview_key
FROM sessions;

-- Names, too: those that other programs gave were folded by lower() alone.
UPDATE sessions
SET name_key = plain.name_key, title_key = plain.title_key, model_key = plain.model_key,
    preview_key = plain.preview_key
FROM plain_keys AS plain
WHERE plain.place = sessions.rowid;

UPDATE kept_sessions SET name_key = NULL;

-- The rows of which a form is missing; empty nearly always.
CREATE INDEX idx_sessions_unfolded ON sessions(id)
WHERE model_key IS NULL OR preview_key IS NULL OR (name IS NULL) <> (name_key IS NULL)
   OR (title IS NULL) <> (title_key IS NULL);
CREATE INDEX idx_kept_sessions_unfolded ON kept_sessions(id)
WHERE model_key IS NULL OR preview_key IS NULL OR (name IS NULL) <> (name_key IS NULL)
   OR (title IS NULL) <> (title_key IS NULL);

DROP TRIGGER session_named;
CREATE TRIGGER session_folded AFTER INSERT ON sessions WHEN new.model_key IS NULL
BEGIN
    UPDATE sessions SET (name_key, title_key, model_key, preview_key) = (
        SELECT name_key, title_key, model_key, preview_key FROM plain_keys WHERE id = new.id)
    WHERE id = new.id;
END;

-- One trigger rather than four: each costs every start of the program.
DROP TRIGGER session_renamed;
CREATE TRIGGER session_refolded AFTER UPDATE OF name, title, model, preview ON sessions
WHEN (new.name, new.title, new.model, new.preview)
    IS NOT (old.name, old.title, old.model, old.preview)
BEGIN
    UPDATE sessions SET (name_key, title_key, model_key, preview_key) = (
        SELECT iif(new.name IS old.name, new.name_key, name_key),
               iif(new.title IS old.title, new.title_key, title_key),
               iif(new.model IS old.model, new.model_key, model_key),
               iif(new.preview IS old.preview, new.preview_key, preview_key)
        FROM plain_keys WHERE id = new.id)
    WHERE id = new.id;
END;

-- Sessions of one moment are listed by their ids, on every engine, so that a page can begin behind any
-- of them: the indexes along which lists walk have the id, too.
DROP INDEX idx_sessions_live;
CREATE INDEX idx_sessions_live ON sessions(deleted_at, updated_at, id) WHERE deleted_at IS NULL;
DROP INDEX idx_sessions_trash;
CREATE INDEX idx_sessions_trash ON sessions(deleted_at, id) WHERE deleted_at IS NOT NULL;
DROP INDEX idx_kept_sessions;
CREATE INDEX idx_kept_sessions ON kept_sessions(deleted_at, id);

-- What another program deletes keeps its forms.
CREATE TRIGGER session_forms_kept AFTER DELETE ON sessions WHEN old.deleted_at IS NOT 'purged'
BEGIN
    UPDATE kept_sessions
    SET title_key = old.title_key, model_key = old.model_key, preview_key = old.preview_key
    WHERE id = old.id
      AND (name, title, model, preview) IS (old.name, old.title, old.model, old.preview);
END;
