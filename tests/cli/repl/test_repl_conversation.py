"""How much of a long session is read at the prompt."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import a_finished_turn, a_session
from loopback import Loopback, anthropic

from synapse.cli.asking.turn import TurnOptions
from synapse.cli.context import Context
from synapse.cli.repl.last_turn import render_last_turn
from synapse.cli.repl.repl_conversation import ReplConversation
from synapse.terminal.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TURNS, _FEW = 150, 60


@pytest.fixture
def conversation(home: Path) -> Iterator[ReplConversation]:
    """At a session of three hundred messages."""
    context = Context(Streams(0, 1, 2), os.environ)
    session = a_session()
    for number in range(_TURNS):
        a_finished_turn(context.store, session, f"question {number}", create=number == 0)
    opened = ReplConversation(context, TurnOptions())
    summary = context.store.get_summary(session.id)
    assert summary is not None
    opened.open(summary)
    yield opened
    context.close()


@pytest.fixture
def read(conversation: ReplConversation, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the messages that are read from now on."""
    numbers: list[int] = []
    get_messages = conversation.context.store.get_messages

    def counted(session_id: str, **which: Any) -> Any:
        found = get_messages(session_id, **which)
        numbers.extend(message.index for message in found)
        return found

    monkeypatch.setattr(conversation.context.store, "get_messages", counted)
    return numbers


def test_the_last_question_and_answer_are_found_from_the_end(
    conversation: ReplConversation, read: list[int]
) -> None:
    assert conversation.last_question().content == f"question {_TURNS - 1}"
    assert conversation.last_answer().index == 2 * _TURNS
    assert len(read) <= 2 * _FEW


def test_an_opened_session_is_shown_from_its_end(
    conversation: ReplConversation, read: list[int]
) -> None:
    assert conversation.summary is not None
    shown = render_last_turn(conversation.context, conversation.summary)
    assert f"question {_TURNS - 1}" in shown
    assert f"{2 * _TURNS - 2} earlier messages: /show" in shown
    assert len(read) <= _FEW


def test_what_was_taken_back_is_passed_by(conversation: ReplConversation, read: list[int]) -> None:
    assert conversation.summary is not None
    conversation.context.store.supersede_messages(conversation.summary.session.id, 2 * _TURNS - 99)
    assert conversation.last_question().content == "question 99"
    assert len(read) <= 2 * _FEW + 100


def test_what_is_asked_at_the_prompt_is_worth_a_cache_from_the_first_question_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A single question is not: what comes after it may be nothing."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-1")
    file = home / ".config" / "synapse" / "config.toml"
    file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    with Loopback(anthropic.answer("Yes.")) as server:
        file.write_text(
            f'provider = "anthropic"\n[providers.anthropic]\nbase_url = "{server.url}"\n'
        )
        for at_prompt in (True, False):
            context = Context(Streams(0, 1, 2), os.environ)
            context.at_prompt = at_prompt
            opened = ReplConversation(context, TurnOptions())
            opened.begin()
            assert [opened.ask("Is it?"), opened.ask("Really?")] == [0, 0]
            context.close()
        marks = ["cache_control" in received.json() for received in server.requests]
    assert marks == [True, True, False, True]
