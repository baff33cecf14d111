"""Databases in which bytes, values or columns are other than expected: nothing breaks over them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from imported import SAMPLES, Imported, database, recognizes, sample

from synapse.errors import ImportFailed

if TYPE_CHECKING:
    from pathlib import Path

STATEMENTS = {
    "llm": (SAMPLES / "llm" / "llm-0.31-0.36.sql").read_text(),
    "rust-synapse": """
        CREATE TABLE sessions (id TEXT, name TEXT, provider TEXT, model TEXT, system_prompt TEXT,
                               created_at TEXT, updated_at TEXT);
        CREATE TABLE messages (id TEXT, session_id TEXT, role TEXT, content TEXT, timestamp TEXT);
        INSERT INTO sessions VALUES ('s', 'Ferns', 'openai', 'm', 'Be brief.',
                                     '2025-01-01T00:00:00+00:00', '2025-01-01T00:00:09+00:00');
        INSERT INTO messages VALUES ('a', 's', 'user', 'Hi', '2025-01-01T00:00:01+00:00'),
                                    ('b', 's', 'assistant', 'Ho', '2025-01-01T00:00:02+00:00');
    """,
    "opencode": sample("opencode", ".sql").read_text(),
    "crush": """
        CREATE TABLE sessions (id TEXT, parent_session_id TEXT, title TEXT, created_at, updated_at);
        CREATE TABLE messages (id TEXT, session_id TEXT, role TEXT, parts BLOB, model TEXT,
                               provider TEXT, created_at, finished_at);
        INSERT INTO sessions VALUES ('s', NULL, 'Ferns', 1735700000, 1735700009);
        INSERT INTO messages VALUES ('a', 's', 'user', '[{"type":"text","data":{"text":"Hi"}}]',
                                     NULL, NULL, 1735700001, NULL);
        INSERT INTO messages VALUES ('b', 's', 'assistant',
            '[{"type":"reasoning","data":{"thinking":"Hm."}},{"type":"text","data":{"text":"Ho"}},
              {"type":"tool_call","data":{"id":"c","name":"ls","input":"{}"}},
              {"type":"finish","data":{"reason":"end_turn"}}]', 'm', 'openai', 1735700002, 0);
    """,
    "open-webui": """
        CREATE TABLE chat (id TEXT, title TEXT, chat JSON, created_at, updated_at, pinned, meta);
        INSERT INTO chat VALUES ('c', 'Ferns',
            '{"history":{"currentId":"b","messages":{
                "a":{"id":"a","role":"user","content":"Hi"},
                "b":{"id":"b","parentId":"a","role":"assistant","content":"Ho"}}}}',
            1735700000, 1735700009, 1, '{"tags":["plants"]}');
    """,
}
WRONG = ("NULL", "7", "-1.5e300", "''", "'x'", "X'00ff'", "'[]'", "'{}'", "'null'", "'{\"a\":[1'")


@pytest.mark.parametrize("program", STATEMENTS)
def test_wrong_values_break_nothing(program: str, tmp_path: Path) -> None:
    path = database(tmp_path / "whole.db", STATEMENTS[program])
    assert recognizes(program, path)
    assert Imported(program, path).sessions
    connection = sqlite3.connect(path)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master") if row[0]]
    places = [
        (table, column[1])
        for table in tables
        for column in connection.execute(f"SELECT * FROM pragma_table_info('{table}')")
    ]
    connection.close()
    assert len(places) > 6
    for number, (table, column) in enumerate(places):
        for wrong in (WRONG[number % len(WRONG)], WRONG[(number * 3 + 1) % len(WRONG)]):
            changed = tmp_path / "changed.db"
            changed.write_bytes(path.read_bytes())
            connection = sqlite3.connect(changed)
            connection.execute("PRAGMA foreign_keys = OFF")
            try:
                connection.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = {wrong}')
                connection.commit()
            except sqlite3.Error:
                continue  # the schema forbids it
            finally:
                connection.close()
            Imported(program, changed)


@pytest.mark.parametrize("program", STATEMENTS)
def test_missing_columns_break_nothing(program: str, tmp_path: Path) -> None:
    whole = STATEMENTS[program]
    path = database(tmp_path / "whole.db", whole)
    connection = sqlite3.connect(path)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
    columns = {
        table: [row[1] for row in connection.execute(f"SELECT * FROM pragma_table_info('{table}')")]
        for table in tables
    }
    connection.close()
    count = 0
    for table, names in columns.items():
        for name in names:
            kept = ", ".join(f'"{other}"' for other in names if other != name)
            if not kept:
                continue
            shrunk = database(
                tmp_path / f"{table}-{name}.db",
                f'{whole};\nCREATE TABLE other AS SELECT {kept} FROM "{table}";\n'
                f'PRAGMA legacy_alter_table = ON;\nDROP TABLE "{table}";\n'
                f'ALTER TABLE other RENAME TO "{table}";',
            )
            recognizes(program, shrunk)
            try:
                Imported(program, shrunk)
            except ImportFailed as error:
                assert str(shrunk) in error.message  # noqa: PT017
            count += 1
    assert count > 6


@pytest.mark.parametrize("program", STATEMENTS)
def test_damaged_bytes_break_nothing(program: str, tmp_path: Path) -> None:
    path = database(tmp_path / "whole.db", STATEMENTS[program])
    whole = path.read_bytes()
    for number in range(80):
        raw = bytearray(whole)
        for step in range(1 + number % 4):
            raw[(number * 7919 + step * 104_729) % len(raw)] = (number * 37 + step) % 256
        damaged = tmp_path / "damaged.db"
        damaged.write_bytes(raw if number % 5 else raw[: len(raw) * number // 80])
        recognizes(program, damaged)
        try:
            Imported(program, damaged)
        except ImportFailed:
            continue
