"""psycopg2's exceptions in the words of the port."""

from __future__ import annotations

from synapse.advice import Advice
from synapse.errors import (
    ConfigError,
    DatabaseDamaged,
    DatabaseError,
    DatabaseFull,
    DatabaseLocked,
    DatabaseMissing,
    DatabaseReadOnly,
    InvalidDataError,
    StorageError,
    StoreUnreachable,
)
from synapse.stores.postgres._schema import NAMESPACE
from synapse.stores.servers.faults import (
    WHOSE,
    AlreadyThere,
    Conflict,
    ConnectionLost,
    ended,
    no_tables,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.stores.postgres._driver import driver
    from synapse.stores.postgres._target import Target

SEARCH_PATH = (
    "Have the database say where the tables are:",
    f"  ALTER DATABASE … SET search_path = {NAMESPACE}, pg_temp",
)
"""Hints where a pooler keeps what we ask of a connection to itself."""
_GONE = frozenset(("57P01", "57P02", "57P03", "53300"))
"""The server shuts down, has crashed, starts, or takes no more connections."""
_CONFLICTS = frozenset(("40001", "40P01"))
"""Of serialization, and a deadlock: what was begun has been taken back, and may be begun again."""
_NO_TABLES = frozenset(("42P01", "3F000"))
_INVALID_CLASSES = ("22", "23")


def translate(error: driver.Error, target: Target, seconds: float) -> StorageError:
    """The StorageError for what the driver raised in a statement, after so many seconds."""
    code = error.pgcode or ""
    said = text(error, target)
    where = target.location
    if not code or code in _GONE or code.startswith("08"):
        return ConnectionLost(f"the connection to {where} broke: {said}")
    if code in _CONFLICTS:
        return Conflict(f"others kept changing the same at the same time ({said})", f"  {where}")
    if code == "55P03":
        return DatabaseLocked("another program kept the session locked for too long", f"  {where}")
    if code == "57014":
        return ended(where, seconds, target.statement_timeout)
    if code == "53100":
        return DatabaseFull(f"no room left on the server's disk: {where}", f"  {said}")
    if code == "25006":
        return DatabaseReadOnly(
            f"{where} is a standby, or set to read only: it takes no changes",
            "Name the primary, too: with several hosts and ?target_session_attrs=read-write, the "
            "one that takes changes is found.",
        )
    if code == "42501" and "row-level security" in said:
        return DatabaseReadOnly(
            "only the owner of a session may do this",
            Advice("Ask them, or go on in a copy of your own:  ", "sessions fork", "REF"),
        )
    if code == "42501":
        return DatabaseReadOnly(f"the role may not do this on {where}: {said}")
    if code in _NO_TABLES:
        return no_tables(target.location)
    if code == "23505":
        return AlreadyThere(f"it is stored already ({said})")
    if code.startswith(_INVALID_CLASSES):
        return InvalidDataError(f"the server can't store this: {said}")
    if code in ("XX001", "XX002"):
        return DatabaseDamaged(f"{where} is damaged: {said}")
    return DatabaseError(f"PostgreSQL reports {said!r} ({code}) for {where}")


def unreachable(error: driver.Error, target: Target) -> StorageError | ConfigError:
    """The error for a connection that could not be made."""
    said = text(error, target)
    if said.startswith("invalid "):  # a port, a mode: libpq has not tried to connect
        return ConfigError(f"the URL of the database: {said}", f"  {target.location}")
    if "password" in said or "authentication" in said or "pg_hba.conf" in said:
        return DatabaseError(
            f"{target.location} did not let us in: {said}",
            "A password comes from the URL, ~/.pgpass, PGPASSWORD or a service file.",
        )
    if "unsupported startup parameter" in said:
        return StoreUnreachable(
            f"a pooler on the way to {target.location} refuses our settings: {said}",
            "Have it pass them over, in PgBouncer:  ignore_startup_parameters = options",
            *SEARCH_PATH,
        )
    if "SSL" in said or "certificate" in said:
        return StoreUnreachable(
            f"can't reach {target.location} safely: {said}",
            "If its certificate is from an authority of your own:  ?sslrootcert=FILE",
            "In a network that you trust:  ?sslmode=require, or disable where it has no TLS",
        )
    if 'database "' in said and "does not exist" in said:
        return DatabaseMissing(f"there is no such database: {said}", f"  {target.location}")
    return StoreUnreachable(f"can't reach {target.location}: {said}", WHOSE)


def text(error: BaseException, target: Target) -> str:
    """What the driver said, on one line, without a password."""
    diagnosed = getattr(getattr(error, "diag", None), "message_primary", None)
    words = " ".join(str(diagnosed or error).split()) or type(error).__name__
    for secret in target.secrets:
        words = words.replace(secret, "***")
    return words
