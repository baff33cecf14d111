-- Statements that choose among sessions. Every one has the same condition: a value that does not
-- choose is NULL, or an end of the range of times. folded() is _rows.name_key, which costs more than
-- all the rest: a session without a title is not asked. instr() knows no wildcards.
-- It is given bytes: a text that is no UTF-8 can't be given to a function of ours.

-- name: newest_live
-- A walk along idx_sessions_live, from behind the last page until enough are found.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions
WHERE deleted_at IS NULL AND updated_at >= :since AND updated_at < :until
  AND (updated_at < :after OR rowid < :after_row)
  AND (:provider IS NULL OR provider = :provider)
  AND (:named IS NULL OR name IS NOT NULL)
  AND (:pinned IS NULL OR pinned = :pinned)
  AND (:tags IS NULL OR EXISTS (
      SELECT 1 FROM json_each(:tags) WHERE instr(tag_keys, ' ' || value || ' ')))
  AND (:model IS NULL OR instr(folded(CAST(model AS BLOB)), :model))
  AND (:text IS NULL OR instr(folded(CAST(name AS BLOB)), :text) OR instr(folded(CAST(preview AS BLOB)), :text)
       OR (title IS NOT NULL AND instr(folded(CAST(title AS BLOB)), :text)))
ORDER BY updated_at DESC, rowid DESC LIMIT :limit OFFSET :offset;

-- name: newest_trash
-- A walk along idx_sessions_trash, from behind the last page until enough are found.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions
WHERE deleted_at IS NOT NULL AND deleted_at >= :since AND deleted_at < :until
  AND (deleted_at < :after OR rowid < :after_row)
  AND (:provider IS NULL OR provider = :provider)
  AND (:named IS NULL OR name IS NOT NULL)
  AND (:pinned IS NULL OR pinned = :pinned)
  AND (:tags IS NULL OR EXISTS (
      SELECT 1 FROM json_each(:tags) WHERE instr(tag_keys, ' ' || value || ' ')))
  AND (:model IS NULL OR instr(folded(CAST(model AS BLOB)), :model))
  AND (:text IS NULL OR instr(folded(CAST(name AS BLOB)), :text) OR instr(folded(CAST(preview AS BLOB)), :text)
       OR (title IS NOT NULL AND instr(folded(CAST(title AS BLOB)), :text)))
ORDER BY deleted_at DESC, rowid DESC LIMIT :limit OFFSET :offset;

-- name: ascending
-- Reads all; the sort keeps no more than what is asked for. By name, those without one come last;
-- of equal ones, the younger comes first where the natural order ascends.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions
WHERE (deleted_at IS NOT NULL) = :deleted
  AND coalesce(deleted_at, updated_at) >= :since AND coalesce(deleted_at, updated_at) < :until
  AND (:provider IS NULL OR provider = :provider)
  AND (:named IS NULL OR name IS NOT NULL)
  AND (:pinned IS NULL OR pinned = :pinned)
  AND (:tags IS NULL OR EXISTS (
      SELECT 1 FROM json_each(:tags) WHERE instr(tag_keys, ' ' || value || ' ')))
  AND (:model IS NULL OR instr(folded(CAST(model AS BLOB)), :model))
  AND (:text IS NULL OR instr(folded(CAST(name AS BLOB)), :text) OR instr(folded(CAST(preview AS BLOB)), :text)
       OR (title IS NOT NULL AND instr(folded(CAST(title AS BLOB)), :text)))
ORDER BY :order = 'name' AND name_key IS NULL,
    CASE :order
    WHEN 'updated' THEN coalesce(deleted_at, updated_at)
    WHEN 'created' THEN created_at
    WHEN 'messages' THEN message_count
    WHEN 'name' THEN name_key
    END,
    CASE :order WHEN 'name' THEN -rowid ELSE rowid END
LIMIT :limit OFFSET :offset;

-- name: descending
-- As ascending, from its end.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions
WHERE (deleted_at IS NOT NULL) = :deleted
  AND coalesce(deleted_at, updated_at) >= :since AND coalesce(deleted_at, updated_at) < :until
  AND (:provider IS NULL OR provider = :provider)
  AND (:named IS NULL OR name IS NOT NULL)
  AND (:pinned IS NULL OR pinned = :pinned)
  AND (:tags IS NULL OR EXISTS (
      SELECT 1 FROM json_each(:tags) WHERE instr(tag_keys, ' ' || value || ' ')))
  AND (:model IS NULL OR instr(folded(CAST(model AS BLOB)), :model))
  AND (:text IS NULL OR instr(folded(CAST(name AS BLOB)), :text) OR instr(folded(CAST(preview AS BLOB)), :text)
       OR (title IS NOT NULL AND instr(folded(CAST(title AS BLOB)), :text)))
ORDER BY (:order = 'name' AND name_key IS NULL) DESC,
    CASE :order
    WHEN 'updated' THEN coalesce(deleted_at, updated_at)
    WHEN 'created' THEN created_at
    WHEN 'messages' THEN message_count
    WHEN 'name' THEN name_key
    END DESC,
    CASE :order WHEN 'name' THEN -rowid ELSE rowid END DESC
LIMIT :limit OFFSET :offset;

-- name: total
-- Reads all.
SELECT count(*),
       coalesce(sum(iif(message_count BETWEEN 0 AND 1000000000000, message_count, 0)), 0)
FROM sessions
WHERE (deleted_at IS NOT NULL) = :deleted
  AND coalesce(deleted_at, updated_at) >= :since AND coalesce(deleted_at, updated_at) < :until
  AND (:provider IS NULL OR provider = :provider)
  AND (:named IS NULL OR name IS NOT NULL)
  AND (:pinned IS NULL OR pinned = :pinned)
  AND (:tags IS NULL OR EXISTS (
      SELECT 1 FROM json_each(:tags) WHERE instr(tag_keys, ' ' || value || ' ')))
  AND (:model IS NULL OR instr(folded(CAST(model AS BLOB)), :model))
  AND (:text IS NULL OR instr(folded(CAST(name AS BLOB)), :text) OR instr(folded(CAST(preview AS BLOB)), :text)
       OR (title IS NOT NULL AND instr(folded(CAST(title AS BLOB)), :text)));
