"""What an import brings becomes a session, or a part of one that is there."""

from __future__ import annotations

from itertools import chain, islice

from synapse import timestamps
from synapse.archived import REDACTED, ArchivedMessage, Merged, Upkeep
from synapse.domain import Role
from synapse.errors import SessionBusy, StorageError
from synapse.ids import handle
from synapse.stores import _rows, _tagging, merging, merging_sessions
from synapse.stores._summaries import fitting
from synapse.stores._text import folded, storable
from synapse.stores.merging_sessions import AT_ONCE, KNOWN_BY, Merge, closed, same, state_of
from synapse.stores.servers import _summaries, _values
from synapse.stores.servers._sessions import hold_name, holders, is_shared, lock, rename
from synapse.stores.servers._sessions import messages as message_rows
from synapse.stores.servers._sessions import run as run_query
from synapse.stores.servers._turn import close_abandoned
from synapse.stores.servers.archive.reading import import_of, message_extras, standing, used_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.domain import StoredMessage
    from synapse.stores.merging import State
    from synapse.stores.merging_sessions import Standing
    from synapse.stores.servers.dialect import Raw, Rows

_REMEMBERED = 1 << 26
"""Characters of messages that are kept for a transaction that is run again; larger sessions come
again with the next import.
"""
_LAST = (1 << 31) - 1


class Repeatable:
    """Messages that can be read once, for work that may be run again from its beginning."""

    def __init__(self, messages: Iterable[ArchivedMessage]) -> None:
        self._source = iter(messages)
        self._read: list[ArchivedMessage] | None = []
        self._size = 0

    def __iter__(self) -> Iterator[ArchivedMessage]:
        if self._read is None:
            raise StorageError(
                "the connection broke while a large session was being stored",
                "Nothing of it was. Do the same again.",
            )
        yield from [*self._read]
        for one in self._source:
            self._remember(one)
            yield one

    def _remember(self, one: ArchivedMessage) -> None:
        if self._read is None:
            return
        message = one.message
        self._size += len(message.content) + len(message.reasoning)
        self._size += sum(len(attachment.data) for attachment in message.attachments)
        if self._size > _REMEMBERED:
            self._read = None
        else:
            self._read.append(one)


def merge(raw: Raw, archived: ArchivedSession, *, as_copy: bool = False) -> Merged:
    """See SessionStore.merge_session; in a transaction."""
    return Writing(raw).merged(archived, as_copy=as_copy)


class Writing:
    """One merge."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._statements = raw.dialect.statements("archive")

    def _run(self, query: str, **values: Any) -> Rows:
        return self._raw.execute(self._statements[query], values)

    def merged(self, archived: ArchivedSession, *, as_copy: bool) -> Merged:
        """Of one that is there, the row is locked first."""
        if lock(self._raw, archived.session.id) is None:
            archived = self._as_it_is_called_here(archived)
            if lock(self._raw, archived.session.id) is None:
                return self._add(archived, as_copy=as_copy)
        before = standing(self._run, archived.session.id)
        assert before is not None
        return self._merge(archived, before, as_copy=as_copy)

    def _as_it_is_called_here(self, archived: ArchivedSession) -> ArchivedSession:
        """A conversation of another program that is here under another id: ids hold when it began,
        and that changes where a program tells it by the first message, and the first message was
        deleted.
        """
        if archived.origin is None:
            return archived
        messages = iter(archived.messages)
        first = [*islice(messages, KNOWN_BY)]
        archived = archived.replace(messages=chain(first, messages))
        elsewhere = self._elsewhere([one.message for one in first])
        for one in first:
            id = elsewhere.get(one.message.id)
            if id is not None and import_of(self._run, id)[0] == archived.origin:
                return merging_sessions.called_here(archived, id)
        return archived

    def _elsewhere(self, messages: Sequence[StoredMessage]) -> dict[str, str]:
        """Of those of the messages that are there, the sessions that they are in."""
        ids = tuple(message.id for message in messages if _values.is_id(message.id))
        return dict(self._run("messages_elsewhere", ids=ids)) if ids else {}

    # a new one

    def _add(self, archived: ArchivedSession, *, as_copy: bool) -> Merged:
        session = archived.session
        run_query(
            self._raw,
            "create_session",
            **_values.session(session.replace(name=None, deleted_at=None)),
        )
        count, preview = 0, ""
        messages = iter(archived.messages)
        while some := [closed(one) for one in islice(messages, AT_ONCE)]:
            self._check_new(some, session.id)
            self._insert(
                [
                    one.replace(message=one.message.replace(index=index))
                    for index, one in enumerate(some, count + 1)
                ]
            )
            preview = preview or _preview(some)
            count += len(some)
        merging_sessions.check_count(archived, count)
        self._count_anew(session.id, preview)
        upkeep = archived.upkeep if as_copy else Upkeep(imported_at=timestamps.now())
        self._write_state(state_of(archived))
        self._write_upkeep(session.id, upkeep, as_copy=as_copy)
        self._write_origin(archived)
        self._resolve_fork(archived)
        _summaries.insert_fitting(self._raw, session.id, archived.summaries)
        return Merged(session_id=session.id, is_new=True, added=count, changed=True)

    def _check_new(self, some: Sequence[ArchivedMessage], session_id: str) -> None:
        """Raise InvalidDataError for a message that is another session's, or stands there twice."""
        elsewhere = self._elsewhere([one.message for one in some])
        seen: set[str] = set()
        for one in some:
            id = one.message.id
            if id in seen or id in elsewhere:
                other = elsewhere.get(id)
                raise merging_sessions.taken(id, None if other == session_id else other)
            seen.add(id)

    def _insert(self, some: Sequence[ArchivedMessage]) -> None:
        """Messages that are not there, at their indexes."""
        [(added,)] = run_query(self._raw, "position")
        insert = self._raw.dialect.statements("queries")["insert_message"]
        self._raw.execute_all(
            insert,
            [
                _values.message(one.message)
                | {"seq": one.message.index, "added": added + one.message.index}
                for one in some
            ],
        )
        for one in some:
            self._insert_attachments(one.message, 0)
            self._write_extra(one)

    def _insert_attachments(self, message: StoredMessage, known: int) -> None:
        """Those behind the first `known`, which are there."""
        for n, attachment in enumerate(message.attachments[known:], known + 1):
            values = _values.attachment(message.session_id, message.id, n, attachment)
            run_query(self._raw, "add_attachment", **values)

    def _write_extra(self, one: ArchivedMessage) -> None:
        if one.after is None and not one.extra:
            return
        self._run(
            "add_message_extra",
            session_id=one.message.session_id,
            message_id=one.message.id,
            after=one.after,
            extra=merging_sessions.dumped(one.extra),
        )

    def _count_anew(self, session_id: str, preview: str) -> None:
        run_query(self._raw, "count_anew", id=session_id)
        run_query(
            self._raw, "set_preview", id=session_id, preview=preview, preview_key=folded(preview)
        )

    # what is said of it

    def _write_state(self, state: State) -> None:
        id = state.session.id
        session = state.session.replace(name=self._settled_name(state))
        self._run("set_state", **_values.session(session), **_tagging.columns(dict(state.tags)))
        self._run("forget_changes", id=id)
        self._raw.execute_all(
            self._statements["add_change"],
            [
                {"id": id, "what": storable(what), "changed_at": time}
                for what, time in state.changes.items()
            ],
        )

    def _write_upkeep(self, id: str, upkeep: Upkeep, *, as_copy: bool) -> None:
        used = used_at(upkeep)
        self._run(
            "set_upkeep",
            id=id,
            used_at=used,
            imported_at=upkeep.imported_at,
            restored_at=upkeep.restored_at,
        )
        if as_copy:
            self._run("raise_mark", used_at=used)

    def _settled_name(self, state: State) -> str | None:
        """Of live sessions that claim one name, the one that had it first keeps it. The others add
        their handles: that is the same on every machine, whichever it meets first.
        """
        session = state.session
        name = session.name
        if name is None or session.deleted_at is not None or is_shared(name):
            return name
        hold_name(self._raw, name)
        for row in holders(self._raw, name):
            if row[0] == session.id or lock(self._raw, row[0]) is None:
                continue
            other = standing(self._run, row[0])
            assert other is not None
            if merging.name_loses(state, other.state):
                return self._with_handle(name, session.id)
            self._give_way(other)
        return name

    def _give_way(self, other: Standing) -> None:
        session = other.state.session
        assert session.name is not None
        claimed = other.state.changes.get("name", session.created_at)
        rename(self._raw, session.id, self._with_handle(session.name, session.id), claimed)

    def _with_handle(self, name: str, session_id: str) -> str:
        suffixed = f"{name}-{handle(session_id)}"
        hold_name(self._raw, suffixed)
        taken = any(row[0] != session_id for row in holders(self._raw, suffixed))
        return f"{name}-{session_id}" if taken else suffixed

    def _write_origin(self, archived: ArchivedSession) -> None:
        origin, extra = archived.origin, archived.extra
        if origin is None and not extra:
            return
        self._run("forget_import", id=archived.session.id)
        self._run(
            "add_import",
            id=archived.session.id,
            program=None if origin is None else storable(origin.program),
            source_id=None if origin is None else storable(origin.id),
            extra=merging_sessions.dumped(extra),
        )

    def _resolve_fork(self, archived: ArchivedSession) -> None:
        """The number, here, of the last message that it shares with its origin."""
        session = archived.session
        if archived.forked_after is None or session.forked_from is None:
            return
        if not _values.is_id(archived.forked_after):
            return
        values = {"session_id": session.forked_from, "id": archived.forked_after}
        for row in run_query(self._raw, "message_seq", **values):
            self._run("number_fork", id=session.id, index=row[0])

    # one that is there

    def _merge(self, archived: ArchivedSession, before: Standing, *, as_copy: bool) -> Merged:
        id = archived.session.id
        ours = self._stored(id)
        theirs = self._checked(archived, ours)
        merging_sessions.check_count(archived, len(theirs))
        merge = Merge(archived, before, ours, theirs)
        if merge.changed or merge.moved:
            self._refuse_if_answering(id)
            self._write(merge, ours)
        summaries_changed = self._write_summaries(merge)
        kept = merge.origin(*import_of(self._run, id))
        if kept is not None:
            self._write_origin(kept)
        changed = bool(merge.changed or merge.state_changed or merge.moved)
        if changed:
            self._write_state(merge.state)
            self._write_upkeep(id, before.upkeep, as_copy=False)
            self._resolve_fork(merge.archived)
        upkeep_changed = as_copy and merge.upkeep() != before.upkeep
        if upkeep_changed:
            self._write_upkeep(id, merge.upkeep(), as_copy=True)
        return Merged(
            session_id=id,
            is_new=False,
            added=merge.added,
            changed=changed or summaries_changed or kept is not None or upkeep_changed,
        )

    def _write_summaries(self, merge: Merge) -> bool:
        """Behind the messages; whether others stand there now."""
        id = merge.archived.session.id
        before = _summaries.of_session(self._raw, id)
        theirs = [one.replace(session_id=id) for one in merge.archived.summaries]
        if not before and not theirs:
            return False
        sides = merge.sides(REDACTED in import_of(self._run, id)[1])
        return _summaries.replace(self._raw, id, before, fitting(before, theirs, sides))

    def _stored(self, session_id: str) -> dict[str, ArchivedMessage]:
        extras = message_extras(self._run, session_id)
        rows = message_rows(run_query, self._raw, session_id=session_id, first=-_LAST, last=_LAST)
        with_files = tuple(row[0] for row in rows if row[16])
        files: dict[str, list[Any]] = {}
        if with_files:
            found = self._run("attachments_of", session_id=session_id, messages=with_files)
            for id, *file in found:
                files.setdefault(id, []).append(_rows.attachment(tuple(file)))
        stored = {}
        for row in rows:
            message = _rows.message(row).replace(attachments=tuple(files.get(row[0], ())))
            after, extra = extras.get(message.id, (None, {}))
            stored[message.id] = ArchivedMessage(message=message, after=after, extra=extra)
        return stored

    def _checked(
        self, archived: ArchivedSession, ours: Mapping[str, ArchivedMessage]
    ) -> dict[str, ArchivedMessage]:
        """The messages, none of which may be another session's, or stand there twice."""
        theirs: dict[str, ArchivedMessage] = {}
        messages = iter(archived.messages)
        while some := [closed(one) for one in islice(messages, AT_ONCE)]:
            for one in some:
                if one.message.id in theirs:
                    raise merging_sessions.taken(one.message.id, None)
                theirs[one.message.id] = one
            self._check_new(
                [one for one in some if one.message.id not in ours], archived.session.id
            )
        return theirs

    def _refuse_if_answering(self, session_id: str) -> None:
        try:
            close_abandoned(self._raw, session_id, refuse_living=True)
        except SessionBusy as error:
            raise merging_sessions.busy(error) from None

    def _write(self, merge: Merge, ours: Mapping[str, ArchivedMessage]) -> None:
        id = merge.archived.session.id
        forks = merge.new_places(self._run("forked_here", id=id))
        if merge.moved:
            self._move(id, [one for name, one in merge.messages.items() if name in ours])
        new = [one for one in merge.changed if one.message.id not in ours]
        for start in range(0, len(new), AT_ONCE):
            self._insert(new[start : start + AT_ONCE])
        for one in merge.changed:
            there = ours.get(one.message.id)
            if there is not None and not same(there, one):
                self._replace(there, one)
        self._count_anew(id, _preview(merge.messages.values()))
        for fork, index in forks.items():
            self._run("number_fork", id=fork, index=index)

    def _move(self, session_id: str, messages: Sequence[ArchivedMessage]) -> None:
        """Give messages that are there their new indexes."""
        self._run("move_away", id=session_id)
        for start in range(0, len(messages), AT_ONCE):
            self._raw.execute_all(
                self._statements["number_message"],
                [
                    {"session_id": session_id, "id": one.message.id, "seq": one.message.index}
                    for one in messages[start : start + AT_ONCE]
                ],
            )

    def _replace(self, there: ArchivedMessage, one: ArchivedMessage) -> None:
        message = one.message
        self._run("replace_message", **_values.message(message))
        known = len(there.message.attachments)
        place = {"session_id": message.session_id, "message_id": message.id}
        if there.message.attachments != message.attachments[:known]:  # they had masks
            self._run("forget_attachments", **place)
            known = 0
        self._insert_attachments(message, known)
        self._run("forget_message_extra", **place)
        self._write_extra(one)


def _preview(messages: Iterable[ArchivedMessage]) -> str:
    """Of the first user's message that has one."""
    for one in messages:
        if one.message.role is Role.USER and (shown := _values.preview(one.message.content)):
            return shown
    return ""
