"""What the driver raises, in the words of the port. Numbers: the reference of MySQL's errors, and
MariaDB's, which begin at 1900.
"""

from __future__ import annotations

import re

from synapse.errors import (
    DatabaseDamaged,
    DatabaseError,
    DatabaseFull,
    DatabaseMissing,
    DatabaseReadOnly,
    InvalidDataError,
    StorageError,
    StoreUnreachable,
)
from synapse.stores.servers.faults import (
    WHOSE,
    AlreadyThere,
    Conflict,
    ConnectionLost,
    ended,
    frozen,
    no_tables,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.stores.mysql._target import Target

_LOST = frozenset(
    (1053, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1317, 1927, 2006, 2013, 2055, 4031)
)
"""The server shuts down, has closed the connection or does not answer on it. 1317 is said to a
statement whose connection is ended, and to one that an administrator ends."""
_SILENT = frozenset((2006, 2013))
"""By the driver's word for a wait that has ended."""
_CONFLICTS = frozenset((1020, 1213, 1412, 1613, 1614, 1615, 3101))
"""What was begun has been taken back, and may be begun again: after a deadlock, in a cluster, too;
where another has changed a row that was read; and where the versions of rows, or of a table, that a
statement was to see are no longer kept (1412), which can happen to a plain query."""
_TOO_LONG = frozenset((1969, 3024))
_FULL = frozenset((20, 1021, 1114))
_NO_ROOM = re.compile(r"(?:errno:|Errcode:|error) (?:28|122)\b")
"""How ENOSPC and EDQUOT are told, whatever could not be written."""
_TEMPORARY = "#sql"
"""How the names of tables begin that a server makes for a statement."""
_READ_ONLY = frozenset((1290, 1792, 1836))
_NO_RIGHT = frozenset((1044, 1142, 1143, 1227, 1370))
_NOT_LET_IN = frozenset((1045, 1130, 1251, 1275, 1524, 1698, 2049, 2054, 2059, 2061, 3118, 4151))
_NO_TABLES = frozenset((1146,))
_INVALID = frozenset((1048, 1264, 1292, 1366, 1406, 1411, 1451, 1452, 3988))
_TOO_LARGE = frozenset((1153, 1301, 2020))
_DAMAGED = frozenset((126, 127, 1034, 1035, 1194, 1195, 1712, 1877))


_FIRST_OF_SERVER = 1000
"""Smaller numbers are of its file system. Another server that starts with the same folder for
temporary files clears it, and so does whoever else tidies there."""


class Waited(Conflict):
    """A lock was waited for in vain, as long as the engine was told."""


def number(error: BaseException) -> int:
    """The number of an error of the driver; 0 if it has none."""
    found = error.args[0] if error.args else 0
    return found if isinstance(found, int) else 0


def translate(error: BaseException, target: Target, seconds: float) -> StorageError:
    """The StorageError for what the driver raised in a statement, after so many seconds."""
    code, said, where = number(error), text(error, target), target.location
    if code in _SILENT and "timed out" in said:
        return frozen(where, seconds)
    if code in _LOST or code == 0:
        return ConnectionLost(f"the connection to {where} broke: {said}")
    if code in _CONFLICTS:
        return Conflict(f"others kept changing the same at the same time ({said})", f"  {where}")
    if code == 1205:
        return Waited("another program kept the session locked for too long", f"  {where}")
    if code in _TOO_LONG:
        return ended(where, seconds, target.statement_timeout)
    if code in _FULL or _NO_ROOM.search(said):
        return DatabaseFull(f"no room left on the server's disk: {where}", f"  {said}")
    if code < _FIRST_OF_SERVER and _TEMPORARY in said:
        return Conflict(f"the server has lost a temporary file ({said})", f"  {where}")
    if code in _READ_ONLY:
        return DatabaseReadOnly(
            f"{where} is a replica, or set to read only: it takes no changes",
            "Name the primary first: of several hosts, the first that answers is used.",
        )
    if code in _NO_RIGHT:
        return DatabaseReadOnly(f"the account may not do this on {where}: {said}")
    return _about_data(code, said, target)


def _about_data(code: int, said: str, target: Target) -> StorageError:
    where = target.location
    if code in _NO_TABLES:
        return no_tables(target.location)
    if code == 1062:
        return AlreadyThere(f"it is stored already ({said})")
    if code in _TOO_LARGE:
        return InvalidDataError(
            f"it is larger than {where} takes in one piece",
            "Its administrator can raise max_allowed_packet.",
        )
    if code in _INVALID:
        return InvalidDataError(f"the server can't store this: {said}")
    if code in _DAMAGED:
        return DatabaseDamaged(f"{where} is damaged: {said}")
    return DatabaseError(f"the server reports {said!r} ({code}) for {where}")


def unreachable(error: BaseException, target: Target) -> StorageError:
    """The error for a connection that could not be made."""
    code, said = number(error), text(error, target)
    if code == 1049:
        return DatabaseMissing(f"there is no such database: {said}", f"  {target.location}")
    if code in _NOT_LET_IN or code in _NO_RIGHT:
        return DatabaseError(
            f"{target.location} did not let us in: {said}",
            "User and password come from the URL, [client] in ~/.my.cnf, or MYSQL_PWD.",
        )
    if code == 2026 or "CERTIFICATE_VERIFY_FAILED" in said or "cryptography" in said:
        return DatabaseError(
            f"no encrypted connection to {target.location}: {said}",
            "Name the server's authority with ?ssl-ca=FILE. Without one, "
            "?ssl-mode=required encrypts, but takes any server for the right one.",
        )
    if "timed out" in said:
        return frozen(target.location, target.connect_timeout)
    return StoreUnreachable(f"can't reach {target.location}: {said}", WHOSE)


def text(error: BaseException, target: Target) -> str:
    """What the driver said, on one line, without a password."""
    words = error.args[-1] if error.args else ""
    said = " ".join(str(words).split()) or type(error).__name__
    return said.replace(target.password, "***") if target.password else said
