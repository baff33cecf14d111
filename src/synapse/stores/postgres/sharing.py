"""Several people in one PostgreSQL database: who they are, and what they have shown each other.

A person is a role that logs in. The tables belong to the role that set them up, which lets others
in. What each of them sees is the server's business (schema/0002_people.sql, shared_policies.sql):
nothing here is needed for one of them to be kept from what is another's.
"""

from __future__ import annotations

from synapse.advice import Advice
from synapse.errors import DatabaseReadOnly, InvalidDataError, NotFoundError
from synapse.ids import handle
from synapse.ports.sharing import Grant, Member, SharedSession
from synapse.stores import _rows
from synapse.stores.postgres import _migrations
from synapse.stores.postgres._members import give_rights, members, run, take_rights
from synapse.stores.postgres.connection import Connection
from synapse.stores.servers import _values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from synapse.stores.servers.dialect import Raw

    _T = TypeVar("_T")

_ALL = (1 << 31) - 1


class PostgresSharing:
    """A Sharing; each method connects anew."""

    def __init__(self, url: str, *, busy_timeout: float = 5.0) -> None:
        self._url = url
        self._busy_timeout = busy_timeout
        self._location = ""

    @property
    def location(self) -> str:
        """See Sharing."""
        if not self._location:
            from synapse.stores.postgres._target import target  # most have connected before

            self._location = target(self._url, self._busy_timeout).location
        return self._location

    def _do(self, work: Callable[[Raw], _T]) -> _T:
        connection = Connection(self._url, busy_timeout=self._busy_timeout)
        try:
            self._location = connection.location
            _migrations.check(connection)
            return connection.transaction(work)
        finally:
            connection.close()

    def grant(self, session_id: str, role: str, *, write: bool = False) -> bool:
        """See Sharing."""

        def work(raw: Raw) -> bool:
            me = _expect_own(raw, session_id)
            if not run(raw, "is_shareable")[0][0]:
                raise InvalidDataError(
                    "sessions of a distributed database can't be shared",
                    "Its engine takes no policy that asks another table.",
                )
            if role == me:
                raise InvalidDataError(f"the session {handle(session_id)} is {role}'s own")
            if not _may_use(raw, role):
                raise InvalidDataError(
                    f"the role {role} has not been let into the database",
                    Advice("Whoever set it up lets it in:  ", "db members", add=role),
                )
            run(raw, "grant", session_id=session_id, role=role, write=write)
            return bool(raw.changed)

        return self._do(work)

    def revoke(self, session_id: str, role: str) -> bool:
        """See Sharing."""

        def work(raw: Raw) -> bool:
            _expect_own(raw, session_id)
            run(raw, "revoke", session_id=session_id, role=role)
            return bool(raw.changed)

        return self._do(work)

    def grants(self, session_id: str) -> list[Grant]:
        """See Sharing."""
        if not _values.is_id(session_id):
            return []
        rows = self._do(lambda raw: run(raw, "grants", session_id=session_id))
        return [Grant(role=role, may_write=may_write) for role, may_write in rows]

    def shared_sessions(self, limit: int | None = None) -> list[SharedSession]:
        """See Sharing."""
        rows = self._do(lambda raw: run(raw, "shared_sessions", limit=limit or _ALL))
        return [
            SharedSession(summary=_rows.summary(row[:-2]), owner=row[-2], may_write=row[-1])
            for row in rows
        ]

    def members(self) -> list[Member]:
        """See Sharing."""

        def work(raw: Raw) -> list[Member]:
            [(me, _, _)] = run(raw, "who")
            return [
                Member(role=role, is_owner=owns, is_self=role == me)
                for role, owns in members(raw).items()
            ]

        return self._do(work)

    def admit(self, role: str) -> bool:
        """See Sharing."""

        def work(raw: Raw) -> bool:
            _expect_rights(raw)
            _may_use(raw, role)
            known = members(raw)
            if not known.get(role):
                give_rights(raw, role)
            return role not in known

        return self._do(work)

    def expel(self, role: str) -> bool:
        """See Sharing."""

        def work(raw: Raw) -> bool:
            _expect_rights(raw)
            _may_use(raw, role)
            known = members(raw)
            if known.get(role):
                raise InvalidDataError(f"the tables are {role}'s own: it can't be kept out")
            take_rights(raw, role)
            return role in known

        return self._do(work)


def _expect_own(raw: Raw, session_id: str) -> str:
    """Who asks. Raises NotFoundError, DatabaseReadOnly."""
    rows = run(raw, "owner_of", session_id=session_id) if _values.is_id(session_id) else []
    if not rows:
        raise NotFoundError(f"no session has the id {session_id}")
    owner, is_own = rows[0]
    if not is_own:
        raise DatabaseReadOnly(f"only {owner} can share the session {handle(session_id)}")
    return str(owner)


def _may_use(raw: Raw, role: str) -> bool:
    """Raises NotFoundError if there is no such role."""
    rows = run(raw, "role", role=role)
    if not rows:
        raise NotFoundError(
            f"the server knows no role {role}",
            "An administrator makes one:  CREATE ROLE … LOGIN",
        )
    return bool(rows[0][0])


def _expect_rights(raw: Raw) -> None:
    [(me, owner, is_same)] = run(raw, "who")
    if not is_same:
        raise DatabaseReadOnly(
            f"the role {me} can't let anybody in or keep anybody out",
            f"Connect as {owner}, to whom the tables belong.",
        )
