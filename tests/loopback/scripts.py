"""Answers, and ways to break off, that know no format."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading

    from loopback.server import Exchange, Script

EVENT_STREAM = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}

Split = Callable[[bytes], Iterable[bytes]]


def whole(data: bytes) -> Iterator[bytes]:
    """The data in one piece."""
    yield data


def pieces_of(size: int) -> Split:
    """The data in pieces of `size` bytes, sent one by one."""
    return lambda data: (data[at : at + size] for at in range(0, len(data), size))


def status(code: int, body: object = "", headers: Mapping[str, str] | None = None) -> Script:
    """A whole answer; a body that is no text is sent as JSON."""
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    return lambda exchange: exchange.respond(code, data, headers)


def stream(
    *events: bytes,
    headers: Mapping[str, str] = EVENT_STREAM,
    split: Split = whole,
    seconds_apart: float = 0,
    compressed: bool = False,
) -> Script:
    """An event stream in chunks, properly ended, the connection left open.

    `seconds_apart` is the rate of the model that is played, not a wait for anything.
    """

    def run(exchange: Exchange) -> None:
        encoding = {"Content-Encoding": "gzip"} if compressed else {}
        exchange.start(200, {**headers, **encoding, "Transfer-Encoding": "chunked"})
        if compressed:
            exchange.chunk(gzip.compress(b"".join(events)))
        else:
            _paced(exchange, events, split, seconds_apart)
        exchange.end_chunks()

    return run


def _paced(exchange: Exchange, events: Sequence[bytes], split: Split, seconds: float) -> None:
    for event in events:
        if seconds and exchange.stopped.wait(seconds):
            return
        for piece in split(event):
            if piece:
                exchange.chunk(piece)


def raw(data: bytes) -> Script:
    """These bytes, then the end of the connection."""
    return lambda exchange: exchange.send(data)


def unended(*events: bytes, headers: Mapping[str, str] = EVENT_STREAM) -> Script:
    """An event stream without a length whose connection closes after the events."""

    def run(exchange: Exchange) -> None:
        exchange.start(200, headers)
        exchange.send(b"".join(events))

    return run


def cut_chunks(*events: bytes) -> Script:
    """A chunked event stream whose connection closes without the last chunk."""

    def run(exchange: Exchange) -> None:
        exchange.start(200, {**EVENT_STREAM, "Transfer-Encoding": "chunked"})
        if events:  # a chunk without bytes is the last one
            exchange.chunk(b"".join(events))

    return run


def reset_after(*events: bytes, heard: threading.Event | None = None) -> Script:
    """An event stream that is reset once `heard` is set: RST would overtake what was sent."""

    def run(exchange: Exchange) -> None:
        if events:
            exchange.start(200, EVENT_STREAM)
            exchange.send(b"".join(events))
        if heard is not None:
            heard.wait(20)
        exchange.reset()

    return run


def stall_after(*events: bytes, start: bool = True) -> Script:
    """An event stream in which nothing comes after the events; without `start`, no headers."""

    def run(exchange: Exchange) -> None:
        if start:
            exchange.start(200, {**EVENT_STREAM, "Transfer-Encoding": "chunked"})
        if events:
            exchange.chunk(b"".join(events))
        exchange.until_client_leaves()

    return run


def never(exchange: Exchange) -> None:
    """No byte at all until the client leaves."""
    exchange.until_client_leaves()


def hang_up(exchange: Exchange) -> None:
    """The end of the connection instead of an answer."""


def redirect(location: str, code: int = 307) -> Script:
    """A redirect to another address."""
    return status(code, "", {"Location": location})
