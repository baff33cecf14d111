"""Fields of other programs that are called like ours, on their way through a file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from synapse.archived import ArchivedMessage, ArchivedSession
from synapse.domain import Role, Session, StoredMessage, Usage
from synapse.formats._json_objects import (
    archived_message,
    archived_session,
    message_object,
    session_object,
)

EXTRAS: list[dict[str, Any]] = [
    {},
    {"new": 1},
    {"status": "completed", "id": 7, "name": "ls", "type": "function_call", "content": [1]},
    {"usage": {"prompt_tokens": 3}},
    {"usage": {"input_tokens": 3, "cached": 1}},
    {"usage": 7},
    {"usage": []},
    {"extra": 1},
    {"extra": {"extra": {"id": 1}}, "model": {}},
    {"format": "x", "version": 9, "messages": 0, "title": None, "origin": [], "tags": {}},
    {"error": {"code": 1}, "attachments": "x", "timestamp": 0, "role": "model", "after": 1},
]


@pytest.mark.parametrize("extra", EXTRAS, ids=repr)
def test_they_come_out_as_they_went_in(extra: dict[str, Any]) -> None:
    session = Session.new("openai", "gpt-4o").with_system_prompt("Be brief.")
    message = StoredMessage.new(session.id, Role.ASSISTANT, "Hi").replace(
        index=1, usage=Usage(input_tokens=1, output_tokens=2)
    )
    told = ArchivedMessage(message=message, extra=extra)
    raw = json.loads(json.dumps(message_object(told)))
    assert archived_message(raw, session.id, 1) == told
    archived = ArchivedSession(session=session, messages=(), extra=extra)
    raw = json.loads(json.dumps(session_object(archived)))
    assert archived_session(raw, ()) == archived
