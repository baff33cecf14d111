"""Clients of a server are killed in the middle of their turns, whatever the engine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from program import wait_until
from servers import children
from servers.ledger import Ledger
from torture.campaign import randomness, report
from torture.processes import Child
from torture.talk import Talker

from synapse.app.conversation import reply
from synapse.domain import Role, Status
from synapse.errors import SessionBusy
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from synapse.domain import StoredMessage
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


def is_in_answer(messages: list[StoredMessage], prompt: str) -> bool:
    """Whether the last of these is the unfinished answer to this prompt."""
    return (
        len(messages) >= 2
        and messages[-2].content == prompt
        and messages[-1].role is Role.ASSISTANT
        and messages[-1].status is not Status.COMPLETE
    )


def kill_clients(url: str, where: str, kills: int, spills: Path) -> None:
    """So many, each of which talks. `where`: on this machine the process table tells at once that
    the owner is dead; on another (`elsewhere`), the end of the lease does.
    """
    random = randomness(f"killed clients {where}")
    work = children.converse_slowly if where == "here" else children.converse_elsewhere
    ledger, in_an_answer, waits = Ledger(), 0, [0.0]
    with open_store(url) as store:
        for number in range(kills):
            child = Child(work, url, f"{number}", str(spills))
            child.wait_for("done")
            child.kill_after(random.uniform(0, 0.3))
            killed = time.monotonic()
            ledger.enter(child)
            assert not ledger.refused
            _, _, session, prompt = child.told("asking")[-1]
            if store.get_session(session) is None:
                continue  # it had asked for nothing yet
            in_an_answer += is_in_answer(store.get_messages(session), prompt)
            first = take(store, session, f"next {number}")
            assert first or where == "elsewhere"
            if not first:
                wait_until(lambda s=session, n=number: take(store, s, f"next {n}"))
            waits.append(time.monotonic() - killed)
            messages = store.get_messages(session)
            assert [m.index for m in messages] == list(range(1, len(messages) + 1))
            prompts = [m.content for m in messages if m.role is Role.USER]
            assert prompts.count(prompt) <= 1
            assert {m.status for m in messages} <= {Status.COMPLETE, Status.INCOMPLETE}
        ledger.check(store)
    report(
        f"clients of {url.partition(':')[0]} killed {where}",
        kills=kills,
        in_an_answer=in_an_answer,
        turns=ledger.turns,
        lost=0,
        free_after_at_most=f"{max(waits):.2f} s of a lease of {children.LEASE} s",
    )
    assert ledger.turns >= kills
