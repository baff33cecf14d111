"""Which sessions fit what was typed into the picker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from contract.builders import a_finished_turn, a_session

from synapse.cli.picker import matching
from synapse.cli.picker.matching import Sessions, nothing, ranker
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.ports import SessionStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    with open_store(f"sqlite:{tmp_path}/sessions.db") as opened:
        yield opened


@pytest.mark.parametrize(
    ("query", "rank"),
    [
        ("", 0),
        ("docker", 0),
        ("DOCKER", 0),
        ("vol dock", 0),
        ("ocke", 1),
        ("volumes ocke", 1),
        ("dkr", 2),
        ("dkr vols", 2),
        ("rkd", None),
        ("docker rust", None),
        (".*", None),
    ],
)
def test_words_are_found_at_best_where_words_begin(query: str, rank: int | None) -> None:
    assert ranker(query)(" docker volumes 4c3834c9") == rank


def test_the_best_come_first_then_the_last_used(store: SessionStore) -> None:
    for question in ("about rust", "distrust", "right up the street", "rust again", "tea"):
        a_finished_turn(store, a_session(), question, create=True)
    *_, found = Sessions(store).search("rust", 10)
    assert [candidate.summary.preview for candidate in found] == [
        "rust again",
        "about rust",
        "distrust",
        "right up the street",
    ]


def test_a_title_is_searched_beside_name_and_first_words(store: SessionStore) -> None:
    a_finished_turn(store, a_session(name="one", title="Borrowing"), "about rust", create=True)
    a_finished_turn(store, a_session(name="two"), "about borrowing", create=True)
    for query, names in (("borrow", ["two", "one"]), ("rust borrow", ["one"])):
        *_, found = Sessions(store).search(query, 10)
        assert [candidate.summary.session.name for candidate in found] == names


def test_no_more_is_read_than_is_shown(store: SessionStore) -> None:
    for number in range(450):
        store.create_session(a_session(name=f"session-{number}"))
    sessions = Sessions(store)
    *_, found = sessions.search("session", 150)
    assert len(found) == 150
    assert len(sessions._read) == 200
    *_, found = sessions.search("session-7", 150)
    assert {candidate.summary.session.name for candidate in found} >= {"session-7", "session-70"}
    assert len(sessions._read) == 450


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (1e9, "nothing matches"),
        (-1.0, "nothing matches in names and the newest messages; sessions search looks at all"),
    ],
)
def test_what_was_not_looked_through_is_not_said_to_be_nothing(
    seconds: float, told: str, store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "_CONTENT_SECONDS", seconds)
    a_finished_turn(store, a_session(name="one"), "about rust", create=True)
    sessions = Sessions(store)
    *_, found = sessions.search("nowhere", 10)
    assert (found, nothing(sessions)) == ([], told)
    *_, found = sessions.search("", 10)
    assert (len(found), nothing(sessions)) == (1, "nothing matches")
