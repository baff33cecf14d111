"""What must hold in a SQLite file whatever has happened to it. Uses none of the store's code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw

if TYPE_CHECKING:
    from pathlib import Path

_PREVIEW = """
    coalesce((
        SELECT line FROM (
            SELECT seq, rtrim(substr(replace(replace(replace(substr(
                ltrim(content, char(9, 10, 13, 32)), 1, 200),
                char(13), ''), char(10), ' '), char(9), ' '), 1, 50)) AS line
            FROM messages WHERE session_id = sessions.id AND role = 'user')
        WHERE line <> '' ORDER BY seq LIMIT 1), '')"""

_RULES = {
    "counts": """
        SELECT id FROM sessions WHERE message_count <>
            (SELECT count(*) FROM messages WHERE session_id = sessions.id)""",
    "previews": f"SELECT id FROM sessions WHERE preview <> {_PREVIEW}",
    "last status": """
        SELECT id FROM sessions WHERE last_status <> coalesce(
            (SELECT status FROM messages WHERE session_id = sessions.id
             ORDER BY seq DESC LIMIT 1), 'complete')""",
    "token totals": """
        SELECT id FROM sessions WHERE (input_tokens, output_tokens) <> (
            SELECT coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0)
            FROM messages WHERE session_id = sessions.id)""",
    "dense order": """
        SELECT session_id FROM messages GROUP BY session_id
        HAVING min(seq) <> 1 OR max(seq) <> count(*) OR count(DISTINCT seq) <> count(*)""",
    "messages without a session": """
        SELECT id FROM messages WHERE session_id NOT IN (SELECT id FROM sessions)""",
    "summaries of other messages than there are": """
        SELECT id FROM summaries WHERE message_count <> (
            SELECT count(*) FROM messages WHERE session_id = summaries.session_id
            AND seq <= last_index AND NOT superseded)""",
    "chunks of what is not being received": """
        SELECT message_id FROM answer_chunks
        WHERE message_id NOT IN (SELECT id FROM messages WHERE status = 'streaming')""",
    "chunks out of order": """
        SELECT message_id FROM answer_chunks GROUP BY message_id
        HAVING min(n) <> 1 OR max(n) <> count(*)""",
}


def faults(path: Path) -> list[str]:
    """Everything that is wrong with the database file, in words; empty if it is sound."""
    database = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        database.set_busy_timeout(10_000)
        found = [f"integrity: {row[0]}" for row in database.execute("PRAGMA integrity_check(5)")]
        found = [fault for fault in found if fault != "integrity: ok"]
        if not found:
            found += [f"foreign key: {row}" for row in database.execute("PRAGMA foreign_key_check")]
            for name, sql in _RULES.items():
                broken = [row[0] for row in database.execute(sql)]
                if broken:
                    found.append(f"{name}: {broken[:3]}")
        return found
    except apsw.Error as error:
        return [f"{type(error).__name__}: {error}"]
    finally:
        database.close()
