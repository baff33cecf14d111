"""The database of the Rust Synapse, of its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from imported import Imported, database, messages, recognizes, told

from synapse.cli.advice.as_command import hint_lines
from synapse.errors import ImportFailed
from synapse.formats.clients import rust_synapse
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

S1 = "01978c3e-0000-7000-8000-00000000000a"
M1, M2 = "01978c3e-0000-7000-8000-00000000000b", "01978c3e-0000-7000-8000-00000000000c"
AT = "2026-01-02T03:04:05.123456789+00:00"
TABLES = [
    "CREATE TABLE sessions (id TEXT PRIMARY KEY, name TEXT, provider TEXT NOT NULL,"
    " model TEXT NOT NULL, system_prompt TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL)",
    "CREATE TABLE messages (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, role TEXT NOT NULL,"
    " content TEXT NOT NULL, timestamp TEXT NOT NULL)",
]
ROWS = [
    f"INSERT INTO sessions (id, name, provider, model, created_at, updated_at) VALUES ('{S1}',"
    f" 'tg:5', 'deepseek', 'deepseek-chat', '{AT}', '2026-01-03T00:00:00+00:00')",
    "INSERT INTO messages (id, session_id, role, content, timestamp) VALUES"
    f" ('{M2}', '{S1}', 'assistant', 'B', '2026-01-02T03:04:06+00:00'),"
    f" ('{M1}', '{S1}', 'user', 'A', '{AT}')",
]
NEWEST = [
    "ALTER TABLE messages ADD COLUMN tool_calls TEXT",
    "ALTER TABLE messages ADD COLUMN tool_results TEXT",
    "ALTER TABLE sessions DROP COLUMN system_prompt",
]


@pytest.mark.parametrize("changes", [[], NEWEST])
def test_sessions_keep_their_ids_names_and_times(tmp_path: Path, changes: list[str]) -> None:
    path = database(tmp_path / "sessions.db", [*TABLES, *changes, *ROWS])
    assert recognizes("rust-synapse", path)
    archived = Imported("rust-synapse", path).only
    session = archived.session
    assert (session.id, session.name) == (S1, "tg:5")
    assert (session.provider, session.model) == ("deepseek", "deepseek-chat")
    assert session.created_at.isoformat() == "2026-01-02T03:04:05.123456+00:00"
    assert session.updated_at.isoformat() == "2026-01-03T00:00:00+00:00"
    assert told(archived) == [("user", "A"), ("assistant", "B")]
    assert [(message.id, message.index) for message in messages(archived)] == [(M1, 1), (M2, 2)]
    assert archived.origin is not None
    assert (archived.origin.program, archived.origin.id) == ("rust-synapse", S1)


def test_prompts_and_tools_are_kept(tmp_path: Path) -> None:
    rows = [
        f"UPDATE sessions SET system_prompt = 'Be brief' WHERE id = '{S1}'",
        f"""UPDATE messages SET tool_calls = '[{{"id": "c"}}]' WHERE id = '{M2}'""",
    ]
    path = database(tmp_path / "sessions.db", [*TABLES, *NEWEST[:2], *ROWS, *rows])
    archived = Imported("rust-synapse", path).only
    assert archived.session.system_prompt == "Be brief"
    assert [message.extra for message in archived.messages] == [{}, {"tool_calls": [{"id": "c"}]}]


def test_rows_that_make_no_sense(tmp_path: Path) -> None:
    path = database(
        tmp_path / "sessions.db",
        [
            *TABLES,
            "INSERT INTO sessions VALUES ('no uuid', '', '', '', NULL, 'never', 'x'), "
            "(NULL, NULL, 'p', 'm', NULL, 'x', 'x')",
            "INSERT INTO messages VALUES ('m', 'no uuid', 'robot', x'00ff', 'x')",
        ],
    )
    found = Imported("rust-synapse", path)
    (archived,) = found.sessions
    assert [fault.reason for fault in found.faults] == ["no id"]
    assert (len(archived.session.id), archived.session.name) == (36, None)
    (message,) = archived.messages
    assert (message.message.role, message.extra) == ("user", {"role": "robot"})


def test_a_database_of_ours_says_how_it_is_taken_along(tmp_path: Path) -> None:
    path = tmp_path / "my sessions.db"
    open_store(str(path)).close()
    assert recognizes("rust-synapse", path)
    with pytest.raises(ImportFailed, match="a database of this Synapse") as failed:
        Imported("rust-synapse", path)
    (line,) = hint_lines(failed.value.hints)
    exported = f"synapse --db '{path}' sessions export --all -F jsonl"
    assert line == f"Take all of it along:  {exported} | synapse sessions import -"


def test_it_is_looked_for_unless_it_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert rust_synapse.places() == []
    usual = database(tmp_path / ".config/synapse/sessions.db", TABLES)
    assert rust_synapse.places() == [usual]
    other = tmp_path / "ours.db"
    open_store(str(other)).close()
    for url in (f"sqlite:{other}", f"sqlite://{other}"):
        monkeypatch.setenv("DATABASE_URL", url)
        assert rust_synapse.places() == []
    monkeypatch.setenv("DATABASE_URL", f"sqlite://{usual}")
    assert rust_synapse.places() == [usual]
