"""The sockets and threads of the loopback server."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

REASONS = {200: "OK", 307: "Temporary Redirect", 401: "Unauthorized", 429: "Too Many Requests"}


class Received:
    """One request as it came over the wire."""

    def __init__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        """By lower-case name."""
        self.body = body

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"Received({self.method} {self.path}, {len(self.body)} bytes)"


class Exchange:
    """One request and the connection on which its answer goes out."""

    def __init__(
        self, connection: socket.socket, request: Received, stopped: threading.Event
    ) -> None:
        self.connection = connection
        self.request = request
        self.stopped = stopped
        """Set when the server closes."""
        self.keep_alive = False
        """Whether the connection waits for another request after this answer."""

    def send(self, data: bytes) -> None:
        """These bytes and no others."""
        self.connection.sendall(data)

    def start(self, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """The status line and the header fields, with the empty line after them."""
        fields = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self.send(f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\n{fields}\r\n".encode())

    def respond(
        self, status: int, body: bytes | str, headers: Mapping[str, str] | None = None
    ) -> None:
        """A whole answer of known length; the connection stays open."""
        data = body.encode() if isinstance(body, str) else body
        fields = {"Content-Type": "application/json", **(headers or {})}
        self.start(status, {**fields, "Content-Length": str(len(data))})
        self.send(data)
        self.keep_alive = True

    def chunk(self, data: bytes) -> None:
        """One chunk of a body with `Transfer-Encoding: chunked`."""
        self.send(b"%x\r\n%b\r\n" % (len(data), data))

    def end_chunks(self) -> None:
        """The end of a body with `Transfer-Encoding: chunked`; the connection stays open."""
        self.send(b"0\r\n\r\n")
        self.keep_alive = True

    def reset(self) -> None:
        """Break the connection off with RST instead of FIN."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def until_client_leaves(self) -> None:
        """Send nothing until the client closes the connection, or the server stops."""
        wait_for_hangup(self.connection, self.stopped)


Script = Callable[[Exchange], None]


class Loopback:
    """A server on a free port of 127.0.0.1, or `host` and `port`, or the Unix socket `unix`.

    With `tls` it speaks TLS with a certificate of its own authority, whose file is `ca_file`;
    `certificate_for` overrides the names in that certificate. `connected`, if given, takes a
    connection as accepted, before TLS and before any request, and leaves nothing else to do.
    """

    def __init__(
        self,
        *answers: Script,
        tls: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        unix: Path | None = None,
        certificate_for: tuple[str, ...] = (),
        connected: Callable[[socket.socket, threading.Event], None] | None = None,
    ) -> None:
        self.answers = list(answers)
        self.requests: list[Received] = []
        """What arrived so far, in order."""
        self.connections = 0
        """How many connections were accepted."""
        self.failures: list[BaseException] = []
        """What scripts raised, but for a client that left."""
        self.stopped = threading.Event()
        self._changed = threading.Condition()
        self._connected = connected
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._authority = _Authority((*certificate_for,) or ("localhost", host)) if tls else None
        self._listener = _listen(host, port, unix)
        self._address = f"[{host}]" if ":" in host else host
        self._unix = unix

    @property
    def port(self) -> int:
        """The TCP port."""
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`, or what corresponds to it."""
        if self._unix is not None:
            return f"unix:{self._unix}:"
        return f"{'https' if self._authority else 'http'}://{self._address}:{self.port}"

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        with self._changed:
            return len(self._open)

    def write_ca_file(self, folder: Path) -> Path:
        """The certificate of the authority that signed the server's, as a PEM file."""
        assert self._authority is not None, "only a TLS server has a certificate"
        path = folder / "ca.pem"
        path.write_bytes(self._authority.pem)
        return path

    def wait_for(self, condition: Callable[[Loopback], bool], timeout: float = 20) -> None:
        """Wait until `condition(self)` holds: something arrived, or somebody left."""
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self), timeout):
                raise AssertionError(f"condition not met; received {self.requests}")

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Serve nobody any longer; a second call does nothing. Raises what a script raised."""
        self.stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        if self.failures:
            raise self.failures[0]

    def _spawn(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                self._open.add(connection)
                self.connections += 1
                self._changed.notify_all()
            self._spawn(self._serve, connection)

    def _serve(self, accepted: socket.socket) -> None:
        connection: socket.socket = accepted
        try:
            if connection.family != socket.AF_UNIX:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._connected is not None:
                self._connected(connection, self.stopped)
                return
            if self._authority is not None:
                connection = self._authority.context.wrap_socket(accepted, server_side=True)
                with self._changed:
                    self._open.add(connection)
            self._converse(connection)
        except (OSError, ssl.SSLError):
            pass  # the client left, which most tests are about
        except BaseException as error:
            self.failures.append(error)
        finally:
            connection.close()
            with self._changed:
                self._open -= {accepted, connection}
                self._changed.notify_all()

    def _converse(self, connection: socket.socket) -> None:
        buffer = b""
        while not self.stopped.is_set():
            request, buffer = _receive(connection, buffer)
            if request is None:
                return
            with self._changed:
                self.requests.append(request)
                number = len(self.requests)
                self._changed.notify_all()
            exchange = Exchange(connection, request, self.stopped)
            self.answers[min(number, len(self.answers)) - 1](exchange)
            if not exchange.keep_alive:
                return


def wait_for_hangup(connection: socket.socket, stopped: threading.Event) -> None:
    """Return once the other side has closed the connection, or the server stops."""
    while not stopped.is_set():
        readable, _, _ = select.select([connection], [], [], 0.05)
        try:
            if readable and not connection.recv(65536):
                return
        except OSError:
            return


def _listen(host: str, port: int, unix: Path | None) -> socket.socket:
    if unix is not None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(unix))
    else:
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    listener.listen(64)
    return listener


def _receive(connection: socket.socket, buffer: bytes) -> tuple[Received | None, bytes]:
    while b"\r\n\r\n" not in buffer:
        data = connection.recv(65536)
        if not data:
            return None, b""
        buffer += data
    head, _, buffer = buffer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("expect") == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    parts, missing = [buffer], int(headers.get("content-length", "0")) - len(buffer)
    while missing > 0:
        data = connection.recv(65536)
        if not data:
            return None, b""
        parts.append(data)
        missing -= len(data)
    buffer = b"".join(parts)
    length = int(headers.get("content-length", "0"))
    return Received(method, path, headers, buffer[:length]), buffer[length:]


class _Authority:
    """A certificate authority made for one server."""

    def __init__(self, names: tuple[str, ...]) -> None:
        import trustme

        authority = trustme.CA()
        self.pem = authority.cert_pem.bytes()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names).configure_cert(self.context)
