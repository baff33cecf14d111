"""Child processes that are started quickly, and killed."""

from __future__ import annotations

import multiprocessing
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerContext

_PRELOADED = [
    "torture.children",
    "synapse.stores.sqlite.store",
    "synapse.providers.traffic.http",
    "json",
]


def context() -> ForkServerContext:
    """Forks of a server that has imported what the children need, and holds no database open."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(_PRELOADED)
    return found


class Child:
    """A running child and what it has told."""

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        self._pipe, theirs = context().Pipe(duplex=False)
        self._process = context().Process(target=work, args=(theirs, *arguments))
        self._process.start()
        theirs.close()
        self.events: list[tuple[Any, ...]] = []
        self.killed_at = 0

    def wait_for(self, event: str, timeout: float = 30) -> tuple[Any, ...]:
        """Read until it tells `event`."""
        deadline = time.monotonic() + timeout
        while self._pipe.poll(max(0.0, deadline - time.monotonic())):
            try:
                self.events.append(self._pipe.recv())
            except EOFError:
                break
            if self.events[-1][0] == event:
                return self.events[-1]
        raise AssertionError(f"no {event!r}; {self.events[-3:]}, exit {self._process.exitcode}")

    def read_for(self, seconds: float) -> None:
        """Read what it tells, until that moment or its end: a full pipe would stop it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._pipe.poll(max(0.0, until - time.monotonic())):
                try:
                    self.events.append(self._pipe.recv())
                except EOFError:
                    break

    def kill_after(self, seconds: float) -> None:
        """SIGKILL at that moment, unless it has ended; then read what it had told."""
        self.read_for(seconds)
        self.killed_at = time.monotonic_ns()
        self._process.kill()
        self._process.join()
        while self._pipe.poll():
            try:
                self.events.append(self._pipe.recv())
            except (EOFError, OSError):
                break
        self._pipe.close()
        if self._process.exitcode not in (-9, 0):
            raise AssertionError(f"the child failed by itself, {self._process.exitcode}")

    def told(self, event: str) -> list[tuple[Any, ...]]:
        """All events of that name: name, time, details."""
        return [told for told in self.events if told[0] == event]

    def join(self, timeout: float) -> None:
        """Wait for its end."""
        self._process.join(timeout)
        if self._process.exitcode != 0:
            self._process.kill()
            raise AssertionError(f"exit {self._process.exitcode}")
        self._pipe.close()
