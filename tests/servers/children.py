"""What the processes do that use a server while something happens to it or to them."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, Any

from torture.children import Teller
from torture.talk import Talker

from synapse.app.conversation import reply
from synapse.domain import Session
from synapse.errors import AnswerSpilled, StorageError
from synapse.stores import _owner, open_store, set_up

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from synapse.ports import SessionStore

LEASE = 1.0
"""Seconds of a lease among these processes."""


def converse(pipe: Connection, url: str, name: str, spills: str, *, pause: float = 0.0) -> None:
    """Turn after turn, five in a session, whatever happens; tells of each what came of it."""
    teller = Teller(pipe)
    teller.tell("ready")
    with open_store(url) as store:
        for number in itertools.count():
            session = Session.new("talker", "talker")
            for turn in range(5):
                prompt = f"{name} {number} {turn}"
                if not _turn(teller, store, session, prompt, turn == 0, spills, pause):
                    break


def _turn(
    teller: Teller,
    store: SessionStore,
    session: Session,
    prompt: str,
    create: bool,
    spills: str,
    pause: float,
) -> bool:
    teller.tell("asking", session.id, prompt)
    try:
        reply(store, Talker(pause=pause), session, prompt, create=create, spill_folder=spills)
    except AnswerSpilled as error:
        teller.tell("spilled", session.id, prompt, error.path)
        return False
    except StorageError as error:
        teller.tell("refused", session.id, prompt, type(error).__name__, error.message)
        return False
    teller.tell("done", session.id, prompt)
    return True


def converse_slowly(pipe: Connection, url: str, name: str, spills: str) -> None:
    """As `converse`, with answers that take most of the time."""
    converse(pipe, url, name, spills, pause=0.01)


def converse_elsewhere(pipe: Connection, url: str, name: str, spills: str) -> None:
    """As `converse_slowly`, on what seems another machine: only the lease tells if it lives."""
    _owner._kernel = lambda: ("another boot", "")
    _owner.this_process = lambda: f"another-machine|another boot||{os.getpid()}|"
    _owner.LEASE_SECONDS = LEASE
    converse_slowly(pipe, url, name, spills)


def first_set_up(pipe: Connection, url: str, start: Any) -> None:
    """`synapse db init` at the same moment as others."""
    teller = Teller(pipe)
    start.wait()
    try:
        set_up(url)
        teller.tell("ended", "")
    except Exception as error:
        teller.tell("ended", f"{type(error).__name__}: {error}")


def set_up_once(pipe: Connection, url: str) -> None:
    """`synapse db init`, to be killed meanwhile."""
    teller = Teller(pipe)
    teller.tell("ready")
    set_up(url)
    teller.tell("done")
