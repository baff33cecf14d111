"""What a search finds, for programs: as rows, as JSON, as a number.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import time

from synapse.app.search import Search, did_you_mean, find
from synapse.cli.listing.tables import count, tsv_row
from synapse.human_time import rfc3339
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self

    from synapse.cli.context import Context
    from synapse.cli.showing.progress import ProgressBar
    from synapse.domain import StoredMessage
    from synapse.ports import SearchProgress
    from synapse.search_query import SearchHit

_UNSEEN_SECONDS = 0.5
"""For which the index is brought up to date where nobody sees it."""
_NO_BAR_SECONDS = 0.25
"""In which a bar is not even loaded; it has more patience itself."""
ROW_COLUMNS = 160
"""Of a snippet that is no terminal's."""


class Wanted(Record):
    """What is to be found, and what is wanted of it."""

    search: Search
    limit: int | None
    """Messages, or sessions; None: all."""
    rank: bool = False
    around: int = 0
    """Messages before and after each that are shown, too."""
    only_sessions: bool = False


class Progress:
    """A bar for what is mostly done before a bar would be shown: loaded when it might be."""

    def __init__(self, context: Context, label: str) -> None:
        self._context = context
        self._label = label
        self._began = time.monotonic()
        self._bar: ProgressBar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hide()

    def hide(self) -> None:
        """See ProgressBar."""
        if self._bar is not None:
            self._bar.hide()

    def update(self, done: int, total: int) -> None:
        """See ProgressBar."""
        if self._bar is None:
            if time.monotonic() - self._began < _NO_BAR_SECONDS:
                return
            from synapse.cli.showing.progress import ProgressBar

            self._bar = ProgressBar(
                self._context, self._label, total, of="messages", began=self._began
            )
        self._bar.update(done, total)


def searching(context: Context) -> Progress:
    """How far a search is, of what no index knows."""
    return Progress(context, "Searching")


def catch_up(context: Context) -> None:
    """Bring the index up to date, now that all is shown: all of it in front of somebody who sees
    how far it is, and can end it; else for a moment. The next search goes on with it.
    """
    seconds = None if context.stderr.is_terminal else _UNSEEN_SECONDS
    with Progress(context, "Indexing") as bar:
        try:
            context.store.catch_up_search(progress=bar.update, seconds=seconds)
        except KeyboardInterrupt:
            bar.hide()
            context.say("Stopped indexing; the next search goes on with it.")
            raise


def hits_of(
    context: Context, wanted: Wanted, progress: SearchProgress | None = None
) -> Iterator[SearchHit]:
    """The hits as they are found; of each session only the first, if only sessions are wanted."""
    limit = None if wanted.only_sessions else wanted.limit
    hits = find(context.store, wanted.search, limit=limit, rank=wanted.rank, progress=progress)
    return _first_of_each(hits, wanted.limit) if wanted.only_sessions else hits


def _first_of_each(hits: Iterable[SearchHit], limit: int | None) -> Iterator[SearchHit]:
    known: set[str] = set()
    for hit in hits:
        session_id = hit.session.session.id
        if session_id not in known:
            known.add(session_id)
            yield hit
            if len(known) == limit:
                return


def around(context: Context, hit: SearchHit, number: int) -> list[StoredMessage]:
    """The messages of which `number` stand before the hit, and as many behind it; in order."""
    if not number:
        return [hit.message]
    at = hit.message.index
    first, last = max(1, at - number), at + number
    return context.store.get_messages(hit.message.session_id, first=first, last=last)


def write_count(context: Context, wanted: Wanted) -> int:
    """How many messages there are, or sessions."""
    with searching(context) as bar:
        found = sum(1 for _ in hits_of(context, wanted, bar.update))
    noun = "session" if wanted.only_sessions else "message"
    shown = count(found, noun) if context.stdout.is_terminal else str(found)
    context.stdout.write(f"{shown}\n")
    return found


def write_rows(context: Context, wanted: Wanted) -> int:
    """A row for each, as it is found; how many. Of sessions the fields that a list of them has;
    of messages id, number, role, time, snippet, and where others are shown with them, whether it
    is a `match` or `context`.
    """
    found = 0
    with searching(context) as bar:
        for hit in hits_of(context, wanted, bar.update):
            found += 1
            bar.hide()
            for row in _rows_of(context, hit, wanted):
                context.stdout.write(tsv_row(row))
    return found


def _rows_of(context: Context, hit: SearchHit, wanted: Wanted) -> Iterator[tuple[str, ...]]:
    if wanted.only_sessions:
        from synapse.cli.listing.summaries import tsv_fields

        yield tsv_fields(hit.session)
        return
    from synapse.cli.listing.snippet import snippet

    for message in around(context, hit, wanted.around):
        is_hit = message.index == hit.message.index
        text, spans = (hit.text, hit.spans) if is_hit else (message.content, ())
        yield (
            message.session_id,
            str(message.index),
            message.role.value,
            rfc3339(message.timestamp),
            snippet(text, spans, ROW_COLUMNS),
            *(("match" if is_hit else "context",) if wanted.around else ()),
        )


def write_json_of(context: Context, wanted: Wanted, *, only_count: bool) -> int:
    """One object; how many hits it has. `more` says whether there are others beyond the limit."""
    from synapse.cli.listing.json_output import SCHEMA, write_json

    limit = wanted.limit
    one_more = wanted.replace(limit=None if limit is None or only_count else limit + 1)
    with searching(context) as bar:
        hits = hits_of(context, one_more, bar.update)
        found = [None for _ in hits] if only_count else [*hits]
    shown = found[:limit]
    document: dict[str, object] = {
        "schema": SCHEMA,
        "query": wanted.search.text,
        "notes": [*wanted.search.notes],
        "found": len(shown),
    }
    if not only_count:
        document["more"] = len(found) > len(shown)
        document["hits"] = [_hit_object(context, hit, wanted) for hit in shown if hit is not None]
    if not shown:
        document["did_you_mean"] = did_you_mean(context.store, wanted.search)
    write_json(context, document)
    return len(shown)


def _hit_object(context: Context, hit: SearchHit, wanted: Wanted) -> dict[str, object]:
    from synapse.cli.listing.json_objects import message_object, session_object
    from synapse.cli.listing.snippet import snippet

    found: dict[str, object] = {
        "session": session_object(hit.session),
        "message": message_object(hit.message),
        "where": hit.where,
        "attachment": hit.attachment,
        "spans": [[begin, end] for begin, end in hit.spans],
        "snippet": snippet(hit.text, hit.spans, ROW_COLUMNS),
    }
    if wanted.around:
        beside = around(context, hit, wanted.around)
        others = [message for message in beside if message.index != hit.message.index]
        found["context"] = [*map(message_object, others)]
    return found
