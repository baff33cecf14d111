"""Where a page of a result ended, as a text that a client hands back for the next one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from synapse import timestamps
from synapse.domain import Session, SessionSummary
from synapse.errors import UsageError

if TYPE_CHECKING:
    from synapse.domain import StoredMessage

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,16})\.(\d{1,6})\.(\d{1,16})", re.ASCII)
_HIT = re.compile(r"(\d{1,9})\.(.{1,100})", re.ASCII)


class Place(NamedTuple):
    """Where a passage of a session begins."""

    message: int
    text: int
    """Which of the message's texts, from 0."""
    begin: int
    """Which character of it, from 0."""


def after_session(cursor: str) -> SessionSummary:
    """What `list_sessions` of the store takes as `after`: the last one of a page, as it was then.
    Raises UsageError.
    """
    moment, _, session_id = cursor.partition("/")
    try:
        updated_at = timestamps.from_text(moment)
    except (ValueError, OverflowError):
        raise _foreign() from None
    if not _ID.fullmatch(session_id):
        raise _foreign()
    session = Session(
        id=session_id, provider="", model="", created_at=updated_at, updated_at=updated_at
    )
    return SessionSummary(session=session, message_count=0, preview="")


def of_session(last: SessionSummary) -> str:
    """The cursor of a page that ends with this one."""
    return f"{timestamps.to_text(last.session.updated_at)}/{last.session.id}"


def after_hit(cursor: str) -> tuple[int, str]:
    """How many hits came before, and the id of the last message among them. Raises UsageError."""
    found = _HIT.fullmatch(cursor)
    if found is None:
        raise _foreign()
    return int(found[1]), found[2]


def of_hit(passed: int, last: StoredMessage) -> str:
    """The cursor of a page of hits that ends with this one."""
    return f"{passed}.{last.id}"


def place(cursor: str) -> Place:
    """Where to read on. Raises UsageError."""
    found = _NUMBERS.fullmatch(cursor)
    if found is None:
        raise _foreign()
    return Place(*map(int, found.groups()))


def of_place(next: Place) -> str:
    """The cursor of a page before that place."""
    return f"{next.message}.{next.text}.{next.begin}"


def _foreign() -> UsageError:
    return UsageError("this cursor is from no page of this tool: pass `next` as it was given")
