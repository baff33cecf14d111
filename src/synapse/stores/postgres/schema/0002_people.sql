-- Several people in one database. Every row belongs to a role, and the server shows it to nobody
-- else, whatever program asks. FORCE: the role that owns the tables sees no more through them than
-- the others. A policy asks nothing but the row itself: a distributed engine refuses any other, and
-- a list needs its index. `session_user`: a role that was taken on with SET ROLE changes nothing.

-- Whom a session was shown to by its owner. What that opens is in shared_policies.sql.
CREATE TABLE grants (
    session_id uuid NOT NULL,
    owner text COLLATE "C" NOT NULL DEFAULT session_user,
    grantee text COLLATE "C" NOT NULL,
    may_write boolean NOT NULL DEFAULT false,
    PRIMARY KEY (session_id, grantee),
    -- nobody can give away what is another's: there is no session with this id and this owner
    FOREIGN KEY (session_id, owner) REFERENCES sessions (id, owner) ON DELETE CASCADE
);

CREATE INDEX grants_of_grantee ON grants (grantee);

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON sessions
    USING (owner = CAST(session_user AS text)) WITH CHECK (owner = CAST(session_user AS text));

ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE messages FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON messages
    USING (owner = CAST(session_user AS text)) WITH CHECK (owner = CAST(session_user AS text));

ALTER TABLE answer_chunks ENABLE ROW LEVEL SECURITY;
ALTER TABLE answer_chunks FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON answer_chunks
    USING (owner = CAST(session_user AS text)) WITH CHECK (owner = CAST(session_user AS text));

ALTER TABLE attachments ENABLE ROW LEVEL SECURITY;
ALTER TABLE attachments FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON attachments
    USING (owner = CAST(session_user AS text)) WITH CHECK (owner = CAST(session_user AS text));

ALTER TABLE session_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE session_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON session_changes
    USING (owner = CAST(session_user AS text)) WITH CHECK (owner = CAST(session_user AS text));

ALTER TABLE imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE imports FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON imports
    USING (owner = CAST(session_user AS text)) WITH CHECK (owner = CAST(session_user AS text));

ALTER TABLE message_extras ENABLE ROW LEVEL SECURITY;
ALTER TABLE message_extras FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON message_extras
    USING (owner = CAST(session_user AS text)) WITH CHECK (owner = CAST(session_user AS text));

ALTER TABLE clock ENABLE ROW LEVEL SECURITY;
ALTER TABLE clock FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON clock
    USING (owner = CAST(session_user AS text)) WITH CHECK (owner = CAST(session_user AS text));

ALTER TABLE clock_gaps ENABLE ROW LEVEL SECURITY;
ALTER TABLE clock_gaps FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON clock_gaps
    USING (owner = CAST(session_user AS text)) WITH CHECK (owner = CAST(session_user AS text));

ALTER TABLE words ENABLE ROW LEVEL SECURITY;
ALTER TABLE words FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON words
    USING (owner = CAST(session_user AS text)) WITH CHECK (owner = CAST(session_user AS text));

ALTER TABLE grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE grants FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON grants
    USING (owner = CAST(session_user AS text)) WITH CHECK (owner = CAST(session_user AS text));

-- The function that searches runs as the role that owns the tables. With a policy that asks
-- anything of a row, an index of words would not be used: to that role, which can lift every policy,
-- each row is open here, and the function itself says whose are meant.
CREATE POLICY for_search ON words FOR SELECT TO CURRENT_USER USING (true);

-- Nobody can take the place of the words of another's message.
ALTER TABLE words ADD FOREIGN KEY (session_id, owner) REFERENCES sessions (id, owner)
    ON DELETE CASCADE;

-- A function can be run by everybody, unless it is said otherwise.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA synapse FROM PUBLIC;

-- Who was given a session knows that, and by whom.
CREATE POLICY given ON grants FOR SELECT USING (grantee = CAST(session_user AS text));
