"""One connection of the driver: connecting, and what the server's bytes mean.

PyMySQL waits in Python, so a signal's handler runs while it does, and each of its waits has an end.
"""

from __future__ import annotations

from synapse.stores.mysql._driver import Driver, MySQLError, allow_public_keys, allow_tls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_FOUND_ROWS, _MULTI_STATEMENTS = 1 << 1, 1 << 16
_FLAGS = _FOUND_ROWS | _MULTI_STATEMENTS
"""Changed rows are those that a statement meant, as everywhere else; statements come in groups."""
_NO_TLS = 2026
_DATA = "data"
"""The one column that holds bytes. Others that are binary hold texts which are compared by their
bytes."""


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _moment(text: str) -> str:
    """In UTC, which is the time zone of the connection."""
    return f"{text}+00:00"


_READING: dict[Any, Callable[[str], Any]] = {
    **dict.fromkeys((1, 2, 3, 8, 9, 13), int),
    **dict.fromkeys((4, 5), float),
    **dict.fromkeys((0, 246), _number),
    **dict.fromkeys((7, 12), _moment),
}
"""By the protocol's numbers of types; what is not here stays a text."""


class Link:
    """A connection, in use by one thread at a time. Methods raise MySQLError."""

    def __init__(
        self, parameters: dict[str, Any], *, tls: str, connect_seconds: float, seconds: float
    ) -> None:
        """Connect within so many seconds; no later wait lasts longer than `seconds`. `tls` is the
        ssl-mode.
        """
        files = {name: parameters[name] for name in _TLS_FILES if name in parameters}
        plain = {name: value for name, value in parameters.items() if name not in _TLS_FILES}
        more: dict[str, Any] = {"ssl_disabled": True}
        if tls != "disabled":
            more = {"ssl": _context(tls, **files)}
        try:
            self._driver: Any = _connected(plain | more, connect_seconds)
        except MySQLError as error:
            if tls != "preferred" or not error.args or error.args[0] != _NO_TLS:
                raise
            self._driver = _connected({**plain, "ssl_disabled": True}, connect_seconds)
        # what was given to connect within is no limit for statements
        self._driver._read_timeout = self._driver._write_timeout = seconds

    def run(self, sql: str) -> tuple[list[tuple[Any, ...]], int, int]:
        """Of the last of several statements: its rows, how many it changed, and its number."""
        cursor = self._driver.cursor()
        cursor.execute(sql)
        while cursor.nextset():
            pass
        rows: list[tuple[Any, ...]] = list(cursor.fetchall() or ())
        texts = _texts(cursor.description or ())
        if texts and rows:
            rows = [_with_texts(row, texts) for row in rows]
        return rows, cursor.rowcount, cursor.lastrowid or 0

    def quoted(self, text: str) -> str:
        """The text as a statement says it."""
        return str(self._driver.escape(text))

    @property
    def server(self) -> str:
        """What the server says of its version."""
        return str(self._driver.get_server_info())

    @property
    def number(self) -> int:
        """By which the server knows the connection."""
        return int(self._driver.thread_id())

    @property
    def is_open(self) -> bool:
        """Whether it can be used: a wait that something has ended, has ended it as well."""
        return bool(self._driver.open)

    def abandon(self) -> None:
        """Close it without a word to a server that may not listen."""
        self._driver._force_close()

    def close(self) -> None:
        """Close it; a second call does nothing."""
        if self._driver.open:
            self._driver.close()


_TLS_FILES = ("ssl_ca", "ssl_cert", "ssl_key")


def _connected(parameters: dict[str, Any], seconds: float) -> Driver[Any]:
    try:
        return _driver(parameters, seconds)
    except RuntimeError:  # the server wants the password under its public key
        if not allow_public_keys():
            raise
        return _driver(parameters, seconds)


def _driver(parameters: dict[str, Any], seconds: float) -> Driver[Any]:
    return Driver(
        **parameters,
        charset="utf8mb4",
        conv=_READING,
        client_flag=_FLAGS,
        autocommit=None,
        connect_timeout=seconds,
        read_timeout=seconds,
        write_timeout=seconds,
        program_name="synapse",
    )


def _context(
    mode: str, ssl_ca: str | None = None, ssl_cert: str | None = None, ssl_key: str | None = None
) -> Any:
    """What TLS shall look at. Raises OSError for a file that can't be read."""
    import ssl  # not for a socket of this machine

    allow_tls()
    verified = mode.startswith("verify")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = mode == "verify_identity"
    context.verify_mode = ssl.CERT_REQUIRED if verified else ssl.CERT_NONE
    if ssl_ca:
        context.load_verify_locations(cafile=ssl_ca)
    elif verified:
        context.load_default_certs()
    if ssl_cert:
        context.load_cert_chain(ssl_cert, ssl_key)
    return context


def _texts(columns: tuple[Any, ...]) -> list[int]:
    """Places of columns whose bytes may be texts."""
    return [place for place, column in enumerate(columns) if column[0] != _DATA and column[1] > 245]


def _with_texts(row: tuple[Any, ...], places: list[int]) -> tuple[Any, ...]:
    if not any(isinstance(row[place], bytes) for place in places):
        return row
    return tuple(
        cell.decode("utf-8", "replace") if isinstance(cell, bytes) and place in places else cell
        for place, cell in enumerate(row)
    )
