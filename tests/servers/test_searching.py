"""The index of words on a server: who writes, deletes and indexes meanwhile; what is too long."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import NOON, a_prompt, a_session, an_answer
from contract.engines import fresh_url

from synapse.domain import Attachment, Status
from synapse.search_query import AllOf, AnyOf, Not, Phrase, SearchQuery, Word
from synapse.stores import open_store
from synapse.stores.search_matching import Matcher
from synapse.stores.servers.search import candidates, catching_up
from synapse.stores.servers.search.asking import asked_for, pattern_of
from synapse.stores.servers.search.pairs import pairs, pairs_of_phrase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.search_query import Part


@pytest.fixture(params=["postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that holds nothing."""
    return fresh_url(request.param, tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[Any]:
    with open_store(url) as opened:
        yield opened


def say(store: Any, *texts: str) -> str:
    session = a_session(updated=NOON)
    store.create_session(session)
    for minute, text in enumerate(texts):
        store.add_message(a_prompt(session, text, timestamp=NOON + timedelta(minutes=minute)))
    return session.id


def contents(store: Any, part: Part, **which: Any) -> list[str]:
    query = SearchQuery(expression=part, **which)
    return [hit.message.content for hit in store.search(query)]


def rows(store: Any, sql: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = store._connection.read(sql)
    return found


def named(store: Any, part: Part) -> int:
    """How many messages are read for a query."""
    before = store._connection.dialect.search.named
    counted = [0]

    def count(connection: Any, window: Any) -> Any:
        found = before(connection, window)
        counted[0] += len(found)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store._connection.dialect.search, "named", count)
        contents(store, part)
    return counted[0]


def test_a_phrase_reads_what_has_its_words_beside_each_other(store: Any) -> None:
    say(store, *(f"alpha {number} beta" for number in range(200)), "say Alpha Beta!")
    assert store.catch_up_search(everything=True) == 0
    assert contents(store, Phrase(text="alpha beta")) == ["say Alpha Beta!"]
    assert named(store, Phrase(text="alpha beta")) < 20
    assert named(store, AllOf(parts=(Word(text="alpha"), Word(text="beta")))) == 201


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("see foo.bar-baz here", "foo.bar-baz"),
        ("京abc def京", "abc def"),
        ("(Foo)  bar", "foo) bar"),
        ("über foo bar", "uber foo bar"),
        ("a foo bar\u0301 b", "foo bar"),
        ("getUserName is", "getUserName is"),
        ("say “foo” bar", 'foo" bar'),
        ("x" * 70 + " foo", "x" * 70 + " foo"),
    ],
)
def test_every_text_with_a_phrase_has_its_pairs(text: str, phrase: str) -> None:
    assert Matcher(Phrase(text=phrase)).matches(text)
    assert pairs_of_phrase(phrase, is_open=False) <= pairs(text)
    assert pairs_of_phrase(phrase[:-1], is_open=True) <= pairs(text)


def test_what_is_too_long_for_a_row_is_found_by_words_of_several(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synapse.stores.postgres import _search

    monkeypatch.setattr(_search, "_MOST_BYTES", 200)
    words = [f"w{number}" for number in range(300)]
    say(store, " ".join(words), "w1 w2", *(f"other {number}" for number in range(50)))
    notes = Attachment(name="n", media_type="text/plain", data=" ".join(words).encode())
    session = a_session(updated=NOON)
    store.create_session(session)
    store.add_message(a_prompt(session, "with notes", attachments=(notes,)))
    assert store.catch_up_search(everything=True) == 0
    both = AllOf(parts=(Word(text="w3"), Word(text="w297")))
    assert sorted(contents(store, both)) == sorted(["with notes", " ".join(words)])
    assert len(contents(store, AllOf(parts=(Word(text="w1"), Word(text="w2"))))) == 3
    assert len(contents(store, Phrase(text="w7 w8 w9"))) == 2


def test_two_megabytes_of_words_are_indexed(store: Any) -> None:
    text = " ".join(f"word{number}" for number in range(200_000))
    say(store, text, "short")
    assert store.catch_up_search(everything=True) == 0
    assert contents(store, AllOf(parts=(Word(text="word0"), Word(text="word199999")))) == [text]


def test_a_purge_takes_the_words_with_it(store: Any) -> None:
    session_id = say(store, "a secret word")
    say(store, "another")
    store.catch_up_search(everything=True)
    store.delete_session(session_id)
    assert rows(store, "SELECT count(*) FROM words") == [(1,)]


def test_an_answer_that_is_finished_after_all_is_found_as_it_is(store: Any) -> None:
    session = a_session()
    _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    store.finish_turn(answer.replace(content="half", status=Status.INCOMPLETE))
    assert store.catch_up_search(everything=True) == 0
    store.finish_turn(answer.replace(content="the whole", status=Status.COMPLETE))
    assert contents(store, Word(text="whole")) == ["the whole"]
    assert contents(store, Word(text="half")) == []
    assert store.catch_up_search(everything=True) == 0
    assert contents(store, Word(text="whole")) == ["the whole"]
    assert contents(store, Word(text="half")) == []


def test_few_messages_wait_until_somebody_asks_for_everything(store: Any) -> None:
    say(store, *(f"word {number}" for number in range(catching_up.WORTH_IT - 1)))
    assert store.catch_up_search() == catching_up.WORTH_IT - 1
    say(store, "one more")
    assert store.catch_up_search() == 0


def test_several_index_at_once(url: str, store: Any) -> None:
    say(store, *(f"word {number}" for number in range(700)))

    def index(_: int) -> None:
        with open_store(url) as other:
            other.catch_up_search(everything=True)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(index, range(4)))
    store.catch_up_search(everything=True)
    assert rows(store, "SELECT count(*) FROM words") == [(700,)]
    assert rows(store, "SELECT count(*) FROM messages WHERE NOT indexed") == [(0,)]
    assert len(contents(store, Word(text="word"))) == 700


def test_what_is_indexed_meanwhile_is_found_once(url: str, store: Any) -> None:
    say(store, *(f"word {number}" for number in range(1500)))
    hits = store.search(SearchQuery(expression=Word(text="word")))
    first = [next(hits).message.content for _ in range(3)]
    with open_store(url) as other:
        assert other.catch_up_search(everything=True) == 0
    found = first + [hit.message.content for hit in hits]
    assert found == [f"word {number}" for number in reversed(range(1500))]


_WORDS = ["alpha", "beta", "gamma", "getUserName", "東京旅行", "straße", "c++", "rare", "x.y.z"]
_PARTS: list[Part] = [
    *(Word(text=word) for word in ("alpha", "beta", "user", "京", "strasse", "c++", "rare", "y.z")),
    Word(text="al", prefix=True),
    Word(text="g", prefix=True),
    Word(text="++"),
    Phrase(text="alpha beta"),
    Phrase(text="beta gamma alpha"),
    Not(part=Word(text="alpha")),
    AllOf(parts=(Word(text="alpha"), Not(part=Word(text="beta")))),
    AllOf(parts=(Word(text="rare"), Word(text="gamma"))),
    AnyOf(parts=(Word(text="rare"), Phrase(text="x.y.z 東京"))),
    AnyOf(parts=(Word(text="rare"), Not(part=Word(text="gamma")))),
]


@pytest.mark.parametrize("seed", range(3))
def test_everything_is_found_the_newest_first_whatever_is_indexed(
    store: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among messages of eighty years, in windows so small that all paths are taken."""
    for name, value in {
        "_BATCH": 7,
        "_FEW_AT_ONCE": 2,
        "_MANY_AT_ONCE": 8,
        "_WANTED": 4,
        "_WIDEST": 2 if seed else 64,
        "_READ_FIRST": 4,
    }.items():
        monkeypatch.setattr(candidates, name, value)
    chosen = random.Random(seed)
    said: dict[str, tuple[Any, str]] = {}
    sessions = []
    for number in range(120):
        if number % 10 == 0:
            sessions.append(a_session(updated=NOON))
            store.create_session(sessions[-1])
        if number in (40, 90):
            assert store.catch_up_search(everything=True) == 0
        text = " ".join(chosen.choices(_WORDS, [9, 9, 5, 3, 3, 2, 2, 1, 1], k=chosen.randint(1, 6)))
        near = timedelta(minutes=chosen.randint(0, 3))
        far = timedelta(days=chosen.choice([0, 0, 1, 8, 30, 400, 4000, 20_000]))
        message = a_prompt(chosen.choice(sessions), text, timestamp=NOON - near - far)
        store.add_message(message)
        said[message.id] = (message.timestamp, text)
    for part in _PARTS:
        hits = [hit.message for hit in store.search(SearchQuery(expression=part))]
        times = [message.timestamp for message in hits]
        assert times == sorted(times, reverse=True), part
        matcher = Matcher(part)
        wanted = sorted(id for id, (_, text) in said.items() if matcher.matches(text))
        assert sorted(message.id for message in hits) == wanted, part
        after, before = NOON - timedelta(days=30, minutes=1), NOON - timedelta(minutes=1)
        query = SearchQuery(expression=part, after=after, before=before)
        wanted = [id for id in wanted if after <= said[id][0] < before]
        assert sorted(hit.message.id for hit in store.search(query)) == wanted, part


def test_what_the_index_is_asked_does_not_say_more_than_the_query() -> None:
    alpha, beta = Word(text="alpha"), Word(text="beta")
    for part in (
        Not(part=alpha),
        AnyOf(parts=(alpha, Not(part=beta))),
        Word(text="=="),
    ):
        assert asked_for(part, in_reasoning=False) is None
    asked = asked_for(AllOf(parts=(alpha, Not(part=beta))), in_reasoning=False)
    assert asked == asked_for(AllOf(parts=(alpha, Word(text="=="))), in_reasoning=False)


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("the and the", set()),
        ("The And of THE", set()),
        ("alpha beta", {"alpha", "beta"}),  # a pair may be one by chance
        ("alpha beta gamma 東京 delta", {"東京", "delta"}),
        ("alpha beta gamma Müller", set()),
    ],
)
def test_of_a_longer_phrase_its_pairs_are_asked_for_and_not_its_words(
    phrase: str, words: set[str]
) -> None:
    asked: Any = asked_for(Phrase(text=phrase), in_reasoning=False)
    found = {term.text for term in asked.parts}
    assert found - pairs(phrase) == words
    assert found >= pairs(phrase)
    thought: Any = asked_for(Phrase(text=phrase), in_reasoning=True)
    assert len(thought.parts) >= len({*phrase.casefold().split()})  # these have no pairs


def test_what_hardly_occurs_is_looked_for_without_regard_to_weeks_soon(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = []
    original = store._connection.dialect.search.named

    def seen(connection: Any, window: Any) -> Any:
        windows.append(window.weeks)
        return original(connection, window)

    session = a_session()
    store.create_session(session)
    for week in range(200):
        moment = NOON - timedelta(weeks=week)
        store.add_message(a_prompt(session, f"alpha {week}", timestamp=moment))
    store.catch_up_search(everything=True)
    monkeypatch.setattr(store._connection.dialect.search, "named", seen)
    assert contents(store, AllOf(parts=(Word(text="alpha"), Word(text="150")))) == ["alpha 150"]
    assert [weeks and len(weeks) for weeks in windows] == [1, 4, 16, None]


def test_signs_alone_tell_how_many_messages_are_read(store: Any) -> None:
    say(store, *(f"a = {number}" for number in range(300)))
    store.catch_up_search(everything=True)
    heard: list[tuple[int, int]] = []
    query = SearchQuery(expression=Word(text="=="))
    assert list(store.search(query, progress=lambda done, total: heard.append((done, total)))) == []
    assert {total for _, total in heard} == {300}
    assert heard[0][0] < 300
    assert heard[-1] == (300, 300)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("queries", "list_live"),
        ("queries", "list_trash"),
        ("queries", "last_used"),
        ("search", "newest_said"),
        ("search", "all_named"),
        ("search", "not_indexed"),
    ],
)
def test_what_stands_in_an_index_is_not_sorted_again(store: Any, file: str, name: str) -> None:
    """Of a million rows of one owner; here the planner is told to avoid what costs more then."""
    for way in ("seqscan", "bitmapscan", "sort"):
        store._connection.transaction(lambda raw, way=way: raw.execute(f"SET enable_{way} = off"))
    last = candidates.LAST_ID
    values: dict[str, Any] = dict.fromkeys(("limit", "passed", "most", "added", "seq"), 20)
    values["reasoning"] = False
    values |= dict.fromkeys(("before", "after", "said"), NOON)
    values |= {"session_id": last, "message_id": last}
    sql = store._connection.dialect.statements(file)[name]
    plan = "\n".join(line for (line,) in store._connection.read(f"EXPLAIN {sql}", values))
    assert "Index" in plan
    assert " Sort  (cost" not in plan.replace("Incremental Sort", ""), plan


@pytest.mark.parametrize(
    ("part", "pattern"),
    [
        (Word(text="A_b%!"), "%a!_b!%!!%"),
        (Phrase(text="two  words"), "%two%words%"),
        (AllOf(parts=(Word(text="a"), Word(text="longer"), Not(part=Word(text="x")))), "%longer%"),
        (AnyOf(parts=(Word(text="a"), Word(text="b"))), "%"),
        (Not(part=Word(text="a")), "%"),
        (Word(text="größe"), "%grosse%"),
        (Word(text="東京"), "%"),
    ],
)
def test_the_server_passes_by_only_what_can_not_match(part: Part, pattern: str) -> None:
    assert pattern_of(part) == pattern


def test_signs_alone_are_looked_for_in_the_server(store: Any) -> None:
    say(store, *(f"a = {number}" for number in range(300)), "a == b", "ä == 1", "x")
    store.catch_up_search(everything=True)
    assert contents(store, Word(text="==")) == ["ä == 1", "a == b"]
