"""Backups of Cherry Studio."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from imported import Imported, Memory, messages, recognizes, sample, told

from synapse.archived import ArchivedSession
from synapse.domain import Status, Usage
from synapse.formats import importer
from synapse.formats.reading.detection import Found, found_in

if TYPE_CHECKING:
    from pathlib import Path

PHONE = sample("cherry-studio", "phone.json")
CANARY = "sk-canary-0123456789"


def desktop() -> dict[str, Any]:
    """The same in the form of the desktop: JSON in texts of JSON."""
    value: dict[str, Any] = json.loads(PHONE.read_text())
    redux = value.pop("redux")
    store = {name: json.dumps(each) for name, each in redux.items()}
    return {**value, "localStorage": {"persist:cherry-studio": json.dumps(store), "other": "x"}}


def imported(value: Any) -> Imported:
    return Imported("cherry-studio", Memory(json.dumps(value).encode()))


def test_a_backup() -> None:
    assert recognizes("cherry-studio", PHONE)
    found = Imported("cherry-studio", PHONE)
    first, second = found.sessions
    assert found.faults == []
    assert told(first) == [
        ("user", "What are ferns?"),
        ("assistant", "Plants."),
        ("assistant", "Ancient plants.\n\n```python\nprint()\n```"),
        ("tool", "**look** (at)\n\n```\nfern\n```\n\nresult\n\n```\ngreen\n```"),
        ("user", "Thanks"),
        ("assistant", ""),
    ]
    _, other, answer, _, _, failed = messages(first)
    assert [other.superseded, answer.superseded] == [True, False]
    assert (answer.reasoning, answer.provider, answer.model) == ("Hm.", "openai", "gpt-4o")
    assert answer.usage == Usage(input_tokens=3, output_tokens=4)
    assert (failed.status, failed.error) == (Status.FAILED, "no credit")
    session = first.session
    assert (session.title, session.system_prompt, session.pinned) == ("Ferns", "Be brief.", True)
    assert session.created_at.isoformat() == "2025-01-01T02:53:20+00:00"
    assert told(second) == [("user", "Old"), ("assistant", "Inline")]
    assert messages(second)[1].reasoning == "Long ago."


def test_the_form_of_the_desktop_gives_the_same(tmp_path: Path) -> None:
    found = imported(desktop())
    expected = Imported("cherry-studio", PHONE)
    assert [each.session for each in found.sessions] == [each.session for each in expected.sessions]
    assert [messages(each) for each in found.sessions] == [
        messages(each) for each in expected.sessions
    ]


def test_a_backup_is_recognized_though_its_settings_come_first() -> None:
    value = desktop()
    value["localStorage"] = {"persist:cherry-studio": "x" * 100_000}
    late = {name: value[name] for name in ("time", "version", "localStorage", "indexedDB")}
    assert importer("cherry-studio").recognizes(Memory(json.dumps(late).encode()))


@pytest.mark.parametrize("form", ["phone", "desktop", "zip"])
def test_no_key_comes_along(tmp_path: Path, form: str) -> None:
    raw = PHONE.read_text() if form == "phone" else json.dumps(desktop())
    assert raw.count(CANARY) >= 4
    path = tmp_path / "data.json"
    path.write_text(raw)
    if form == "zip":
        with zipfile.ZipFile(tmp_path / "backup.zip", "w") as archive:
            archive.write(path, "data.json")
        path = tmp_path / "backup.zip"
    count = 0
    for found in found_in(str(path), program="cherry-studio"):
        assert isinstance(found, Found)
        assert found.program == "cherry-studio"
        for each in importer(found.program).read(found.source):
            assert isinstance(each, ArchivedSession)
            assert CANARY not in repr([*each.session._fields, each.extra, each.tags])
            assert CANARY not in json.dumps([message.extra for message in each.messages])
            assert CANARY not in repr(told(each)) + repr([m.error for m in messages(each)])
            count += 1
    assert count == 2


def test_a_topic_that_is_none_does_not_stop_the_others() -> None:
    value = json.loads(PHONE.read_text())
    value["indexedDB"]["topics"].insert(0, 7)
    value["indexedDB"]["message_blocks"].insert(0, None)
    found = imported(value)
    assert len(found.faults) == 1
    assert len(found.sessions) == 2
