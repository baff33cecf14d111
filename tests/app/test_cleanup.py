"""The clean-up of a start."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from contract.builders import NOON, a_session

from synapse.app.cleanup import clean_up
from synapse.domain import Retention
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.ports import SessionStore


@pytest.fixture
def store() -> Iterator[SessionStore]:
    with open_store("sqlite::memory:") as opened:
        yield opened


def test_a_clean_up_that_the_store_refuses_does_nothing_and_does_not_raise() -> None:
    store = open_store("sqlite::memory:")
    store.create_session(a_session(updated=NOON - timedelta(days=5000)))
    store.close()
    assert not clean_up(store, Retention())


def test_a_clean_up_names_the_sessions_that_it_moved_if_they_are_few(store: SessionStore) -> None:
    made = [a_session(updated=NOON - timedelta(days=5000 + n)) for n in range(5)]
    for session in made[:2]:
        store.create_session(session)
    report = clean_up(store, Retention())
    assert {summary.session.id for summary in report.newest} == {s.id for s in made[:2]}
    for session in made[2:]:
        store.create_session(session)
    for session in [a_session(updated=NOON - timedelta(days=9000)) for _ in range(2)]:
        store.create_session(session)
    report = clean_up(store, Retention())
    assert (report.result.by_retention, report.newest) == (5, ())
