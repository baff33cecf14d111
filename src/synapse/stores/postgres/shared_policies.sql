-- What a grant opens to its grantee, beside the policy of the owner. Not for a distributed database:
-- these policies look into another table, which Citus refuses. Run by every `db init`, so it can be
-- run again.
--
-- A condition that is the same for all rows is worked out once a statement, not once a row. Who
-- writes a row into another's session writes it as the owner's: the key of `sessions` that every
-- table refers to holds both. Of the session itself, a writer can neither change the owner nor the
-- id (those columns can't be updated), nor throw it away.

DROP POLICY IF EXISTS shared_read ON sessions;
CREATE POLICY shared_read ON sessions FOR SELECT USING (id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text)
));

DROP POLICY IF EXISTS shared_write ON sessions;
CREATE POLICY shared_write ON sessions FOR UPDATE USING (id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text) AND may_write
) AND deleted_at IS NULL) WITH CHECK (id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text) AND may_write
) AND deleted_at IS NULL);

DROP POLICY IF EXISTS shared_read ON messages;
CREATE POLICY shared_read ON messages FOR SELECT USING (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text)
));

DROP POLICY IF EXISTS shared_read ON answer_chunks;
CREATE POLICY shared_read ON answer_chunks FOR SELECT USING (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text)
));

DROP POLICY IF EXISTS shared_read ON attachments;
CREATE POLICY shared_read ON attachments FOR SELECT USING (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text)
));

DROP POLICY IF EXISTS shared_read ON session_changes;
CREATE POLICY shared_read ON session_changes FOR SELECT USING (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text)
));

DROP POLICY IF EXISTS shared_read ON imports;
CREATE POLICY shared_read ON imports FOR SELECT USING (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text)
));

DROP POLICY IF EXISTS shared_read ON message_extras;
CREATE POLICY shared_read ON message_extras FOR SELECT USING (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text)
));

DROP POLICY IF EXISTS shared_read ON summaries;
CREATE POLICY shared_read ON summaries FOR SELECT USING (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text)
));

DROP POLICY IF EXISTS shared_add ON messages;
CREATE POLICY shared_add ON messages FOR INSERT WITH CHECK (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text) AND may_write
));

DROP POLICY IF EXISTS shared_add ON attachments;
CREATE POLICY shared_add ON attachments FOR INSERT WITH CHECK (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text) AND may_write
));

DROP POLICY IF EXISTS shared_add ON session_changes;
CREATE POLICY shared_add ON session_changes FOR INSERT WITH CHECK (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text) AND may_write
));

DROP POLICY IF EXISTS shared_write ON messages;
CREATE POLICY shared_write ON messages FOR UPDATE USING (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text) AND may_write
)) WITH CHECK (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text) AND may_write
));

DROP POLICY IF EXISTS shared_write ON session_changes;
CREATE POLICY shared_write ON session_changes FOR UPDATE USING (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text) AND may_write
)) WITH CHECK (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text) AND may_write
));

DROP POLICY IF EXISTS shared_write ON answer_chunks;
CREATE POLICY shared_write ON answer_chunks FOR ALL USING (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text) AND may_write
)) WITH CHECK (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text) AND may_write
));

DROP POLICY IF EXISTS shared_write ON summaries;
CREATE POLICY shared_write ON summaries FOR ALL USING (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text) AND may_write
)) WITH CHECK (session_id IN (
    SELECT session_id FROM grants WHERE grantee = CAST(session_user AS text) AND may_write
));
