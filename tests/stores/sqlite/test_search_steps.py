"""What a search costs, in steps and in texts that are read: nothing here depends on a clock."""

from __future__ import annotations

import os
import random
import signal
import threading
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from contract.builders import a_prompt, a_session
from contract.engines import index_all

from synapse.errors import DatabaseError
from synapse.search_query import AllOf, AnyOf, Not, Phrase, SearchQuery, Word
from synapse.stores import open_store
from synapse.stores.search_matching import Matcher, _Placed
from synapse.stores.search_places import _fold_marks
from synapse.stores.sqlite.search import aside, index, naming, times
from synapse.stores.sqlite.search.asking import Asked
from synapse.stores.sqlite.search.candidates import Candidates
from synapse.stores.sqlite.search.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.search_query import Part

_BLOCK = 4
_MESSAGES = 800


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Eight hundred indexed messages in blocks of four; all hold the words one, two and three."""
    monkeypatch.setattr(index, "FEW", -1)
    monkeypatch.setattr(times, "BLOCK", _BLOCK)
    with open_store(tmp_path / "sessions.db") as opened:
        session = a_session()
        opened.create_session(session)
        for number in range(_MESSAGES):
            opened.add_message(a_prompt(session, f"two one {number} and\n three  one two"))
        index_all(opened)
        yield opened


def asked_of(store: Any, act: Any) -> list[str]:
    """The statements that `act` has run."""
    asked: list[str] = []

    def heard(cursor: apsw.Cursor, sql: str, values: object) -> bool:
        asked.append(sql)
        return True

    store._connection.raw.exec_trace = heard
    try:
        act()
    finally:
        store._connection.raw.exec_trace = None
    return asked


def search(store: Any, part: Part, **which: Any) -> list[str]:
    return [hit.message.content for hit in store.search(SearchQuery(expression=part), **which)]


NOWHERE = Phrase(text="one two three")
"""Its words are everywhere."""


def test_a_phrase_that_is_nowhere_is_asked_for_in_few_steps(store: Any) -> None:
    asked = asked_of(store, lambda: search(store, NOWHERE))
    of_index = [sql for sql in asked if "FROM search_0(" in sql]
    assert len(of_index) <= 12, "the index is asked in runs that grow"
    assert len(asked) <= 50


@pytest.mark.parametrize(
    "part",
    [
        NOWHERE,
        Phrase(text="two three one"),
        AllOf(parts=(Word(text="two"), Not(part=Word(text="one")))),
        AllOf(parts=(Word(text="one"), Phrase(text="one and"))),
        AllOf(parts=(Word(text="one"), Word(text="one_two"))),
        AllOf(parts=(Word(text="one"), AnyOf(parts=(Word(text="=>"), Phrase(text="two and"))))),
    ],
)
def test_no_text_that_can_not_match_is_read(store: Any, part: Part) -> None:
    query = SearchQuery(expression=part)
    connection = store._connection
    asked = Asked(part, in_reasoning=False)
    facts = Facts(connection, query)
    named = Candidates(connection, query, asked, facts, after=0, progress=None)
    assert [one.text for batch, _ in named.batches() for one in batch] == []
    assert search(store, part) == []


def test_what_stands_apart_by_white_space_of_any_kind_is_a_phrase(store: Any) -> None:
    assert len(search(store, Phrase(text="one two"))) == _MESSAGES
    assert len(search(store, Phrase(text="three one two"))) == _MESSAGES
    assert len(search(store, Phrase(text="and three"))) == _MESSAGES


def test_a_rare_word_beside_the_beginning_of_one_is_not_looked_for_among_all(store: Any) -> None:
    part = AllOf(parts=(Word(text="t", prefix=True), Word(text="777")))
    asked: list[str] = []
    assert len(search(store, part)) == 1
    asked = asked_of(store, lambda: search(store, part))
    assert len([sql for sql in asked if "FROM search_0(" in sql]) == 1


class _Stopped(Exception):
    """Stands for a KeyboardInterrupt."""


def test_it_tells_how_far_it_is_and_ends_where_it_is_interrupted(store: Any) -> None:
    told: list[tuple[int, int]] = []
    assert search(store, NOWHERE, progress=lambda *far: told.append(far)) == []
    steps = [after - before for (before, _), (after, _) in pairwise(told)]
    assert len(told) > 4
    assert told[-1] == (_MESSAGES, _MESSAGES)
    assert max(steps) <= 64 * _BLOCK

    def stop(done: int, total: int) -> None:
        raise _Stopped

    def interrupted() -> None:
        with pytest.raises(_Stopped):
            search(store, NOWHERE, progress=stop)

    whole = asked_of(store, lambda: search(store, NOWHERE))
    assert len(asked_of(store, interrupted)) < len(whole) / 2
    assert not store._connection.raw.in_transaction
    assert len(search(store, Word(text="777"))) == 1


def test_beginnings_of_words_are_found_aside_all_the_same(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = AllOf(parts=(Word(text="t", prefix=True), Not(part=Word(text="three", prefix=True))))
    assert search(store, part) == []
    numbers = Word(text="7", prefix=True)
    found = search(store, numbers)
    monkeypatch.setattr(naming, "_LONG", 0)
    asked = asked_of(store, lambda: search(store, numbers))
    assert not [sql for sql in asked if "FROM search_0(" in sql], "by another connection"
    assert search(store, numbers) == found
    assert len(found) == 111
    assert search(store, part) == []


def test_whoever_waits_for_a_look_up_aside_hears_the_signal_at_once(store: Any) -> None:
    ended = threading.Event()
    waits = threading.Event()

    def work(raw: apsw.Connection) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        ended.wait(60)
        waits.set()

    with pytest.raises(KeyboardInterrupt):
        aside.aside(store._connection, work)
    assert not waits.is_set()
    ended.set()
    assert waits.wait(60)


def test_a_fault_aside_is_one_of_the_database(store: Any) -> None:
    def work(raw: apsw.Connection) -> None:
        raw.execute("SELECT nothing FROM nowhere")

    with pytest.raises(DatabaseError):
        aside.aside(store._connection, work)
    with pytest.raises(DatabaseError):
        aside.aside(store._connection, lambda raw: raw.execute("DELETE FROM messages"))


# ------------------------------------------------------------------- what SQLite says of a text


_PIECES = (
    "one", "two", "One", "TWO", "oneTwo", "HTTPOne", "o", "on", "a", "c++", "a.b", "50%", "_",
    "x_y", "[one]", "*", "?", "!", "'", '"', "one-two", "twoone", "1",
)  # fmt: skip
_SPACES = (" ", " ", " ", "\n", "\n\n", "  ", "\t", "\r\n", "\x1f", "\x1c ", ", ", ". ", "-", "")


def _a_text(chosen: random.Random) -> str:
    count = chosen.randrange(6)
    return "".join(chosen.choice(_PIECES) + chosen.choice(_SPACES) for _ in range(count))


def _a_part(chosen: random.Random, depth: int = 0) -> Part:
    kind = chosen.randrange(7 if depth < 3 else 4)
    if kind == 6:
        return Not(part=_a_part(chosen, depth + 1))
    if kind > 3:
        parts = tuple(_a_part(chosen, depth + 1) for _ in range(chosen.randrange(2, 4)))
        return AllOf(parts=parts) if kind == 4 else AnyOf(parts=parts)
    words = [chosen.choice(_PIECES) for _ in range(chosen.randrange(2, 4))]
    if kind == 3:
        return Phrase(text=" ".join(words))
    return Word(text=words[0], prefix=kind == 2)


@pytest.mark.parametrize("seed", range(4))
def test_a_text_that_matches_is_never_passed_by(seed: int) -> None:
    chosen = random.Random(seed)
    database = apsw.Connection(":memory:")
    database.execute("CREATE TABLE messages (content, status, attachment_count)")
    texts = [*{_a_text(chosen) for _ in range(300)}]
    for text in texts:
        database.execute("INSERT INTO messages VALUES (?, 'complete', 0)", (text,))
    passed_by = 0
    for _ in range(150):
        part = _a_part(chosen)
        condition, values = Asked(part, in_reasoning=False).of_texts()
        rows = database.execute(f"SELECT content FROM messages AS m WHERE 1 {condition}", values)
        read = {text for (text,) in rows}
        matching = {text for text in texts if Matcher(part).matches(text)}
        assert matching <= read, (part, matching - read)
        passed_by += len(texts) - len(read)
    assert passed_by > 10_000


def test_expressions_of_any_size_are_asked() -> None:
    database = apsw.Connection(":memory:")
    database.execute("CREATE TABLE messages (content, status, attachment_count)")
    words = tuple(Word(text=f"w{n}") for n in range(2000))
    for part in (AllOf(parts=words), AnyOf(parts=words), Phrase(text="w " * 3000 + "w")):
        condition, values = Asked(part, in_reasoning=False).of_texts()
        database.execute(f"SELECT content FROM messages AS m WHERE 1 {condition}", values)


@pytest.mark.parametrize("seed", range(3))
def test_a_text_is_folded_alike_in_every_way(seed: int) -> None:
    """And each character of it stands where it stood."""
    chosen = random.Random(seed)
    signs = "aÀéßæŒﬁ東京ｶﾞЖйё ไทย한\u0301\u200d\ufe0f👩❤…—İ１"
    for _ in range(500):
        text = "".join(chosen.choices(signs, k=chosen.randrange(1, 8)))
        if text.isascii():
            continue
        placed = _Placed(text)
        folded, begins, ends = _fold_marks(text)
        assert placed.folded == folded, text
        spans = [(at, at + 1) for at in range(len(folded))]
        assert [*placed.original(spans)] == [*zip(begins, ends, strict=True)], text
