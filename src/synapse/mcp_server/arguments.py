"""What the tools take: their JSON schemas are made from these classes, and so is the check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from synapse.search_query import LONGEST_QUERY

MOST_ENTRIES = 100
MOST_CHARACTERS = 100_000
_LONGEST_REFERENCE = 1_000
_LONGEST_CURSOR = 200
_LARGEST_NUMBER = 1 << 53

_Cursor = Annotated[
    str | None,
    Field(
        description="the `next` of the page before, with the other arguments as they were",
        max_length=_LONGEST_CURSOR,
    ),
]
_Limit = Annotated[int, Field(description="entries of a page", ge=1, le=MOST_ENTRIES)]
_Moment = Annotated[str | None, Field(max_length=_LONGEST_REFERENCE)]
_Number = Annotated[int | None, Field(ge=1, le=_LARGEST_NUMBER)]
_SESSION = (
    "which session: an id or a handle (the end of an id) as the other tools give it, a name,"
    " or @1 for the one used last, @2 for the one before"
)


class _Strict:
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class ListSessions(_Strict):
    """Arguments of `list_sessions`."""

    query: Annotated[
        str,
        Field(
            description="only sessions with this text in their name, title or first words",
            max_length=_LONGEST_REFERENCE,
        ),
    ] = ""
    tag: Annotated[
        str | None,
        Field(description="only sessions with this tag", max_length=_LONGEST_REFERENCE),
    ] = None
    after: Annotated[
        _Moment, Field(description="only those used since: 90d, 2w, today, 2026-11-01")
    ] = None
    before: Annotated[_Moment, Field(description="only those last used before that moment")] = None
    limit: _Limit = 20
    cursor: _Cursor = None


@dataclass(frozen=True, kw_only=True)
class SearchMessages(_Strict):
    """Arguments of `search`."""

    query: Annotated[
        str,
        Field(
            description=(
                'words that all occur in one message; "a phrase"; conf* for beginnings of words;'
                " -word for what must not occur; OR; filters: role:user, after:2w,"
                " before:2026-11-01, tag:work, name:docker, model:gpt, has:attachment,"
                " in:reasoning"
            ),
            min_length=1,
            max_length=LONGEST_QUERY,
        ),
    ]
    session: Annotated[
        str | None,
        Field(description=f"only in one session; {_SESSION}", max_length=_LONGEST_REFERENCE),
    ] = None
    order: Annotated[
        Literal["newest", "relevant"],
        Field(description="what comes first; relevant: among the 2,000 newest hits"),
    ] = "newest"
    limit: _Limit = 20
    cursor: _Cursor = None


@dataclass(frozen=True, kw_only=True)
class ReadSession(_Strict):
    """Arguments of `read_session`."""

    session: Annotated[str, Field(description=_SESSION, max_length=_LONGEST_REFERENCE)]
    first: Annotated[_Number, Field(description="begin with this message, counted from 1")] = None
    last: Annotated[_Number, Field(description="end with this message")] = None
    around: Annotated[
        _Number, Field(description="this message, three before it and three behind it")
    ] = None
    newest: Annotated[_Number, Field(description="only so many messages, the last ones")] = None
    include: Annotated[
        tuple[Literal["reasoning", "attachments"], ...],
        Field(
            description="also what the model thought, or the texts of attached files",
            max_length=2,
        ),
    ] = ()
    characters: Annotated[
        int, Field(description="of text in a page", ge=1_000, le=MOST_CHARACTERS)
    ] = 20_000
    cursor: _Cursor = None
