-- Statements that choose among sessions. Every one has the same condition: a value that does not
-- choose is NULL, or an end of the range of times. Where a folded form is still missing, which it is
-- only of what another program has just written, folded() makes it: _folding.fold, which is given
-- bytes, as a text that is no UTF-8 can't be given to a function of ours. instr() knows no wildcards.

-- name: newest_live
-- A walk along idx_sessions_live, from behind the last page until enough are found.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions
WHERE deleted_at IS NULL AND updated_at >= :since AND updated_at < :until
  AND (updated_at < :after_key OR (updated_at = :after_key AND id < :after_id)
       OR (updated_at > :after_key AND updated_at < :after_finer))
  AND (:provider IS NULL OR provider = :provider)
  AND (:named IS NULL OR name IS NOT NULL)
  AND (:pinned IS NULL OR pinned = :pinned)
  AND (:tags IS NULL OR EXISTS (
      SELECT 1 FROM json_each(:tags) WHERE instr(tag_keys, ' ' || value || ' ')))
  AND (:model IS NULL OR instr(coalesce(model_key, folded(CAST(model AS BLOB))), :model))
  AND (:text IS NULL
       OR (name IS NOT NULL AND instr(coalesce(name_key, folded(CAST(name AS BLOB))), :text))
       OR instr(coalesce(preview_key, folded(CAST(preview AS BLOB))), :text)
       OR (title IS NOT NULL AND instr(coalesce(title_key, folded(CAST(title AS BLOB))), :text)))
ORDER BY updated_at DESC, id DESC LIMIT :limit;

-- name: newest_trash
-- A walk along idx_sessions_trash, from behind the last page until enough are found.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM sessions
WHERE deleted_at IS NOT NULL AND deleted_at >= :since AND deleted_at < :until
  AND (deleted_at < :after_key OR (deleted_at = :after_key AND id < :after_id)
       OR (deleted_at > :after_key AND deleted_at < :after_finer))
  AND (:provider IS NULL OR provider = :provider)
  AND (:named IS NULL OR name IS NOT NULL)
  AND (:pinned IS NULL OR pinned = :pinned)
  AND (:tags IS NULL OR EXISTS (
      SELECT 1 FROM json_each(:tags) WHERE instr(tag_keys, ' ' || value || ' ')))
  AND (:model IS NULL OR instr(coalesce(model_key, folded(CAST(model AS BLOB))), :model))
  AND (:text IS NULL
       OR (name IS NOT NULL AND instr(coalesce(name_key, folded(CAST(name AS BLOB))), :text))
       OR instr(coalesce(preview_key, folded(CAST(preview AS BLOB))), :text)
       OR (title IS NOT NULL AND instr(coalesce(title_key, folded(CAST(title AS BLOB))), :text)))
ORDER BY deleted_at DESC, id DESC LIMIT :limit;

-- name: ascending
-- Reads all; the sort keeps no more than what is asked for. By name, those without one come last. Of
-- equal ones, the greater id comes first where this is the natural order, or last.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM (
  SELECT *, :order = 'name' AND name IS NULL AS nameless,
         CASE :order
         WHEN 'updated' THEN coalesce(deleted_at, updated_at)
         WHEN 'created' THEN created_at
         WHEN 'messages' THEN message_count
         WHEN 'name' THEN coalesce(name_key, folded(CAST(name AS BLOB)), '')
         END AS key
  FROM sessions
  WHERE (deleted_at IS NOT NULL) = :deleted
    AND coalesce(deleted_at, updated_at) >= :since AND coalesce(deleted_at, updated_at) < :until
    AND (:provider IS NULL OR provider = :provider)
    AND (:named IS NULL OR name IS NOT NULL)
    AND (:pinned IS NULL OR pinned = :pinned)
    AND (:tags IS NULL OR EXISTS (
        SELECT 1 FROM json_each(:tags) WHERE instr(tag_keys, ' ' || value || ' ')))
    AND (:model IS NULL OR instr(coalesce(model_key, folded(CAST(model AS BLOB))), :model))
    AND (:text IS NULL
         OR (name IS NOT NULL AND instr(coalesce(name_key, folded(CAST(name AS BLOB))), :text))
         OR instr(coalesce(preview_key, folded(CAST(preview AS BLOB))), :text)
         OR (title IS NOT NULL AND instr(coalesce(title_key, folded(CAST(title AS BLOB))), :text)))
) AS found
WHERE :after_id IS NULL OR nameless > :after_nameless
   OR (nameless = :after_nameless
       AND (key > :after_key
            OR (key = :after_key
                AND iif(:order = 'name', id < :after_id, id > :after_id))))
ORDER BY nameless, key, iif(:order = 'name', id, NULL) DESC, iif(:order = 'name', NULL, id)
LIMIT :limit;

-- name: descending
-- As ascending, from its end.
SELECT id, name, provider, model, instructions, created_at, updated_at, deleted_at,
       pinned, forked_from, forked_at, title, message_count, preview, last_status, tags
FROM (
  SELECT *, :order = 'name' AND name IS NULL AS nameless,
         CASE :order
         WHEN 'updated' THEN coalesce(deleted_at, updated_at)
         WHEN 'created' THEN created_at
         WHEN 'messages' THEN message_count
         WHEN 'name' THEN coalesce(name_key, folded(CAST(name AS BLOB)), '')
         END AS key
  FROM sessions
  WHERE (deleted_at IS NOT NULL) = :deleted
    AND coalesce(deleted_at, updated_at) >= :since AND coalesce(deleted_at, updated_at) < :until
    AND (:provider IS NULL OR provider = :provider)
    AND (:named IS NULL OR name IS NOT NULL)
    AND (:pinned IS NULL OR pinned = :pinned)
    AND (:tags IS NULL OR EXISTS (
        SELECT 1 FROM json_each(:tags) WHERE instr(tag_keys, ' ' || value || ' ')))
    AND (:model IS NULL OR instr(coalesce(model_key, folded(CAST(model AS BLOB))), :model))
    AND (:text IS NULL
         OR (name IS NOT NULL AND instr(coalesce(name_key, folded(CAST(name AS BLOB))), :text))
         OR instr(coalesce(preview_key, folded(CAST(preview AS BLOB))), :text)
         OR (title IS NOT NULL AND instr(coalesce(title_key, folded(CAST(title AS BLOB))), :text)))
) AS found
WHERE :after_id IS NULL OR nameless < :after_nameless
   OR (nameless = :after_nameless
       AND (key < :after_key OR (key > :after_key AND key < :after_finer)
            OR (key = :after_key
                AND iif(:order = 'name', id > :after_id, id < :after_id))))
ORDER BY nameless DESC, key DESC, iif(:order = 'name', id, NULL), iif(:order = 'name', NULL, id) DESC
LIMIT :limit;

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
  AND (:model IS NULL OR instr(coalesce(model_key, folded(CAST(model AS BLOB))), :model))
  AND (:text IS NULL
       OR (name IS NOT NULL AND instr(coalesce(name_key, folded(CAST(name AS BLOB))), :text))
       OR instr(coalesce(preview_key, folded(CAST(preview AS BLOB))), :text)
       OR (title IS NOT NULL AND instr(coalesce(title_key, folded(CAST(title AS BLOB))), :text)));
