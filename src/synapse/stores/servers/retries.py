"""Work on a server that is tried again: others were in the way, or the connection broke."""

from __future__ import annotations

import time

from synapse.errors import StoreUnreachable
from synapse.stores.servers.faults import Conflict, ConnectionLost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol, TypeVar

    from synapse.stores.servers.dialect import Raw

    _T = TypeVar("_T")

    class Transaction(Raw, Protocol):
        """What is begun with its first statement."""

        @property
        def is_uncertain(self) -> bool:
            """Whether what was sent last may have been committed, though no reply came."""

        def commit(self) -> None:
            """Commit, if anything was sent."""

        def roll_back(self) -> None:
            """Take back what was begun, unless the connection is gone."""


_PAUSE_SECONDS = 0.05
"""Between two tries."""


def until_done(attempt: Callable[[bool], _T], *, patience: float) -> _T:
    """What `attempt` returns at last. It is told whether an earlier one may have been committed.

    After a conflict it is made again, and after the connection broke: a server that was there a
    moment ago may come back, or another take its place. One that was never there is not waited for.
    Raises what the attempt raised, when the seconds of patience are over.
    """
    until = time.monotonic() + patience
    lost = uncertain = False
    while True:
        try:
            return attempt(uncertain)
        except (Conflict, StoreUnreachable) as error:
            if isinstance(error, ConnectionLost):
                lost, uncertain = True, uncertain or error.is_uncertain
            if not (lost or isinstance(error, Conflict)) or time.monotonic() >= until:
                raise
        time.sleep(_PAUSE_SECONDS)


def committed(raw: Transaction, connect: Callable[[], None], work: Callable[[Raw], _T]) -> _T:
    """What `work` returns: connected before, committed after it, taken back if anything fails."""
    try:
        connect()
        result = work(raw)
        raw.commit()
    except ConnectionLost as error:
        error.is_uncertain = raw.is_uncertain
        raise
    except BaseException:
        raw.roll_back()
        raise
    return result
