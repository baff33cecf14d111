"""What the index keeps of a message: its lexemes."""

from __future__ import annotations

from synapse.record import Record
from synapse.stores.search_terms import terms_of
from synapse.stores.servers.search.pairs import pairs
from synapse.timestamps import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

WEEK = 7 * 86_400 * 1_000_000
"""Microseconds."""


class Document(Record):
    """What is written of a message."""

    session_id: str
    message_id: str
    said: datetime
    """The message's time."""
    week: int
    """In which that is; see `week_of`."""
    lexemes: frozenset[str]


def week_of(time: int) -> int:
    """Weeks from 1970 to a time in microseconds."""
    return time // WEEK


def moment(time: int) -> datetime:
    """The time that so many microseconds since 1970 are, or the last one that there is."""
    from datetime import timedelta  # only where it is searched

    try:
        return UNKNOWN + timedelta(microseconds=time)
    except OverflowError:
        return UNKNOWN.replace(year=9999)


def lexemes(content: str, reasoning: str, files: list[str]) -> frozenset[str]:
    """The terms of a message, and the pairs of what is said in it."""
    found = terms_of(content, reasoning, "\n".join(files)) | pairs(content)
    for text in files:
        found |= pairs(text)
    return frozenset(found)
