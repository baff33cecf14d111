"""What was said in a session, in pages of so many characters: nothing is cut off, nothing comes
twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synapse.errors import UsageError
from synapse.human_time import rfc3339
from synapse.mcp_server import cursors
from synapse.mcp_server.cursors import Place
from synapse.mcp_server.results import (
    NOTICE,
    AttachmentEntry,
    Passage,
    PassagesPage,
    clipped,
    model_name,
    session_entry,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synapse.domain import SessionSummary, StoredMessage
    from synapse.mcp_server.arguments import ReadSession
    from synapse.mcp_server.live_sessions import LiveSessions

    Text = tuple[str, int | None, str]
    """Where it stands, in which attachment, and what it says."""

_BESIDE = 3
"""Messages on each side of the one that is asked for with `around`."""
_BATCH = 20
"""Messages that are in memory at once, with their attachments."""
_ENTRY = 200
"""Characters that a passage takes of a page beside its text: many short ones fill it, too."""


def read(sessions: LiveSessions, wanted: ReadSession, check: Callable[[], object]) -> PassagesPage:
    """A page. `check` is called between messages, and may raise. Raises SynapseError."""
    begin = None if wanted.cursor is None else cursors.place(wanted.cursor)
    summary = sessions.named(wanted.session)
    first, last = _range(wanted, summary)
    if begin is not None:
        first = max(first, begin.message)
    page = _Page(wanted.characters)
    for message in _messages(sessions, summary, first, last):
        check()
        for number, text in enumerate(_texts(message, wanted.include)):
            place = Place(message.index, number, 0)
            if begin is not None and place[:2] <= begin[:2]:
                if place[:2] < begin[:2]:
                    continue
                place = begin
            page.add(message, text, place)
            if page.next is not None:
                return page.result(summary)
    return page.result(summary)


class _Page:
    def __init__(self, characters: int) -> None:
        self._room = characters
        self._passages: list[Passage] = []
        self.next: Place | None = None

    def add(self, message: StoredMessage, text: Text, place: Place) -> None:
        if self._room <= 0:
            self.next = place
            return
        where, attachment, whole = text
        piece = whole[place.begin : place.begin + self._room]
        self._room -= len(piece) + _ENTRY
        self._passages.append(
            Passage(
                message=message.index,
                role=message.role.value,
                time=rfc3339(message.timestamp),
                status=message.status.value,
                model=model_name(message.model),
                superseded=message.superseded,
                where=where,
                attachment=attachment,
                begin=place.begin,
                length=len(whole),
                text=piece,
                attachments=_listed(message) if place[1:] == (0, 0) else (),
            )
        )
        end = place.begin + len(piece)
        if end < len(whole):
            self.next = place._replace(begin=end)

    def result(self, summary: SessionSummary) -> PassagesPage:
        return PassagesPage(
            notice=NOTICE,
            session=session_entry(summary),
            passages=tuple(self._passages),
            next=None if self.next is None else cursors.of_place(self.next),
        )


def _range(wanted: ReadSession, summary: SessionSummary) -> tuple[int, int | None]:
    """The first and the last message that are asked for. Raises UsageError."""
    ways = (wanted.around, wanted.newest, wanted.first or wanted.last)
    if sum(way is not None for way in ways) > 1:
        raise UsageError("only one of these goes at a time: around, newest, first with last")
    count = summary.message_count
    named = wanted.around or wanted.first
    if named is not None and named > count:
        noun = "message" if count == 1 else "messages"
        raise UsageError(f"there is no message {named}: the session has {count:,} {noun}")
    if wanted.around is not None:
        return max(1, wanted.around - _BESIDE), wanted.around + _BESIDE
    if wanted.newest is not None:
        return max(1, count - wanted.newest + 1), None
    first = wanted.first or 1
    if wanted.last is not None and wanted.last < first:
        raise UsageError(f"message {wanted.last} comes before message {first}")
    return first, wanted.last


def _messages(
    sessions: LiveSessions, summary: SessionSummary, first: int, last: int | None
) -> Iterator[StoredMessage]:
    session_id = summary.session.id
    begin, end = first, summary.message_count if last is None else last
    while begin + _BATCH <= end:
        yield from sessions.get_messages(session_id, first=begin, last=begin + _BATCH - 1)
        begin += _BATCH
    # to the end, wherever that is by now
    yield from sessions.get_messages(session_id, first=begin, last=last)


def _texts(message: StoredMessage, include: tuple[str, ...]) -> Iterator[Text]:
    yield "content", None, message.content
    if "reasoning" in include and message.reasoning:
        yield "reasoning", None, message.reasoning
    if "attachments" in include:
        for number, attachment in enumerate(message.attachments, 1):
            if attachment.is_sent and attachment.is_text:
                yield "attachment", number, attachment.data.decode("utf-8", "replace")


def _listed(message: StoredMessage) -> tuple[AttachmentEntry, ...]:
    return tuple(
        AttachmentEntry(
            number=number,
            name=clipped(attachment.name.rpartition("/")[2]) or "",
            media_type=clipped(attachment.media_type) or "",
            bytes=len(attachment.data),
        )
        for number, attachment in enumerate(message.attachments, 1)
        if attachment.is_sent
    )
