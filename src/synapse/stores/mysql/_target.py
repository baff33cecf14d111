"""What a URL and option files say of a server: how to connect, and how it is called in messages.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os

from synapse.errors import ConfigError
from synapse.record import Record
from synapse.stores.mysql import _option_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CONNECT_SECONDS = 10.0
_STATEMENT_SECONDS = 60.0
_PORT = 3306
_SOCKETS = ("/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock")
"""Where servers listen for their own machine, unless told otherwise."""
_OWN = ("connect_timeout", "statement_timeout")
_OPTIONS = ("user", "password", "host", "port", "socket", "database", *_OWN)
_FILES = ("ssl-ca", "ssl-cert", "ssl-key")
_TLS = ("ssl-mode", *_FILES)
_MODES = ("disabled", "preferred", "required", "verify_ca", "verify_identity")
_LOCAL = ("127.0.0.1", "::1")


class Target(Record):
    """Servers that hold the same database, the database, and how they are spoken to."""

    location: str
    """The URL without a password, and without what does not tell databases apart."""
    servers: tuple[dict[str, Any], ...]
    """Parameters of the driver for each server, in the order in which they are tried."""
    tls: tuple[str, ...]
    """The ssl-mode for each of them."""
    password: str
    """Must never be shown."""
    connect_timeout: float
    """Seconds for which a server is waited for that does not answer."""
    statement_timeout: float
    """Seconds after which a statement is given up."""


def target(url: str) -> Target:
    """What the URL says; what it does not say, option files, MYSQL_PWD and the name of the user.
    Raises ConfigError.
    """
    scheme, _, rest = url.partition("://")
    given, hosts = _parts(rest)
    options = {name: value for name, value in _option_files.read().items() if name in _known()}
    if any(hosts) or "socket" in given:
        options.pop("socket", None)
    hosts = hosts if any(hosts) else [options.get("host", "")]
    options.setdefault("password", os.environ.get("MYSQL_PWD", ""))
    options |= given
    user = options.get("user") or _login()
    servers = [_server(host, options, user) for host in hosts]
    return Target(
        location=_location(scheme, user, servers, options["database"]),
        servers=tuple(servers),
        tls=tuple(_tls_mode(server, options) for server in servers),
        password=options["password"],
        connect_timeout=_seconds(options, "connect_timeout", _CONNECT_SECONDS),
        statement_timeout=_seconds(options, "statement_timeout", _STATEMENT_SECONDS),
    )


def host_in_clear_text(url: str) -> str | None:
    """The other machine to which passwords and texts may go unencrypted; None if there is none.
    Raises ConfigError.
    """
    meant = target(url)
    for server, tls in zip(meant.servers, meant.tls, strict=True):
        is_elsewhere = "unix_socket" not in server and server["host"] not in _LOCAL
        if is_elsewhere and tls in ("disabled", "preferred"):
            return str(server["host"])
    return None


def _known() -> tuple[str, ...]:
    return _OPTIONS[:5] + _TLS


def _parts(rest: str) -> tuple[dict[str, str], list[str]]:
    """Options, and hosts with their ports."""
    before, _, query = rest.partition("?")
    credentials, _, place = before.rpartition("@")
    place, _, database = place.partition("/")
    given = {}
    user, colon, password = credentials.partition(":")
    if user:
        given["user"] = _unquoted(user)
    if colon:
        given["password"] = _unquoted(password)
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        name = _unquoted(name).strip().lower()
        name = name if name in _OWN else name.replace("_", "-")
        name = "socket" if name == "unix-socket" else name
        if name not in _OPTIONS + _TLS:
            raise ConfigError(
                f"the URL of the database: no parameter is called {name!r}",
                f"There are: {', '.join(('socket', *_OWN, *_TLS))}",
            )
        given[name] = _unquoted(value)
    if database:
        given["database"] = _unquoted(database)
    if not given.get("database"):
        raise ConfigError(
            "the URL of the database names no database",
            "It stands behind the server: mysql://USER@HOST/DATABASE",
        )
    return given, [_unquoted(host) for host in place.split(",")]


def _unquoted(text: str) -> str:
    """With the characters that `%` and two digits stand for."""
    first, *parts = text.split("%")
    if not parts:
        return text
    found = first.encode("utf-8", "surrogateescape")
    for part in parts:
        try:
            found += bytes.fromhex(part[:2]) + part[2:].encode("utf-8", "surrogateescape")
        except ValueError:
            found += b"%" + part.encode("utf-8", "surrogateescape")
    return found.decode("utf-8", "replace")


def _login() -> str:
    import pwd  # a URL that names no user

    try:
        return os.environ.get("USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ""


def _server(place: str, options: dict[str, str], user: str) -> dict[str, Any]:
    """The driver's parameters for one server."""
    host, port = _host_and_port(place)
    port = port or options.get("port", "")
    socket = options.get("socket", "")
    if not socket and not port and host in ("", "localhost"):
        socket = next(filter(os.path.exists, _SOCKETS), "")
    try:
        number = int(port or _PORT)
    except ValueError:
        raise ConfigError(f"the URL of the database: {port!r} is no port") from None
    parameters: dict[str, Any] = {
        "host": "localhost" if socket else host or "127.0.0.1",
        "port": number,
        "user": user,
        # the driver would make latin-1 of a text
        "password": options["password"].encode(),
        "database": options["database"],
    }
    if socket:
        return parameters | {"unix_socket": socket}
    if host in ("", "localhost"):
        parameters["host"] = "127.0.0.1"
    return parameters | {
        name.replace("-", "_"): options[name] for name in _FILES if options.get(name)
    }


def _host_and_port(place: str) -> tuple[str, str]:
    if place.startswith("["):
        host, _, rest = place[1:].partition("]")
        return host, rest.removeprefix(":")
    host, _, port = place.partition(":")
    return host, port


def _tls_mode(server: dict[str, Any], options: dict[str, str]) -> str:
    """Another machine is only spoken to if it is the one that it should be, unless told otherwise:
    between here and there, others may listen. On this one, encrypted if the server can; nobody
    listens at a socket.
    """
    if "unix_socket" in server:
        return "disabled"
    default = "preferred" if server["host"] in _LOCAL else "verify_identity"
    mode = options.get("ssl-mode", default).lower().replace("-", "_")
    if mode not in _MODES:
        raise ConfigError(
            f"the URL of the database: no ssl-mode is called {mode!r}",
            f"There are: {', '.join(_MODES)}",
        )
    return mode


def _seconds(options: dict[str, str], name: str, default: float) -> float:
    text = options.get(name, "")
    try:
        seconds = float(text or default)
    except ValueError:
        raise ConfigError(f"the URL of the database: {text!r} is no number of seconds") from None
    return seconds if 0 < seconds < float("inf") else default


def _location(scheme: str, user: str, servers: list[dict[str, Any]], database: str) -> str:
    places = []
    for server in servers:
        host = f"[{server['host']}]" if ":" in server["host"] else server["host"]
        has_port = "unix_socket" not in server and server["port"] != _PORT
        places.append(f"{host}:{server['port']}" if has_port else host)
    socket = servers[0].get("unix_socket")
    query = f"?socket={socket}" if socket else ""
    return f"{scheme}://{user}@{','.join(places)}/{database}{query}"
