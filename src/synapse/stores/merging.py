"""How two states of one session become one: the same on every engine and on both machines.

Merging is commutative, associative and idempotent, so that machines that exchange their archives
again and again, in any order, end with the same: of each field the newest value stays, messages are
a union, and their order follows from what each was written after.
"""

from __future__ import annotations

from synapse.archived import REDACTED, Upkeep
from synapse.domain import Role, Status, StoredMessage
from synapse.record import Record
from synapse.stores._text import TAG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from synapse.archived import ArchivedMessage, ArchivedSession
    from synapse.domain import Session

FIELDS = ("name", "title", "pinned", "trash", "model", "system_prompt")
"""Whose changes have a time of their own."""
BEGINNING = ""
"""`after` of a message that was the first, though another one stands before it."""
_RANKS = {
    Status.STREAMING: 0,
    Status.INCOMPLETE: 1,
    Status.FAILED: 2,
    Status.INTERRUPTED: 3,
    Status.COMPLETE: 4,
}


class State(Record):
    """What can be said of a session in short."""

    session: Session
    tags: Mapping[str, str]
    """As they are written, by their folded form."""
    changes: Mapping[str, datetime]
    """See ArchivedSession."""


def merged_state(ours: State, theirs: State) -> State:
    """The newest of both. Of changes at the same moment, the greater value stays, so that it does
    not matter on which machine they are merged.
    """
    changes = dict(ours.changes)
    session = ours.session
    for what in FIELDS:
        if _claim(theirs, what) > _claim(ours, what):
            session = _taken(session, theirs.session, what)
            if what in theirs.changes:
                changes[what] = theirs.changes[what]
            else:
                changes.pop(what, None)
        elif what in theirs.changes:
            changes[what] = max(theirs.changes[what], changes.get(what, theirs.changes[what]))
    session = session.replace(
        created_at=min(session.created_at, theirs.session.created_at),
        updated_at=max(session.updated_at, theirs.session.updated_at),
        forked_from=session.forked_from or theirs.session.forked_from,
        forked_at=session.forked_at or theirs.session.forked_at,
    )
    tags = _merged_tags(ours, theirs, changes)
    return State(session=session, tags=tags, changes=changes)


def without_masks(ours: State, theirs: State) -> State:
    """Theirs with what the session is called here, as a copy with masks can't know better."""
    session = theirs.session.replace(
        name=ours.session.name,
        title=ours.session.title,
        system_prompt=ours.session.system_prompt,
    )
    changes = {
        what: time for what, time in theirs.changes.items() if what in ("pinned", "trash", "model")
    }
    known = {what: time for what, time in ours.changes.items() if what not in changes}
    return theirs.replace(session=session, tags=ours.tags, changes={**known, **changes})


def merged_upkeep(ours: State, kept: Upkeep, theirs: ArchivedSession) -> Upkeep:
    """What a copy leaves of both: whether it counts as imported is told by the side on which it was
    used last, its use is the later one, and so is the moment of its restoration.
    """
    here, there = ours.session.updated_at, theirs.session.updated_at
    imported = [side.imported_at for side in (kept, theirs.upkeep)]
    if here != there:
        imported_at = imported[there > here]
    else:
        imported_at = None if None in imported else max(time for time in imported if time)
    return Upkeep(
        used=max(kept.used or 0, theirs.upkeep.used or 0) or None,
        imported_at=imported_at,
        restored_at=max(
            (side.restored_at for side in (kept, theirs.upkeep) if side.restored_at), default=None
        ),
    )


def name_loses(ours: State, other: State) -> bool:
    """Whether the other session keeps the name that both claim: the one that had it first."""
    return _name_claim(other) < _name_claim(ours)


def _name_claim(state: State) -> tuple[datetime, str]:
    claimed = state.changes.get("name", state.session.created_at)
    return claimed, state.session.id


def _claim(state: State, what: str) -> tuple[datetime, bool, str]:
    session = state.session
    value: str | None
    match what:
        case "trash":
            value = str(session.deleted_at) if session.deleted_at else None
        case "pinned":
            value = "pinned" if session.pinned else None
        case "model":
            value = f"{session.provider}\0{session.model}"
        case _:
            value = getattr(session, what)
    changed = state.changes.get(what)
    if changed is None:
        changed = session.created_at
        if what == "trash" and session.deleted_at is not None:
            changed = session.deleted_at
    return changed, value is not None, value or ""


def _taken(session: Session, theirs: Session, what: str) -> Session:
    match what:
        case "trash":
            return session.replace(deleted_at=theirs.deleted_at)
        case "model":
            return session.replace(provider=theirs.provider, model=theirs.model)
        case _:
            return session.replace(**{what: getattr(theirs, what)})


def _merged_tags(ours: State, theirs: State, changes: dict[str, datetime]) -> dict[str, str]:
    tags = {}
    changed = {what[len(TAG) :] for what in theirs.changes if what.startswith(TAG)}
    changed |= {what[len(TAG) :] for what in changes if what.startswith(TAG)}
    for key in sorted(ours.tags.keys() | theirs.tags.keys() | changed):
        mine, other = _tag_claim(ours, key), _tag_claim(theirs, key)
        newest = max((claim for claim in (mine, other) if claim is not None), default=None)
        if newest is None:
            continue
        if newest[1]:
            tags[key] = max(state.tags[key] for state in (ours, theirs) if key in state.tags)
        known = [state.changes.get(TAG + key) for state in (ours, theirs)]
        if any(known):
            changes[TAG + key] = max(time for time in known if time is not None)
    return tags


def _tag_claim(state: State, key: str) -> tuple[datetime, bool] | None:
    """When it was put on or taken off last; None if this side has never heard of it."""
    changed = state.changes.get(TAG + key)
    if changed is None:
        return (state.session.created_at, True) if key in state.tags else None
    return changed, key in state.tags


class Place(Record):
    """Where a message stands on one side."""

    id: str
    after: str | None
    """See ArchivedMessage."""
    timestamp: datetime


def merged_order(ours: Sequence[Place], theirs: Iterable[Place]) -> list[tuple[str, str | None]]:
    """The ids of all messages in their common order, each with what `after` says of it there.

    A message stands behind the one that it was written after. Where several were written after the
    same one, the earliest comes first, with all that follows it: questions and their answers stay
    together.
    """
    theirs = list(theirs)
    times = {place.id: place.timestamp for place in (*ours, *theirs)}
    parents = _parents(ours)
    for id, parent in _parents(theirs).items():
        known = parents.setdefault(id, parent)
        if known != parent:  # one side lacks what stood between
            parents[id] = max(known, parent, key=lambda one: (one in times, _key(one, times)))
    children: dict[str, list[str]] = {}
    for id, parent in parents.items():
        children.setdefault(parent if parent in times else BEGINNING, []).append(id)
    order: dict[str, None] = {}
    for root in (BEGINNING, *sorted(times, key=lambda id: _key(id, times))):
        _walk(root, children, times, order)
    return _with_exceptions(order, parents)


def _parents(places: Iterable[Place]) -> dict[str, str]:
    parents: dict[str, str] = {}
    before = BEGINNING
    for place in places:
        parents[place.id] = before if place.after is None else place.after
        before = place.id
    return parents


def _key(id: str, times: Mapping[str, datetime]) -> tuple[bool, Any, str]:
    time = times.get(id)
    return time is not None, time or 0, id


def _walk(
    root: str,
    children: Mapping[str, list[str]],
    times: Mapping[str, datetime],
    order: dict[str, None],
) -> None:
    """Add what is not there yet: a root that is a message is one in a circle."""
    waiting = [root]
    while waiting:
        id = waiting.pop()
        if id != BEGINNING:
            if id in order:
                continue
            order[id] = None
        waiting += sorted(children.get(id, ()), key=lambda one: _key(one, times), reverse=True)


def _with_exceptions(
    order: Iterable[str], parents: Mapping[str, str]
) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    before = BEGINNING
    for id in order:
        found.append((id, None if parents[id] == before else parents[id]))
        before = id
    return found


def better(ours: ArchivedMessage, theirs: ArchivedMessage) -> ArchivedMessage:
    """Which of two states of a message stays: an answer never goes back from complete, no text
    becomes shorter, and none is given up for one with masks. That one of them is superseded, or
    refused, holds for both.
    """
    mine, other = _worth(ours), _worth(theirs)
    winner, loser = (theirs, ours) if other > mine else (ours, theirs)
    message = winner.message
    superseded = message.superseded or loser.message.superseded
    refused = max(message.refused or "", loser.message.refused or "") or None
    if superseded != message.superseded or refused != message.refused:
        message = message.replace(superseded=superseded, refused=refused)
    extra = {**loser.extra, **winner.extra}
    if REDACTED not in winner.extra:
        extra.pop(REDACTED, None)
    return winner.replace(message=message, extra=extra)


def _worth(archived: ArchivedMessage) -> tuple[Any, ...]:
    message = archived.message
    return (
        _RANKS[message.status],
        REDACTED not in archived.extra,
        len(message.content),
        message.content,
        len(message.reasoning),
        message.reasoning,
        len(message.attachments),
        message.timestamp,
        message.role.value,
        message.finish_reason or "",
        message.error or "",
        message.provider or "",
        message.model or "",
        message.usage.input_tokens or 0,
        message.usage.output_tokens or 0,
        message.elapsed_ms or 0,
        message.usage.cached_tokens or 0,
        message.usage.cache_write_tokens or 0,
        message.usage.reasoning_tokens or 0,
        message.usage.cost or 0,
        message.usage.cost_source or "",
    )


def without_answered_refusals(messages: Iterable[StoredMessage]) -> set[str]:
    """Ids of the questions among these, in their order, that were refused and answered later: they
    are refused no longer.
    """
    answered: set[str] = set()
    question: StoredMessage | None = None
    for message in messages:
        if message.role is Role.USER and not message.superseded:
            question = message
        elif (
            question is not None
            and question.refused
            and message.role is Role.ASSISTANT
            and not message.superseded
            and message.refused is None
            and (message.status is Status.COMPLETE or message.content)
        ):
            answered.add(question.id)
    return answered
