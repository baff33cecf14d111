"""A proxy in front of a server that breaks at a message of one's choice.

with PostgresProxy(cluster) as proxy:
    url = proxy.url(database)
    proxy.fail_after(7, Fault.CUT)      # the seventh message that passes, in whichever direction
    ...
    assert proxy.failed

It knows where a message of the protocol begins and ends, so that for every N of a conversation the
same thing happens each time. The connections after the fault pass. What a protocol's messages look
like is in postgres_proxy.py and mariadb_proxy.py.
"""

from __future__ import annotations

import enum
import select
import socket
import struct
import threading
from abc import ABC, abstractmethod
from typing import Self


class Fault(enum.Enum):
    """What happens when the message has passed."""

    CUT = "cut"
    """Both sides see the end of the connection. Of a message to the server, first comes its answer,
    which is kept: what was asked for is done, and the client doesn't know."""
    HALF = "half"
    """As CUT, but the second half of the message does not pass."""
    RESET = "reset"
    """As CUT, at once and rudely; what was asked for may be under way."""
    GONE = "gone"
    """As CUT, and until the next `fail_after` nobody can connect."""
    FREEZE = "freeze"
    """Nothing passes any more, and nobody is told."""


class Protocol(ABC):
    """What the messages of one connection look like."""

    @abstractmethod
    def length(self, data: bytes, *, from_client: bool) -> int:
        """Of the first message in the data; 0 if that can't be told yet."""

    @abstractmethod
    def passes(self, message: bytes, *, from_client: bool) -> None:
        """Called with each of the messages, in their order."""

    @abstractmethod
    def ends_answer(self, message: bytes) -> bool:
        """Whether it is the last of what the server says to what it was asked."""

    @abstractmethod
    def is_farewell(self, message: bytes) -> bool:
        """Whether the client says that it leaves: nobody waits for that, so it may pass late."""

    def kind(self, message: bytes) -> bytes:
        """What sort of message it is; empty if it has none."""
        return message[:1] if message[:1].isalpha() else b""

    def altered(self, message: bytes) -> bytes:
        """The server's message as it goes on."""
        return message


class FaultProxy(ABC):
    """A listening proxy; used within `with`. What passes is counted over all connections."""

    def __init__(self, target: str) -> None:
        """In front of the server that listens at this socket."""
        self._target = target
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._at = 0
        self._fault = Fault.CUT
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.passed = 0
        """Messages that have passed since `fail_after` was called."""
        self.connections = 0
        """Connections that were made since `fail_after` was called."""
        self.failed = False
        """Whether the fault has happened."""
        self.last = b""
        """The type of the message at which it happened; empty for the first of a connection."""

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_all()
        for thread in self._threads:
            thread.join(30)

    @abstractmethod
    def url(self, database: str) -> str:
        """The URL of a database behind the proxy."""

    @abstractmethod
    def protocol(self) -> Protocol:
        """For a new connection."""

    def fail_after(self, count: int, fault: Fault = Fault.CUT) -> None:
        """Let so many messages pass from now on, and then break once; 0: never."""
        with self._lock:
            self._at, self._fault = count, fault
            self.passed = self.connections = 0
            self.failed = False

    def cut_all(self) -> None:
        """End every connection, frozen ones too."""
        with self._lock:
            for side in self._open:
                try:
                    side.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it has ended by itself

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # messages are sent singly
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(self._target)
        except OSError:
            client.close()
            server.close()
            return
        with self._lock:
            if self.failed and self._fault is Fault.GONE:
                client.close()
                server.close()
                return
            self._open |= {client, server}
            self.connections += 1
        try:
            _Conversation(self, client, server).run()
        except OSError:
            pass  # one side is gone
        finally:
            with self._lock:
                self._open -= {client, server}
            client.close()
            server.close()

    def _pass(self, message: bytes, kind: bytes) -> Fault | None:
        """Count a message; the fault that happens at it."""
        with self._lock:
            self.passed += 1
            if self.failed or self.passed != self._at:
                return None
            self.failed = True
            self.last = kind
            return self._fault


class _Conversation:
    """One connection through the proxy."""

    def __init__(self, proxy: FaultProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._buffers = {client: b"", server: b""}
        self._protocol = proxy.protocol()

    def run(self) -> None:
        """Pass messages on until one side ends the connection or the fault happens."""
        while True:
            for source in select.select([self._client, self._server], [], [])[0]:
                data = source.recv(65536)
                if not data:
                    return
                self._buffers[source] += data
                while message := self._next(source):
                    fault = self._fault_at(source, message)
                    if fault is not None:
                        self._fail(fault, source, message)
                        return
                    self._send(source, message)

    def _fault_at(self, source: socket.socket, message: bytes) -> Fault | None:
        if source is self._client and self._protocol.is_farewell(message):
            return None
        return self._proxy._pass(message, self._protocol.kind(message))

    def _send(self, source: socket.socket, message: bytes) -> None:
        if source is self._client:
            self._server.sendall(message)
        else:
            self._client.sendall(self._protocol.altered(message))

    def _next(self, source: socket.socket) -> bytes:
        """The next whole message of a side, taken out of its buffer; empty if it isn't there."""
        data, from_client = self._buffers[source], source is self._client
        length = self._protocol.length(data, from_client=from_client)
        if not 0 < length <= len(data):
            return b""
        self._buffers[source] = data[length:]
        self._protocol.passes(data[:length], from_client=from_client)
        return data[:length]

    def _fail(self, fault: Fault, source: socket.socket, message: bytes) -> None:
        half = len(message) // 2 if fault is Fault.HALF else len(message)
        self._send(source, message[:half])
        if fault is Fault.FREEZE:
            self._hold()
        elif fault is Fault.RESET:
            for side in (self._client, self._server):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif fault is not Fault.HALF and source is self._client:
            self._wait_for_answer()

    def _hold(self) -> None:
        """Read nothing, say nothing, until the client gives up or the test ends."""
        watch = select.poll()
        watch.register(self._client, select.POLLRDHUP)
        watch.poll()

    def _wait_for_answer(self) -> None:
        """Until the server has done what it was asked, or refuses, or asks something itself."""
        while True:
            while message := self._next(self._server):
                if self._protocol.ends_answer(message):
                    return
            data = self._server.recv(65536)
            if not data:
                return
            self._buffers[self._server] += data
