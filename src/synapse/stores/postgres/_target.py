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
_CONNECT_SECONDS_OF_SEVERAL = 2.0
"""For each of several hosts: another has taken over while one that vanished is waited for."""
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
    def hosts(self) -> list[dict[str, Any]]:
        """libpq's parameters for each host, in the order in which they are tried."""
        return _one_by_one(self.parameters)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return tuple(self.parameters[name] for name in _SECRETS if self.parameters.get(name))


def _one_by_one(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """The parameters for each of several hosts; as they are where libpq is to choose."""
    lists = {
        name: str(parameters[name]).split(",")
        for name in ("host", "hostaddr", "port")
        if parameters.get(name)
    }
    count = max((len(lists[name]) for name in lists if name != "port"), default=1)
    chosen_by_libpq = (
        "load_balance_hosts" in parameters
        or parameters.get("target_session_attrs") == "prefer-standby"
        or any(len(each) not in (1, count) for each in lists.values())  # it says what is wrong
    )
    if count == 1 or chosen_by_libpq:
        return [parameters]
    return [
        {**parameters, **{name: each[n % len(each)] for name, each in lists.items()}}
        for n in range(count)
    ]


def target(url: str, busy_timeout: float) -> Target:
    """What the URL says. Raises ConfigError.

    `statement_timeout` among its parameters is ours, in seconds; the others are libpq's.
    """
    url, statement_timeout = _without_own(url)
    parameters: dict[str, Any] = {**_address.parameters(url, os.environ, driver.parse_dsn)}
    several = "," in f"{parameters.get('host')}{parameters.get('hostaddr')}"
    default = _CONNECT_SECONDS_OF_SEVERAL if several else _CONNECT_SECONDS
    connect_timeout = _seconds(parameters.pop("connect_timeout", None), default)
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
