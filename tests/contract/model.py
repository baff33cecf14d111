"""A SessionStore in plain Python: what every engine is compared with.

Lists and dictionaries, no text comparison of times, no indexes, nothing incremental: everything
that an engine derives as it goes is counted anew here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from unicodedata import normalize

from synapse.domain import (
    CleanupResult,
    Role,
    Session,
    SessionFilter,
    SessionOrder,
    SessionSummary,
    SessionTotals,
    Status,
    StoredMessage,
    Summary,
    Usage,
)
from synapse.errors import InvalidDataError, NameTaken, NotFoundError, SessionBusy

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from synapse.domain import Retention

_Record = TypeVar("_Record", Session, StoredMessage, Summary)
_BEGINNING, _END = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def clean(text: str) -> str:
    """The text without what not every engine can hold."""
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)


def cleaned(record: _Record) -> _Record:
    """The record with all of its texts clean."""
    texts = {k: v for k, v in record.__dict__.items() if type(v) is str}
    record = record.replace(**{name: clean(text) for name, text in texts.items()})
    if isinstance(record, StoredMessage):
        attachments = (a.replace(name=clean(a.name)) for a in record.attachments)
        record = record.replace(
            attachments=tuple(attachments),
            usage=cleaned_usage(record.usage),
            elapsed_ms=possible(record.elapsed_ms),
        )
    return record


def cleaned_usage(usage: Usage) -> Usage:
    """The usage with counts that can be some."""
    source = usage.cost_source
    counts: dict[str, Any] = {
        name: possible(count) for name, count in usage.__dict__.items() if name != "cost_source"
    }
    return Usage(**counts, cost_source=None if source is None else clean(source))


def possible(count: int | None) -> int | None:
    """The count, unless none can be so large or so small."""
    return count if count is None or 0 <= count <= 1_000_000_000_000 else None


def folded(name: str) -> str:
    """The form in which names are equal."""
    return normalize("NFC", normalize("NFC", clean(name)).casefold())


class Row:
    """One session with all that belongs to it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.restored_at: datetime | None = None
        self.messages: list[StoredMessage] = []
        self.summaries: list[Summary] = []
        self.tags: dict[str, str] = {}

    def preview(self) -> str:
        """The beginning of the first user message that has one."""
        for message in self.messages:
            if message.role is Role.USER:
                begun = message.content.lstrip("\t\n\r ").replace("\r", "")
                line = begun.replace("\n", " ").replace("\t", " ")[:50].rstrip(" ")
                if line:
                    return line
        return ""

    def live(self, last: int) -> int:
        """How many messages up to an index are not superseded."""
        return sum(not m.superseded for m in self.messages if m.index <= last)

    def supersede(self, indexes: list[int]) -> int:
        """Mark messages; what stands for one of those that were not marked goes."""
        new = [m.index for m in self.messages if m.index in indexes and not m.superseded]
        self.messages = [m.replace(superseded=True) if m.index in new else m for m in self.messages]
        self.summaries = [
            one for one in self.summaries if not any(index <= one.last_index for index in new)
        ]
        return len(new)

    def summary(self) -> SessionSummary:
        """As the store gives it."""
        return SessionSummary(
            session=self.session,
            message_count=len(self.messages),
            preview=self.preview(),
            last_status=self.messages[-1].status if self.messages else Status.COMPLETE,
            tags=tuple(self.tags[key] for key in sorted(self.tags)),
        )


def meant(row: Row, which: SessionFilter) -> bool:
    """Whether a filter lets a session through."""
    session = row.session
    moment = session.deleted_at or session.updated_at
    texts = (session.name, session.title, row.preview())
    return (
        (which.text is None or any(contains(text, which.text) for text in texts))
        and (which.since is None or moment >= which.since)
        and (which.until is None or moment < which.until)
        and (which.provider is None or session.provider == clean(which.provider))
        and (which.model is None or contains(session.model, which.model))
        and (not which.named or session.name is not None)
        and (which.pinned is None or session.pinned == which.pinned)
        and (not which.tags or not row.tags.keys().isdisjoint(map(folded, which.tags)))
    )


def contains(text: str | None, part: str) -> bool:
    """Whether the part stands in the text, whatever its case."""
    return text is not None and folded(part) in folded(text)


def place(summary: SessionSummary, order: SessionOrder | None) -> tuple[Any, ...]:
    """By what a session is sorted: from what it is as it is given, and by its id."""
    session = summary.session
    behind_greater_ids = -int(session.id.replace("-", ""), 16)
    if order is SessionOrder.CREATED:
        return (_END - session.created_at, behind_greater_ids)
    if order is SessionOrder.MESSAGES:
        return (-summary.message_count, behind_greater_ids)
    if order is SessionOrder.NAME:
        return (session.name is None, folded(session.name or ""), behind_greater_ids)
    return (_END - (session.deleted_at or session.updated_at), behind_greater_ids)


class Model:
    """The methods of SessionStore, with the clock in `now`."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.rows: dict[str, Row] = {}
        """In the order of creation."""
        self.retitled: set[str] = set()
        self.receiving: set[str] = set()
        """Answers whose owner lives."""

    # helpers

    def _row(self, session_id: str) -> Row:
        try:
            return self.rows[session_id]
        except KeyError:
            raise NotFoundError(session_id) from None

    def _in(self, deleted: bool) -> list[Row]:
        """The live sessions, or the trash, the greatest id first: sorting is stable."""
        rows = [r for r in self.rows.values() if (r.session.deleted_at is not None) == deleted]
        return sorted(rows, key=lambda row: row.session.id, reverse=True)

    def _listed(self, deleted: bool) -> list[Row]:
        return sorted(self._in(deleted), key=lambda row: place(row.summary(), None))

    def _recent(self, deleted: bool) -> list[Row]:
        """By the last use, also in the trash."""
        return sorted(self._in(deleted), key=lambda row: row.session.updated_at, reverse=True)

    def _check_name(self, name: str | None, *, but: str = "") -> None:
        if name is not None and any(found.session.id != but for found in self._named(name)):
            raise NameTaken(name)

    def _named(self, name: str, *, deleted: bool = False) -> list[Row]:
        return [
            row
            for row in self._recent(deleted)
            if row.session.name is not None and folded(row.session.name) == folded(name)
        ]

    def find_message(self, id: str) -> tuple[Row, int] | None:
        """A message's session, and its place there."""
        for row in self.rows.values():
            for place, message in enumerate(row.messages):
                if message.id == id:
                    return row, place
        return None

    def _append(self, row: Row, message: StoredMessage) -> StoredMessage:
        numbered = message.replace(index=len(row.messages) + 1)
        row.messages.append(cleaned(numbered))
        return numbered

    def _advance(self, row: Row, moment: datetime) -> None:
        row.session = row.session.replace(updated_at=max(row.session.updated_at, moment))

    # sessions

    def create_session(self, session: Session) -> None:
        if session.id in self.rows:
            raise InvalidDataError(session.id)
        self._check_name(session.name)
        self.rows[session.id] = Row(cleaned(session))

    def get_session(self, session_id: str) -> Session | None:
        row = self.rows.get(session_id)
        return row.session if row else None

    def get_summary(self, session_id: str) -> SessionSummary | None:
        row = self.rows.get(session_id)
        return row.summary() if row else None

    def list_sessions(
        self,
        *,
        limit: int | None = None,
        after: SessionSummary | None = None,
        deleted: bool = False,
        which: SessionFilter | None = None,
        order: SessionOrder | None = None,
        reverse: bool = False,
    ) -> list[SessionSummary]:
        rows = [row for row in self._in(deleted) if which is None or meant(row, which)]
        found = sorted((row.summary() for row in rows), key=lambda one: place(one, order))
        if reverse:
            found.reverse()
        if after is not None:
            begin = place(after, order)
            found = [
                one
                for one in found
                if (place(one, order) < begin if reverse else place(one, order) > begin)
            ]
        return found if limit is None else found[:limit]

    def nth_session(self, number: int, *, deleted: bool = False) -> SessionSummary | None:
        rows = self._listed(deleted)
        return rows[number - 1].summary() if 0 < number <= len(rows) else None

    def count_sessions(self, *, deleted: bool = False) -> int:
        return len(self._listed(deleted))

    def total_sessions(self, which: SessionFilter, *, deleted: bool = False) -> SessionTotals:
        rows = [row for row in self._in(deleted) if meant(row, which)]
        messages = sum(len(row.messages) for row in rows)
        return SessionTotals(sessions=len(rows), messages=messages)

    def find_by_prefix(self, digits: str, *, deleted: bool = False) -> list[SessionSummary]:
        return [
            row.summary()
            for row in self._recent(deleted)
            if row.session.id.replace("-", "").startswith(digits)
            or row.session.id[-8:].startswith(digits)
        ]

    def find_by_name(self, name: str, *, deleted: bool = False) -> list[SessionSummary]:
        return [row.summary() for row in self._named(name, deleted=deleted)]

    def rename_session(self, session_id: str, name: str | None) -> None:
        row = self._row(session_id)
        self._check_name(name, but=session_id)
        row.session = cleaned(row.session.replace(name=name))

    def retitle_session(self, session_id: str, title: str | None, *, unasked: bool = False) -> bool:
        row = self._row(session_id)
        if unasked and (row.session.title is not None or session_id in self.retitled):
            return False
        if not unasked and title != row.session.title:
            self.retitled.add(session_id)
        row.session = cleaned(row.session.replace(title=title))
        return True

    def touch_session(self, session_id: str) -> None:
        row = self._row(session_id)
        row.session = row.session.replace(updated_at=self.now)

    def pin_session(self, session_id: str, pinned: bool = True) -> bool:
        row = self._row(session_id)
        changed = row.session.pinned != pinned
        row.session = row.session.replace(pinned=pinned)
        return changed

    def tag_sessions(self, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
        if any(tag.split() != [tag] for tag in tags):
            raise InvalidDataError("no tag")
        new = {folded(tag): clean(tag) for tag in reversed(tags)}
        rows = [self.rows[id] for id in session_ids if id in self.rows]
        changed = [row for row in rows if new.keys() - row.tags.keys()]
        for row in changed:
            row.tags = new | row.tags
        return [row.session.id for row in changed]

    def untag_sessions(self, session_ids: Sequence[str], tags: Sequence[str]) -> list[str]:
        gone = set(map(folded, tags))
        rows = [self.rows[id] for id in session_ids if id in self.rows]
        changed = [row for row in rows if gone & row.tags.keys()]
        for row in changed:
            row.tags = {key: tag for key, tag in row.tags.items() if key not in gone}
        return [row.session.id for row in changed]

    def tags(self, *, deleted: bool = False) -> list[tuple[str, int]]:
        """As they are compared."""
        keys = [key for row in self._in(deleted) for key in row.tags]
        return [(key, keys.count(key)) for key in sorted(set(keys))]

    def fork_session(self, session_id: str, fork: Session, *, at: int | None = None) -> int:
        """The copies keep the ids of their originals."""
        self._row(session_id)
        self.create_session(fork)
        row = self.rows[fork.id]
        for message in self.get_messages(session_id, last=at):
            streaming = message.status is Status.STREAMING
            status = Status.INCOMPLETE if streaming else message.status
            self._append(row, message.replace(session_id=fork.id, status=status))
        copied = {
            one.id for one in self.summaries(session_id) if one.last_index <= len(row.messages)
        }
        row.summaries = [
            one.replace(
                session_id=fork.id,
                parent=one.parent if one.parent in copied else None,
                session_length=(
                    one.session_length
                    if 1 <= one.session_length <= len(row.messages)
                    else len(row.messages)
                ),
            )
            for one in self.summaries(session_id)
            if one.id in copied
        ]
        return len(row.messages)

    def trash_session(self, session_id: str) -> bool:
        row = self.rows.get(session_id)
        if row is None or row.session.deleted_at is not None:
            return False
        row.session = row.session.replace(deleted_at=self.now)
        row.restored_at = None
        return True

    def restore_session(self, session_id: str) -> bool:
        row = self.rows.get(session_id)
        if row is None or row.session.deleted_at is None:
            return False
        name, number = row.session.name, 1
        while name is not None and not name.startswith("tg:") and self._named(name):
            number += 1
            name = f"{row.session.name}-{number}"
        row.session = row.session.replace(deleted_at=None, name=name)
        row.restored_at = self.now
        return True

    def delete_session(self, session_id: str) -> bool:
        return self.rows.pop(session_id, None) is not None

    def trash_sessions(self, session_ids: Sequence[str]) -> list[str]:
        return [id for id in session_ids if self.trash_session(id)]

    def restore_sessions(self, session_ids: Sequence[str]) -> list[str]:
        return [id for id in session_ids if self.restore_session(id)]

    def delete_sessions(self, session_ids: Sequence[str]) -> list[str]:
        return [id for id in session_ids if self.delete_session(id)]

    erases = "at once"

    def erasure_pending(self) -> bool:
        return False

    # messages

    def add_message(self, message: StoredMessage) -> None:
        if self.find_message(message.id):
            return
        row = self._row(message.session_id)
        self.restore_session(message.session_id)
        self._append(row, message)
        self._advance(row, message.timestamp)

    def get_messages(
        self, session_id: str, *, first: int = 1, last: int | None = None
    ) -> list[StoredMessage]:
        row = self.rows.get(session_id)
        return [
            message.replace(status=Status.INCOMPLETE) if self._abandoned(message) else message
            for message in (row.messages if row else [])
            if message.index >= first and (last is None or message.index <= last)
        ]

    def _abandoned(self, message: StoredMessage) -> bool:
        return message.status is Status.STREAMING and message.id not in self.receiving

    # the turn

    def begin_turn(
        self, session: Session, prompt: StoredMessage | None, answer: StoredMessage, *, create: bool
    ) -> tuple[StoredMessage | None, StoredMessage]:
        if create:
            self.create_session(session)
        row = self._row(session.id)
        if any(m.status is Status.STREAMING and m.id in self.receiving for m in row.messages):
            raise SessionBusy(session.id)
        self.restore_session(session.id)
        self.close_abandoned(session.id)
        prompt, answer = self._in_order(row, prompt, answer)
        if prompt is None:
            self._supersede(row)
        else:
            prompt = self._append(row, prompt)
        answer = self._append(row, answer)
        self._advance(row, answer.timestamp)
        self.receiving.add(answer.id)
        return prompt, answer

    def _in_order(
        self, row: Row, prompt: StoredMessage | None, answer: StoredMessage
    ) -> tuple[StoredMessage | None, StoredMessage]:
        last = [message.timestamp for message in row.messages[-1:]]
        asked = [m.timestamp for m in row.messages if m.role is Role.USER][-1:]
        hour, step = timedelta(hours=1), timedelta(microseconds=1)
        if prompt is not None:
            prompt = prompt.replace(timestamp=min(prompt.timestamp, answer.timestamp - step))
            near = [moment for moment in last if moment - prompt.timestamp <= hour]
            prompt = prompt.replace(timestamp=max([prompt.timestamp, *(m + step for m in near)]))
            later = max(answer.timestamp, prompt.timestamp + step)
            return prompt, answer.replace(timestamp=later)
        near = [moment for moment in last if moment - answer.timestamp <= hour]
        later = max([answer.timestamp, *(moment + step for moment in [*near, *asked])])
        return None, answer.replace(timestamp=later)

    def _supersede(self, row: Row) -> None:
        prompts = [m.index for m in row.messages if m.role is Role.USER and not m.superseded]
        answers = [m.index for m in row.messages if m.role is Role.ASSISTANT]
        row.supersede([index for index in answers if prompts and index > prompts[-1]])

    def supersede_messages(self, session_id: str, first: int) -> int:
        row = self._row(session_id)
        if any(m.status is Status.STREAMING and m.id in self.receiving for m in row.messages):
            raise SessionBusy(session_id)
        self.close_abandoned(session_id)
        spoken = [m.index for m in row.messages if m.role is not Role.SYSTEM]
        return row.supersede([index for index in spoken if index >= first])

    # summaries

    def add_summary(self, summary: Summary) -> bool:
        row = self._row(summary.session_id)
        numbers = (summary.last_index, summary.messages, summary.session_length)
        if any(possible(number) is None for number in numbers):
            raise InvalidDataError(summary.id)
        standing = self.standing_summary(summary.session_id)
        if standing is not None and standing.id == summary.id:
            return True
        if (
            summary.parent != (standing and standing.id)
            or not 1 <= summary.last_index <= len(row.messages)
            or summary.messages != row.live(summary.last_index)
        ):
            return False
        if any(summary.id == one.id for each in self.rows.values() for one in each.summaries):
            raise InvalidDataError(summary.id)
        if standing is not None and summary.created_at <= standing.created_at:
            summary = summary.replace(created_at=standing.created_at + timedelta(microseconds=1))
        row.summaries.append(
            cleaned(summary).replace(
                usage=cleaned_usage(summary.usage),
                tokens_before=possible(summary.tokens_before),
                tokens_after=possible(summary.tokens_after),
            )
        )
        return True

    def summaries(self, session_id: str) -> list[Summary]:
        row = self.rows.get(session_id)
        return list(row.summaries) if row else []

    def standing_summary(self, session_id: str) -> Summary | None:
        return next(reversed(self.summaries(session_id)), None)

    def remove_summary(self, summary_id: str) -> bool:
        for row in self.rows.values():
            left = [one for one in row.summaries if one.id != summary_id]
            if left != row.summaries:
                row.summaries = left
                return True
        return False

    def checkpoint(self, answer_id: str, content: str, reasoning: str = "") -> None:
        found = self.find_message(answer_id)
        if found is None:
            raise NotFoundError(answer_id)
        row, place = found
        message = row.messages[place]
        if message.status is Status.STREAMING:
            row.messages[place] = message.replace(
                content=message.content + clean(content),
                reasoning=message.reasoning + clean(reasoning),
            )

    def renew_lease(self, answer_id: str) -> bool:
        found = self.find_message(answer_id)
        return found is not None and found[0].messages[found[1]].status is Status.STREAMING

    def finish_turn(self, answer: StoredMessage) -> None:
        found = self.find_message(answer.id)
        if found is None:
            raise NotFoundError(answer.id)
        row, place = found
        stored = row.messages[place]
        kept = {"timestamp", "index", "superseded", "role", "session_id", "attachments"}
        closed = cleaned(answer.replace(**{name: stored.__dict__[name] for name in kept}))
        if stored.status is not Status.COMPLETE and closed != stored:
            row.messages[place] = closed
            self._advance(row, self.now)
        self.receiving.discard(answer.id)

    def close_abandoned(self, session_id: str) -> int:
        closed = 0
        row = self.rows.get(session_id)
        for place, message in enumerate(row.messages if row else []):
            if row and self._abandoned(message):
                row.messages[place] = message.replace(status=Status.INCOMPLETE)
                closed += 1
        return closed

    # clean-up: what is due, and what has been done

    def _before(self, days: int) -> datetime:
        try:
            return self.now - timedelta(days=days)
        except OverflowError:
            return _BEGINNING

    def _spared(self, row: Row, spare: Collection[str]) -> bool:
        recently = row.restored_at is not None and row.restored_at >= self._before(30)
        answering = any(message.status is Status.STREAMING for message in row.messages)
        return row.session.pinned or recently or answering or row.session.id in spare

    def expired(self, retention: Retention, spare: Collection[str]) -> set[str]:
        """Live sessions that are too old."""
        cutoff = self._before(retention.retention_days)
        return {
            row.session.id
            for row in self._listed(False)
            if retention.retention_days
            and row.session.updated_at < cutoff
            and not self._spared(row, spare)
        }

    def excess(self, retention: Retention, spare: Collection[str]) -> set[str]:
        """Live sessions that are too many."""
        behind = self._listed(False)[retention.max_sessions :] if retention.max_sessions else []
        return {row.session.id for row in behind if not self._spared(row, spare)}

    def outdated(self, retention: Retention) -> set[str]:
        """Sessions whose time in the trash is over."""
        if retention.trash_days is None:
            return set()
        cutoff = self._before(retention.trash_days)
        trash = [row.session for row in self._listed(True)]
        return {
            s.id
            for s in trash
            if s.deleted_at is not None and s.deleted_at <= cutoff and s.updated_at <= cutoff
        }

    def cleanup(self, retention: Retention, *, spare: Collection[str] = ()) -> CleanupResult:
        expired = self.expired(retention, spare)
        for id in expired:
            self.trash_session(id)
        excess = self.excess(retention, spare)
        for id in excess:
            self.trash_session(id)
        outdated = self.outdated(retention)
        for id in outdated:
            self.delete_session(id)
        return CleanupResult(by_retention=len(expired), by_limit=len(excess), purged=len(outdated))
