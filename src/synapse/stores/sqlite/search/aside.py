"""A long look-up of which whoever waits for it need not see the end."""

from __future__ import annotations

from _thread import allocate_lock, start_new_thread

import apsw

from synapse.light.modules import import_module, without_collections
from synapse.stores.sqlite._raw_rows import RawConnection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from synapse.stores.sqlite.connection import Connection

    _T = TypeVar("_T")

_PATIENCE = 1000
"""Milliseconds of waiting for a process that sets up the WAL."""


def numbers(connection: Connection, sql: str, values: dict[str, Any]) -> Sequence[int]:
    """What a query of one number a row gives, which may be millions."""
    array = without_collections(lambda: import_module("array")).array
    return aside(
        connection, lambda raw: array("q", (number for (number,) in raw.execute(sql, values)))
    )


def aside(connection: Connection, work: Callable[[apsw.Connection], _T]) -> _T:
    """What `work`, which only reads, returns; on a thread and a connection of its own. FTS5 puts
    all beginnings of words together in one step, which hears of nothing: but one who waits for
    another thread hears Ctrl-C. Of work that nobody waits for any more nobody hears again.
    """
    path = connection.raw.filename
    if not path:
        return connection.read_within(work)  # it is in memory
    ended = allocate_lock()
    ended.acquire()
    outcome: list[tuple[Any, BaseException | None]] = []

    def run() -> None:
        try:
            raw = RawConnection(path, flags=apsw.SQLITE_OPEN_READONLY)
            try:
                raw.set_busy_timeout(_PATIENCE)
                outcome.append((work(raw), None))
            finally:
                raw.close()
        except BaseException as error:
            outcome.append((None, error))
        finally:
            ended.release()

    start_new_thread(run, ())
    ended.acquire()
    [(found, fault)] = outcome
    if fault is not None:
        with connection.translated:
            raise fault
    result: _T = found
    return result
