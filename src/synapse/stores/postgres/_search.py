"""The index of a search in PostgreSQL: a tsvector a message, in a GIN index.

The lexemes are ours, so that nothing of PostgreSQL's configurations of text search has a say. The
message's week is one of them, `#` and its number: a query for some weeks reads no other ones'
messages. What has more lexemes than a tsvector holds has several rows, each with the lexeme `#long`
by which it is named for every query: what is asked for may stand in different ones.
"""

from __future__ import annotations

from synapse.stores.servers.search.asking import All, Any, Term

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synapse.stores.servers.dialect import Connection, Raw, Rows
    from synapse.stores.servers.search.asking import Asked
    from synapse.stores.servers.search.candidates import Window
    from synapse.stores.servers.search.index import Document

_MOST_BYTES = 500_000
"""Of the lexemes of a row: a tsvector holds a megabyte."""
_LONG = "#long"


def named(connection: Connection, window: Window) -> Rows:
    """See `SearchDialect`."""
    statements = connection.dialect.statements("search")
    values = {
        "after": window.after,
        "said": window.cursor.said,
        "session_id": window.cursor.session_id,
        "message_id": window.cursor.message_id,
        "most": window.most,
    }
    if window.asked is None:
        return connection.read(statements["all_named"], values)
    asked: Asked = Any(parts=(window.asked, Term(text=_LONG)))
    if window.weeks is not None:
        weeks = tuple(Term(text=_week(week)) for week in window.weeks)
        asked = All(parts=(asked, Any(parts=weeks)))
    return connection.read(statements["named"], {**values, "asked": _query(asked)})


def take(raw: Raw, limit: int) -> Rows:
    """See `SearchDialect`."""
    return raw.execute(raw.dialect.statements("search")["take"], {"limit": limit})


def write(raw: Raw, documents: list[Document]) -> None:
    """See `SearchDialect`."""
    values = [
        {
            "session_id": document.session_id,
            "message_id": document.message_id,
            "part": part,
            "said": document.said,
            "words": words,
        }
        for document in documents
        for part, words in enumerate(vectors(document), 1)
    ]
    raw.execute_all(raw.dialect.statements("search")["write_words"], values)


def vectors(document: Document) -> Iterator[str]:
    """The texts of its tsvectors."""
    parts: list[list[str]] = [[]]
    size = 0
    for lexeme in document.lexemes:
        size += len(lexeme.encode())
        if size > _MOST_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(lexeme)
    more = [_week(document.week)] if len(parts) == 1 else [_week(document.week), _LONG]
    for part in parts:
        yield " ".join(_quoted(part + more))


def _week(number: int) -> str:
    return f"#{number}"


def _query(asked: Asked) -> str:
    """As a tsquery."""
    if isinstance(asked, Term):
        [quoted] = _quoted([asked.text])
        return f"{quoted}:*" if asked.begins else quoted
    sign = " & " if isinstance(asked, All) else " | "
    return f"({sign.join(map(_query, asked.parts))})"


def _quoted(lexemes: Iterable[str]) -> Iterator[str]:
    """No lexeme has a quote or a backslash in it: what separates words is in none."""
    return (f"'{lexeme}'" for lexeme in lexemes)
