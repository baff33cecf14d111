"""Clients of a server are killed in the middle of their turns."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from postgres_server import fresh_archive
from program import wait_until
from servers import children
from servers.ledger import Ledger
from torture.campaign import LONG, randomness, report, times
from torture.processes import Child
from torture.talk import Talker

from synapse.app.conversation import reply
from synapse.domain import Role, Status
from synapse.errors import SessionBusy
from synapse.stores import _owner, open_store

if TYPE_CHECKING:
    from pathlib import Path

    from synapse.ports import SessionStore


def take(store: SessionStore, session_id: str, prompt: str) -> bool:
    """Take a turn in a session, if nobody holds it."""
    session = store.get_session(session_id)
    assert session is not None
    try:
        reply(store, Talker(), session, prompt, create=False)
    except SessionBusy:
        return False
    return True


@pytest.mark.timeout(0 if LONG else 120)
@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_no_acknowledged_turn_is_lost(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On this machine the process table tells at once that the owner is dead; on another, the end
    of the lease does.
    """
    monkeypatch.setattr(_owner, "LEASE_SECONDS", children.LEASE)
    random = randomness(f"killed clients {where}")
    work = children.converse if where == "here" else children.converse_elsewhere
    kills = times(8, 200, "KILLS_CLIENTS")
    url, ledger, in_an_answer, waits = fresh_archive(), Ledger(), 0, [0.0]
    with open_store(url) as store:
        for number in range(kills):
            child = Child(work, url, f"{number}", str(tmp_path))
            child.wait_for("done")
            child.kill_after(random.uniform(0, 0.4))
            killed = time.monotonic()
            ledger.enter(child)
            assert not ledger.refused
            _, _, session, prompt = child.told("asking")[-1]
            if store.get_session(session) is None:
                continue  # it had asked for nothing yet
            before = store.get_messages(session)
            first = take(store, session, f"next {number}")
            assert first or where == "elsewhere"
            if not first:
                wait_until(lambda s=session, n=number: take(store, s, f"next {n}"))
            in_an_answer += before[-1].status is not Status.COMPLETE
            waits.append(time.monotonic() - killed)
            messages = store.get_messages(session)
            assert [m.index for m in messages] == list(range(1, len(messages) + 1))
            prompts = [m.content for m in messages if m.role is Role.USER]
            assert prompts.count(prompt) <= 1
            assert {m.status for m in messages} <= {Status.COMPLETE, Status.INCOMPLETE}
        ledger.check(store)
    report(
        f"clients killed {where}",
        kills=kills,
        in_an_answer=in_an_answer,
        turns=ledger.turns,
        lost=0,
        free_after_at_most=f"{max(waits):.2f} s of a lease of {children.LEASE} s",
    )
    assert ledger.turns >= kills
