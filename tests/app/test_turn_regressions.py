"""Turns that have gone wrong once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from contract.builders import a_finished_turn, a_session
from stores.sqlite import rust
from torture.disk import Disk, full
from torture.talk import Talker, answer

from synapse.app.conversation import reply
from synapse.domain import Status
from synapse.errors import AnswerSpilled, DatabaseError
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


def test_a_chat_goes_on_after_an_answer_that_could_not_be_saved(path: Path, tmp_path: Path) -> None:
    session = a_session()
    with Disk() as disk, open_store(f"sqlite:{path}") as store:
        with pytest.raises(AnswerSpilled):
            reply(
                store,
                Talker(),
                session,
                "one?",
                create=True,
                show=lambda event: disk.fail(0, full, for_ever=True),
                spill_folder=str(tmp_path / "spills"),
            )
        disk.heal()
        assert reply(store, Talker(), session, "two?").content == answer("two?")


def test_a_turn_whose_commit_failed_blocks_nobody_if_it_is_found_after_all(
    path: Path, tmp_path: Path
) -> None:
    session = a_session()
    talker = Talker()
    with open_store(f"sqlite:{path}") as store:
        a_finished_turn(store, session, create=True)
    with Disk() as disk:
        for number in range(30):
            with open_store(f"sqlite:{path}") as store:
                disk.fail(number, full, for_ever=True)
                try:
                    reply(store, talker, session, "two?", spill_folder=str(tmp_path / "spills"))
                except (DatabaseError, AnswerSpilled):
                    pass
                if talker.asked:
                    break
            disk.heal()
            with open_store(f"sqlite:{path}") as store:
                a_finished_turn(store, session, create=False)
    assert talker.asked


def test_a_conversation_that_can_not_be_read_is_not_left_busy(path: Path) -> None:
    session = a_session()
    talker = Talker()
    with open_store(f"sqlite:{path}") as store:
        a_finished_turn(store, session, create=True)
        other = rust.connect(path)
        rust.add_message(other, "m1", session.id, "?", "2026-01-01T00:00:00+00:00")
        other.execute("UPDATE messages SET attachment_count = 1 WHERE id = 'm1'")
        other.execute("ALTER TABLE attachments RENAME TO elsewhere")
        with pytest.raises(DatabaseError):
            reply(store, talker, session, "two?")
        other.execute("ALTER TABLE elsewhere RENAME TO attachments")
        other.close()
        assert not talker.asked
        failed = store.get_messages(session.id)[4]
        assert (failed.status, failed.content) == (Status.FAILED, "")
        assert failed.error is not None
        assert failed.error.startswith("database: ")
        assert reply(store, talker, session, "three?").status is Status.COMPLETE
