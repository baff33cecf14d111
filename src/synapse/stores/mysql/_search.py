"""The index of a search in MySQL and MariaDB: a row for each lexeme of a message.

Their own indexes of words know no Chinese, leave out what is short or common, and differ from each
other. A lexeme's messages are walked through from the newest on, and each is asked what else it has
by its own key: of several lexemes, the one that the fewest messages have is walked along.
"""

from __future__ import annotations

from datetime import timedelta

from synapse.stores.servers.search.asking import All, Any, Term
from synapse.stores.servers.search.index import WEEK, moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.stores.servers.dialect import Connection, Raw, Rows
    from synapse.stores.servers.search.asking import Asked
    from synapse.stores.servers.search.candidates import Window
    from synapse.stores.servers.search.index import Document

_LONGEST = 255
"""Bytes of a lexeme. What begins alike is taken for the same: whoever asks reads the text."""
_COUNTED = 1000
"""Messages of a lexeme that are counted; of more, it is a common one."""
_FEW = 8
"""Of so many lexemes, each is walked along by itself; of more, all that have one are sorted."""
_ROWS = 1000
"""That are written by one statement."""
_ORDER = "ORDER BY said DESC, session_id DESC, message_id DESC"


def named(connection: Connection, window: Window) -> Rows:
    """See `SearchDialect`."""
    cursor = window.cursor
    after = window.after
    if window.weeks is not None:
        after = max(after, moment(max(0, window.weeks.start) * WEEK))
    values = {
        "after": after,
        "said": cursor.said,
        "session_id": cursor.session_id,
        "message_id": cursor.message_id,
        "most": window.most,
    }
    if window.asked is None:
        return connection.read(connection.dialect.statements("search")["all_named"], values)
    if window.weeks is not None:
        latest = moment(window.weeks.stop * WEEK) - timedelta(microseconds=1)
        if latest < cursor.said:
            values |= {"said": latest, "session_id": "g", "message_id": "g"}
    question = _Question(connection, values)
    question.count(window.asked)
    if question.known(window.asked) == 0:
        return []
    return connection.read(question.rows(window.asked), question.values)


def take(raw: Raw, limit: int) -> Rows:
    """See `SearchDialect`."""
    statements = raw.dialect.statements("search")
    rows = raw.execute(statements["take"], {"limit": limit})
    if rows:
        values = {
            "ids": tuple(row[1] for row in rows),
            "session_ids": tuple({row[0] for row in rows}),
        }
        raw.execute(statements["mark_taken"], values)
    return rows


def write(raw: Raw, documents: list[Document]) -> None:
    """See `SearchDialect`."""
    # in the order of the key: two processes then wait for each other, and none is turned away
    rows = sorted(
        (document.message_id, document.session_id, lexeme, document.said)
        for document in documents
        for lexeme in {_cut(lexeme) for lexeme in document.lexemes}
    )
    for start in range(0, len(rows), _ROWS):
        values: dict[str, object] = {}
        texts = []
        for n, row in enumerate(rows[start : start + _ROWS]):
            names = [f"{column}{n}" for column in "abcd"]
            values |= dict(zip(names, row, strict=True))
            texts.append(f"({','.join(map(raw.dialect.placeholder, names))})")
        raw.execute(
            "INSERT IGNORE INTO words (message_id, session_id, lexeme, said) VALUES "
            + ",".join(texts),
            values,
        )


def _cut(lexeme: str) -> str:
    return lexeme.encode()[:_LONGEST].decode("utf-8", "ignore")


def _terms(asked: Asked) -> Iterable[Term]:
    if isinstance(asked, Term):
        yield asked
        return
    for part in asked.parts:
        yield from _terms(part)


class _Question:
    """A statement in the making."""

    def __init__(self, connection: Connection, values: dict[str, object]) -> None:
        self._connection = connection
        self.values = dict(values)
        """Of all names that have been given."""
        self._counts: dict[tuple[str, bool], int] = {}

    def _name(self, value: object) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return self._connection.dialect.placeholder(name)

    def _own(self, name: str) -> str:
        return self._connection.dialect.placeholder(name)

    def _lexeme(self, term: Term) -> str:
        """The condition that a lexeme is meant."""
        text = _cut(term.text)
        if not term.begins:
            return f"lexeme = {self._name(text)}"
        behind = self._name(text.encode() + b"\xff")
        return f"lexeme >= {self._name(text)} AND lexeme < {behind}"

    def _bounds(self) -> str:
        said, session_id = self._own("said"), self._own("session_id")
        return (
            f"said >= {self._own('after')} AND said <= {said} AND (said < {said} "
            f"OR session_id < {session_id} OR (session_id = {session_id} "
            f"AND message_id < {self._own('message_id')}))"
        )

    def count(self, asked: Asked) -> None:
        """Find out how many messages have each lexeme, up to some."""
        terms = list({(term.text, term.begins): term for term in _terms(asked)}.values())
        if len(terms) == 1 or len(terms) > 200:
            return  # nothing to choose
        parts = [
            f"(SELECT count(*) FROM (SELECT 1 FROM words FORCE INDEX (words_lexeme) "
            f"WHERE {self._lexeme(term)} AND said >= {self._own('after')} "
            f"AND said <= {self._own('said')} LIMIT {_COUNTED}) AS those)"
            for term in terms
        ]
        rows = self._connection.read(" UNION ALL ".join(parts), self.values)
        for term, (count,) in zip(terms, rows, strict=True):
            self._counts[term.text, term.begins] = count

    def known(self, asked: Asked) -> int:
        """At most how many messages have what is asked, as far as it was counted."""
        if isinstance(asked, Term):
            return self._counts.get((asked.text, asked.begins), _COUNTED)
        if isinstance(asked, All):
            return min(map(self.known, asked.parts))
        return sum(map(self.known, asked.parts))

    def rows(self, asked: Asked, also: str = "") -> str:
        """The statement that names them; `also` is a condition on each row."""
        most = self._own("most")
        if isinstance(asked, All):
            first = min(asked.parts, key=self.known)
            rest = [self._has(part) for part in asked.parts if part is not first]
            return self.rows(first, "".join([also, *(f" AND {part}" for part in rest)]))
        if isinstance(asked, Any) and not self._is_list(asked):
            parts = [f"({self.rows(part, also)})" for part in asked.parts if self.known(part)]
            union = " UNION ALL ".join(parts or [self.rows(asked.parts[0], also)])
            return (
                f"SELECT session_id, message_id, said FROM ({union}) AS named {_ORDER} LIMIT {most}"
            )
        if isinstance(asked, Any):
            texts = tuple(_cut(term.text) for term in _terms(asked))
            lexeme = f"lexeme IN {self._name(texts)}"
        else:
            lexeme = self._lexeme(asked)
        return (
            f"SELECT session_id, message_id, said FROM words AS w FORCE INDEX (words_lexeme) "
            f"WHERE {lexeme} AND {self._bounds()}{also} {_ORDER} LIMIT {most}"
        )

    def _is_list(self, asked: Any) -> bool:
        return len(asked.parts) > _FEW and all(
            isinstance(part, Term) and not part.begins for part in asked.parts
        )

    def _has(self, asked: Asked) -> str:
        """The condition that a row's message has it. Not with EXISTS, which these engines may turn
        into a walk along the other lexeme.
        """
        if isinstance(asked, Term):
            return (
                "(SELECT count(*) FROM words AS other WHERE other.message_id = w.message_id "
                "AND other.session_id = w.session_id "
                f"AND other.{self._lexeme(asked).replace('AND lexeme', 'AND other.lexeme')}) > 0"
            )
        sign = " AND " if isinstance(asked, All) else " OR "
        return f"({sign.join(map(self._has, asked.parts))})"
