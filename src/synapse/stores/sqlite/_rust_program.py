"""What the Rust program does to a database that both use, and how that is repaired."""

from __future__ import annotations

import apsw

from synapse.advice import Advice
from synapse.ports import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME = "the Rust Synapse"
BOOK = "_sqlx_migrations"
"""The table in which it notes its migrations; a file that has it has been used by it."""
_DROPPED = 20260226
"""The number of its migration that drops `sessions.system_prompt`."""
_PROMPTS = """
SELECT prompt, id, created_at FROM (
    SELECT id, created_at, coalesce(
        (SELECT (SELECT instructions FROM sessions AS this WHERE this.id = sessions.id)
         FROM (SELECT NULL AS instructions)),
        (SELECT (SELECT system_prompt FROM sessions AS this WHERE this.id = sessions.id)
         FROM (SELECT NULL AS system_prompt))) AS prompt
    FROM sessions)
WHERE typeof(prompt) = 'text'"""
"""Of a file that may have either column, or none: see the migration that made the first."""
_BRING_BACK = """
UPDATE sessions SET instructions = ? WHERE id = ? AND created_at = ? AND instructions IS NULL"""


KEPT = """
SELECT count(*), coalesce(sum(message_count), 0) FROM kept_sessions
WHERE id NOT IN (SELECT id FROM sessions)"""
"""How many sessions that it has deleted are in the trash, and their messages."""


def programs(raw: apsw.Connection) -> list[str]:
    """See Inspection.other_programs."""
    return [NAME] if is_around(raw) else []


def findings(raw: apsw.Connection) -> Iterator[Finding]:
    """What a user of both programs should know."""
    if is_around(raw):
        [(kept, _)] = raw.execute(KEPT).fetchall()
        yield Finding(
            subject="other programs",
            text=f"{NAME} uses this file, too. What it deletes or cleans away is kept in the "
            f"trash here ({kept:,} now), but it counts our trash towards its limit, and the text "
            "stays on unused pages after a purge",
            ok=True,
            hints=(Advice("Remove such text for good:  ", "db vacuum"),),
        )


def is_around(raw: apsw.Connection) -> bool:
    """Whether the Rust program has ever opened this file."""
    return raw.table_exists("main", BOOK)


def has_dropped_the_prompts(raw: apsw.Connection) -> bool:
    """Whether a version of it has dropped the column, even if the column is there again."""
    if not _has_prompt_column(raw):
        return True
    if not is_around(raw):
        return False
    booked = f"SELECT 1 FROM {BOOK} WHERE version = ?"
    try:
        return bool(raw.execute(booked, (_DROPPED,)).fetchall())
    except apsw.SQLError:  # another program's table of that name
        return False


def put_prompt_column_back(raw: apsw.Connection) -> None:
    """In a write transaction: the column is empty, for writers that name it."""
    if not _has_prompt_column(raw):
        raw.execute("ALTER TABLE sessions ADD COLUMN system_prompt TEXT")


def drop_doubled_indexes(raw: apsw.Connection) -> None:
    """In a write transaction: take away the indexes that its first migration makes and our second
    had dropped. Once it is booked, they don't come back.

    With 20,000 messages of 400 characters they take a sixth of the file, and 8,600 instructions of
    each message's insert, 0.01 % of a turn; but dropping them reads all of their pages. So it is
    done only where the whole file is gone through anyway: after a migration, before a vacuum.
    """
    raw.execute(
        "DROP INDEX IF EXISTS idx_messages_session; DROP INDEX IF EXISTS idx_messages_timestamp"
    )


def _has_prompt_column(raw: apsw.Connection) -> bool:
    # not by column_metadata(), which goes by the schema that the connection knew before it waited
    return any(row[1] == "system_prompt" for row in raw.execute("PRAGMA table_info(sessions)"))


def prompts_in(backups: Iterable[str]) -> list[tuple[str, str, str]]:
    """System prompts that the files hold, each with its session's id and time of creation; the
    first that is found for a session counts. What can't be read has none.
    """
    found: dict[tuple[str, str], str] = {}
    for path in backups:
        quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        try:
            backup = apsw.Connection(f"file:{quoted}?mode=ro&immutable=1", flags=flags)
            try:
                for prompt, id, created_at in backup.execute(_PROMPTS):
                    found.setdefault((id, created_at), prompt)
            finally:
                backup.close()
        except (apsw.Error, UnicodeDecodeError):
            continue
    return [(prompt, *session) for session, prompt in found.items()]


def bring_prompts_back(raw: apsw.Connection, prompts: Iterable[tuple[str, str, str]]) -> None:
    """In a write transaction: give them to those of their sessions that have none.

    Until they had a column of their own, a stored system prompt could not be changed, so none that
    is missing was taken away by the user; a session made anew under the same id has another time.
    """
    raw.executemany(_BRING_BACK, prompts)
