"""Databases as the Rust program makes them, and the statements with which it goes on writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw

if TYPE_CHECKING:
    from pathlib import Path

SY9_SCHEMA = """
CREATE TABLE sessions(id TEXT PRIMARY KEY NOT NULL, name TEXT, provider TEXT NOT NULL,
    model TEXT NOT NULL, system_prompt TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE messages(id TEXT PRIMARY KEY NOT NULL, session_id TEXT NOT NULL, role TEXT NOT NULL,
    content TEXT NOT NULL, timestamp TEXT NOT NULL,
    FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE);
CREATE INDEX idx_messages_session ON messages(session_id);
CREATE INDEX idx_messages_timestamp ON messages(session_id, timestamp);
CREATE INDEX idx_sessions_updated ON sessions(updated_at);
"""

LATER_SCHEMA = (
    SY9_SCHEMA
    + """
CREATE TABLE _sqlx_migrations(version BIGINT PRIMARY KEY, description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL, execution_time BIGINT NOT NULL);
INSERT INTO _sqlx_migrations VALUES (1, 'tools', '2026-01-01', 1, x'00', 1);
ALTER TABLE messages ADD COLUMN tool_calls TEXT;
ALTER TABLE messages ADD COLUMN tool_results TEXT;
ALTER TABLE sessions DROP COLUMN system_prompt;
"""
)

OLD = "01939f00-0000-7000-8000-0000000000a1"
NEW = "01939f00-0000-7000-8000-0000000000b2"


def make_database(path: Path, schema: str = SY9_SCHEMA) -> None:
    """A file with two sessions; its times have nine, six, three or no fractional digits."""
    with connect(path) as database:
        database.execute(schema)
        add_session(database, OLD, "2024-12-07T09:00:00.123456789+00:00", name="Älteste")
        add_session(database, NEW, "2024-12-07T09:00:00.123456+00:00")
        for number, time in enumerate(
            ("09:00:00+00:00", "09:00:00.001+00:00", "09:00:00.0015+00:00")
        ):
            add_message(database, f"m{number}", OLD, f"text {number}", f"2024-12-07T{time}")
    database.close()


def connect(path: Path) -> apsw.Connection:
    """A connection as the Rust program opens it: foreign keys on, nothing else.

    Not by Python's own module: it links another SQLite, and two of them in one process don't see
    each other's locks.
    """
    database = apsw.Connection(str(path))
    database.set_busy_timeout(5000)
    database.execute("PRAGMA foreign_keys = ON")
    return database


def add_session(database: apsw.Connection, id: str, time: str, name: str | None = None) -> None:
    """SY-9's INSERT."""
    database.execute(
        "INSERT INTO sessions (id, name, provider, model, created_at, updated_at) "
        "VALUES (?, ?, 'deepseek', 'deepseek-chat', ?, ?)",
        (id, name, time, time),
    )


def add_message(
    database: apsw.Connection, id: str, session: str, content: str, time: str, role: str = "user"
) -> None:
    """SY-9's INSERT."""
    database.execute(
        "INSERT INTO messages (id, session_id, role, content, timestamp) VALUES (?, ?, ?, ?, ?)",
        (id, session, role, content, time),
    )
