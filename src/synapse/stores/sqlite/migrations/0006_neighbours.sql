-- What the Rust program does to a file that it shares with us must cost nobody anything.

-- A message that somebody else writes takes its session out of the trash: its writer knows of no
-- trash, and the clean-up would destroy what is being used. Ours are written with their number.
CREATE TRIGGER message_untrashes AFTER INSERT ON messages WHEN new.seq IS NULL
BEGIN
    UPDATE sessions
    SET deleted_at = NULL, restored_at = strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')
    WHERE id = new.session_id AND deleted_at IS NOT NULL;
END;

-- Newer versions of that program drop the column system_prompt, with what is in it; so the prompts
-- are kept in a column of ours, which follows what others write into that one. It must never be
-- named as a column of a table: the statement would fail once it is gone, and with a trigger that
-- names it, the program's own migration fails and it starts no more. Here the name has a fallback:
-- where the inner scope has no such column, the outer one gives NULL.
ALTER TABLE sessions ADD COLUMN instructions TEXT;

UPDATE sessions SET instructions = (
    SELECT (SELECT system_prompt FROM sessions AS this WHERE this.id = sessions.id)
    FROM (SELECT NULL AS system_prompt));

CREATE TRIGGER session_instructed AFTER INSERT ON sessions WHEN new.instructions IS NULL
BEGIN
    UPDATE sessions SET instructions = (
        SELECT (SELECT system_prompt FROM sessions WHERE id = new.id)
        FROM (SELECT NULL AS system_prompt))
    WHERE id = new.id AND (
        SELECT (SELECT system_prompt FROM sessions WHERE id = new.id)
        FROM (SELECT NULL AS system_prompt)) IS NOT NULL;
END;

-- A NULL written there takes nothing away: whoever writes whole rows back may not know the prompt.
CREATE TRIGGER session_reinstructed AFTER UPDATE OF system_prompt ON sessions
BEGIN
    UPDATE sessions SET instructions = (
        SELECT (SELECT system_prompt FROM sessions WHERE id = new.id)
        FROM (SELECT NULL AS system_prompt))
    WHERE id = new.id AND (
        SELECT (SELECT system_prompt FROM sessions WHERE id = new.id)
        FROM (SELECT NULL AS system_prompt)) IS NOT NULL;
END;
