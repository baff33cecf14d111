"""What a store has in which several people have sessions of their own."""

from __future__ import annotations

from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from synapse.domain import SessionSummary
else:
    Protocol = object


class Grant(Record):
    """To whom a session was shown."""

    role: str
    """The name by which the engine knows somebody."""
    may_write: bool


class SharedSession(Record):
    """A session that somebody else has shown to whoever asks."""

    summary: SessionSummary
    owner: str
    """The role whose session it is."""
    may_write: bool


class Member(Record):
    """A role that may use the store."""

    role: str
    is_owner: bool
    """Whether the tables are its own: it lets others in, and can do everything to them."""
    is_self: bool


class Sharing(Protocol):
    """Who may use a store, and which sessions they have shown to each other. Only for engines that
    know who asks, and keep from each what is another's. Raises StorageError.

    Nobody sees a session of somebody else unless that one has granted it. A grantee reads it, and
    with the right to write goes on with it, renames it and changes its texts. What is written
    stays the owner's. Only the owner can throw it away or show it to others.
    """

    @property
    def location(self) -> str:
        """As SessionStore.location."""

    def grant(self, session_id: str, role: str, *, write: bool = False) -> bool:
        """Show the session to a role; with `write`, let it go on with it. What it was granted
        before is replaced. Returns False if nothing changed. Raises NotFoundError if there is no
        such session or no such role, DatabaseReadOnly if the session is somebody else's,
        InvalidDataError if the role owns it or has not been admitted.
        """

    def revoke(self, session_id: str, role: str) -> bool:
        """Take back what was granted, at once. Returns False if nothing was. Raises NotFoundError,
        DatabaseReadOnly.
        """

    def grants(self, session_id: str) -> list[Grant]:
        """Whom the session was shown to, by name; to a grantee only itself."""

    def shared_sessions(self, limit: int | None = None) -> list[SharedSession]:
        """Live sessions of others that were shown to whoever asks, the last used first."""

    def members(self) -> list[Member]:
        """Everybody who may use the store, the owner first."""

    def admit(self, role: str) -> bool:
        """Let a role use the store, with sessions of its own. Returns False if it could before; its
        rights are brought up to date all the same. Raises NotFoundError if there is no such role,
        DatabaseReadOnly if whoever asks doesn't own the tables.
        """

    def expel(self, role: str) -> bool:
        """Take from a role every right to the store. Its sessions stay. Returns False if it had
        none. Raises like `admit`, and InvalidDataError for the owner.
        """
