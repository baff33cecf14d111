"""Exports of Chatbox."""

from __future__ import annotations

import json
from typing import Any

from imported import Imported, Memory, messages, recognizes, sample, told

from synapse.domain import Status, Usage
from synapse.formats import importer

SAMPLE = sample("chatbox")
CANARY = "sk-canary-0123456789"


def imported(value: Any) -> Imported:
    return Imported("chatbox", Memory(json.dumps(value).encode()))


def test_an_export() -> None:
    assert recognizes("chatbox", SAMPLE)
    found = Imported("chatbox", SAMPLE)
    assert found.faults == []
    thread, main, branch, old = found.sessions
    assert told(main) == [
        ("user", "What are ferns?"),
        ("assistant", "Ancient plants."),
        ("tool", "**look** (at)\n\n```\nfern\n```\n\nresult\n\n```\ngreen\n```"),
        ("user", "Thanks"),
    ]
    question, answer, _, _ = messages(main)
    assert [each.data for each in question.attachments] == [b"\x89PNG"]
    assert (answer.reasoning, answer.provider) == ("Hm.", "openai")
    assert answer.usage == Usage(input_tokens=3, output_tokens=4)
    session = main.session
    assert (session.title, session.system_prompt, session.pinned) == ("Ferns", "Be brief.", True)
    assert session.model == "gpt-4o"
    assert told(branch) == [("user", "What are ferns?"), ("assistant", "Plants.")]
    assert (branch.session.forked_from, branch.session.forked_at) == (session.id, 1)
    assert (thread.session.title, told(thread)) == ("Earlier", [("user", "Hello")])
    assert told(old) == [("user", "Very old"), ("assistant", "")]
    assert (messages(old)[1].status, messages(old)[1].error) == (Status.FAILED, "no credit")


def test_no_key_comes_along() -> None:
    assert SAMPLE.read_text().count(CANARY) >= 3
    for each in Imported("chatbox", SAMPLE).sessions:
        kept = [each.extra, [message.extra for message in each.messages]]
        assert CANARY not in json.dumps(kept) + repr(told(each))


def test_an_export_is_recognized_though_its_settings_come_first() -> None:
    value = json.loads(SAMPLE.read_text())
    settings = {"settings": {"providers": {"x": 1}, "theme": "dark"}}
    raw = json.dumps({**settings, **value}).encode()
    assert importer("chatbox").recognizes(Memory(raw))
    assert not importer("chatbox").recognizes(Memory(json.dumps(settings).encode()))


def test_the_oldest_exports_have_one_list() -> None:
    session = {"id": "s", "name": "T", "messages": [{"id": "m", "role": "user", "content": "Hi"}]}
    found = imported({"chat-sessions": [session, 7], "settings": {"openaiKey": CANARY}})
    assert [told(each) for each in found.sessions] == [[("user", "Hi")]]
    assert [fault.reason for fault in found.faults] == ["no object"]


def test_forks_within_forks_and_circles_end() -> None:
    def message(id: str) -> dict[str, Any]:
        return {"id": id, "role": "user", "content": id}

    session = {
        "id": "s",
        "messages": [message("a"), message("b")],
        "messageForksHash": {
            "a": {"position": 0, "lists": [{"messages": [message("x")]}, {"messages": []}]},
            "x": {"lists": [{"messages": [message("y")]}, {"messages": [message("a")]}]},
            "gone": {"lists": [{"messages": [message("z")]}]},
        },
    }
    found = imported({"session:s": session})
    assert ["".join(text for _, text in told(each)) for each in found.sessions] == ["ab", "axy"]
