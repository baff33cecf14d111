"""The passwords in what names a database, masked. Pure."""

from __future__ import annotations

from synapse.stores._url import SQLITE

MASK = "***"
_SECRETS = frozenset(
    (
        "password",
        "passwd",
        "pwd",
        "sslpassword",
        "scram_client_key",
        "scram_server_key",
        "oauth_client_secret",
        "secret",
        "token",
    )
)
"""Names of parameters whose values are nobody's business."""


def mask_url(url: str) -> str:
    """A URL with `***` for its password, wherever in it that stands.

    A password may hold signs that should have been quoted (`@ / ? #`); then it is not clear where
    it ends, and everything up to the last sign that might end it is masked. The path of a file has
    none.
    """
    head, separator, rest = url.partition("://")
    if not separator or head.lower() == SQLITE:
        return url
    end = _end_of_credentials(rest)
    user, colon, _ = rest[:end].partition(":")
    shown = f"{user}:{MASK}" if colon else user
    place, mark, query = rest[end:].partition("?")
    return f"{head}://{shown}{place}{mark}{_masked_query(query)}"


def _end_of_credentials(rest: str) -> int:
    """Where the `@` behind user and password stands; 0 if there are none."""
    place, _, query = rest.partition("?")
    hosts = place.rpartition("@")[2].partition("/")[0]
    known, at, _ = query.partition("@")
    in_password = _has_odd_port(hosts) or (at and "=" not in known)
    end = rest.rfind("@") if in_password else place.rfind("@")
    return max(end, rest.partition("/")[0].rfind("@"), 0)


def _has_odd_port(hosts: str) -> bool:
    """Whether what should be hosts and ports has a port that is no number."""
    ends = (host.rpartition("]")[2].rpartition(":") for host in hosts.split(","))
    return any(colon and port and not port.isdigit() for _, colon, port in ends)


def _masked_query(query: str) -> str:
    return "&".join(map(_masked_parameter, query.split("&"))) if "=" in query else query


def _masked_parameter(parameter: str) -> str:
    name, _, value = parameter.partition("=")
    if not value or not ("%" in name or name.lower() in _SECRETS):
        return parameter
    from urllib.parse import unquote  # heavy; hardly anybody quotes the name of a parameter

    return f"{name}={MASK}" if unquote(name).strip().lower() in _SECRETS else parameter


def mask_words(words: str) -> str:
    """Parameters as libpq writes them (`host=db password='a b'`), with `***` for passwords."""
    return " ".join(
        f"{name}={MASK if name.lower() in _SECRETS and value else value}"
        for name, value in _parameters(words)
    )


def _parameters(words: str) -> list[tuple[str, str]]:
    """Name and value of each, the value as it was written."""
    found = []
    rest = words.strip()
    while rest:
        name, _, rest = rest.partition("=")
        value, rest = _value(rest.lstrip())
        found.append((name.strip(), value))
        rest = rest.lstrip()
    return found


def _value(text: str) -> tuple[str, str]:
    """A value and what stands behind it; a backslash takes a sign its meaning."""
    quoted = text.startswith("'")
    at = 1 if quoted else 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == "'" if quoted else text[at].isspace():
            at += 1 if quoted else 0
            break
        at += 1
    return text[:at], text[at:]
