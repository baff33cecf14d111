"""The export of a ChatGPT account."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from imported import Imported, messages, recognizes, told, written

from synapse.archived import ArchivedSession
from synapse.formats import importer
from synapse.formats.reading.detection import Found, found_in

if TYPE_CHECKING:
    from pathlib import Path

AT = 1756000000.5
PNG = b"\x89PNG\r\n\x1a\n"


def message(role: str, *parts: Any, **more: Any) -> dict[str, Any]:
    """What stands in a node. `content` in place of parts, `name` of a tool, `meta` as metadata."""
    content = more.pop("content", {"content_type": "text", "parts": list(parts)})
    metadata = more.pop("meta", {})
    author = {"role": role, "name": more.pop("name", None), "metadata": {}}
    return {
        "author": author,
        "create_time": AT,
        "content": content,
        "status": "finished_successfully",
        "weight": 1.0,
        "recipient": "all",
        "metadata": metadata,
        **more,
    }


def line(*said: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A conversation without branches; its nodes are called n1, n2, …"""
    mapping: dict[str, Any] = {"root": {"id": "root", "message": None, "parent": None}}
    before = "root"
    for place, each in enumerate(said, 1):
        mapping[f"n{place}"] = {"id": f"n{place}", "message": each, "parent": before}
        before = f"n{place}"
    return {
        "id": "c1",
        "conversation_id": "c1",
        "title": "Docker",
        "create_time": AT,
        "update_time": AT + 60,
        "mapping": mapping,
        "current_node": before,
        "default_model_slug": "gpt-5",
        **more,
    }


def exported(folder: Path, *conversations: Any, name: str = "conversations.json") -> Imported:
    path = written(folder, name, list(conversations))
    assert recognizes("chatgpt", path)
    return Imported("chatgpt", path)


def of_line(folder: Path, *said: dict[str, Any], **more: Any) -> ArchivedSession:
    return exported(folder, line(*said, **more)).only


def test_a_conversation_keeps_times_title_model_and_what_is_not_known(tmp_path: Path) -> None:
    archived = of_line(
        tmp_path,
        message("system", ""),
        message("user", "Question", id="m1", meta={"request_id": "r1"}),
        message(
            "assistant",
            "Answer",
            id="m2",
            create_time=AT + 1,
            channel="final",
            meta={"model_slug": "gpt-4o", "finish_details": {"type": "max_tokens"}, "odd": [1]},
        ),
        is_starred=True,
        is_archived=True,
        gizmo_id="g-1",
        voice=None,
    )
    session = archived.session
    assert told(archived) == [("user", "Question"), ("assistant", "Answer")]
    assert (session.title, session.provider, session.model) == ("Docker", "openai", "gpt-5")
    assert session.created_at.timestamp() == AT
    assert session.updated_at.timestamp() == AT + 60
    assert session.pinned
    assert archived.tags == ("archived",)
    assert archived.extra == {"gizmo_id": "g-1"}
    assert archived.origin is not None
    assert (archived.origin.program, archived.origin.id) == ("chatgpt", "c1")
    question, answer = archived.messages
    assert question.extra == {"request_id": "r1"}
    assert answer.extra == {
        "channel": "final",
        "finish_details": {"type": "max_tokens"},
        "odd": [1],
    }
    assert answer.message.model == "gpt-4o"
    assert answer.message.timestamp.timestamp() == AT + 1
    assert answer.message.finish_reason == "length"


def test_branches_are_forks_and_what_is_hidden_is_bridged(tmp_path: Path) -> None:
    hidden = {"is_visually_hidden_from_conversation": True}
    mapping = {
        "d": {"parent": "b", "message": message("assistant", "B2")},
        "a": {"parent": "root", "message": message("user", "A")},
        "root": {"parent": None, "message": None, "children": ["gone", "a"]},
        "h": {"parent": "a", "message": message("system", "secret plan", meta=hidden)},
        "b": {"parent": "h", "message": message("assistant", "B")},
        "c": {"parent": "h", "message": message("assistant", "C")},
        "e": {"parent": "d", "message": message("user", "E")},
    }
    shown, other = exported(tmp_path, line(mapping=mapping, current_node="c")).sessions
    assert told(shown) == [("user", "A"), ("assistant", "C")]
    assert told(other) == [("user", "A"), ("assistant", "B"), ("assistant", "B2"), ("user", "E")]
    assert (other.session.forked_from, other.session.forked_at) == (shown.session.id, 1)
    assert other.forked_after == messages(shown)[0].id
    assert shown.extra["hidden_messages"][0]["content"]["parts"] == ["secret plan"]
    assert other.origin is not None
    assert other.origin.id == "c1#b"


def test_thoughts_go_with_the_answer_that_follows(tmp_path: Path) -> None:
    thinking = {
        "content_type": "thoughts",
        "thoughts": [
            {"summary": "Looking", "content": "It is 4."},
            {"summary": "", "content": "Yes"},
        ],
    }
    recap = {"content_type": "reasoning_recap", "content": "Thought for 44s"}
    archived = of_line(
        tmp_path,
        message("user", "2+2?"),
        message("assistant", content=thinking),
        message("assistant", content=recap),
        message("assistant", "4"),
        message("user", "Again"),
        message("assistant", content=thinking),
    )
    assert told(archived) == [
        ("user", "2+2?"), ("assistant", "4"), ("user", "Again"), ("assistant", ""),
    ]  # fmt: skip
    assert messages(archived)[1].reasoning == "**Looking**\n\nIt is 4.\n\nYes"
    assert messages(archived)[3].reasoning == "**Looking**\n\nIt is 4.\n\nYes"


def test_what_the_user_told_about_himself_is_the_system_prompt(tmp_path: Path) -> None:
    context = {
        "content_type": "user_editable_context",
        "user_profile": "I am a baker.",
        "user_instructions": "Be brief.",
    }
    memory = {"content_type": "model_editable_context", "model_set_context": "likes rye"}
    archived = of_line(
        tmp_path,
        message("user", content=context, weight=0, create_time=None),
        message("assistant", content=memory),
        message("user", "Bread?"),
    )
    assert archived.session.system_prompt == "I am a baker.\n\nBe brief."
    assert told(archived) == [("user", "Bread?")]


def test_tools_become_readable_messages_and_stay_whole(tmp_path: Path) -> None:
    code = {"content_type": "code", "language": "unknown", "text": "print(6*7)"}
    search = {"content_type": "code", "language": "json", "text": '{"query": "rye"}'}
    output = {"content_type": "execution_output", "text": "42\n"}
    page = {"content_type": "tether_browsing_display", "result": "A page", "summary": None}
    quote = {
        "content_type": "tether_quote", "url": "https://a.example", "title": "T", "text": "Q",
    }  # fmt: skip
    fault = {"content_type": "system_error", "name": "Timeout", "text": "too slow"}
    archived = of_line(
        tmp_path,
        message("assistant", content=code, recipient="python"),
        message("tool", content=output, name="python"),
        message("assistant", content=search, recipient="web"),
        message("tool", content=page, name="web"),
        message("tool", content=quote, name="browser"),
        message("tool", content=fault, name="browser"),
        message("tool", "", name="bio"),
    )
    assert told(archived) == [
        ("tool", "**python**\n\n```python\nprint(6*7)\n```"),
        ("tool", "**python**: result\n\n```\n42\n```"),
        ("tool", "**web** (query)\n\n```\nrye\n```"),
        ("tool", "**web**: result\n\n```\nA page\n```"),
        ("tool", "**browser**: result\n\n```\nT https://a.example\n\nQ\n```"),
        ("tool", "**Timeout**: error\n\n```\ntoo slow\n```"),
    ]
    first, *_ = archived.messages
    assert first.extra["message"]["content"] == code


def test_a_canvas_is_shown_as_what_was_written(tmp_path: Path) -> None:
    program = {"name": "sum", "type": "code/python", "content": "1 + 1"}
    text = {"name": "Letter", "type": "document", "content": "# Dear\n```\nx\n```"}
    change = {"updates": [{"pattern": "1", "replacement": "2"}]}
    archived = of_line(
        tmp_path,
        message("assistant", json.dumps(program), recipient="canmore.create_textdoc"),
        message("assistant", json.dumps(text), recipient="canmore.create_textdoc"),
        message("assistant", json.dumps(change), recipient="canmore.update_textdoc"),
        message("assistant", "no json", recipient="canmore.create_textdoc"),
    )
    shown = [words for _, words in told(archived)]
    assert shown[0] == "**canmore.create_textdoc** (sum)\n\n```python\n1 + 1\n```"
    assert shown[1].startswith("**canmore.create_textdoc** (Letter)\n\n````markdown\n# Dear")
    assert '"replacement": "2"' in shown[2]
    assert shown[3] == "**canmore.create_textdoc**\n\n```\nno json\n```"


def pictured() -> dict[str, Any]:
    old = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-Abc1"}
    new = {
        "content_type": "image_asset_pointer",
        "asset_pointer": "sediment://file_00ff",
        "metadata": {"dalle": {"prompt": "a cat"}},
    }
    parts = {"content_type": "multimodal_text", "parts": [old, "What is this?", new]}
    files = [
        {"id": "file-Abc1", "name": "photo.png"},
        {"id": "file-Doc9", "name": "my notes.md", "mime_type": "text/markdown"},
    ]
    return line(message("user", content=parts, meta={"attachments": files}))


FILES = {
    "file-Abc1-photo.png": PNG,
    "dalle-generations/file_00ff-aaaa.webp": b"RIFF",
    "file-Doc9-my notes.md": b"# Notes",
    "user.json": b'{"email": "a@b.example"}',
    "file-Abc-other.png": b"other",
}


@pytest.mark.parametrize("folder", ["", "export/"])
def test_pictures_and_files_come_from_the_zip(tmp_path: Path, folder: str) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{folder}conversations-001.json", json.dumps([pictured()]))
        file.writestr(f"{folder}conversations-000.json", json.dumps([line(message("user", "A"))]))
        for name, content in FILES.items():
            file.writestr(folder + name, content)
    found = [one for one in found_in(str(path), None, "chatgpt") if isinstance(one, Found)]
    assert [one.program for one in found] == ["chatgpt", "chatgpt"]
    assert [one.source.name[-22:] for one in found] == [
        "conversations-000.json",
        "conversations-001.json",
    ]
    (archived,) = importer("chatgpt").read(found[1].source)
    assert isinstance(archived, ArchivedSession)
    (question,) = messages(archived)
    assert question.content == "What is this?"
    assert [(file.name, file.media_type, file.data) for file in question.attachments] == [
        ("photo.png", "image/png", PNG),
        ("aaaa.webp", "image/webp", b"RIFF"),
        ("my notes.md", "text/markdown", b"# Notes"),
    ]


def test_they_come_from_the_folder_too_and_are_named_where_they_are_missing(tmp_path: Path) -> None:
    (question,) = messages(exported(tmp_path, pictured()).only)
    assert question.content.split("\n\n") == [
        "[Image: file-service://file-Abc1]",
        "What is this?",
        "[Image: a cat]",
        "[File: my notes.md]",
    ]
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (question,) = messages(exported(tmp_path, pictured()).only)
    assert len(question.attachments) == 3


def test_what_was_spoken_is_its_transcription(tmp_path: Path) -> None:
    audio = {"content_type": "audio_asset_pointer", "asset_pointer": "sediment://file_1"}
    live = {
        "content_type": "real_time_user_audio_video_asset_pointer",
        "audio_asset_pointer": audio,
    }
    spoken = {"content_type": "audio_transcription", "text": "Hello there", "direction": "in"}
    content = {"content_type": "multimodal_text", "parts": [live, audio, spoken]}
    archived = of_line(tmp_path, message("user", content=content))
    assert told(archived) == [("user", "Hello there")]


def test_new_citations_become_links(tmp_path: Path) -> None:
    mark = "\ue200cite\ue202turn0search3\ue201"
    words = f"😀 Rye is old {mark}. Bread \ue200cite\ue202turn9\ue201too."
    reference = {
        "matched_text": mark,
        "start_idx": 14,
        "type": "grouped_webpages",
        "items": [{"title": "On [rye]", "url": "https://a.example/x(1)"}],
    }
    archived = of_line(
        tmp_path, message("assistant", words, meta={"content_references": [reference]})
    )
    assert told(archived)[0][1] == (
        "😀 Rye is old ([On (rye)](<https://a.example/x(1)>)). Bread too."
    )


def test_old_citations_become_links(tmp_path: Path) -> None:
    words = "Fact【1†source】 and more【2†source】."
    citations = [
        {"start_ix": 4, "end_ix": 14, "metadata": {"title": "T", "url": "https://a.example"}},
        {"start_ix": 23, "end_ix": 33, "metadata": {"title": "Evil", "url": "javascript:alert(1)"}},
    ]
    archived = of_line(tmp_path, message("assistant", words, meta={"citations": citations}))
    assert told(archived)[0][1] == "Fact ([T](<https://a.example>)) and more【2†source】."


@pytest.mark.parametrize(
    ("status", "meta", "expected"),
    [
        ("in_progress", {}, "incomplete"),
        ("finished_partial_completion", {}, "interrupted"),
        ("finished_successfully", {"finish_details": {"type": "interrupted"}}, "interrupted"),
        ("error", {}, "failed"),
    ],
)
def test_how_an_answer_ended(tmp_path: Path, status: str, meta: Any, expected: str) -> None:
    answer = message("assistant", "", status=status, meta=meta)
    archived = of_line(tmp_path, answer, message("user", "x"))
    answers = [one for one in messages(archived) if one.role == "assistant"]
    if status == "finished_successfully":
        assert answers == []
    else:
        assert [one.status.value for one in answers] == [expected]


def test_a_conversation_that_makes_no_sense_costs_no_other_one(tmp_path: Path) -> None:
    good = line(message("user", "A"))
    bad = {"title": "Broken", "create_time": AT, "conversation_id": "c2"}
    found = exported(tmp_path, bad, good, "what?", {**good, "mapping": None, "title": None})
    assert [told(archived) for archived in found.sessions] == [[("user", "A")]]
    assert [(fault.place.partition(",")[0], fault.reason) for fault in found.faults] == [
        ("conversation 1", 'no "mapping"'),
        ("conversation 3", "no object"),
        ("conversation 4", 'no "mapping"'),
    ]
    assert "'Broken'" in found.faults[0].place


@pytest.mark.parametrize(
    "node",
    [
        None,
        [],
        {},
        {"message": None},
        {"message": {}},
        {"message": {"author": None, "content": None, "metadata": None}, "parent": 5},
        {"message": {"author": "x", "content": {"content_type": 7, "parts": "x"}}},
        {"message": {"author": {"role": "user"}, "content": {"parts": [None, 5, {}, []]}}},
        {"message": {"author": {"role": "assistant"}, "content": {"content_type": "thoughts"}}},
        {"message": {"author": {"role": "tool"}, "content": {"content_type": "code"}}},
        {"message": message("user", "x", meta=None, create_time="never", status=None)},
        {"message": message("assistant", "x", meta={"citations": 5, "content_references": [1]})},
        {"message": message("assistant", "x", recipient=None)},
        {"message": message("user", "x"), "parent": "n0"},
        {"message": message("user", "x"), "parent": "gone"},
    ],
)
def test_nothing_in_a_node_is_taken_for_granted(tmp_path: Path, node: Any) -> None:
    broken = line(mapping={"n0": node, "n1": {"message": message("user", "End"), "parent": "n0"}})
    found = exported(tmp_path, broken, line(message("user", "A"), conversation_id="c2"))
    assert found.faults == []
    assert told(found.sessions[-1]) == [("user", "A")]
    assert told(found.sessions[0])[-1] == ("user", "End")


@pytest.mark.parametrize(
    "missing", ["id", "title", "create_time", "update_time", "current_node", "default_model_slug"]
)
def test_nothing_in_a_conversation_is_taken_for_granted(tmp_path: Path, missing: str) -> None:
    values: list[Any] = [None, [], 5, "gone"]
    for value in values:
        archived = of_line(tmp_path, message("user", "A"), **{missing: value})
        assert told(archived) == [("user", "A")]


def test_ids_do_not_depend_on_what_changes(tmp_path: Path) -> None:
    before = of_line(tmp_path, message("user", "A"), message("assistant", "B"))
    after = of_line(
        tmp_path,
        message("user", "A"),
        message("assistant", "B"),
        message("user", "C"),
        title="Renamed",
        update_time=AT + 999,
    )
    assert before.session.id == after.session.id
    assert [m.id for m in messages(before)] == [m.id for m in messages(after)][:2]
    anonymous = [
        of_line(tmp_path, message("user", "A"), id=None, conversation_id=None) for _ in range(2)
    ]
    assert anonymous[0].session.id == anonymous[1].session.id


@pytest.mark.parametrize("name", ["conversations.json", "conversations-000.json"])
def test_an_account_without_conversations_is_one_all_the_same(tmp_path: Path, name: str) -> None:
    found = exported(tmp_path, name=name)
    assert (found.sessions, found.faults) == ([], [])


def test_other_forms_of_the_same_objects(tmp_path: Path) -> None:
    one = line(message("user", "A"))
    for name, value in (("x.json", one), ("y.json", {"conversations": [one]})):
        path = written(tmp_path, name, value)
        assert recognizes("chatgpt", path)
        assert told(Imported("chatgpt", path).only) == [("user", "A")]


@pytest.mark.parametrize(
    "value",
    [
        [{"id": "s1", "conversation_id": "c1", "title": "Shared"}],
        {"id": "user-1", "email": "a@b.example"},
        {"chats": []},
        [],
        [{"chat_messages": []}],
        "text",
        [5],
    ],
)
def test_other_files_of_the_export_are_not_taken(tmp_path: Path, value: Any) -> None:
    assert not recognizes("chatgpt", written(tmp_path, "other.json", value))
