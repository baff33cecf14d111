"""Summaries of sessions as rows, and which of them still stand: the same on every engine."""

from __future__ import annotations

from datetime import timedelta

from synapse import ids
from synapse.domain import Summary, plausible_count
from synapse.errors import InvalidDataError
from synapse.record import Record
from synapse.stores import _rows
from synapse.stores._text import storable
from synapse.timestamps import readable, to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from synapse.archived import ArchivedMessage

COLUMNS = (
    "id, session_id, last_index, message_count, content, provider, model, created_at, parent,"
    " generation, focus, tokens_before, tokens_after, prompt_version, session_length,"
    " input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens,"
    " cost, cost_source"
)
"""In the order in which every engine gives them."""
_NEEDED = ("last_index", "messages", "generation", "prompt_version", "session_length")
"""Counts without which it says nothing."""


def summary(row: tuple[Any, ...]) -> Summary:
    """From the columns of a query, whoever wrote them."""
    text = _rows.text
    return Summary(
        id=text(row[0]),
        session_id=text(row[1]),
        last_index=plausible_count(row[2]) or 0,
        messages=plausible_count(row[3]) or 0,
        content=text(row[4]),
        provider=text(row[5]),
        model=text(row[6]),
        created_at=readable(row[7]),
        parent=text(row[8]),
        generation=plausible_count(row[9]) or 1,
        focus=text(row[10]),
        tokens_before=plausible_count(row[11]),
        tokens_after=plausible_count(row[12]),
        prompt_version=plausible_count(row[13]) or 0,
        session_length=plausible_count(row[14]) or 0,
        usage=_rows.usage(row[15], row[16], row[17:22]),
    )


def values(summary: Summary) -> dict[str, Any]:
    """The named values of its columns; a time is as SQLite stores it."""
    return {
        "id": summary.id,
        "session_id": summary.session_id,
        "last_index": summary.last_index,
        "message_count": summary.messages,
        "content": storable(summary.content),
        "provider": _rows.optional(summary.provider),
        "model": _rows.optional(summary.model),
        "created_at": to_text(summary.created_at),
        "parent": summary.parent,
        "generation": summary.generation,
        "focus": _rows.optional(summary.focus),
        "tokens_before": plausible_count(summary.tokens_before),
        "tokens_after": plausible_count(summary.tokens_after),
        "prompt_version": summary.prompt_version,
        "session_length": summary.session_length,
        **_rows.usage_values(summary.usage),
    }


def check(summary: Summary) -> None:
    """Raise InvalidDataError if one of its numbers can't be what it says."""
    for name in _NEEDED:
        if plausible_count(getattr(summary, name)) is None:
            raise InvalidDataError(f"the {name} of a summary is {getattr(summary, name)!r}")


def behind(summary: Summary, standing: Summary | None) -> Summary:
    """The same, made later than the one that stands: they are in the order of their times."""
    if standing is None or summary.created_at > standing.created_at:
        return summary
    return summary.replace(created_at=standing.created_at + timedelta(microseconds=1))


def copies(
    summaries: Iterable[Summary], session_id: str, places: Mapping[int, int]
) -> Iterator[Summary]:
    """Those of a branch that begins with copies of messages: `places` are their indexes there, by
    those of the originals.
    """
    new_ids: dict[str, str] = {}
    for one in summaries:
        if one.last_index in places:
            new_ids[one.id] = ids.new_id()
            yield one.replace(
                id=new_ids[one.id],
                session_id=session_id,
                last_index=places[one.last_index],
                session_length=places.get(one.session_length, len(places)),
                parent=None if one.parent is None else new_ids.get(one.parent),
            )


def fitting(ours: Sequence[Summary], theirs: Sequence[Summary], sides: Sides) -> list[Summary]:
    """Those of both that stand for just what they stood for, among all messages in their common
    order; oldest first.

    One that stood for other messages than are there now is gone for good: whatever else is merged,
    these don't come back. So it does not matter in which order machines exchange theirs. Of two
    with one id, ours stays, unless it comes of a copy with masks and theirs does not.
    """
    here, there, merged = sides.ours, sides.theirs, sides.merged
    found: dict[str, Summary] = {}
    for summaries, side in ((ours, here), (theirs, there)):
        for one in summaries:
            moved = _moved(one, side, merged)
            if moved is not None and (one.id not in found or sides.ours_is_masked):
                found[one.id] = moved
    return sorted(found.values(), key=lambda one: (one.created_at, one.id))


class Sides(Record):
    """The messages of a session on both sides of a merge, and what becomes of them: by their ids,
    in their order.
    """

    ours: Mapping[str, ArchivedMessage]
    theirs: Mapping[str, ArchivedMessage]
    merged: Mapping[str, ArchivedMessage]
    ours_is_masked: bool = False
    """Whether ours has come from a copy with masks, and theirs has not."""


def _moved(
    one: Summary, side: Mapping[str, ArchivedMessage], merged: Mapping[str, ArchivedMessage]
) -> Summary | None:
    """With its place among the merged messages; None if it does not stand for those that it stood
    for on its side.
    """
    up_to = [message for message in side.values() if message.message.index <= one.last_index]
    if not up_to or up_to[-1].message.index != one.last_index:
        return None
    index = merged[up_to[-1].message.id].message.index
    covered = _live(side, one.last_index)
    if len(covered) != one.messages or covered != _live(merged, index):
        return None
    known = [m for m in side.values() if m.message.index <= one.session_length]
    length = merged[known[-1].message.id].message.index if known else index
    return one.replace(last_index=index, session_length=length)


def _live(messages: Mapping[str, ArchivedMessage], last: int) -> list[str]:
    return [
        id
        for id, one in messages.items()
        if one.message.index <= last and not one.message.superseded
    ]
