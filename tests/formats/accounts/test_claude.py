"""The export of a Claude account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from imported import Imported, messages, recognizes, told, written

if TYPE_CHECKING:
    from pathlib import Path

    from synapse.archived import ArchivedSession

AT = "2026-03-04T05:06:07.123456Z"
ROOT = "00000000-0000-4000-8000-000000000000"


def message(sender: str, words: str = "", *blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": words}, *blocks] if words else list(blocks)
    return {"sender": sender, "text": words, "content": content, "created_at": AT, **more}


def conversation(*said: Any, **more: Any) -> dict[str, Any]:
    return {
        "uuid": "c1",
        "name": "Bread",
        "created_at": AT,
        "updated_at": "2026-03-04T06:00:00+00:00",
        "account": {"uuid": "acc"},
        "chat_messages": list(said),
        **more,
    }


def exported(folder: Path, *conversations: Any) -> Imported:
    path = written(folder, "conversations.json", list(conversations))
    assert recognizes("claude", path)
    return Imported("claude", path)


def of(folder: Path, *said: Any, **more: Any) -> ArchivedSession:
    return exported(folder, conversation(*said, **more)).only


def test_a_conversation_keeps_its_times_and_title(tmp_path: Path) -> None:
    archived = of(
        tmp_path,
        message("human", "Question", uuid="m1"),
        message("assistant", "Answer", uuid="m2", created_at=AT, odd=[1]),
        summary="About bread",
    )
    session = archived.session
    assert told(archived) == [("user", "Question"), ("assistant", "Answer")]
    assert (session.title, session.provider, session.model) == ("Bread", "anthropic", "unknown")
    assert session.created_at.isoformat() == "2026-03-04T05:06:07.123456+00:00"
    assert session.updated_at.isoformat() == "2026-03-04T06:00:00+00:00"
    assert archived.extra == {"summary": "About bread"}
    assert [one.extra for one in archived.messages] == [{}, {"odd": [1]}]
    assert archived.origin is not None
    assert (archived.origin.program, archived.origin.id) == ("claude", "c1")


def test_thoughts_tools_and_what_is_not_known(tmp_path: Path) -> None:
    call = {"type": "tool_use", "id": "t1", "name": "web_search", "input": {"query": "rye"}}
    found = {
        "type": "tool_result",
        "name": "web_search",
        "content": [{"type": "text", "text": "R"}],
    }
    fault = {"type": "tool_result", "name": "repl", "content": "boom", "is_error": True}
    archived = of(
        tmp_path,
        message(
            "assistant",
            "",
            {"type": "thinking", "thinking": "Hm."},
            {"type": "text", "text": "I look."},
            call,
            found,
            fault,
            {"type": "token_budget"},
            {"type": "new_kind", "x": 1},
            {"type": "text", "text": "Old."},
            text="I look.\nThis block is not supported on your current device yet.\nOld.",
        ),
    )
    assert told(archived) == [
        ("assistant", "I look."),
        ("tool", "**web_search** (query)\n\n```\nrye\n```"),
        ("tool", "**web_search**: result\n\n```\nR\n```"),
        ("tool", "**repl**: error\n\n```\nboom\n```"),
        ("assistant", "Old."),
    ]
    assert messages(archived)[0].reasoning == "Hm."
    extras = [one.extra for one in archived.messages]
    assert extras[1]["tool_use"] == call
    assert extras[2]["tool_result"] == found
    assert extras[4] == {"blocks": [{"type": "new_kind", "x": 1}]}


def test_artifacts_new_and_old(tmp_path: Path) -> None:
    made = {
        "type": "tool_use",
        "name": "artifacts",
        "input": {
            "id": "sum",
            "type": "application/vnd.ant.code",
            "language": "python",
            "title": "Sum",
            "command": "create",
            "content": "1 + 1",
        },
    }
    tagged = (
        'Here: <antThinking>A letter.</antThinking><antArtifact identifier="l" '
        'type="text/markdown" title="Letter">\n# Dear\n</antArtifact> Done.'
    )
    archived = of(tmp_path, message("assistant", "", made), message("assistant", tagged))
    assert told(archived) == [
        ("tool", "**artifact** (Sum)\n\n```python\n1 + 1\n```"),
        ("assistant", "Here: **artifact** (Letter)\n\n```markdown\n# Dear\n``` Done."),
    ]
    assert messages(archived)[1].reasoning == "A letter."


def test_files_whose_text_is_there_are_attached_and_the_others_named(tmp_path: Path) -> None:
    archived = of(
        tmp_path,
        message(
            "human",
            "",
            attachments=[{"file_name": "a.txt", "extracted_content": "Größe", "file_size": 7}],
            files=[{"file_name": "photo.png"}, {"file_name": "a.txt"}],
        ),
        message("human", "", attachments=[{"file_name": "", "extracted_content": "pasted"}]),
        message("human"),
    )
    first, second = messages(archived)
    assert (first.content, [(f.name, f.data) for f in first.attachments]) == (
        "[File: photo.png]",
        [("a.txt", "Größe".encode())],
    )
    assert [file.name for file in second.attachments] == ["pasted.txt"]


def test_branches_of_what_the_site_itself_gives(tmp_path: Path) -> None:
    shown, other = exported(
        tmp_path,
        conversation(
            message("human", "A", uuid="a", parent_message_uuid=ROOT),
            message("assistant", "B", uuid="b", parent_message_uuid="a"),
            message("assistant", "C", uuid="c", parent_message_uuid="a"),
            message("human", "D", uuid="d", parent_message_uuid="b"),
            current_leaf_message_uuid="c",
            model="claude-opus-5",
            is_starred=True,
        ),
    ).sessions
    assert told(shown) == [("user", "A"), ("assistant", "C")]
    assert told(other) == [("user", "A"), ("assistant", "B"), ("user", "D")]
    assert (other.session.forked_from, other.session.forked_at) == (shown.session.id, 1)
    assert (shown.session.model, shown.session.pinned) == ("claude-opus-5", True)


def test_sources_are_links(tmp_path: Path) -> None:
    cited = {
        "type": "text",
        "text": "Rye is old.",
        "citations": [
            {"details": {"type": "web", "url": "https://a.example"}, "title": "A"},
            {"url": "https://a.example", "title": "A"},
            {"url": "file:///etc/passwd"},
        ],
    }
    archived = of(tmp_path, message("assistant", "", cited))
    assert told(archived) == [("assistant", "Rye is old. ([A](<https://a.example>))")]


def test_old_messages_have_text_only(tmp_path: Path) -> None:
    archived = of(
        tmp_path,
        {"sender": "human", "text": "Q", "uuid": "a"},
        {"sender": "assistant", "text": "A", "content": None},
        {"sender": "assistant", "text": ""},
    )
    assert told(archived) == [("user", "Q"), ("assistant", "A")]


def test_a_conversation_that_makes_no_sense_costs_no_other_one(tmp_path: Path) -> None:
    found = exported(
        tmp_path,
        conversation(message("human", "A")),
        {"uuid": "x", "name": "Gone", "chat_messages": None},
        5,
        conversation(uuid="c2", name=None, created_at=None, updated_at="never", account=None),
    )
    assert [len(messages(archived)) for archived in found.sessions] == [1]
    assert [fault.reason for fault in found.faults] == ['no "chat_messages"', "no object"]
    assert "'Gone'" in found.faults[0].place


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"sender": None},
        {"sender": "human", "content": 5, "text": 5},
        {"sender": "assistant", "content": [None, 5, {}, {"type": None}], "text": None},
        {"sender": "assistant", "content": [{"type": "tool_use"}, {"type": "tool_result"}]},
        {"sender": "assistant", "content": [{"type": "text", "text": None, "citations": 5}]},
        {"sender": "assistant", "content": [{"type": "tool_use", "name": "artifacts", "input": 1}]},
        {"sender": "human", "attachments": [None, {}, {"extracted_content": 5}], "files": 7},
        {"uuid": "end", "sender": "human", "text": "twice"},
        {"sender": "human", "text": "x", "parent_message_uuid": "end", "uuid": "loop"},
    ],
)
def test_nothing_in_a_message_is_taken_for_granted(tmp_path: Path, odd: Any) -> None:
    found = exported(tmp_path, conversation(odd, message("human", "End", uuid="end")))
    assert found.faults == []
    assert told(found.sessions[0])[-1] == ("user", "End")


def test_other_files_of_the_export_are_not_taken(tmp_path: Path) -> None:
    values: list[Any] = [
        [{"uuid": "p1", "name": "P", "prompt_template": "", "docs": [], "created_at": AT}],
        [{"uuid": "u1", "full_name": "Ada", "email_address": "a@b.example"}],
        [{"mapping": {}}],
        [],
    ]
    for value in values:
        assert not recognizes("claude", written(tmp_path, "other.json", value))


def test_ids_are_stable(tmp_path: Path) -> None:
    said = (message("human", "A", uuid="a"), message("assistant", "", uuid="b", text="B"))
    one, two = of(tmp_path, *said), of(tmp_path, *said, message("human", "C"), name="Other")
    assert one.session.id == two.session.id
    assert [m.id for m in messages(one)] == [m.id for m in messages(two)][:2]
