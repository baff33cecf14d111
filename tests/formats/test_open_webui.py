"""Chats of Open WebUI, exported or in its database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from imported import Imported, Memory, database, messages, recognizes, sample, told, written

from synapse.domain import Status, Usage
from synapse.formats.apps import open_webui

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = sample("open-webui")


def chat(*history: dict[str, Any], **more: Any) -> dict[str, Any]:
    tree = {each["id"]: each for each in history}
    current = history[-1]["id"] if history else None
    inner = {"history": {"messages": tree, "currentId": current}, **more.pop("chat", {})}
    return {"id": "c", "title": "T", "created_at": 1735700000, "chat": inner, **more}


def said(id: str, parent: str | None, role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"id": id, "parentId": parent, "role": role, "content": content, **more}


def imported(value: Any) -> Imported:
    return Imported("open-webui", Memory(json.dumps(value).encode()))


def test_an_export_with_branches() -> None:
    assert recognizes("open-webui", SAMPLE)
    found = Imported("open-webui", SAMPLE)
    assert found.faults == []
    main, branch = found.sessions[:2]
    assert len(found.sessions) == 4
    assert [role for role, _ in told(main)] == ["user", "tool", "tool", "assistant", "user"]
    assert messages(main)[3].content == "Ancient plants."
    assert messages(main)[1].reasoning == "Older than flowers."
    assert messages(main)[1].usage == Usage(input_tokens=7, output_tokens=8)
    assert [each.name for each in messages(main)[4].attachments] == ["fern.png"]
    assert main.session.pinned
    assert main.tags == ("plants",)
    assert main.session.system_prompt == "Be brief."
    assert main.session.title == "Ferns 1"
    assert (branch.session.forked_from, branch.session.forked_at) == (main.session.id, 1)


def test_blocks_of_html_become_thoughts_and_tools() -> None:
    branch = Imported("open-webui", SAMPLE).sessions[1]
    _, tool, answer = messages(branch)
    assert tool.reasoning == "Ferns & mosses.\nBoth."
    assert tool.content == "**search** (q)\n\n```\nferns\n```\n\nresult\n\n```\n10 found\n```"
    assert (answer.content, answer.model) == ("Plants.", "llama3:8b")


def test_a_database_gives_the_same(tmp_path: Path) -> None:
    statements = [
        "CREATE TABLE chat (id TEXT, user_id TEXT, title TEXT, chat JSON, created_at BIGINT,"
        " updated_at BIGINT, share_id TEXT, archived INTEGER, pinned BOOLEAN, meta JSON,"
        " folder_id TEXT)"
    ]
    for each in json.loads(SAMPLE.read_text()):
        values = [
            "'"
            + (json.dumps(each[name]) if name in ("chat", "meta") else str(each[name])).replace(
                "'", "''"
            )
            + "'"
            if not isinstance(each[name], (bool, int, type(None)))
            else str(int(each[name]))
            if each[name] is not None
            else "NULL"
            for name in "id user_id title chat created_at updated_at share_id archived pinned meta"
            " folder_id".split()
        ]
        statements.append(f"INSERT INTO chat VALUES ({', '.join(values)})")
    path = database(tmp_path / "webui.db", statements)
    assert recognizes("open-webui", path)
    stored, exported = Imported("open-webui", path), Imported("open-webui", SAMPLE)
    assert [each.session for each in stored.sessions] == [
        each.session for each in exported.sessions
    ]
    assert [messages(each) for each in stored.sessions] == [
        messages(each) for each in exported.sessions
    ]


def test_the_oldest_exports_have_a_list() -> None:
    flat = [said("a", None, "user", "Hi"), said("b", None, "assistant", "Ho")]
    value = [{"id": "c", "title": "T", "chat": {"messages": flat, "models": ["gpt-4o"]}}]
    archived = imported(value).only
    assert told(archived) == [("user", "Hi"), ("assistant", "Ho")]
    assert archived.session.provider == "openai"


def test_a_chat_that_is_none_does_not_stop_the_others() -> None:
    good = chat(said("a", None, "user", "Hi"))
    found = imported([7, {"id": "x", "chat": {"title": "?"}}, None, good])
    assert len(found.faults) == 3
    assert [told(each) for each in found.sessions] == [[("user", "Hi")]]


def test_a_wrong_field_of_one_chat_does_not_touch_the_next() -> None:
    value = json.loads(SAMPLE.read_text())
    expected = Imported("open-webui", SAMPLE).sessions[2:]
    for name in value[0]:
        wrongs: tuple[Any, ...] = (None, 7, "x", [], {}, [None])
        for wrong in wrongs:
            changed = [{**value[0], name: wrong}, value[1]]
            assert imported(changed).sessions[-2:] == expected


def test_circles_missing_parents_and_a_current_that_is_not_there() -> None:
    value = chat(said("a", "b", "user", "1"), said("b", "a", "assistant", "2"))
    value["chat"]["history"]["currentId"] = "gone"
    (archived,) = imported(value).sessions
    assert sorted(text for _, text in told(archived)) == ["1", "2"]
    orphan = chat(said("a", "gone", "user", "1"))
    assert told(imported(orphan).only) == [("user", "1")]


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"error": {"content": "no model"}}, Status.FAILED, "no model"),
        ({"error": "no model"}, Status.FAILED, "no model"),
        ({"error": True}, Status.FAILED, "error"),
        ({"done": False}, Status.INCOMPLETE, None),
        ({"done": True}, Status.COMPLETE, None),
    ],
)
def test_how_answers_end(more: dict[str, Any], status: Status, error: str | None) -> None:
    value = chat(said("a", None, "user", "1"), said("b", "a", "assistant", "2", **more))
    answer = messages(imported(value).only)[-1]
    assert (answer.status, answer.error) == (status, error)


def test_nul_and_halves_of_pairs_do_no_harm() -> None:
    raw = json.dumps(chat(said("a", None, "user", "x\x00y \ud83d z"))).encode()
    ((_, text),) = told(Imported("open-webui", Memory(raw)).only)
    assert text == "x\ufffdy \ufffd z"


def test_no_key_comes_along() -> None:
    canary = "sk-canary-0123456789"
    secret = {"api_key": canary, "headers": {"Authorization": canary}, "kept": 1}
    value = chat(
        said("a", None, "user", "1", info=secret, settings=secret),
        chat={"params": secret},
        meta=secret,
        settings={"openai": {"apiKey": canary}},
    )
    archived = imported(value).only
    assert canary not in repr((archived.extra, [each.extra for each in archived.messages]))
    assert archived.extra["meta"] == {"headers": {}, "kept": 1}


def test_one_chat_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, "chat.json", chat(said("a", None, "user", "Hi")))
    assert recognizes("open-webui", path)
    assert told(Imported("open-webui", path).only) == [("user", "Hi")]


def test_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATA_DIR", raising=False)
    assert open_webui.places() == []
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert open_webui.places() == []
    (tmp_path / "webui.db").touch()
    assert open_webui.places() == [tmp_path / "webui.db"]
