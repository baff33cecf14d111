"""Looking for a session while its name is typed: any engine, within a time, and never an error."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import a_finished_turn, a_session
from contract.engines import ENGINES, fresh_url

from synapse.errors import ConfigError
from synapse.stores import (
    STORES,
    StoreEntry,
    open_file_care,
    open_inspection,
    open_store,
    sessions_for_completion,
)
from synapse.stores import _session_completion as looking
from synapse.stores.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path

STUCK = threading.Event()


class Elsewhere(SqliteStore):
    """A store of an engine that has nothing of its own but the port."""

    def __init__(self, url: str, **how: Any) -> None:
        super().__init__(url.replace("elsewhere:", "sqlite:"), **how)


class Stuck:
    """A store that does not open as long as the test lasts."""

    def __init__(self, *_: object, **__: object) -> None:
        STUCK.wait()


class Broken:
    def __init__(self, *_: object, **__: object) -> None:
        raise OSError("no route to the server")


@pytest.fixture(autouse=True)
def other_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (Elsewhere, Stuck, Broken):
        entry = StoreEntry(target=f"{__name__}:{kind.__name__}", summary="for a test")
        monkeypatch.setitem(STORES, kind.__name__.lower(), entry)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_finds_the_same(engine: str, tmp_path: Path) -> None:
    url = fresh_url(engine, tmp_path)
    with open_store(url) as store:
        for name, prompt in (("docker", "volumes"), (None, "What is Docker?"), ("x", "nothing")):
            a_finished_turn(store, a_session(name=name), prompt, create=True)
        first = store.list_sessions(limit=1)[0].session
        store.trash_session(first.id)
        for word, deleted in (
            ("ocker", False), ("", False), (first.handle, True), ("hi", False), ("zz", False),
        ):  # fmt: skip
            found = sessions_for_completion(url, word, deleted=deleted, limit=9, seconds=60)
            assert found == looking.find_through_port(store, word, deleted=deleted, limit=9)
            assert bool(found) is (word != "zz")


def test_an_engine_without_a_look_of_its_own_is_asked_through_the_port(tmp_path: Path) -> None:
    url = f"elsewhere:{tmp_path}/sessions.db"
    with open_store(url) as store:
        a_finished_turn(store, a_session(name="docker"), "volumes", create=True)
    [row] = sessions_for_completion(url, "DOCK", deleted=False, limit=9, seconds=60)
    assert (row[1], row[3]) == ("docker", "volumes")


def test_a_store_that_does_not_answer_costs_the_time_and_no_more() -> None:
    try:  # without a limit it would be for ever
        assert (
            sessions_for_completion("stuck:there", "x", deleted=False, limit=9, seconds=0.1) == []
        )
    finally:
        STUCK.set()


def test_a_store_that_can_not_be_opened_has_no_sessions() -> None:
    assert sessions_for_completion("broken:there", "x", deleted=False, limit=9, seconds=60) == []
    assert sessions_for_completion("nobody://knows", "x", deleted=False, limit=9, seconds=60) == []


def test_a_server_has_no_files_to_care_for() -> None:
    with pytest.raises(ConfigError, match="a server keeps the files") as caught:
        open_file_care("elsewhere://me:secret@host/db")
    assert "secret" not in str(caught.value)
    with pytest.raises(ConfigError, match="its own tools"):
        open_inspection("elsewhere://host/db")
