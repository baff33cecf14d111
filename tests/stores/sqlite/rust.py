"""The Rust program as far as a database file knows it: its files, and its statements word for word.

`Rust` behaves as that program does, in the version of SY-9 or in the newest: two connections that
commit each statement by itself, migrations with their checksums at every opening, a clean-up that
counts every row. Crash points are the places between two of its statements.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import apsw

from synapse.ids import new_id

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

SY9_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions(id TEXT PRIMARY KEY NOT NULL, name TEXT, provider TEXT NOT NULL,
    model TEXT NOT NULL, system_prompt TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages(id TEXT PRIMARY KEY NOT NULL, session_id TEXT NOT NULL,
    role TEXT NOT NULL, content TEXT NOT NULL, timestamp TEXT NOT NULL,
    FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE);
CREATE INDEX IF NOT EXISTS idx_messages_session ON messages(session_id);
CREATE INDEX IF NOT EXISTS idx_messages_timestamp ON messages(session_id, timestamp);
CREATE INDEX IF NOT EXISTS idx_sessions_updated ON sessions(updated_at);
"""
_BOOK = """
CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)"""
_TOOLS = """
ALTER TABLE messages ADD COLUMN tool_calls TEXT;
ALTER TABLE messages ADD COLUMN tool_results TEXT;
"""
_DROP = "ALTER TABLE sessions DROP COLUMN system_prompt"
_SUMS = (
    "ca729c470c326c58beac2f95233a74bae2cb24eefe4c80b276ca2846c5079b623e2d39db5b22a3498a9dd4b8b9661c23",
    "08f62b713e48e06916a0ef9d84677c9680eae1c1f4e28f3b058e2366d674ca392e541168f19fd5da8d0e94308528aaff",
    "166855426d49b72fe0c91984b913b854c37def7171615c4192d5680aa52f0c73ff7b5c76697616507c9b69dcf592363f",
)
_MIGRATIONS = (
    (20250125, "001 initial", SY9_SCHEMA, bytes.fromhex(_SUMS[0])),
    (20260208, "002 add tool columns", _TOOLS, bytes.fromhex(_SUMS[1])),
    (20260226, "003 drop system prompt", _DROP, bytes.fromhex(_SUMS[2])),
)
SY9, NEWEST = 1, 3
"""The two versions, by the number of their migrations."""

OLD = "01939f00-0000-7000-8000-0000000000a1"
NEW = "01939f00-0000-7000-8000-0000000000b2"


class Failed(Exception):
    """The program ended with exit code 1."""


class Rust:
    """The program, from its opening of a file on."""

    def __init__(self, path: Path, version: int = NEWEST) -> None:
        self._newest = version == NEWEST
        self._pool = [connect(path), connect(path)]
        for connection in self._pool:
            connection.pragma("journal_mode", "WAL")
        self._turn = 0
        try:
            self._migrate(_MIGRATIONS[:version])
        except (apsw.Error, Failed) as error:
            self.close()
            raise Failed(f"Failed to create storage: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """The end of the process."""
        for connection in self._pool:
            connection.close()

    @property
    def _next(self) -> apsw.Connection:
        """Whichever connection of the pool comes first; they take turns here."""
        self._turn += 1
        return self._pool[self._turn % 2]

    def _migrate(self, known: tuple[tuple[int, str, str, bytes], ...]) -> None:
        database = self._next
        database.execute(_BOOK)
        booked = {
            row[0]: row[1:]
            for row in database.execute("SELECT version, success, checksum FROM _sqlx_migrations")
        }
        if set(booked) - {version for version, *_ in known}:
            raise Failed("missing in the resolved migrations")
        for version, description, script, checksum in known:
            if version not in booked:
                database.execute("BEGIN")
                try:
                    database.execute(script)
                    database.execute(
                        "INSERT INTO _sqlx_migrations "
                        "(version, description, success, checksum, execution_time) "
                        "VALUES (?, ?, TRUE, ?, -1)",
                        (version, description, checksum),
                    )
                    database.execute("COMMIT")
                except apsw.Error:
                    if database.in_transaction:
                        database.execute("ROLLBACK")
                    raise
                database.execute(
                    "UPDATE _sqlx_migrations SET execution_time = 1 WHERE version = ?", (version,)
                )
            elif not booked[version][0]:
                raise Failed("partially applied")
            elif booked[version][1] != checksum:
                raise Failed("has been modified")

    def new_session(self, *, name: str | None = None, prompt: str | None = None) -> str:
        """Its INSERT; the command line never gives a name or a prompt, the bot a name."""
        id, now = new_id(), stamp()
        if self._newest:
            self._next.execute(
                "INSERT INTO sessions (id, name, provider, model, created_at, updated_at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (id, name, "deepseek", "deepseek-chat", now, now),
            )
        else:
            self._next.execute(
                "INSERT INTO sessions "
                "(id, name, provider, model, system_prompt, created_at, updated_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (id, name, "deepseek", "deepseek-chat", prompt, now, now),
            )
        return id

    def add_message(
        self, session: str, role: str, content: str, *, dies_before_touch: bool = False
    ) -> None:
        """A message, then in a transaction of its own the session's time."""
        columns = "id, session_id, role, content, timestamp"
        values: list[str | None] = [new_id(), session, role, content, stamp()]
        if self._newest:
            columns = "id, session_id, role, content, tool_calls, tool_results, timestamp"
            values[4:4] = [None, None]
        places = ", ".join("?" * len(values))
        self._next.execute(f"INSERT INTO messages ({columns}) VALUES ({places})", values)
        if not dies_before_touch:
            self.touch(session)

    def touch(self, session: str) -> None:
        """What it does after an answer, and the bot when it switches."""
        self._next.execute("UPDATE sessions SET updated_at = ? WHERE id = ?", (stamp(), session))

    def ask(self, question: str, answer: str, session: str | None = None) -> str:
        """A whole turn, in a new session or another's; the session's id."""
        if session is None:
            session = self.new_session()
        elif not self._session(session):
            raise Failed("Session not found")
        self.add_message(session, "user", question)
        self.add_message(session, "assistant", answer)
        return session

    def _session(self, id: str) -> list[tuple[object, ...]]:
        prompt = "" if self._newest else "system_prompt, "
        return self._next.execute(
            f"SELECT id, name, provider, model, {prompt}created_at, updated_at "
            "FROM sessions WHERE id = ?",
            (id,),
        ).fetchall()

    def history(self, session: str) -> list[tuple[str, str]]:
        """Role and content of what it sends and shows: by time, whatever ties there are."""
        rows = self._next.execute(
            "SELECT role, content FROM messages WHERE session_id = ? ORDER BY timestamp ASC",
            (session,),
        )
        return [(str(role), str(content)) for role, content in rows]

    def list(self) -> list[tuple[str, int]]:
        """Id and count of messages of every session, the last used first."""
        rows = self._next.execute(
            "SELECT s.id, (SELECT COUNT(*) FROM messages m WHERE m.session_id = s.id) "
            "FROM sessions s ORDER BY s.updated_at DESC"
        )
        return [(str(id), int(count or 0)) for id, count in rows]

    def delete(self, session: str) -> None:
        """`sessions delete UUID`."""
        database = self._next
        database.execute("DELETE FROM sessions WHERE id = ?", (session,))
        if not database.changes():
            raise Failed("Session not found")

    def clean_up(
        self,
        max_sessions: int = 100,
        retention_days: int = 90,
        *,
        dies_after_retention: bool = False,
    ) -> None:
        """What it does before it asks: 0 is no exception to either rule."""
        cutoff = stamp(datetime.now(UTC) - timedelta(days=retention_days))
        self._next.execute("DELETE FROM sessions WHERE updated_at < ?", (cutoff,))
        if dies_after_retention:
            return
        [(count,)] = self._next.execute("SELECT COUNT(*) FROM sessions")
        if count > max_sessions:
            self._next.execute(
                "DELETE FROM sessions WHERE id IN "
                "(SELECT id FROM sessions ORDER BY updated_at ASC LIMIT ?)",
                (count - max_sessions,),
            )


def stamp(moment: datetime | None = None) -> str:
    """A time in its words: nine, six, three or no fractional digits."""
    moment = moment or datetime.now(UTC)
    digits = f"{moment.microsecond:06}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if digits else ''}{digits}+00:00"


def make_database(path: Path, version: int = SY9) -> None:
    """A file with two sessions; its times have nine, six, three or no fractional digits."""
    Rust(path, version).close()
    with connect(path) as database:
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
    """A session's row with times of one's own choice."""
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
