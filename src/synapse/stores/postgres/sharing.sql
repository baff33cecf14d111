-- Who may use the database, and who was given which session.

-- name: members
-- The owner of the schema, and whom it was opened to. Superusers, who can do everything, are not
-- told.
SELECT CAST(pg_get_userbyid(n.nspowner) AS text) AS role, true AS owns
FROM pg_namespace n
WHERE n.nspname = current_schema()
UNION
SELECT coalesce(CAST(r.rolname AS text), 'public'), false
FROM pg_namespace n
CROSS JOIN aclexplode(n.nspacl) AS a
LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE n.nspname = current_schema() AND a.privilege_type = 'USAGE' AND a.grantee <> n.nspowner
ORDER BY 2 DESC, 1;

-- name: who
-- Who asks, who owns the schema, and whether that is the same as far as rights go.
SELECT CAST(session_user AS text), CAST(pg_get_userbyid(nspowner) AS text),
       pg_has_role(session_user, nspowner, 'MEMBER')
FROM pg_namespace WHERE nspname = current_schema();

-- name: role
-- Whether the role can use the schema; no row if there is no such role.
SELECT has_schema_privilege(oid, current_schema(), 'USAGE')
FROM pg_roles WHERE rolname = :role;

-- name: opening
-- The statements that give a role what it needs, and no more. A row's owner and ids never change:
-- who could change them would be able to take a row that was shared.
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), :role)
UNION ALL
SELECT format('GRANT SELECT ON %I.%I TO %I', n.nspname, c.relname, :role)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
UNION ALL
SELECT format(
    'GRANT INSERT, DELETE, UPDATE (%s) ON %I.%I TO %I',
    string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
        FILTER (WHERE a.attname NOT IN ('id', 'session_id', 'owner')),
    n.nspname, c.relname, :role
)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
GROUP BY n.nspname, c.relname
HAVING bool_or(a.attname = 'owner')
UNION ALL
SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', CAST(p.oid AS regprocedure), :role)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = current_schema();

-- name: closing
SELECT format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM %I', current_schema(), :role)
UNION ALL
SELECT format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %I FROM %I', current_schema(), :role)
UNION ALL
SELECT format('REVOKE ALL ON SCHEMA %I FROM %I', current_schema(), :role);

-- name: is_shareable
-- Whether there are the policies that a grant works by.
SELECT EXISTS (
    SELECT 1 FROM pg_policies WHERE schemaname = current_schema() AND policyname = 'shared_read'
);

-- name: owner_of
SELECT owner, owner = CAST(session_user AS text) FROM sessions WHERE id = :session_id;

-- name: grant
INSERT INTO grants (session_id, owner, grantee, may_write)
SELECT id, owner, :role, :write FROM sessions
WHERE id = :session_id AND owner = CAST(session_user AS text)
ON CONFLICT (session_id, grantee) DO UPDATE SET may_write = excluded.may_write
WHERE grants.may_write <> excluded.may_write;

-- name: revoke
DELETE FROM grants WHERE session_id = :session_id AND grantee = :role;

-- name: grants
SELECT grantee, may_write FROM grants WHERE session_id = :session_id ORDER BY grantee;

-- name: shared_sessions
SELECT s.id, s.name, s.provider, s.model, s.instructions, s.created_at, s.updated_at, s.deleted_at,
       s.pinned, s.forked_from, s.forked_at, s.title, s.message_count, s.preview, s.last_status,
       s.tags, s.owner, g.may_write
FROM grants g JOIN sessions s ON s.id = g.session_id
WHERE g.grantee = CAST(session_user AS text) AND s.deleted_at IS NULL
ORDER BY s.updated_at DESC, s.id DESC LIMIT :limit;
