"""What an import brings becomes a session, or a part of one that is there."""

from __future__ import annotations

from itertools import chain, groupby, islice

from synapse import timestamps
from synapse.archived import REDACTED, ArchivedMessage, Merged, Upkeep, pages_of
from synapse.errors import InvalidDataError, SessionBusy
from synapse.ids import handle
from synapse.stores import _rows, merging
from synapse.stores._summaries import Sides, fitting
from synapse.stores._text import folded, storable
from synapse.stores.merging import Place, State
from synapse.stores.sqlite import _summaries
from synapse.stores.sqlite._folding import fold_session
from synapse.stores.sqlite._raw_rows import rows
from synapse.stores.sqlite._statements import (
    QUERIES as STATEMENTS,
)
from synapse.stores.sqlite._statements import (
    close_abandoned,
    found_to_change,
    holders,
    is_shared,
    rename,
)
from synapse.stores.sqlite.archive import upkeep as upkeeping
from synapse.stores.sqlite.archive.inserting import (
    closed_here,
    dumped,
    insert_all,
    insert_attachments,
    insert_plain,
    taken,
    write_extra,
)
from synapse.stores.sqlite.archive.reading import (
    QUERIES,
    Standing,
    import_of,
    message_extras,
    standing,
)
from synapse.timestamps import to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from typing import Any

    import apsw

    from synapse.archived import ArchivedSession


_FIRST = 8
"""Messages by which a session is known again; there may be new ones before those that are here."""


def merge(raw: apsw.Connection, archived: ArchivedSession, *, as_copy: bool = False) -> Merged:
    """See SessionStore.merge_session; in a write transaction."""
    found = found_to_change(raw, archived.session.id)
    if found is None and archived.origin is not None:
        archived = _as_it_is_called_here(raw, archived)
        found = found_to_change(raw, archived.session.id)
    if found is None:
        return _add(raw, archived, as_copy=as_copy)
    return _Merging(raw, archived, as_copy=as_copy).done()


def _as_it_is_called_here(raw: apsw.Connection, archived: ArchivedSession) -> ArchivedSession:
    """A conversation of another program that is here under another id: ids hold when it began, and
    that changes where a program tells it by the first message, and the first message was deleted.
    """
    if archived.origin is None:
        return archived
    messages = iter(archived.messages)
    first = [*islice(messages, _FIRST)]
    archived = archived.replace(messages=chain(first, messages))
    for one in first:
        found = _run(raw, "message_elsewhere", id=one.message.id)
        if found and import_of(raw, found[0][0])[0] == archived.origin:
            return archived.replace(
                session=archived.session.replace(id=found[0][0]),
                messages=_in_session(found[0][0], archived.messages),
            )
    return archived


def _in_session(id: str, messages: Iterable[ArchivedMessage]) -> Iterator[ArchivedMessage]:
    for one in messages:
        yield one.replace(message=one.message.replace(session_id=id))


def _run(raw: apsw.Connection, query: str, **values: Any) -> list[tuple[Any, ...]]:
    return rows(raw, QUERIES[query], values)


def state_of(archived: ArchivedSession) -> State:
    tags = {folded(tag): storable(tag) for tag in reversed(archived.tags)}
    return State(session=archived.session, tags=tags, changes=archived.changes)


def _add(raw: apsw.Connection, archived: ArchivedSession, *, as_copy: bool) -> Merged:
    session = archived.session
    values = _rows.session_values(session.replace(name=None, deleted_at=None))
    rows(raw, STATEMENTS["create_session"], values)
    count = 0
    for page in pages_of(archived.messages):
        for are_plain, some in groupby(page, lambda one: isinstance(one, tuple)):
            insert: Any = insert_plain if are_plain else insert_all
            count += insert(raw, [*some], session.id, count)
    check_count(archived, count)
    upkeep = archived.upkeep if as_copy else Upkeep(imported_at=timestamps.now())
    if session.name is None and session.deleted_at is None and not archived.tags:
        write_rest(raw, session.id, archived.changes, upkeep)  # it was created as it is
    else:
        _write_state(raw, state_of(archived), upkeep)
    if as_copy:
        upkeeping.write_copied(raw, session.id, upkeep)
    write_origin(raw, archived)
    _resolve_fork(raw, archived)
    _summaries.insert_fitting(raw, session.id, archived.summaries)
    return Merged(session_id=session.id, is_new=True, added=count, changed=True)


def _checked(raw: apsw.Connection, archived: ArchivedSession) -> Iterator[ArchivedMessage]:
    """The messages, none of which may be another session's, or stand there twice."""
    seen: set[str] = set()
    for one in archived.messages:
        id = one.message.id
        elsewhere = _run(raw, "message_elsewhere", id=id)
        if id in seen or (elsewhere and elsewhere[0][0] != archived.session.id):
            raise taken(raw, id, archived.session.id)
        seen.add(id)
        yield closed_here(one)


def check_count(archived: ArchivedSession, count: int) -> None:
    if archived.message_count is not None and archived.message_count != count:
        raise InvalidDataError(
            f"{count} of the {archived.message_count} messages of {handle(archived.session.id)}"
            " are there: the file is cut short"
        )


def _write_state(raw: apsw.Connection, state: State, upkeep: Upkeep) -> None:
    """Behind the messages: what they make the triggers do is undone by it."""
    id = state.session.id
    name = _settled_name(raw, state)
    session = state.session.replace(name=name)
    ordered = sorted(state.tags)
    values = _rows.session_values(session) | {
        "tags": _rows.joined_tags([state.tags[key] for key in ordered]),
        "tag_keys": _rows.joined_tags(ordered),
    }
    _run(raw, "set_state", **values)
    write_rest(raw, id, state.changes, upkeep)


def write_rest(
    raw: apsw.Connection, id: str, changes: Mapping[str, datetime], upkeep: Upkeep
) -> None:
    upkeeping.write(raw, id, upkeep)
    _run(raw, "forget_changes", id=id)
    for what, time in changes.items():
        _run(raw, "add_change", id=id, what=storable(what), changed_at=to_text(time))
    fold_session(raw, id)


def _settled_name(raw: apsw.Connection, state: State) -> str | None:
    """Of live sessions that claim one name, the one that had it first keeps it. The others add
    their handles: that is the same on every machine, whichever it meets first.
    """
    session = state.session
    name = session.name
    if name is None or session.deleted_at is not None or is_shared(name):
        return name
    for row in holders(raw, name):
        other = standing(raw, row[0])
        if row[0] == session.id or other is None:
            continue
        if merging.name_loses(state, other.state):
            return _with_handle(raw, name, session.id)
        _give_way(raw, other)
    return name


def _give_way(raw: apsw.Connection, other: Standing) -> None:
    session = other.state.session
    assert session.name is not None
    rename(raw, session.id, _with_handle(raw, session.name, session.id))
    claimed = other.state.changes.get("name", session.created_at)
    _run(raw, "add_change", id=session.id, what="name", changed_at=to_text(claimed))


def _with_handle(raw: apsw.Connection, name: str, session_id: str) -> str:
    suffixed = f"{name}-{handle(session_id)}"
    taken = any(row[0] != session_id for row in holders(raw, suffixed))
    return f"{name}-{session_id}" if taken else suffixed


def write_origin(raw: apsw.Connection, archived: ArchivedSession) -> None:
    origin, extra = archived.origin, archived.extra
    if origin is None and not extra:
        return
    _run(
        raw,
        "set_import",
        id=archived.session.id,
        program=None if origin is None else storable(origin.program),
        source_id=None if origin is None else storable(origin.id),
        extra=dumped(extra),
    )


def _resolve_fork(raw: apsw.Connection, archived: ArchivedSession) -> None:
    """The number, here, of the last message that it shares with its origin."""
    session = archived.session
    if archived.forked_after is None or session.forked_from is None:
        return
    found = _run(raw, "index_of", session_id=session.forked_from, id=archived.forked_after)
    if found:
        _run(raw, "number_fork", id=session.id, index=found[0][0])


class _Merging:
    """One session that is there already."""

    def __init__(self, raw: apsw.Connection, archived: ArchivedSession, *, as_copy: bool) -> None:
        before = standing(raw, archived.session.id)
        assert before is not None
        self._raw = raw
        self._before = before
        self._as_copy = as_copy
        self._theirs_state = state_of(archived)
        self._is_masked = REDACTED in archived.extra
        if self._is_masked:
            self._theirs_state = merging.without_masks(before.state, self._theirs_state)
            extra = {name: value for name, value in archived.extra.items() if name != REDACTED}
            archived = archived.replace(extra=extra)
        self._archived = archived
        self._ours = _stored(raw, archived.session.id)
        self._theirs = {one.message.id: one for one in _checked(raw, archived)}
        check_count(archived, len(self._theirs))

    def done(self) -> Merged:
        state = merging.merged_state(self._before.state, self._theirs_state)
        messages = self._messages()
        state_changed = state != self._before.state
        changed, moved = self._changed(messages), self._moved(messages)
        if changed or moved:
            self._refuse_if_answering()
            self._write(messages, moved=moved)
        summaries_changed = self._write_summaries(messages)
        extra_changed = self._write_origin()
        if changed or state_changed or moved:
            _write_state(self._raw, state, self._before.upkeep)
            _resolve_fork(self._raw, self._archived)
        upkeep_changed = self._as_copy and self._write_upkeep(state)
        return Merged(
            session_id=self._archived.session.id,
            is_new=False,
            added=len(messages.keys() - self._ours.keys()),
            changed=bool(
                changed
                or state_changed
                or extra_changed
                or moved
                or upkeep_changed
                or summaries_changed
            ),
        )

    def _write_summaries(self, messages: dict[str, ArchivedMessage]) -> bool:
        """Behind the messages; whether others stand there now."""
        id = self._archived.session.id
        before = _summaries.of_session(self._raw, id)
        theirs = [one.replace(session_id=id) for one in self._archived.summaries]
        if not before and not theirs:
            return False
        sides = Sides(
            ours=self._ours,
            theirs=self._theirs,
            merged=messages,
            ours_is_masked=not self._is_masked and REDACTED in import_of(self._raw, id)[1],
        )
        return _summaries.replace(self._raw, id, before, fitting(before, theirs, sides))

    def _write_upkeep(self, state: State) -> bool:
        before = self._before
        upkeep = merging.merged_upkeep(before.state, before.upkeep, self._archived)
        if state.session.deleted_at is not None:
            upkeep = upkeep.replace(restored_at=None)
        if upkeep == before.upkeep:
            return False
        upkeeping.write_copied(self._raw, state.session.id, upkeep)
        return True

    def _messages(self) -> dict[str, ArchivedMessage]:
        """All of both, in their order."""
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
        is_newer = self._archived.session.updated_at > self._before.state.session.updated_at
        if self._archived.origin is None or self._before.upkeep.imported_at is None or not is_newer:
            return ours
        return ours.replace(message=ours.message.replace(superseded=True))

    def _changed(self, messages: dict[str, ArchivedMessage]) -> list[ArchivedMessage]:
        """What has to be written of them: what is new, or no longer what it was."""
        return [one for id, one in messages.items() if not _same(self._ours.get(id), one)]

    def _moved(self, messages: dict[str, ArchivedMessage]) -> bool:
        return any(
            id in self._ours and self._ours[id].message.index != one.message.index
            for id, one in messages.items()
        )

    def _refuse_if_answering(self) -> None:
        try:
            close_abandoned(self._raw, self._archived.session.id, refuse_living=True)
        except SessionBusy as error:
            raise SessionBusy(error.message, "Import it again when the answer is there.") from None

    def _write(self, messages: dict[str, ArchivedMessage], *, moved: bool) -> None:
        id = self._archived.session.id
        forks = self._forks(messages)
        if moved:
            for place, one in enumerate(self._ours.values(), 1):  # out of the way of the others
                _run(self._raw, "number_message", id=one.message.id, seq=-place)
        for message_id, one in messages.items():
            there = self._ours.get(message_id)
            if there is None:
                insert_all(self._raw, [one], id, one.message.index - 1)
                continue
            if not _same(there, one):
                self._replace(there, one)
            _run(self._raw, "number_message", id=message_id, seq=one.message.index)
        _run(self._raw, "count_anew", id=id)
        for fork, index in forks.items():
            _run(self._raw, "number_fork", id=fork, index=index)

    def _replace(self, there: ArchivedMessage, one: ArchivedMessage) -> None:
        message = one.message
        rows(self._raw, QUERIES["replace_message"], _rows.message_values(message))
        known = len(there.message.attachments)
        if there.message.attachments != message.attachments[:known]:  # they had masks
            _run(self._raw, "forget_attachments", message_id=message.id)
            known = 0
        insert_attachments(self._raw, message, known)
        if one.after is None and not one.extra:
            values = {"session_id": message.session_id, "message_id": message.id}
            _run(self._raw, "forget_message_extra", **values)
        write_extra(self._raw, one)

    def _forks(self, messages: dict[str, ArchivedMessage]) -> dict[str, int]:
        """Where branches of this session begin now."""
        places = {one.message.index: id for id, one in self._ours.items()}
        found = _run(self._raw, "forked_here", id=self._archived.session.id)
        return {
            fork: messages[places[index]].message.index for fork, index in found if index in places
        }

    def _write_origin(self) -> bool:
        origin, extra = import_of(self._raw, self._archived.session.id)
        merged = {**extra, **self._archived.extra}
        if self._archived.origin is None and origin is not None:
            merged = {**self._archived.extra, **extra}
        kept = self._archived.replace(origin=self._archived.origin or origin, extra=merged)
        if (kept.origin, kept.extra) == (origin, extra):
            return False
        write_origin(self._raw, kept)
        return True


def _same(ours: ArchivedMessage | None, merged: ArchivedMessage) -> bool:
    if ours is None:
        return False
    there = ours.message.replace(index=merged.message.index)
    return ours.replace(message=there) == merged


def _places(messages: dict[str, ArchivedMessage]) -> list[Place]:
    return [
        Place(id=id, after=one.after, timestamp=one.message.timestamp)
        for id, one in messages.items()
    ]


def _stored(raw: apsw.Connection, session_id: str) -> dict[str, ArchivedMessage]:
    extras = message_extras(raw, session_id)
    values = {"session_id": session_id, "first": -(1 << 62), "last": (1 << 62)}
    found = {}
    for row in rows(raw, STATEMENTS["get_messages"], values):
        message = _rows.message(row)
        if row[16]:
            files = rows(raw, STATEMENTS["get_attachments"], {"message_id": row[0]})
            message = message.replace(attachments=tuple(map(_rows.attachment, files)))
        after, extra = extras.get(message.id, (None, {}))
        found[message.id] = ArchivedMessage(message=message, after=after, extra=extra)
    return found
