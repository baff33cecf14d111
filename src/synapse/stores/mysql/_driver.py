"""PyMySQL, without what is only needed on the way to another machine.

It imports `ssl` and, where it is installed, `cryptography` whatever the connection will be: 23 and
100 of the million instructions that a list over a socket takes. It can do without both, so both
are kept from it until a connection wants them.

Nobody else can meet what is lent: it is only done while the process has one thread.
"""

from __future__ import annotations

from _thread import _count as count_threads

from synapse.light.modules import import_module, without_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from pymysql.connections import Connection as Driver
    from pymysql.err import MySQLError

__all__ = ["Driver", "MySQLError", "allow_public_keys", "allow_tls"]

_KEPT_AWAY = ("ssl", "getpass", "cryptography")


def _load() -> ModuleType:
    """The module of connections. Raises ImportError if there is no PyMySQL."""
    name = "pymysql.connections"
    if count_threads() > 0:
        return import_module(name)
    return without_modules(_KEPT_AWAY, lambda: import_module(name))


def allow_tls() -> None:
    """Let the connections that are made from now on be encrypted."""
    import ssl  # not for a socket of this machine

    _connections.ssl = ssl
    _connections.SSL_ENABLED = True


def allow_public_keys() -> bool:
    """Let a password be sent in clear text to a server that has a key for it. False if that is
    nothing new: it was allowed, or the package that does it is not installed.
    """
    if _connections._auth._have_cryptography:
        return False
    from importlib import reload  # it is a package, which nothing else loads

    return bool(reload(_connections._auth)._have_cryptography)


_connections: Any = _load()

if not TYPE_CHECKING:
    Driver = _connections.Connection
    MySQLError = _connections.err.MySQLError
