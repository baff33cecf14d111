"""What must hold, whatever the engine, when the server is killed in the middle of an answer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from program import run
from torture.talk import Talker, answer

from synapse import paths
from synapse.app.conversation import reply, start_session
from synapse.domain import Role, Status
from synapse.errors import AnswerSpilled
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synapse.ports import Cancellation, ChatRequest, StreamEvent

SHAPE = (4, 30)
"""Pieces of an answer, and their size."""


class Interrupted(Talker):
    """Something happens when it has said half of its answer."""

    def __init__(self, happens: Callable[[], None]) -> None:
        super().__init__(*SHAPE)
        self._happens = happens

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """See LlmProvider."""
        for number, event in enumerate(super().stream(request, cancellation)):
            if number == SHAPE[0] // 2:
                self._happens()
            yield event


def die_and_come_back(url: str, kill: Callable[[], None], start: Callable[[], None]) -> None:
    """Nobody notices, if the server is waited for as long as it takes."""

    def restart() -> None:
        kill()
        start()

    with open_store(url, busy_timeout=60) as store:
        session = start_session(store, "talker", "talker")
        reply(store, Interrupted(restart), session, "one", create=True)
        reply(store, Interrupted(restart), session, "two", create=False)
        check(url, session.id, ["one", "two"])


def die_for_good(url: str, kill: Callable[[], None], start: Callable[[], None]) -> None:
    """The answer is kept in a file; the next start of the program brings it in."""
    environ = {"SYNAPSE_DATABASE_URL": url}
    with open_store(url, busy_timeout=0.1) as store:
        session = start_session(store, "talker", "talker")
        folder = paths.state_dir(os.environ)
        with pytest.raises(AnswerSpilled) as raised:
            reply(store, Interrupted(kill), session, "one", create=True, spill_folder=folder)
    assert "\n" not in raised.value.message
    failed = run("sessions", "list", "-F", "id", environ=environ)
    assert (failed.status, failed.out) == (6, b"")
    start()
    found = run("sessions", "list", "-F", "id", environ=environ)
    assert (found.status, session.id in found.text.split()) == (0, True)
    check(url, session.id, ["one"])


def check(url: str, session: str, prompts: list[str]) -> None:
    """These turns are there once, whole."""
    with open_store(url) as store:
        found = store.get_messages(session)
    assert [m.index for m in found] == list(range(1, 2 * len(prompts) + 1))
    assert [m.content for m in found if m.role is Role.USER] == prompts
    answers = [m for m in found if m.role is Role.ASSISTANT]
    assert [m.content for m in answers] == [answer(prompt, *SHAPE) for prompt in prompts]
    assert {m.status for m in answers} == {Status.COMPLETE}
