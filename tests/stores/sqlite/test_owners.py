"""Who holds a session: told from the process table, on which no dead process is alive."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import a_finished_turn, a_prompt, a_session, an_answer
from program import messages, run, wait_until

from synapse import timestamps
from synapse.domain import Session, Status
from synapse.errors import SessionBusy
from synapse.stores import _owner, open_store
from synapse.stores.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator

HELD = 10.0
"""Seconds that are left of a lease."""
RUN_OUT = -3600.0


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
    store._connection.transaction(
        lambda raw: raw.execute(
            "UPDATE messages SET owner = ?", ("|".join((*rest, str(int(start) - 1))),)
        )
    )
    assert state(pid) == "S"
    a_finished_turn(store, session, create=False)


def owner(**fields: object) -> str:
    """This process as an owner, but for the fields that are given."""
    names = ("host", "boot", "namespace", "pid", "start")
    known = dict(zip(names, _owner.this_process().split("|"), strict=True))
    return "|".join(str(value) for value in {**known, **fields}.values())


@pytest.mark.parametrize("text", ["", "|||", "a|b|c|d|e"])
def test_what_names_no_process_is_not_alive(text: str) -> None:
    assert not _owner.is_alive(text, "answer", HELD)
    assert not _owner.is_stopped(text)


@pytest.mark.parametrize("pid", ["", "x", 0, -1, 10**30, "1|2"])
def test_an_id_that_no_process_has_is_not_alive(pid: object) -> None:
    assert not _owner.is_alive(owner(pid=pid), "answer", HELD)
    assert not _owner.is_stopped(owner(pid=pid))


def test_an_earlier_boot_of_this_host_is_over() -> None:
    assert not _owner.is_alive(owner(boot="another"), "answer", HELD)


def test_another_host_lives_while_its_lease_lasts() -> None:
    elsewhere = owner(host="another", boot="another")
    held = (0.001, HELD, _owner.LEASE_SECONDS)
    assert all(_owner.is_alive(elsewhere, "answer", left) for left in held)
    over = (None, 0.0, RUN_OUT, _owner.LEASE_SECONDS + 1)  # the last: a clock was set back
    assert not any(_owner.is_alive(elsewhere, "answer", left) for left in over)


@pytest.mark.parametrize("left", [None, HELD, RUN_OUT])
def test_a_living_process_of_this_machine_needs_no_lease(
    store: SqliteStore, child: tuple[int, Session], left: float | None
) -> None:
    """It was stopped, or the machine slept; and a dead one has nothing of a lease that lasts."""
    pid, session = child
    os.kill(pid, signal.SIGSTOP)
    _set_lease(store, left)
    with pytest.raises(SessionBusy):
        store.begin_turn(session, a_prompt(session), an_answer(session), create=False)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: state(pid) == "Z")
    a_finished_turn(store, session, create=False)


def _set_lease(store: SqliteStore, left: float | None) -> None:
    store._connection.transaction(
        lambda raw: raw.execute(
            "UPDATE messages SET leased_until = unixepoch('now', 'subsec') + ?", (left,)
        )
    )


def _answering_elsewhere(path: str, session: Session, told: Any) -> None:
    """A process of another machine, as far as anybody can tell, that is silent but alive."""
    _owner.this_process = lambda: "another|boot|namespace|1|1"
    vars(_owner)["LEASE_SECONDS"] = 2.0
    with open_store(f"sqlite:{path}") as store:
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        store.checkpoint(answer.id, "Because it")
        before = time.monotonic()
        while store.renew_lease(answer.id):
            told.send(before)  # not later than the lease: it holds for two seconds from then
            time.sleep(0.1)
            before = time.monotonic()


@pytest.mark.parametrize("off", [timedelta(0), timedelta(days=400), -timedelta(days=400)])
def test_a_crash_on_another_machine_frees_the_session_when_the_lease_is_over(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch, off: timedelta
) -> None:
    """Whatever the clock of who wants to go on says."""
    session = a_session()
    ours, theirs = multiprocessing.Pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _answering_elsewhere(str(path), session, theirs)
        finally:
            os._exit(1)
    real = timestamps.now
    monkeypatch.setattr(timestamps, "now", lambda: real() + off)

    def is_free() -> bool:
        try:
            a_finished_turn(store, session, create=False)
        except SessionBusy:
            return False
        return True

    began = time.monotonic()
    while time.monotonic() < began + 3.0:  # longer than the lease
        assert ours.poll(30)
        last = ours.recv()
        if time.monotonic() - last < 0.5 and is_free():
            assert time.monotonic() - last > 1.5  # it was starved of the processor
            return
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    wait_until(is_free)
    assert [m.status for m in store.get_messages(session.id)[1::2]] == [
        Status.INCOMPLETE,
        Status.COMPLETE,
    ]


def test_a_late_owner_learns_it_and_loses_nothing(store: SqliteStore, path: Path) -> None:
    session = a_session()
    _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
    store.checkpoint(answer.id, "Because ")
    store._connection.transaction(
        lambda raw: raw.execute(
            "UPDATE messages SET owner = ?", (owner(host="another", boot="another"),)
        )
    )
    _set_lease(store, RUN_OUT)
    with SqliteStore(f"sqlite:{path}") as other:
        a_finished_turn(other, session, "and now?", create=False)
    assert store.renew_lease(answer.id) is False
    store.checkpoint(answer.id, "it is.")  # comes too late, and is no error
    assert store.get_messages(session.id)[1].content == "Because "
    store.finish_turn(answer.replace(content="Because it is.", status=Status.COMPLETE))
    told = [(m.content, m.status.value) for m in store.get_messages(session.id)]
    assert told[1] == ("Because it is.", "complete")
    assert [content for content, _ in told[2:]] == ["and now?", "hi"]


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
            assert _owner.is_alive(mine, "mine", RUN_OUT)
            assert not _owner.is_alive(mine, "another", HELD)
        finally:
            _owner.receiving.discard("mine")

    def test_a_process_is_believed_while_there_are_signs_of_life(
        self, child: tuple[int, Session]
    ) -> None:
        pid, _ = child
        theirs = owner(pid=pid)
        assert _owner.is_alive(theirs, "answer", HELD)
        assert not _owner.is_alive(theirs, "answer", RUN_OUT)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert not _owner.is_alive(theirs, "answer", HELD)

    def test_an_owner_that_named_its_boot_is_not_taken_for_one_of_an_earlier(self) -> None:
        theirs = f"{os.uname().nodename}|boot|pid:[1]|1|7"
        assert _owner.is_alive(theirs, "answer", HELD)
        assert not _owner.is_alive(theirs, "answer", RUN_OUT)
