"""The log of llm, of all three generations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from imported import SAMPLES, Imported, database, messages, recognizes, told

from synapse.formats.clients import llm

if TYPE_CHECKING:
    from pathlib import Path

    from synapse.archived import ArchivedSession

CALL = '**distance**\n\n```json\n{\n  "start": "Berlin",\n  "end": "Munich"\n}\n```'
RESULT = "**distance**: result\n\n```\nBerlin to Munich: 584 km\n```"


def sampled(folder: Path, version: str) -> Imported:
    """What the real program of that version wrote."""
    path = database(folder / "logs.db", (SAMPLES / "llm" / f"llm-{version}.sql").read_text())
    assert recognizes("llm", path)
    return Imported("llm", path)


def by_title(found: Imported) -> dict[str, ArchivedSession]:
    return {session.session.title or "": session for session in found.sessions}


@pytest.mark.parametrize(("version", "second"), [("0.19", 21), ("0.31-0.36", 17), ("0.36", 30)])
def test_a_conversation_of_every_version(tmp_path: Path, version: str, second: int) -> None:
    archived = by_title(sampled(tmp_path, version))["What is a volume?"]
    assert told(archived) == [
        ("user", "What is a volume?"),
        ("assistant", "You asked: What is a volume?"),
        ("user", "And\na bind mount?"),
        ("assistant", "You asked: And\na bind mount?"),
    ]
    session = archived.session
    assert (session.system_prompt, session.model) == ("You are terse.", "loop")
    assert session.updated_at.second == second
    answer = messages(archived)[1]
    assert (answer.model, answer.usage.input_tokens, answer.usage.output_tokens) == ("loop", 7, 3)
    assert answer.elapsed_ms
    assert archived.origin is not None
    assert archived.origin.program == "llm"


@pytest.mark.parametrize("version", ["0.31-0.36", "0.36"])
def test_tools_fragments_and_attachments(tmp_path: Path, version: str) -> None:
    found = by_title(sampled(tmp_path, version))
    assert told(found["How far is it?"])[:6] == [
        ("user", "How far is it?"),
        ("tool", CALL),
        ("tool", RESULT),
        ("assistant", "You asked: Berlin to Munich: 584 km"),
        ("user", "Please think again"),
        ("assistant", "You asked: Please think again"),
    ]
    called = list(found["How far is it?"].messages)[1]
    assert called.extra["tool_call"] == {
        "name": "distance",
        "arguments": {"start": "Berlin", "end": "Munich"},
        "tool_call_id": "call_1",
    }
    fragments = found["Eggs, milk. Eggs, milk. Eggs, m…"]
    assert told(fragments)[0] == ("user", "Eggs, milk.\n" * 3 + "\nShorten this")
    assert (fragments.session.system_prompt or "").strip() == ("Eggs, milk.\n" * 3).strip()
    pictured = found["Alone: what is in this picture?"]
    assert told(pictured)[0][1].endswith("[Attachment: /home/ada/dot.png]")
    (question, _) = pictured.messages
    assert question.extra["attachments"][0]["type"] == "image/png"


def test_a_conversation_that_outlived_an_update_is_one_session(tmp_path: Path) -> None:
    found = sampled(tmp_path, "0.31-0.36")
    continued = [each for each in found.sessions if told(each)[-2][1].startswith("After")]
    (archived,) = continued
    assert archived.session.title == "How far is it?"
    assert [role for role, _ in told(archived)] == [
        "user", "tool", "tool", "assistant", "user", "assistant", "user", "assistant",
    ]  # fmt: skip
    before = {message.id for message in messages(archived)[:6]}
    path = tmp_path / "before.db"
    script = (SAMPLES / "llm" / "llm-0.31-0.36.sql").read_text()
    database(path, script + "\nDELETE FROM threads; DELETE FROM turns;")
    old = by_title(Imported("llm", path))["How far is it?"]
    assert old.session.id == archived.session.id
    assert {message.id for message in messages(old)} == before


def test_the_same_file_gives_the_same_ids(tmp_path: Path) -> None:
    first, second = sampled(tmp_path / "a", "0.36"), sampled(tmp_path / "b", "0.36")
    assert [archived.session for archived in first.sessions] == [
        archived.session for archived in second.sessions
    ]
    assert [*map(messages, first.sessions)] == [*map(messages, second.sessions)]


@pytest.mark.parametrize(
    ("table", "time"), [("log", "timestamp"), ("log", "timestamp_utc"), ("logs", "datetime_utc")]
)
def test_the_first_generation(tmp_path: Path, table: str, time: str) -> None:
    path = database(
        tmp_path / "logs.db",
        [
            f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, model, {time}, prompt, system,"
            " response, chat_id, duration_ms)",
            f"INSERT INTO {table} VALUES"
            " (1, 'gpt-4', '2023-06-01 10:00:00.5', 'One', 'Be', '1', NULL, 9),"
            " (2, 'gpt-4', '2023-06-01 10:00:01', 'Alone', NULL, 'a', NULL, 9),"
            " (3, 'gpt-4', 'nonsense', 'Two', NULL, '2', 1, 'x')",
        ],
    )
    assert recognizes("llm", path)
    first, second = Imported("llm", path).sessions
    assert told(first) == [("user", "One"), ("assistant", "1"), ("user", "Two"), ("assistant", "2")]
    assert (first.session.title, first.session.system_prompt) == ("One", "Be")
    assert (first.session.provider, first.session.model) == ("openai", "gpt-4")
    assert first.session.created_at.isoformat() == "2023-06-01T10:00:00.500000+00:00"
    assert told(second) == [("user", "Alone"), ("assistant", "a")]


def test_replies_are_followed_before_there_were_conversations(tmp_path: Path) -> None:
    path = database(
        tmp_path / "logs.db",
        [
            "CREATE TABLE _llm_migrations (name TEXT PRIMARY KEY, applied_at TEXT)",
            "CREATE TABLE logs (id INTEGER PRIMARY KEY, model, prompt, response, reply_to_id,"
            " chat_id)",
            "INSERT INTO logs VALUES (5, 'm', 'a', 'b', NULL, NULL), (6, 'm', 'c', 'd', 5, NULL),"
            " (7, 'm', 'e', 'f', 6, NULL), (8, 'm', 'g', 'h', 99, NULL)",
        ],
    )
    found = Imported("llm", path).sessions
    assert [len(messages(archived)) for archived in found] == [6, 2]


RESPONSES = [
    "CREATE TABLE _llm_migrations (name TEXT PRIMARY KEY, applied_at TEXT)",
    "CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT)",
    "CREATE TABLE responses (id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT,"
    " prompt_json TEXT, options_json TEXT, response TEXT, response_json TEXT, conversation_id TEXT,"
    " duration_ms INTEGER, datetime_utc TEXT, input_tokens INTEGER, reasoning TEXT,"
    " schema_id TEXT)",
    "CREATE TABLE schemas (id TEXT, content TEXT)",
    "CREATE TABLE attachments (id TEXT, type TEXT, path TEXT, url TEXT, content BLOB)",
    'CREATE TABLE prompt_attachments (response_id TEXT, attachment_id TEXT, "order" INTEGER)',
]


def test_reasoning_schemas_and_attached_bytes(tmp_path: Path) -> None:
    path = database(
        tmp_path / "logs.db",
        [
            *RESPONSES,
            "INSERT INTO conversations VALUES ('c1', 'Dogs', 'anthropic/claude-4')",
            "INSERT INTO responses VALUES ('r1', 'anthropic/claude-4', NULL, 'S', "
            '\'{"messages": [{"role": "user", "content": "Invent a dog"}]}\','
            " '{\"temperature\": 1}', '{}', NULL, 'c1', 12, '2026-01-02T03:04:05', 5, 'Hm.', 's1'),"
            " ('r2', 'x', 'Alone', NULL, NULL, NULL, '!', NULL, NULL, -1, NULL, 'many', NULL,"
            " NULL)",
            "INSERT INTO schemas VALUES ('s1', '{\"type\": \"object\"}')",
            "INSERT INTO attachments VALUES ('a1', 'image/png', NULL, NULL, x'89504e47'),"
            " ('a2', 'audio/wav', NULL, 'https://a.example/b.wav', NULL)",
            "INSERT INTO prompt_attachments VALUES ('r1', 'a2', 1), ('r1', 'a1', 0)",
        ],
    )
    dogs, alone = Imported("llm", path).sessions
    question, answer = messages(dogs)
    assert question.content == "Invent a dog\n\n[Attachment: https://a.example/b.wav]"
    assert [(file.name, file.media_type, file.data) for file in question.attachments] == [
        ("a1.png", "image/png", b"\x89PNG")
    ]
    assert (answer.reasoning, answer.usage.input_tokens, answer.elapsed_ms) == ("Hm.", 5, 12)
    assert list(dogs.messages)[1].extra == {
        "options_json": {"temperature": 1},
        "schema": {"type": "object"},
    }
    assert (dogs.session.provider, dogs.session.model) == ("anthropic", "claude-4")
    assert (dogs.session.title, dogs.session.system_prompt) == ("Dogs", "S")
    assert told(alone) == [("user", "Alone"), ("assistant", "!")]
    assert (messages(alone)[1].usage.input_tokens, messages(alone)[1].elapsed_ms) == (None, None)


THREADS = [
    "CREATE TABLE _llm_migrations (name TEXT PRIMARY KEY, applied_at TEXT)",
    "CREATE TABLE messages (hash TEXT PRIMARY KEY, parent_hash TEXT, role TEXT,"
    " provider_metadata TEXT)",
    "CREATE TABLE parts (id INTEGER PRIMARY KEY, message_hash TEXT, position INTEGER, type TEXT,"
    " tool_name TEXT, text TEXT, payload TEXT)",
    "CREATE TABLE threads (id TEXT PRIMARY KEY, name TEXT, tip_message_hash TEXT, forked_from TEXT,"
    " datetime_utc TEXT)",
    "CREATE TABLE turns (id TEXT PRIMARY KEY, thread_id TEXT, parent_message_hash TEXT,"
    " tip_message_hash TEXT, model TEXT, datetime_utc TEXT)",
]


def threads(folder: Path, *statements: str) -> Imported:
    said = [
        "INSERT INTO messages VALUES ('u1', NULL, 'user', NULL), ('a1', 'u1', 'assistant', NULL),"
        " ('u2', 'a1', 'user', NULL), ('a2', 'u2', 'assistant', NULL),"
        " ('u3', 'a1', 'user', NULL), ('a3', 'u3', 'assistant', NULL)",
        "INSERT INTO parts (message_hash, position, type, text) VALUES ('u1', 0, 'text', 'U1'),"
        " ('a1', 1, 'text', 'A1'), ('a1', 0, 'reasoning', 'Hm'), ('u2', 0, 'text', 'U2'),"
        " ('a2', 0, 'text', 'A2'), ('u3', 0, 'text', 'U3'), ('a3', 0, 'text', 'A3')",
        "INSERT INTO turns VALUES ('t1', 'c1', 'u1', 'a1', 'gpt-5', '2026-01-01T00:00:01+00:00'),"
        " ('t2', 'c1', 'u2', 'a2', 'gpt-5', '2026-01-01T00:00:02+00:00')",
    ]
    return Imported("llm", database(folder / "logs.db", [*THREADS, *said, *statements]))


def test_a_fork_knows_its_origin_and_its_own_times(tmp_path: Path) -> None:
    found = threads(
        tmp_path,
        "INSERT INTO threads VALUES ('c2', 'Two', 'a3', 'c1', '2026-01-02 00:00:00+00:00'),"
        " ('c1', 'One', 'a2', NULL, '2026-01-01 00:00:00+00:00')",
        "INSERT INTO turns VALUES"
        " ('t3', 'c2', 'u3', 'a3', 'claude-5', '2026-01-02T00:00:03+00:00')",
    )
    one, two = found.sessions
    assert told(one) == [("user", "U1"), ("assistant", "A1"), ("user", "U2"), ("assistant", "A2")]
    assert told(two) == [("user", "U1"), ("assistant", "A1"), ("user", "U3"), ("assistant", "A3")]
    assert messages(one)[1].reasoning == "Hm"
    assert (two.session.forked_from, two.session.forked_at) == (one.session.id, 2)
    assert two.forked_after == messages(one)[1].id
    assert [message.timestamp.second for message in messages(one)] == [1, 1, 2, 2]
    assert messages(two)[2].timestamp.isoformat() == "2026-01-02T00:00:03+00:00"
    assert (one.session.provider, two.session.provider) == ("openai", "anthropic")


def test_a_turn_that_left_the_way_of_its_thread_is_a_fork(tmp_path: Path) -> None:
    one, two = threads(
        tmp_path, "INSERT INTO threads VALUES ('c1', 'One', 'a3', 'gone', NULL)"
    ).sessions
    assert [text for _, text in told(one)] == ["U1", "A1", "U3", "A3"]
    assert [text for _, text in told(two)] == ["U1", "A1", "U2", "A2"]
    assert (two.session.forked_from, two.session.forked_at) == (one.session.id, 2)


@pytest.mark.parametrize("tip", ["'a2'", "NULL", "'gone'", "17"])
def test_damaged_trees_end(tmp_path: Path, tip: str) -> None:
    found = threads(
        tmp_path,
        "UPDATE messages SET parent_hash = 'a2' WHERE hash = 'u1'",
        f"INSERT INTO threads VALUES ('c1', 'One', {tip}, 'c1', 'never')",
    )
    assert found.faults == []
    assert all(len(messages(archived)) <= 4 for archived in found.sessions)


def test_the_log_is_looked_for_where_llm_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert llm.places() == []
    usual = database(tmp_path / ".config/io.datasette.llm/logs.db", THREADS)
    assert llm.places() == [usual]
    own = database(tmp_path / "own/logs.db", THREADS)
    monkeypatch.setenv("LLM_USER_PATH", str(own.parent))
    assert llm.places() == [own]


@pytest.mark.parametrize(
    "content", [b"", b"SQLite format 3\x00", b"[]", b"SQLite format 3\x00" * 99]
)
def test_other_files_are_not_taken(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert not recognizes("llm", path)
