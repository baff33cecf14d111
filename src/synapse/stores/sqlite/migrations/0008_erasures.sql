-- A purge overwrites what it destroys, but older copies of those pages stay in the WAL until it is
-- emptied, which a process that is reading at that moment prevents. A row says that it is owed.
CREATE TABLE erasures (
    id TEXT PRIMARY KEY,
    purged_at TEXT NOT NULL
);
