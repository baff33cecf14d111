-- What the user says a session is about: free text, shown where its first question would stand.
-- NULL for none. Not unique and never looked up, so it has no index, and no folded form beside it.
ALTER TABLE sessions ADD COLUMN title TEXT;
