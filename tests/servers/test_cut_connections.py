"""The connection to PostgreSQL breaks at every message that passes, one after the other.

Whatever the moment: what was asked for is done once, or a single message says that it is not; and
nothing that was acknowledged or shown is lost.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from postgres_proxy import Fault, PostgresProxy
from postgres_server import fresh_archive, server
from torture.campaign import LONG, report
from torture.talk import Talker, answer

from synapse.app import saving, spill
from synapse.app.conversation import reply, start_session
from synapse.domain import Role, Status
from synapse.errors import AnswerSpilled, StorageError, StoreUnreachable
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.ports import SessionStore

RUDE = [Fault.CUT, Fault.HALF, Fault.RESET]
SHAPE = (3, 30)
"""Pieces of an answer, and their size."""


@pytest.fixture
def archive() -> str:
    """The URL of a database with our tables, past the proxy."""
    return fresh_archive()


@pytest.fixture
def proxy() -> Iterator[PostgresProxy]:
    with PostgresProxy(server(18)) as started:
        yield started


def through(proxy: PostgresProxy, archive: str) -> str:
    return proxy.url(urlsplit(archive).path[1:])


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


def faults() -> Iterator[tuple[int, Fault]]:
    """For every message a fault; in a long campaign, for every message all of them."""
    for number in itertools.count(1):
        for fault in RUDE if LONG else [RUDE[number % len(RUDE)]]:
            yield number, fault


@pytest.mark.timeout(0 if LONG else 120)
def test_two_turns(proxy: PostgresProxy, archive: str, tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for number, fault in faults():
        proxy.fail_after(number, fault)
        talker, prompts = Talker(*SHAPE), [f"first {number}", f"second {number}"]
        try:
            with open_store(through(proxy, archive)) as store:
                session = start_session(store, "talker", "talker")
                for count, prompt in enumerate(prompts):
                    create = count == 0
                    reply(store, talker, session, prompt, create=create, spill_folder=str(tmp_path))
            outcome = "saved"
        except StoreUnreachable as error:
            outcome = one_line(error)
        if not proxy.failed:
            break
        seen[outcome] += 1
        # Only a connection that was never made is no reason to make another.
        assert outcome == "saved" or (proxy.connections, talker.asked) == (1, 0)
        with open_store(archive) as store:
            if talker.asked:
                check_turn(store, session.id, prompts)
    report("turns whose connection broke", **dict(seen))
    assert seen["saved"] > 100


@pytest.mark.timeout(0 if LONG else 120)
def test_a_turn_whose_server_does_not_come_back(
    proxy: PostgresProxy, archive: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the question has left, it is not sent; from then on the answer is kept in a file."""
    monkeypatch.setattr(saving, "_UNREACHABLE_SECONDS", 0.05)
    seen: Counter[str] = Counter()
    for number in itertools.count(1):
        proxy.fail_after(0)
        talker, prompt = Talker(*SHAPE), f"prompt {number}"
        with open_store(through(proxy, archive), busy_timeout=0.05) as store:
            session = start_session(store, "talker", "talker")
            store.create_session(session)
            proxy.fail_after(number, Fault.GONE)
            try:
                reply(store, talker, session, prompt, create=False, spill_folder=str(tmp_path))
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
        with open_store(through(proxy, archive)) as store:
            assert spill.recover(store, str(tmp_path)) == (outcome == "kept in a file")
            if talker.asked:
                check_turn(store, session.id, [prompt])
            else:
                reply(store, Talker(*SHAPE), session, "again", create=False)
                messages = store.get_messages(session.id)
                assert [m.index for m in messages] == list(range(1, len(messages) + 1))
                prompts = [m.content for m in messages if m.role is Role.USER]
                assert prompts in (["again"], [prompt, "again"])  # its COMMIT had come through
    report("turns whose server did not come back", **dict(seen))
    assert min(seen["saved"], seen["kept in a file"], seen["not sent"]) > 0
