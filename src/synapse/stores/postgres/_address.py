"""What a database URL says to libpq, and how safely it is gone to where it names.

libpq reads most by itself: the URL's forms, several hosts, `~/.pgpass`, the PG… variables, the
service file. Here is what it would do otherwise than somebody expects of a safe program:

- To another machine it would take any connection, clear text included. Here the server must prove
  by a certificate that it is the one that was named (`sslmode=verify-full`), unless the URL, the
  service or PGSSLMODE says otherwise.
- Of several servers it would take the first that answers, a standby too. Here it takes one that can
  be written, unless something else is said.
- An OpenSSL that comes with a Python package looks for the system's certificates in the folder of
  whoever built it. Here it is told where they are.
- A password with unquoted signs would be cut in two, and half of it be looked up as a host. Here it
  is refused.
"""

from __future__ import annotations

import os

from synapse.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VERIFIED = "verify-full"
_MAY_BE_CLEAR = ("disable", "allow", "prefer")
_LOOPBACK = ("localhost", "localhost.", "::1", "[::1]")
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",  # those that are older
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS, Alpine, OpenBSD
    "/usr/local/share/certs/ca-root-nss.crt",  # FreeBSD
    "/opt/homebrew/etc/ca-certificates/cert.pem",  # macOS with Homebrew
)
_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}
_QUOTE = "Write what a password has of  / ? # @ : %  as  %2F %3F %23 %40 %3A %25"


def parameters(
    url: str, environ: Mapping[str, str], parse: Callable[[str], Mapping[str, str]]
) -> dict[str, str]:
    """The parameters of the connection, by libpq's names. `parse` is libpq's own reading of a URL
    or of a list of parameters. What the environment says stays out, libpq reads it itself.

    Raises ConfigError, which never quotes the URL: what can't be read may be a password.
    """
    given = _parsed(url, parse)
    known = {**_of_environment(environ), **_of_service(given, environ), **given}
    safe = dict(given)
    if _is_elsewhere(known):
        safe.setdefault("sslmode", known.get("sslmode", _VERIFIED))
    if safe.get("sslmode", known.get("sslmode")) in (_VERIFIED, "verify-ca"):
        safe["sslrootcert"] = _authorities(known, environ)
    if len(_hosts(known)) > 1 and "target_session_attrs" not in known:
        safe["target_session_attrs"] = "read-write"
    return safe


def host_in_clear_text(
    url: str, environ: Mapping[str, str], parse: Callable[[str], Mapping[str, str]]
) -> str | None:
    """The other machine to which passwords and texts may go unencrypted, because somebody has said
    so; None if there is none. Raises ConfigError.
    """
    given = _parsed(url, parse)
    known = {**_of_environment(environ), **_of_service(given, environ), **given}
    if not _is_elsewhere(known) or known.get("sslmode", _VERIFIED) not in _MAY_BE_CLEAR:
        return None
    return next(host for host in _hosts(known) if not _is_here(host))


def _parsed(url: str, parse: Callable[[str], Mapping[str, str]]) -> dict[str, str]:
    scheme, separator, rest = url.partition("://")
    if separator and "=" not in scheme:
        _check_credentials(rest)
        url = f"postgresql://{rest}"  # others write postgresql+psycopg2://
    try:
        return dict(parse(url))
    except Exception:  # the driver's, which this module does not import
        raise ConfigError("the database URL can't be read", _QUOTE) from None


def _check_credentials(rest: str) -> None:
    """Refuse a password that libpq would take in part for a host, a port or a database."""
    if "@" in rest.partition("/")[0]:
        rest = rest.partition("@")[2]
    place, _, query = rest.partition("?")
    hosts = place.partition("/")[0]
    ends = (host.rpartition("]")[2].partition(":") for host in hosts.split(","))
    odd = any(port and not port.isdigit() for _, _, port in ends)
    if odd or "@" in place or "@" in query.partition("=")[0]:
        raise ConfigError("the database URL can't be read", _QUOTE)


def _of_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: environ[key] for name, key in _VARIABLES.items() if environ.get(key)}


def _of_service(given: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """What the service file says of the service in use, if there is one."""
    service = given.get("service") or environ.get("PGSERVICE")
    if not service:
        return {}
    home = environ.get("HOME", "")
    files = [environ.get("PGSERVICEFILE") or os.path.join(home, ".pg_service.conf")]
    if folder := environ.get("PGSYSCONFDIR"):
        files.append(os.path.join(folder, "pg_service.conf"))
    for file in files:
        found = _section(file, service)
        if found is not None:
            return found
    return {}  # libpq tells what it thinks of that


def _section(file: str, service: str) -> dict[str, str] | None:
    try:
        with open(file, encoding="utf-8", errors="replace") as opened:
            lines = [line.strip() for line in opened]
    except OSError:
        return None
    if f"[{service}]" not in lines:
        return None
    found = {}
    for line in lines[lines.index(f"[{service}]") + 1 :]:
        if line.startswith("["):
            break
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found[name.strip()] = value.strip()
    return found


def _hosts(known: Mapping[str, str]) -> list[str]:
    """Addresses, where they are given: they are what is connected to."""
    return (known.get("hostaddr") or known.get("host") or "").split(",")


def _is_elsewhere(known: Mapping[str, str]) -> bool:
    return not all(map(_is_here, _hosts(known)))


def _is_here(host: str) -> bool:
    """Whether nothing leaves this machine on the way to that host."""
    host = host.strip().lower()
    return not host or host[0] in "/@" or host in _LOOPBACK or _is_loopback_address(host)


def _is_loopback_address(host: str) -> bool:
    """`127.evil.example` is none."""
    numbers = host.split(".")
    return len(numbers) == 4 and numbers[0] == "127" and all(map(str.isdigit, numbers))


def _authorities(known: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """The file of the authorities that are trusted: the one that was named, the user's own for
    PostgreSQL, or the system's.
    """
    named = known.get("sslrootcert")
    if named and named != "system":
        return named
    own = os.path.join(environ.get("HOME", ""), ".postgresql", "root.crt")
    if not named and os.path.exists(own):
        return own
    files = (environ.get("SSL_CERT_FILE", ""), *_BUNDLES)
    return next((file for file in files if file and os.path.exists(file)), "system")
