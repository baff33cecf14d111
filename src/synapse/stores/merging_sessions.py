"""What a merge makes of a session that is there and of one that comes in: the same on every engine.
An engine reads what is there, asks here what is to be, and writes that.
"""

from __future__ import annotations

import json

from synapse.archived import REDACTED, ArchivedMessage, Upkeep
from synapse.domain import Status
from synapse.errors import InvalidDataError, SessionBusy
from synapse.ids import handle
from synapse.stores import merging
from synapse.stores._summaries import Sides
from synapse.stores._text import folded, storable
from synapse.stores.merging import Place, State
from synapse.timestamps import readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from typing import Any

    from synapse.archived import ArchivedSession, Origin
    from synapse.domain import Session

AT_ONCE = 500
"""Messages that are read, or written, together: a session may have a million."""
KNOWN_BY = 8
"""Messages by which a session is known again; there may be new ones before those that are here."""


class Standing:
    """A session that is there, with what only exports and imports ask of it."""

    def __init__(
        self,
        session: Session,
        *,
        tags: Mapping[str, str],
        changes: Mapping[str, datetime],
        message_count: int,
        upkeep: Upkeep,
    ) -> None:
        known = dict(changes)
        if upkeep.restored_at is not None and "trash" not in known:
            known["trash"] = upkeep.restored_at  # of a time before changes were noted
        self.state = State(session=session, tags=tags, changes=known)
        self.message_count = message_count
        self.upkeep = upkeep


def optional_moment(text: object) -> datetime | None:
    """From a column that may be empty."""
    return None if text is None else readable(text)


def state_of(archived: ArchivedSession) -> State:
    """What an archive says of its session in short."""
    tags = {folded(tag): storable(tag) for tag in reversed(archived.tags)}
    return State(session=archived.session, tags=tags, changes=archived.changes)


def loaded(extra: object) -> dict[str, Any]:
    """Unknown fields from their column; empty for what is no JSON object."""
    try:
        value = json.loads(extra) if isinstance(extra, str) else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def dumped(extra: Any) -> str | None:
    """Unknown fields as they are stored; None for none."""
    return storable(json.dumps(extra, ensure_ascii=False, sort_keys=True)) if extra else None


def called_here(archived: ArchivedSession, id: str) -> ArchivedSession:
    """The same under the id that it has here."""
    return archived.replace(
        session=archived.session.replace(id=id), messages=_in_session(id, archived.messages)
    )


def _in_session(id: str, messages: Iterable[ArchivedMessage]) -> Iterator[ArchivedMessage]:
    for one in messages:
        yield one.replace(message=one.message.replace(session_id=id))


def closed(one: ArchivedMessage) -> ArchivedMessage:
    """Nobody is receiving it here."""
    if one.message.status is not Status.STREAMING:
        return one
    return one.replace(message=one.message.replace(status=Status.INCOMPLETE))


def check_count(archived: ArchivedSession, count: int) -> None:
    """Raise InvalidDataError if these are not as many messages as were announced."""
    if archived.message_count is not None and archived.message_count != count:
        raise InvalidDataError(
            f"{count} of the {archived.message_count} messages of {handle(archived.session.id)}"
            " are there: the file is cut short"
        )


def taken(message_id: str, elsewhere: str | None) -> InvalidDataError:
    """Of a message that stands there twice; `elsewhere` is the other session that has it."""
    where = "the same session" if elsewhere is None else handle(elsewhere)
    return InvalidDataError(f"a message with the id {message_id} is in {where} already")


def busy(error: SessionBusy) -> SessionBusy:
    """What is said where messages would change while an answer is being received."""
    return SessionBusy(error.message, "Import it again when the answer is there.")


class Merge:
    """What is to become of a session that is there: `ours` are its messages, `theirs` those that
    came in, in their order.
    """

    def __init__(
        self,
        archived: ArchivedSession,
        before: Standing,
        ours: Mapping[str, ArchivedMessage],
        theirs: Mapping[str, ArchivedMessage],
    ) -> None:
        their_state = state_of(archived)
        self._is_masked = REDACTED in archived.extra
        if self._is_masked:
            their_state = merging.without_masks(before.state, their_state)
            extra = {name: value for name, value in archived.extra.items() if name != REDACTED}
            archived = archived.replace(extra=extra)
        self.archived = archived
        self._before = before
        self._ours = ours
        self._theirs = theirs
        self.state = merging.merged_state(before.state, their_state)
        self.state_changed = self.state != before.state
        self.messages = self._in_order()
        """All of both, in their order."""
        self.changed = [one for id, one in self.messages.items() if not same(ours.get(id), one)]
        """What has to be written of them: what is new, or no longer what it was."""
        self.moved = any(
            id in ours and ours[id].message.index != one.message.index
            for id, one in self.messages.items()
        )

    @property
    def added(self) -> int:
        """How many messages were not there."""
        return len(self.messages.keys() - self._ours.keys())

    def _in_order(self) -> dict[str, ArchivedMessage]:
        order = merging.merged_order(_places(self._ours), _places(self._theirs))
        merged = {}
        for index, (id, after) in enumerate(order, 1):
            one = self._merged(id).replace(after=after)
            merged[id] = one.replace(message=one.message.replace(index=index))
        answered = merging.without_answered_refusals(one.message for one in merged.values())
        for id in answered:
            merged[id] = merged[id].replace(message=merged[id].message.replace(refused=None))
        return merged

    def _merged(self, id: str) -> ArchivedMessage:
        ours, theirs = self._ours.get(id), self._theirs.get(id)
        if ours is None or theirs is None:
            only = ours or theirs
            assert only is not None
            return self._as_the_source_has_it(only) if theirs is None else only
        return merging.better(ours, theirs)

    def _as_the_source_has_it(self, ours: ArchivedMessage) -> ArchivedMessage:
        """What a newer export of its program has no more on this way was asked again there."""
        is_newer = self.archived.session.updated_at > self._before.state.session.updated_at
        if self.archived.origin is None or self._before.upkeep.imported_at is None or not is_newer:
            return ours
        return ours.replace(message=ours.message.replace(superseded=True))

    def sides(self, ours_is_masked: bool) -> Sides:
        """For the summaries; `ours_is_masked` says whether ours has come from a copy with masks."""
        return Sides(
            ours=self._ours,
            theirs=self._theirs,
            merged=self.messages,
            ours_is_masked=ours_is_masked and not self._is_masked,
        )

    def new_places(self, forks: Iterable[tuple[str, int]]) -> dict[str, int]:
        """Where branches of this session begin now, by their ids; `forks` are where they did."""
        places = {one.message.index: id for id, one in self._ours.items()}
        return {
            fork: self.messages[places[index]].message.index
            for fork, index in forks
            if index in places
        }

    def upkeep(self) -> Upkeep:
        """What a copy leaves of both."""
        merged = merging.merged_upkeep(self._before.state, self._before.upkeep, self.archived)
        if self.state.session.deleted_at is not None:
            return merged.replace(restored_at=None)
        return merged

    def origin(self, origin: Origin | None, extra: Mapping[str, Any]) -> ArchivedSession | None:
        """With where the session came from, and its unknown fields, as they are to be kept; None if
        they are as they were.
        """
        merged = {**extra, **self.archived.extra}
        if self.archived.origin is None and origin is not None:
            merged = {**self.archived.extra, **extra}
        kept = self.archived.replace(origin=self.archived.origin or origin, extra=merged)
        return None if (kept.origin, kept.extra) == (origin, extra) else kept


def same(ours: ArchivedMessage | None, merged: ArchivedMessage) -> bool:
    """Whether a message is what it was, wherever it stands."""
    if ours is None:
        return False
    there = ours.message.replace(index=merged.message.index)
    return ours.replace(message=there) == merged


def _places(messages: Mapping[str, ArchivedMessage]) -> list[Place]:
    return [
        Place(id=id, after=one.after, timestamp=one.message.timestamp)
        for id, one in messages.items()
    ]
