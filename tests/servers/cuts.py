"""What must hold, whatever the engine, at whatever message its connection breaks.

Each function tries one message after the other, and counts what came of it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

from fault_proxy import Fault
from program import run
from torture.campaign import LONG
from torture.talk import Talker, answer

from synapse.app import spill
from synapse.app.conversation import reply, start_session
from synapse.domain import Role, Status
from synapse.errors import AnswerSpilled, StorageError, StoreUnreachable
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fault_proxy import FaultProxy

    from synapse.ports import SessionStore

RUDE = [Fault.CUT, Fault.HALF, Fault.RESET]
SHAPE = (3, 30)
"""Pieces of an answer, and their size."""


def one_line(error: StorageError) -> str:
    """What has come of the turn, after a message as it should be."""
    assert error.message
    assert "\n" not in error.message
    return "not sent"


def check_turn(store: SessionStore, session: str, prompts: list[str]) -> None:
    """These turns are there once, whole, one after the other."""
    messages = store.get_messages(session)
    assert [m.index for m in messages] == list(range(1, 2 * len(prompts) + 1))
    assert [m.content for m in messages if m.role is Role.USER] == prompts
    answers = [m for m in messages if m.role is Role.ASSISTANT]
    assert [m.content for m in answers] == [answer(prompt, *SHAPE) for prompt in prompts]
    assert {m.status for m in answers} <= {Status.COMPLETE}


def faults(step: int = 1) -> Iterator[tuple[int, Fault]]:
    """For every so many messages a fault; in a long campaign, for every message all of them."""
    for number in itertools.count(1, 1 if LONG else step):
        for fault in RUDE if LONG else [RUDE[number % len(RUDE)]]:
            yield number, fault


def connections_to_open(proxy: FaultProxy, through: str) -> int:
    """How many it takes to open the store: to ask for encryption may be one of its own."""
    proxy.fail_after(0)
    open_store(through).close()
    return proxy.connections


def two_turns(
    proxy: FaultProxy, through: str, archive: str, spills: Path, step: int
) -> Counter[str]:
    """A new session, and one more turn in it."""
    seen: Counter[str] = Counter()
    connecting = connections_to_open(proxy, through)
    for number, fault in faults(step):
        proxy.fail_after(number, fault)
        talker, prompts = Talker(*SHAPE), [f"first {number}", f"second {number}"]
        try:
            with open_store(through) as store:
                session = start_session(store, "talker", "talker")
                for count, prompt in enumerate(prompts):
                    create = count == 0
                    reply(store, talker, session, prompt, create=create, spill_folder=str(spills))
            outcome = "saved"
        except StoreUnreachable as error:
            outcome = one_line(error)
        if not proxy.failed:
            break
        seen[outcome] += 1
        # Only a connection that was never made is no reason to make another.
        assert outcome == "saved" or not talker.asked
        assert outcome == "saved" or proxy.connections <= connecting
        with open_store(archive) as store:
            if talker.asked:
                check_turn(store, session.id, prompts)
    return seen


def a_turn_without_a_server(
    proxy: FaultProxy, through: str, archive: str, spills: Path, step: int
) -> Counter[str]:
    """The server is gone from a message on. Before the question has left, it is not sent; from
    then on the answer is kept in a file.
    """
    seen: Counter[str] = Counter()
    for number in itertools.count(1, 1 if LONG else step):
        proxy.fail_after(0)
        talker, prompt = Talker(*SHAPE), f"prompt {number}"
        with open_store(through, busy_timeout=0.05) as store:
            session = start_session(store, "talker", "talker")
            store.create_session(session)
            proxy.fail_after(number, Fault.GONE)
            try:
                reply(store, talker, session, prompt, create=False, spill_folder=str(spills))
                outcome = "saved"
            except AnswerSpilled:
                outcome = "kept in a file"
            except StoreUnreachable as error:
                outcome = one_line(error)
        if not proxy.failed:
            break
        seen[outcome] += 1
        assert (outcome == "not sent") == (not talker.asked)
        proxy.fail_after(0)
        with open_store(through) as store:
            assert spill.recover(store, str(spills)) == (outcome == "kept in a file")
            if talker.asked:
                check_turn(store, session.id, [prompt])
            else:
                reply(store, Talker(*SHAPE), session, "again", create=False)
                messages = store.get_messages(session.id)
                assert [m.index for m in messages] == list(range(1, len(messages) + 1))
                prompts = [m.content for m in messages if m.role is Role.USER]
                assert prompts in (["again"], [prompt, "again"])  # its COMMIT had come through
    return seen


READERS = (
    ("sessions", "list", "--json"),
    ("sessions", "show", "@1", "--json"),
    ("sessions", "search", "found", "--json"),
)


def readers(proxy: FaultProxy, through: str, archive: str, step: int) -> Counter[str]:
    """The commands that read: the same answer as without a fault, or a line and its status."""
    with open_store(archive) as store:
        session = start_session(store, "talker", "talker")
        reply(store, Talker(*SHAPE), session, "what is found", create=True)
        store.catch_up_search(everything=True)
    seen: Counter[str] = Counter()
    connecting = connections_to_open(proxy, through)
    for command in READERS:
        proxy.fail_after(0)
        environ = {"SYNAPSE_DATABASE_URL": through}
        undisturbed = run(*command, environ=environ)
        assert undisturbed.status == 0, undisturbed
        for number, fault in faults(step):
            proxy.fail_after(number, fault)
            ran = run(*command, environ=environ)
            if not proxy.failed:
                break
            if ran.status:
                assert ran.status == 6, (command, number, fault, ran)
                assert proxy.connections <= connecting
                assert ran.json()["error"]["code"] == "store_unreachable"
                # what has happened is one line; what to do may be another
                assert [line[:7] for line in ran.err.splitlines()] == ["error: ", "  A URL"]
                seen["a line and status 6"] += 1
            else:
                assert ran.out == undisturbed.out
                seen["answered"] += 1
    return seen
