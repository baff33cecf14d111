"""Makes databases of any size: sessions as people have them, reproducible, in seconds.

    python benchmarks/archive.py FILE SESSIONS [MESSAGES A SESSION]

The rows are written by SQL inside the engine; what triggers would derive is derived as they
would, since a million sessions through triggers take an hour.
"""

from __future__ import annotations

import command_line

# isort: split
import os
import sys

import apsw

from synapse.stores.sqlite.store import SqliteStore

_WORDS = (
    "the store keeps every answer on disk before you see it and search finds words in all of "
    "them quickly while docker volumes python regex postgres window shell error build deploy"
).split()
_BATCH = 20_000


def make(path: str, sessions: int, messages: int = 20) -> None:
    """Write a database with so many sessions of so many messages of about 300 characters."""
    SqliteStore(f"sqlite:{path}").close()
    database = apsw.Connection(path)
    database.pragma("synchronous", "OFF")
    database.pragma("cache_size", -400_000)
    triggers = database.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
    ).fetchall()
    for name, _ in triggers:
        database.execute(f'DROP TRIGGER "{name}"')
    database.execute("CREATE TEMP TABLE words (n INTEGER PRIMARY KEY, word TEXT)")
    database.executemany("INSERT INTO words VALUES (?, ?)", list(enumerate(_WORDS)))
    database.create_scalar_function("text", _text, 2, deterministic=True)
    for start in range(0, sessions, _BATCH):
        with database:
            _write(database, start, min(start + _BATCH, sessions), messages)
    for _, sql in triggers:
        database.execute(str(sql))
    database.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    database.execute("PRAGMA optimize")
    database.close()


def _text(*arguments: object) -> str:
    """So many words (the second argument) in an order that only the seed (the first) decides."""
    seed, words = arguments
    assert isinstance(seed, int)
    assert isinstance(words, int)
    state = seed * 2654435761 % 2**32 or 1
    chosen = []
    for _ in range(words):
        state = state * 1664525 + 1013904223 & 0xFFFFFFFF
        chosen.append(_WORDS[(state >> 16) % len(_WORDS)])
    return " ".join(chosen)


def _write(database: apsw.Connection, start: int, end: int, messages: int) -> None:
    values = {"start": start, "end": end, "messages": messages}
    # ids like version 7: the time in front, a scrambled tail behind
    database.execute(
        """
        WITH RECURSIVE n(i) AS (SELECT :start UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :end)
        INSERT INTO sessions (id, name, name_key, provider, model, created_at, updated_at,
                              message_count, preview, model_key, preview_key)
        SELECT printf('%08x-%04x-7000-8000-%04x%08x', 0x01900000 + i / 65536, i % 65536, 0,
                      i * 2654435761 & 0xffffffff),
               CASE WHEN i % 50 = 0 THEN 'name-' || i END,
               CASE WHEN i % 50 = 0 THEN 'name-' || i END,
               'openai', 'gpt-6-luna',
               strftime('%Y-%m-%dT%H:%M:%f', 1600000000 + i * 180, 'unixepoch') || '000+00:00',
               strftime('%Y-%m-%dT%H:%M:%f', 1600000000 + i * 180, 'unixepoch') || '000+00:00',
               :messages, substr(text(i * 1000, 50), 1, 50),
               'gpt-6-luna', substr(text(i * 1000, 50), 1, 50)
        FROM n
        """,
        values,
    )
    database.execute(
        """
        WITH RECURSIVE n(i) AS (SELECT :start UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :end),
                       m(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM m WHERE k < :messages)
        INSERT INTO messages (id, session_id, role, content, timestamp, seq, provider, model)
        SELECT printf('%08x-%04x-7001-8000-%08x%04x', 0x01900000 + i / 65536, i % 65536, i, k),
               printf('%08x-%04x-7000-8000-%04x%08x', 0x01900000 + i / 65536, i % 65536, 0,
                      i * 2654435761 & 0xffffffff),
               CASE k % 2 WHEN 1 THEN 'user' ELSE 'assistant' END,
               text(i * 1000 + (k - 1), 50),
               strftime('%Y-%m-%dT%H:%M:%f', 1600000000 + i * 180 + k, 'unixepoch')
                   || '000+00:00',
               k, CASE k % 2 WHEN 0 THEN 'openai' END, CASE k % 2 WHEN 0 THEN 'gpt-6-luna' END
        FROM n CROSS JOIN m
        """,
        values,
    )


if __name__ == "__main__":
    if len(sys.argv) < 3:
        command_line.wrong("which file, and how many sessions?")
    if os.path.exists(sys.argv[1]):
        command_line.wrong(f"{sys.argv[1]} exists already")
    sessions = command_line.number(2, 0, "sessions")
    make(sys.argv[1], sessions, command_line.number(3, 20, "messages a session"))
