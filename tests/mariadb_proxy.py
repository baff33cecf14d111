"""A proxy in front of a MariaDB server: fault_proxy.py."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from fault_proxy import FaultProxy, Protocol
from mariadb_cluster import ACCOUNT
from postgres_cluster import PASSWORD

if TYPE_CHECKING:
    from mariadb_cluster import MariadbServer

_QUIT = b"\1\0\0\0\1"
_HEAD = 4
_OK, _END, _ERROR = 0x00, 0xFE, 0xFF
_LONGEST_END = 9
_MORE_FOLLOWS = 1 << 3


class MariadbProxy(FaultProxy):
    """See FaultProxy."""

    def __init__(self, server: MariadbServer) -> None:
        super().__init__(str(server.socket))

    def url(self, database: str) -> str:
        """See FaultProxy."""
        return f"mysql://{ACCOUNT}:{quote(PASSWORD, '')}@127.0.0.1:{self.port}/{database}"

    def protocol(self) -> Protocol:
        """See FaultProxy."""
        return _Mysql()


class _Mysql(Protocol):
    """Three bytes of length, and one that counts. Of what is answered, only its first byte tells
    the sort, and that only where it stands.
    """

    def __init__(self) -> None:
        self._is_in = False
        """Whether the client has been let in; before that, each message waits for one."""
        self._ends_to_come = 0
        """Of a set of rows, which is begun: one is behind its columns, one behind its rows."""

    def length(self, data: bytes, *, from_client: bool) -> int:
        """See Protocol."""
        return _HEAD + int.from_bytes(data[:3], "little") if len(data) >= _HEAD else 0

    def passes(self, message: bytes, *, from_client: bool) -> None:
        """See Protocol."""
        if not from_client and message[_HEAD] == _OK:
            self._is_in = True

    def ends_answer(self, message: bytes) -> bool:
        """See Protocol."""
        body = message[_HEAD:]
        if not self._is_in or body[0] == _ERROR:
            return True
        if self._ends_to_come:
            if body[0] != _END or len(body) >= _LONGEST_END:
                return False
            self._ends_to_come -= 1
            return not self._ends_to_come and not body[3] & _MORE_FOLLOWS
        if body[0] == _OK:
            return not _status_of(body) & _MORE_FOLLOWS
        self._ends_to_come = 2
        return False

    def is_farewell(self, message: bytes) -> bool:
        """See Protocol."""
        return message == _QUIT

    def kind(self, message: bytes) -> bytes:
        """See Protocol."""
        return message[_HEAD : _HEAD + 1]


def _status_of(ok: bytes) -> int:
    """Behind two numbers, each of which says how long it is."""
    place = 1
    for _ in range(2):
        place += {0xFC: 3, 0xFD: 4, 0xFE: 9}.get(ok[place], 1)
    return ok[place]
