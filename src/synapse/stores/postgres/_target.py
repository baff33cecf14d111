"""What a URL says of a server: how to connect, and how it is called in messages."""

from __future__ import annotations

import os

from synapse.errors import ConfigError
from synapse.record import Record
from synapse.stores.postgres import _address
from synapse.stores.postgres._driver import driver
from synapse.stores.postgres._schema import NAMESPACE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CONNECT_SECONDS = 10.0
_STATEMENT_SECONDS = 60.0
_OWN = "statement_timeout"
_SECRETS = ("password", "sslpassword", "scram_client_key", "scram_server_key")
_SHOWN = ("user", "host", "port", "dbname", "service")


class Target(Record):
    """A server, a database, and how they are spoken to."""

    location: str
    """The URL without a password, and without what does not tell databases apart."""
    parameters: dict[str, Any]
    """libpq's."""
    connect_timeout: float
    """Seconds for which a server is waited for that does not answer."""
    statement_timeout: float
    """Seconds after which the server ends a statement."""
    role: str
    """Who connects, as far as the URL tells."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return tuple(self.parameters[name] for name in _SECRETS if self.parameters.get(name))


def target(url: str, busy_timeout: float) -> Target:
    """What the URL says. Raises ConfigError.

    `statement_timeout` among its parameters is ours, in seconds; the others are libpq's.
    """
    url, statement_timeout = _without_own(url)
    parameters: dict[str, Any] = {**_address.parameters(url, os.environ, driver.parse_dsn)}
    connect_timeout = _seconds(parameters.pop("connect_timeout", None), _CONNECT_SECONDS)
    settings = {
        "search_path": f"{NAMESPACE},pg_temp",
        "TimeZone": "UTC",
        "DateStyle": "ISO",
        "standard_conforming_strings": "on",
        "bytea_output": "hex",
        "default_transaction_isolation": r"read\ committed",
        "jit": "off",  # to compile a statement takes longer than to run ours
        "statement_timeout": milliseconds(statement_timeout),
        "lock_timeout": milliseconds(busy_timeout),
    }
    given = parameters.get("options", "")
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    parameters["options"] = f"{given} {options}".lstrip()
    parameters["client_encoding"] = "UTF8"
    parameters.setdefault("application_name", "synapse")
    return Target(
        location=_location(parameters),
        parameters=parameters,
        connect_timeout=connect_timeout,
        statement_timeout=statement_timeout,
        role=parameters.get("user", ""),
    )


def host_in_clear_text(url: str) -> str | None:
    """The other machine to which passwords and texts may go unencrypted; None if there is none.
    Raises ConfigError.
    """
    return _address.host_in_clear_text(_without_own(url)[0], os.environ, driver.parse_dsn)


def milliseconds(seconds: float) -> int:
    """For a setting of which 0 would mean no limit."""
    return max(1, min(round(seconds * 1000), (1 << 31) - 1))


def _without_own(url: str) -> tuple[str, float]:
    base, question, query = url.partition("?")
    kept, seconds = [], _STATEMENT_SECONDS
    for part in query.split("&") if question else ():
        name, _, value = part.partition("=")
        if name == _OWN:
            seconds = _seconds(value, _STATEMENT_SECONDS)
        else:
            kept.append(part)
    return base + (f"?{'&'.join(kept)}" if kept else ""), seconds


def _seconds(text: str | None, default: float) -> float:
    try:
        seconds = float(text or default)
    except ValueError:
        raise ConfigError(f"the URL of the database: {text!r} is no number of seconds") from None
    return seconds if 0 < seconds < float("inf") else default


def _location(parameters: dict[str, Any]) -> str:
    shown = {name: str(parameters[name]) for name in _SHOWN if parameters.get(name)}
    user, database = shown.pop("user", ""), shown.pop("dbname", "")
    host, port = shown.get("host", ""), shown.get("port", "")
    place = ""
    if "/" not in host and "," not in host + port:
        shown.pop("host", None), shown.pop("port", None)
        place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    query = "&".join(f"{name}={value}" for name, value in shown.items())
    authority = f"{user}@{place}" if user else place
    return f"postgresql://{authority}/{database}" + (f"?{query}" if query else "")
