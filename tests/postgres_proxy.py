"""A proxy in front of a PostgreSQL server: fault_proxy.py."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING
from urllib.parse import quote

from fault_proxy import Fault, FaultProxy, Protocol

if TYPE_CHECKING:
    from postgres_cluster import Cluster

__all__ = ["Fault", "PostgresProxy"]

_FAREWELL = b"X\0\0\0\4"
_SSL_REQUEST, _GSS_REQUEST = 80877103, 80877104


class PostgresProxy(FaultProxy):
    """See FaultProxy. The URL's role is let in without a password."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(f"{cluster.folder}/.s.PGSQL.{cluster.port}")
        self._version = b""

    def url(self, database: str, role: str = "synapse") -> str:
        """See FaultProxy."""
        return f"postgresql://{quote(role, '')}@127.0.0.1:{self.port}/{database}"

    def protocol(self) -> Protocol:
        """See FaultProxy."""
        return _Postgres(self._version)

    def pretend_version(self, version: str) -> None:
        """Say on new connections that the server is of another version."""
        self._version = version.encode()


class _Postgres(Protocol):
    """A type of one byte, and four of length, which count themselves."""

    def __init__(self, version: bytes) -> None:
        self._version = version
        self._untyped = True
        """Whether the client's next message is the first, which has no type."""
        self._one_byte = False
        """Whether the server's next message is the byte that answers a request for encryption."""

    def length(self, data: bytes, *, from_client: bool) -> int:
        """See Protocol."""
        if not from_client and self._one_byte:
            return min(1, len(data))
        start = 0 if from_client and self._untyped else 1
        if len(data) < start + 4:
            return 0
        (length,) = struct.unpack("!I", data[start : start + 4])
        return start + int(length)

    def passes(self, message: bytes, *, from_client: bool) -> None:
        """See Protocol."""
        if not from_client:
            self._one_byte = False
        elif self._untyped:
            (code,) = struct.unpack("!I", message[4:8])
            self._one_byte = code in (_SSL_REQUEST, _GSS_REQUEST)
            self._untyped = self._one_byte

    def ends_answer(self, message: bytes) -> bool:
        """See Protocol."""
        return message[:1] in b"ZRN"

    def is_farewell(self, message: bytes) -> bool:
        """See Protocol."""
        return message == _FAREWELL

    def altered(self, message: bytes) -> bytes:
        """See Protocol."""
        name = b"server_version\0"
        if not self._version or message[:1] != b"S" or not message[5:].startswith(name):
            return message
        body = name + self._version + b"\0"
        return b"S" + struct.pack("!I", len(body) + 4) + body
