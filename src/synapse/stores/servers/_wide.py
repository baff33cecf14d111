"""The part of the store that is about many sessions, or looks into texts: each method loads what it
needs when it is used.
"""

from __future__ import annotations

from synapse.domain import CleanupPlan, CleanupResult, ClockJump, StatisticsRow
from synapse.errors import InvalidDataError
from synapse.light.modules import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from typing import Any

    from synapse.archived import ArchivedSession, Merged
    from synapse.domain import Retention, SessionFilter, SessionTotals, StoredMessage
    from synapse.stores._retention import Cleanup
    from synapse.stores.servers.dialect import Connection


class Wide:
    """Methods of SessionStore, for a store with a connection."""

    _connection: Connection

    if TYPE_CHECKING:

        def get_messages(
            self, session_id: str, *, first: int = 1, last: int | None = None
        ) -> list[StoredMessage]: ...

        def _streaming(self, session_id: str) -> list[tuple[str, str | None]]: ...

    # many sessions

    def total_sessions(self, which: SessionFilter, *, deleted: bool = False) -> SessionTotals:
        """See SessionStore."""
        totals: SessionTotals = _module("_selection").total(
            self._connection, which, deleted=deleted
        )
        return totals

    def trash_session(self, session_id: str) -> bool:
        """See SessionStore."""
        return bool(self.trash_sessions([session_id]))

    def restore_session(self, session_id: str) -> bool:
        """See SessionStore."""
        return bool(self.restore_sessions([session_id]))

    def delete_session(self, session_id: str) -> bool:
        """See SessionStore."""
        return bool(self.delete_sessions([session_id]))

    def trash_sessions(self, session_ids: Sequence[str]) -> list[str]:
        """See SessionStore."""
        return list(_module("_bulk").trash(self._connection, session_ids))

    def restore_sessions(self, session_ids: Sequence[str]) -> list[str]:
        """See SessionStore."""
        return list(_module("_bulk").restore(self._connection, session_ids))

    def delete_sessions(self, session_ids: Sequence[str]) -> list[str]:
        """See SessionStore."""
        return list(_module("_bulk").purge(self._connection, session_ids))

    def tag_sessions(self, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
        """See SessionStore."""
        for tag in tags:
            if tag.split() != [tag]:
                raise InvalidDataError(f"{tag!r} is no tag: a tag is one word")
        return list(_module("_tags").put_on(self._connection, session_ids, tags))

    def untag_sessions(self, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
        """See SessionStore."""
        return list(_module("_tags").take_off(self._connection, session_ids, tags))

    def tags(self, *, deleted: bool = False) -> list[tuple[str, int]]:
        """See SessionStore."""
        return list(_module("_tags").counted(self._connection, deleted=deleted))

    # many messages

    def recent_prompts(self, limit: int, *, before: str | None = None) -> list[tuple[str, str]]:
        """See SessionStore."""
        return list(_module("_prompts").recent(self._connection, limit, before))

    def statistics(self, by: str, *, since: datetime | None = None) -> list[StatisticsRow]:
        """See SessionStore."""
        return list(_module("_statistics").summed(self._connection, by, since))

    # clean-up

    def notice_clock(self, retention: Retention) -> ClockJump | None:
        """See SessionStore."""
        jump = _module("_cleanup").notice_clock(self._connection)
        if jump is None:
            return None
        return ClockJump(by=jump, matters=self._cleaning().is_due(retention))

    def cleanup(
        self, retention: Retention, *, spare: Collection[str] = (), at_most: int | None = None
    ) -> CleanupResult:
        """See SessionStore."""
        return self._cleaning().run(retention, spare, at_most)

    def plan_cleanup(self, retention: Retention, *, spare: Collection[str] = ()) -> CleanupPlan:
        """See SessionStore."""
        return self._cleaning().plan(retention, spare)

    def _cleaning(self) -> Cleanup:
        from synapse.stores._retention import Cleanup  # most questions clean nothing up

        return Cleanup(_module("_cleanup").Steps(self._connection))

    # out and in again

    def archived_session(self, session_id: str) -> ArchivedSession | None:
        """See SessionStore."""
        archived: ArchivedSession | None = _module("archive.reading").archived(
            self._connection,
            session_id,
            lambda first, last: self.get_messages(session_id, first=first, last=last),
        )
        return archived

    def merge_session(self, archived: ArchivedSession, *, as_copy: bool = False) -> Merged:
        """See SessionStore."""
        writing = _module("archive.writing")
        once = archived.replace(messages=writing.Repeatable(archived.messages))
        merged: Merged = self._connection.transaction(
            lambda raw: writing.merge(raw, once, as_copy=as_copy), durable=False
        )
        return merged

    def archived_sessions(self, session_ids: Sequence[str]) -> dict[str, ArchivedSession]:
        """See CopiesTogether."""
        found: dict[str, ArchivedSession] = _module("archive.together").archived_all(
            self._connection, session_ids
        )
        return found

    def add_sessions(self, sessions: Sequence[ArchivedSession]) -> list[Merged]:
        """See CopiesTogether."""
        together = _module("archive.together")
        added: list[Merged] = self._connection.transaction(
            lambda raw: together.add_new(raw, sessions), durable=False
        )
        return added

    def answering(self, session_ids: Sequence[str]) -> list[str]:
        """See CopiesTogether."""
        found = _module("archive.together").receiving(self._connection, session_ids)
        return [id for id in found if any(owner is not None for _, owner in self._streaming(id))]


def _module(name: str) -> Any:
    return import_module(f"synapse.stores.servers.{name}")
