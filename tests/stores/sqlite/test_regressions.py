"""What has gone wrong once."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from contract.builders import a_prompt, a_session, an_answer, days_ago

from synapse.domain import Retention, Status
from synapse.stores import open_file_care, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.ports import SessionStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    with open_store(f"sqlite:{tmp_path}/sessions.db") as opened:
        yield opened


@pytest.mark.parametrize("field", ["model", "finish_reason", "provider", "error"])
def test_whatever_a_provider_calls_its_model_the_answer_is_saved(
    store: SessionStore, field: str
) -> None:
    session = a_session()
    _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    closed = answer.replace(content="whole", status=Status.COMPLETE, **{field: "a\ud800b\0"})
    store.finish_turn(closed)
    assert store.get_messages(session.id)[1] == closed.replace(**{field: "a\ufffdb\ufffd"})


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_a_session_is_found_by_a_name_that_no_engine_can_hold(
    store: SessionStore, name: str
) -> None:
    session = a_session().with_name(name)
    store.create_session(session)
    assert [found.session.id for found in store.find_by_name(name)] == [session.id]


def test_a_clean_up_in_slices_begins_with_the_least_recently_used(store: SessionStore) -> None:
    for days in range(6):
        store.create_session(a_session(updated=days_ago(days), model=str(days)))
    assert store.cleanup(Retention(retention_days=0, max_sessions=2), at_most=2).by_limit == 2
    assert [summary.session.model for summary in store.list_sessions()] == ["0", "1", "2", "3"]


def test_what_a_killed_backup_left_behind_is_removed_by_the_next(
    store: SessionStore, tmp_path: Path
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    target = tmp_path / "copy.db"
    leftovers = [tmp_path / f"copy.db.{gone.pid}.partial{end}" for end in ("", "-journal")]
    others = [tmp_path / f"copy.db.{os.getppid()}.partial", tmp_path / "copy.db.notes"]
    for path in (*leftovers, *others):
        path.write_text("x")
    open_file_care(f"sqlite:{store.location}").back_up(str(target))
    assert target.exists()
    assert [path.exists() for path in leftovers] == [False, False]
    assert [path.exists() for path in others] == [True, True]
