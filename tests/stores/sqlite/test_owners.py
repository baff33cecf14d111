"""Who holds a session: told from the process table, on which no dead process is alive."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import a_finished_turn, a_prompt, a_session, an_answer
from program import messages, run, wait_until

from synapse.domain import Session, Status
from synapse.errors import SessionBusy
from synapse.stores import _owner, open_store
from synapse.stores.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = timedelta(0)
LONG_AGO = timedelta(hours=1)


@pytest.fixture
def path(home: Path) -> Path:
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    return folder / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(f"sqlite:{path}") as opened:
        yield opened


def _answering(path: str, session: Session, told: Any) -> None:
    with open_store(f"sqlite:{path}") as store:
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        store.checkpoint(answer.id, "Because it")
        told.send(answer.id)
        signal.pause()


@pytest.fixture
def child(path: Path) -> Iterator[tuple[int, Session]]:
    """A process that answers in a session, and of which only this test knows that it ended."""
    session = a_session()
    ours, theirs = multiprocessing.Pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _answering(str(path), session, theirs)
        finally:
            os._exit(1)
    assert ours.poll(30)
    ours.recv()
    yield pid, session
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ChildProcessError, ProcessLookupError):
        pass


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_zombie_holds_nothing(store: SqliteStore, child: tuple[int, Session]) -> None:
    pid, session = child
    with pytest.raises(SessionBusy):
        store.begin_turn(session, a_prompt(session), an_answer(session), create=False)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: state(pid) == "Z")
    assert store.get_messages(session.id)[1].status is Status.INCOMPLETE
    a_finished_turn(store, session, create=False)
    answers = store.get_messages(session.id)[1::2]
    assert [(m.content, m.status.value) for m in answers] == [
        ("Because it", "incomplete"),
        ("hi", "complete"),
    ]
    assert state(pid) == "Z"


def test_a_zombie_does_not_stop_the_command_line(child: tuple[int, Session]) -> None:
    pid, session = child
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: state(pid) == "Z")
    ran = run("-s", session.id, "-p", "echo", "and now?")
    assert ran.status == 0, ran
    assert [m["status"] for m in messages(session.id)[1::2]] == ["incomplete", "complete"]
    assert run("sessions", "delete", session.id[-8:]).status == 0


def test_a_stopped_process_is_alive_and_said_to_be_stopped(
    store: SqliteStore, child: tuple[int, Session]
) -> None:
    pid, session = child
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state(pid) == "T")
    assert store.get_messages(session.id)[1].status is Status.STREAMING
    assert store.close_abandoned(session.id) == 0
    ran = run("-s", session.id, "-p", "echo", "and now?")
    assert ran.status == 6
    assert "stopped" in ran.err.splitlines()[0]
    assert f"kill -CONT {pid}" in ran.err
    os.kill(pid, signal.SIGCONT)
    wait_until(lambda: state(pid) != "T")
    ran = run("-s", session.id, "-p", "echo", "and now?")
    assert (ran.status, "stopped" in ran.err) == (6, False)


def test_a_reused_id_is_told_by_the_start_time(
    store: SqliteStore, child: tuple[int, Session]
) -> None:
    """The row says that the id belonged to a process that began at another moment."""
    pid, session = child
    [(owner,)] = store._connection.read("SELECT owner FROM messages WHERE owner IS NOT NULL")
    *rest, start = owner.split("|")
    with store._connection.write() as raw:
        raw.execute("UPDATE messages SET owner = ?", ("|".join((*rest, str(int(start) - 1))),))
    assert state(pid) == "S"
    a_finished_turn(store, session, create=False)


def owner(**fields: object) -> str:
    """This process as an owner, but for the fields that are given."""
    names = ("host", "boot", "namespace", "pid", "start")
    known = dict(zip(names, _owner.this_process().split("|"), strict=True))
    return "|".join(str(value) for value in {**known, **fields}.values())


@pytest.mark.parametrize("text", ["", "|||", "a|b|c|d|e"])
def test_what_names_no_process_is_not_alive(text: str) -> None:
    assert not _owner.is_alive(text, "answer", NOW)
    assert not _owner.is_stopped(text)


@pytest.mark.parametrize("pid", ["", "x", 0, -1, 10**30, "1|2"])
def test_an_id_that_no_process_has_is_not_alive(pid: object) -> None:
    assert not _owner.is_alive(owner(pid=pid), "answer", NOW)
    assert not _owner.is_stopped(owner(pid=pid))


def test_an_earlier_boot_of_this_host_is_over() -> None:
    assert not _owner.is_alive(owner(boot="another"), "answer", NOW)


def test_another_host_lives_while_it_shows_signs_of_life() -> None:
    elsewhere = owner(host="another", boot="another")
    just, over = timedelta(minutes=14, seconds=59), timedelta(minutes=15)
    assert _owner.is_alive(elsewhere, "answer", just)
    assert not _owner.is_alive(elsewhere, "answer", over)


class TestWithoutProc:
    """A system that does not tell what its processes do: no /proc can be read."""

    @pytest.fixture(autouse=True)
    def no_proc(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_owner, "_read", lambda path: "")
        monkeypatch.setattr(_owner, "_link", lambda path: "")

    def test_this_process_is_known_by_its_id_alone(self) -> None:
        mine = _owner.this_process()
        assert mine.endswith(f"|||{os.getpid()}|")
        _owner.receiving.add("mine")
        try:
            assert _owner.is_alive(mine, "mine", LONG_AGO)
            assert not _owner.is_alive(mine, "another", NOW)
        finally:
            _owner.receiving.discard("mine")

    def test_a_process_is_believed_while_there_are_signs_of_life(
        self, child: tuple[int, Session]
    ) -> None:
        pid, _ = child
        theirs = owner(pid=pid)
        assert _owner.is_alive(theirs, "answer", NOW)
        assert not _owner.is_alive(theirs, "answer", LONG_AGO)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert not _owner.is_alive(theirs, "answer", NOW)

    def test_an_owner_that_named_its_boot_is_not_taken_for_one_of_an_earlier(self) -> None:
        theirs = f"{os.uname().nodename}|boot|pid:[1]|1|7"
        assert _owner.is_alive(theirs, "answer", NOW)
        assert not _owner.is_alive(theirs, "answer", LONG_AGO)
