-- A summary goes with its session, and nobody can put one into another's.
ALTER TABLE summaries ADD CONSTRAINT summaries_session
    FOREIGN KEY (session_id, owner) REFERENCES sessions (id, owner) ON DELETE CASCADE;
