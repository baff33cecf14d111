"""A forward proxy as a script: absolute addresses and CONNECT, with or without a password."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loopback.server import Exchange, Script


def proxy(target: tuple[str, int], *, user: str | None = None) -> Script:
    """A proxy that takes every host to be `target`; `user` is `name:password` or None."""

    def run(exchange: Exchange) -> None:
        if user is not None and not _authorized(exchange, user):
            challenge = {"Proxy-Authenticate": 'Basic realm="loopback"'}
            exchange.respond(407, "", challenge)
            return
        with socket.create_connection(target, 10) as upstream:
            if exchange.request.method == "CONNECT":
                exchange.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                upstream.sendall(_forwarded(exchange))
            _relay(exchange, upstream)

    return run


def _authorized(exchange: Exchange, user: str) -> bool:
    expected = "Basic " + base64.b64encode(user.encode()).decode()
    return exchange.request.headers.get("proxy-authorization") == expected


def _forwarded(exchange: Exchange) -> bytes:
    request = exchange.request
    path = "/" + request.path.split("/", 3)[3]
    hop = {"proxy-authorization", "proxy-connection"}
    fields = "".join(f"{n}: {v}\r\n" for n, v in request.headers.items() if n not in hop)
    return f"{request.method} {path} HTTP/1.1\r\n{fields}\r\n".encode() + request.body


def _relay(exchange: Exchange, upstream: socket.socket) -> None:
    other = {exchange.connection: upstream, upstream: exchange.connection}
    with contextlib.suppress(OSError):
        while not exchange.stopped.is_set():
            for ready in select.select([*other], [], [], 0.05)[0]:
                data = ready.recv(65536)
                if not data:
                    return
                other[ready].sendall(data)
