-- Sessions are listed, cleaned up and cut into pages by the text of their times, which is right as
-- long as all are RFC 3339 in UTC. What another program writes with another offset is turned into
-- that; for what is no time at all, there is the moment in which it was written.

CREATE TRIGGER session_times_changed AFTER UPDATE OF created_at, updated_at ON sessions
WHEN new.created_at NOT GLOB
        '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]*+00:00'
    OR new.updated_at NOT GLOB
        '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]*+00:00'
BEGIN
    -- strftime() alone would take a number for a day
    UPDATE sessions SET
        created_at = coalesce(
            strftime('%Y-%m-%dT%H:%M:%f000+00:00',
                iif(new.created_at GLOB '????-??-??*', new.created_at, NULL)),
            strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')),
        updated_at = coalesce(
            strftime('%Y-%m-%dT%H:%M:%f000+00:00',
                iif(new.updated_at GLOB '????-??-??*', new.updated_at, NULL)),
            strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'))
    WHERE id = new.id;
END;

CREATE TRIGGER session_times_added AFTER INSERT ON sessions
WHEN new.created_at NOT GLOB
        '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]*+00:00'
    OR new.updated_at NOT GLOB
        '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]*+00:00'
BEGIN
    UPDATE sessions SET updated_at = updated_at WHERE id = new.id;
END;

UPDATE sessions SET updated_at = updated_at
WHERE created_at NOT GLOB
        '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]*+00:00'
    OR updated_at NOT GLOB
        '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]*+00:00';
