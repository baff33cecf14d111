"""The history of the prompt: all sessions, newest first, no more than is needed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from contract.builders import a_session, add_many_turns

from synapse.cli.repl.history import StoredHistory
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.ports import SessionStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    with open_store(f"sqlite:{tmp_path}/sessions.db") as opened:
        yield opened


def fill(store: SessionStore, *questions: str) -> None:
    add_many_turns(store, a_session(), questions)


def taken(history: StoredHistory, most: int) -> list[str]:
    """What comes of the history until so many have come, or until it waits."""

    async def take() -> list[str]:
        items: list[str] = []
        loading = history.load()
        while len(items) < most:
            try:
                items.append(await asyncio.wait_for(anext(loading), 0.2))
            except (TimeoutError, StopAsyncIteration):
                break
        return items

    return asyncio.run(take())


def test_it_begins_with_the_newest(store: SessionStore) -> None:
    fill(store, "one", "two")
    fill(store, "three")
    assert taken(StoredHistory(store), 10) == ["three", "two", "one"]


def test_what_was_asked_several_times_comes_once(store: SessionStore) -> None:
    fill(store, "same", "other", "same")
    assert taken(StoredHistory(store), 10) == ["same", "other"]


def test_only_what_is_needed_is_read(store: SessionStore) -> None:
    fill(store, *(f"question {number}" for number in range(400)))
    history = StoredHistory(store)
    assert len(taken(history, 1000)) == 100
    history.want(100)
    assert len(taken(history, 1000)) == 200
    history.load_for_search()
    assert taken(history, 1000)[-1] == "question 0"


def test_what_was_typed_at_this_prompt_comes_first(store: SessionStore) -> None:
    fill(store, "stored")
    history = StoredHistory(store)
    assert taken(history, 10) == ["stored"]
    history.append_string("typed")
    assert taken(history, 10) == ["typed", "stored"]


def test_a_store_that_fails_leaves_what_was_typed(store: SessionStore) -> None:
    history = StoredHistory(store)
    history.append_string("typed")
    store.close()
    assert taken(history, 10) == ["typed"]


def sought(history: StoredHistory, beginnings: list[str]) -> list[str | None]:
    """What comes for each of the beginnings, one after the other; None where nothing does."""

    async def seek() -> list[str | None]:
        results: list[str | None] = []
        items: list[str] = []

        async def collect() -> None:
            async for item in history.load():
                items.append(item)

        collecting = asyncio.create_task(collect())
        for beginning in beginnings:
            found = asyncio.Event()
            history.seek(beginning, found.set)
            try:
                await asyncio.wait_for(found.wait(), 0.5)
                results.append(items[-1])
            except TimeoutError:
                results.append(None)
        collecting.cancel()
        return results

    return asyncio.run(seek())


def test_what_begins_in_a_rare_way_is_found_however_old(store: SessionStore) -> None:
    fill(store, "rare bird", "rare earth", "rare bird")
    fill(store, *(f"question {number}" for number in range(2_500)))
    history = StoredHistory(store)
    assert sought(history, ["rare", "rare", "rare", "other"]) == [
        "rare bird",
        "rare earth",
        None,
        None,
    ]
    assert len(taken(history, 1000)) == 100  # what lies between was passed by


def test_what_is_no_longer_sought_does_not_come(store: SessionStore) -> None:
    fill(store, "rare bird", *(f"question {number}" for number in range(200)))
    history = StoredHistory(store)

    async def seek() -> list[str]:
        loading = history.load()
        items = [await anext(loading) for _ in range(100)]
        history.seek("rare", lambda: items.append("found"))
        history.stop_seeking()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(loading), 0.2)
        return items

    assert asyncio.run(seek())[-1] == "question 100"
