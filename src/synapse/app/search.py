"""A search from what was typed to what is found.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from itertools import islice

from synapse.app.query_language import parse
from synapse.errors import ReferenceNotFound, UsageError
from synapse.record import Record
from synapse.search_query import AllOf, AnyOf, SearchQuery, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from synapse.ports import SearchProgress, SessionStore
    from synapse.search_query import Part, SearchHit

RANKED = 2_000
"""Hits among which the most relevant are chosen: the newest ones."""


class Search(Record):
    """What is looked for, with the ids of the sessions that REFs name."""

    text: str
    """As it was typed."""
    query: SearchQuery
    notes: tuple[str, ...] = ()
    """What was read otherwise than it may have been meant, each a sentence without full stop."""
    is_empty: bool = False
    """Nothing was asked for."""
    finds_nothing: bool = False
    """It is restricted to sessions that don't exist."""


def prepare(
    store: SessionStore, text: str, *, deleted: bool = False, now: datetime | None = None
) -> Search:
    """Read a query. Sessions are named as everywhere; an `in:` that names none finds nothing, one
    that fits several means them all. Raises UsageError for a query that is too long.
    """
    parsed = parse(text, now)
    notes = [*parsed.notes]
    ids = _ids_of(store, parsed.references, notes, deleted=deleted)
    without_ids = _ids_of(store, parsed.references_without, notes, deleted=deleted)
    query = parsed.query
    return Search(
        text=text,
        query=query.replace(
            session_ids=ids,
            without=query.without.replace(session_ids=without_ids),
            deleted=deleted,
        ),
        notes=tuple(notes),
        is_empty=parsed.asks_nothing,
        finds_nothing=bool(parsed.references and not ids),
    )


def _ids_of(
    store: SessionStore, references: tuple[str, ...], notes: list[str], *, deleted: bool
) -> tuple[str, ...]:
    if not references:
        return ()
    from synapse.app.references import SeveralSessions, resolve  # few queries name a session

    ids: list[str] = []
    for reference in references:
        try:
            ids.append(resolve(store, reference, deleted=deleted).session.id)
        except SeveralSessions as error:
            ids += [summary.session.id for summary in error.candidates]
        except (ReferenceNotFound, UsageError) as error:
            notes.append(f"in:{reference} names no session: {error.message}")
    return tuple(dict.fromkeys(ids))


def find(
    store: SessionStore,
    search: Search,
    *,
    limit: int | None = None,
    rank: bool = False,
    progress: SearchProgress | None = None,
) -> Iterator[SearchHit]:
    """The messages that are found, the newest first, as they are found; or with `rank` the most
    relevant of the RANKED newest, once these are known.
    """
    if search.finds_nothing or search.is_empty:
        return iter(())
    if not rank:
        return store.search(search.query, limit=limit, progress=progress)
    from synapse.app.ranking import by_relevance

    hits = store.search(search.query, limit=RANKED, progress=progress)
    return islice(by_relevance(hits), limit)


def did_you_mean(store: SessionStore, search: Search) -> str | None:
    """The query with words that are stored in the place of those that are not; None if there are
    no such words.
    """
    text = search.text
    for word in _words_of(search.query.expression):
        near = store.suggest_words(word)
        if near and word not in near:
            text = text.replace(word, near[0])
    return text if text != search.text else None


def _words_of(part: Part | None) -> Iterator[str]:
    """The whole words that are looked for."""
    if isinstance(part, AllOf | AnyOf):
        for inner in part.parts:
            yield from _words_of(inner)
    elif isinstance(part, Word) and not part.prefix:
        yield part.text
