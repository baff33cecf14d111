"""An address at which nobody ever answers."""

from __future__ import annotations

import contextlib
import select
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def unanswered_address() -> Iterator[tuple[str, int]]:
    """An address whose SYNs are dropped: a listener with a full queue that nobody empties."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address: tuple[str, int] = listener.getsockname()
        for _ in range(16):
            probe = stack.enter_context(socket.socket())
            probe.setblocking(False)
            probe.connect_ex(address)
            # A connection that is accepted on loopback stands before connect() returns to poll.
            if not select.select([], [probe], [], 0.3)[1]:
                yield address
                return
        raise AssertionError("the queue of the listener does not fill up")
