"""What must hold of every session, and how it is mended where it doesn't: a page at a time."""

from __future__ import annotations

from functools import partial

from synapse.record import Record
from synapse.stores import _rows
from synapse.stores._text import folded
from synapse.stores.servers import _values
from synapse.stores.servers._sessions import run as run_common

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from synapse.stores.servers.dialect import Raw, Rows

PAGE = 500
"""Sessions that are looked at together."""
BEFORE_ALL = "00000000-0000-0000-0000-000000000000"
_NOTHING = (0, 0, 0, 0, 0)


class Fault(Record):
    """Something that is wrong with a session."""

    subject: str
    id: str
    """The session's, or a message's."""
    mend: Callable[[], object]
    """Puts it right, in the transaction in which it was found."""


class Page(Record):
    """What some sessions were found to be."""

    faults: list[Fault]
    last: str | None
    """Where the next page begins; None behind the last one."""


def ask(raw: Raw, query: str, **values: Any) -> Rows:
    """The rows of a statement of care.sql."""
    return raw.execute(raw.dialect.statements("care")[query], values)


def examine(raw: Raw, after: str) -> Page:
    """The sessions behind an id, in the order of ids."""
    rows = ask(raw, "page", after=after, limit=PAGE)
    if not rows:
        return Page(faults=[], last=None)
    examined = _Examined(raw, rows)
    return Page(faults=list(examined.faults()), last=rows[-1][0])


class _Examined:
    """The sessions of a page, with all that they are compared to."""

    def __init__(self, raw: Raw, rows: Rows) -> None:
        self._raw = raw
        self._rows = rows
        ids = tuple(row[0] for row in rows)
        self._ids = ids
        self._reckoned = {row[0]: row[1:] for row in ask(raw, "reckoned", ids=ids)}
        self._statuses: dict[str, str] = dict(ask(raw, "last_statuses", ids=ids))
        self._prompts: dict[str, str] = dict(ask(raw, "first_prompts", ids=ids))

    def faults(self) -> Iterator[Fault]:
        for row in self._rows:
            yield from self._of_session(row)
        yield from self._of_attachments()
        yield from self._leftovers()

    def _of_session(self, row: tuple[Any, ...]) -> Iterator[Fault]:
        id = row[0]
        count, first, last, sent, received = self._reckoned.get(id, _NOTHING)
        raw = self._raw
        if count and (first, last) != (1, count):
            yield Fault(subject="order", id=id, mend=partial(_number_anew, raw, id))
        recount = partial(run_common, raw, "count_anew", id=id)
        if row[10] != last or row[11] != count:
            yield Fault(subject="counts", id=id, mend=recount)
        if row[14] != self._statuses.get(id, "complete"):
            yield Fault(subject="statuses", id=id, mend=recount)
        if (row[15], row[16]) != (sent, received):
            yield Fault(subject="token totals", id=id, mend=recount)
        preview = self._preview(id)
        if (row[12], row[13]) != (preview, folded(preview)):
            values = {"preview": preview, "preview_key": folded(preview)}
            mend = partial(run_common, raw, "set_preview", id=id, **values)
            yield Fault(subject="previews", id=id, mend=mend)
        keys = _keys(row)
        found = dict(zip(_KEYS, (row[1], row[3], row[5], row[7], row[9]), strict=True))
        if {name: keys[name] for name in _KEYS} != found:
            mend = partial(ask, raw, "set_keys", id=id, **keys)
            yield Fault(subject="folded texts", id=id, mend=mend)

    def _preview(self, id: str) -> str:
        """Of the first prompt that is not blank."""
        if id not in self._prompts:
            return ""
        if found := _values.preview(self._prompts[id]):
            return found
        previews = (_values.preview(row[0]) for row in ask(self._raw, "prompts", id=id))
        return next(filter(None, previews), "")

    def _of_attachments(self) -> Iterator[Fault]:
        told = {row[:2]: row[2] for row in ask(self._raw, "attachment_counts", ids=self._ids)}
        there = {row[:2]: row[2] for row in ask(self._raw, "attached", ids=self._ids)}
        gone = {row[:2] for row in ask(self._raw, "leftover_attachments", ids=self._ids)}
        for place in sorted(told.keys() | there.keys()):
            session_id, id = place
            values = {"session_id": session_id, "id": id}
            if place in gone:
                mend = partial(ask, self._raw, "drop_attachments", **values)
                yield Fault(subject="leftover attachments", id=id, mend=mend)
            elif told.get(place, 0) != there.get(place, 0):
                number = there.get(place, 0)
                mend = partial(ask, self._raw, "set_attachment_count", number=number, **values)
                yield Fault(subject="attachment counts", id=id, mend=mend)

    def _leftovers(self) -> Iterator[Fault]:
        for subject, query, cure in (
            ("leftover chunks", "leftover_chunks", "drop_chunks"),
            ("leftover fields", "leftover_extras", "drop_extras"),
            ("leftover summaries", "unfit_summaries", "drop_summaries"),
        ):
            for session_id, id, *_ in ask(self._raw, query, ids=self._ids):
                mend = partial(ask, self._raw, cure, session_id=session_id, id=id)
                yield Fault(subject=subject, id=id, mend=mend)


_KEYS = ("handle", "name_key", "title_key", "model_key", "tag_keys")


def _keys(row: tuple[Any, ...]) -> dict[str, Any]:
    """What follows from the texts of a session's row."""
    id, name, title, model, tags = row[0], row[2], row[4], row[6], row[8]
    known: dict[str, str] = {}
    for tag in _rows.tags(tags):
        known.setdefault(folded(tag), tag)
    return {
        "handle": _values.handle_number(id),
        "name_key": None if name is None else folded(name),
        "title_key": None if title is None else folded(title),
        "model_key": folded(model),
        "tag_keys": _rows.joined_tags(sorted(known)),
        "tags": _rows.joined_tags([known[key] for key in sorted(known)]),
    }


def _number_anew(raw: Raw, id: str) -> None:
    """From 1 without gaps, in the order in which they are; branches begin where they began."""
    places = [(message_id, seq) for message_id, seq in ask(raw, "places", id=id)]
    numbers = {seq: number for number, (_, seq) in enumerate(places, 1)}
    ask(raw, "place_aside", id=id)
    for message_id, seq in places:
        ask(raw, "place", session_id=id, id=message_id, seq=numbers[seq])
    for fork, at in ask(raw, "forks_at", id=id):
        if at in numbers:
            ask(raw, "move_fork", id=fork, seq=numbers[at])
    for session_id, summary_id, *_ in ask(raw, "unfit_summaries", ids=(id,)):
        ask(raw, "drop_summaries", session_id=session_id, id=summary_id)
    run_common(raw, "count_anew", id=id)
