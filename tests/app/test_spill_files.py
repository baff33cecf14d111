"""Spill files: brought in once, and never in the way, whatever is in them."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import a_finished_turn, a_session, an_answer
from program import Installed, messages, run, without_privileges

from synapse.app import spill
from synapse.domain import Status
from synapse.errors import StorageError
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from synapse.domain import StoredMessage

SHAPES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a field is missing": lambda spill: spill["answer"].pop("content"),
    "a field too many": lambda spill: spill["answer"].update(mood="good"),
    "a field too many outside": lambda spill: spill.update(mood="good"),
    "no location": lambda spill: spill.pop("location"),
    "a location that is none": lambda spill: spill.update(location=5),
    "no answer": lambda spill: spill.pop("answer"),
    "an answer that is none": lambda spill: spill.update(answer=[1]),
    "a newer version": lambda spill: spill.update(version=2),
    "a version that is none": lambda spill: spill.update(version={"a": 1}),
    "another format": lambda spill: spill.update(format="something"),
    "an unknown status": lambda spill: spill["answer"].update(status="fine"),
    "a status that no closed answer has": lambda spill: spill["answer"].update(status="streaming"),
    "an unknown role": lambda spill: spill["answer"].update(role=None),
    "a moment that is none": lambda spill: spill["answer"].update(timestamp="yesterday"),
    "a text that is none": lambda spill: spill["answer"].update(content={"a": 1}),
    "an id that is none": lambda spill: spill["answer"].update(id=["x"]),
    "a number beyond 64 bits": lambda spill: spill["answer"].update(elapsed_ms=1 << 70),
    "a negative number": lambda spill: spill["answer"].update(index=-1),
    "usage of another shape": lambda spill: spill["answer"].update(usage={"cached": 1}),
    "usage that is none": lambda spill: spill["answer"].update(usage=7),
    "usage beyond 64 bits": lambda spill: spill["answer"]["usage"].update(input_tokens=1 << 64),
    "usage in words": lambda spill: spill["answer"]["usage"].update(input_tokens="many"),
    "a truth that is none": lambda spill: spill["answer"].update(superseded=3),
}

BYTES = {
    "empty": b"",
    "blank": b" " * 100,
    "half": b'{"format": "synapse-spill", "version": 1,',
    "not UTF-8": b'{"format": "\xff\xfe"}',
    "UTF-16": '{"format": "synapse-spill"}'.encode("utf-16"),
    "deep": b'{"a":' * 100_000,
    "deep arrays": b'{"a":' + b"[" * 200_000,
    "a long number": b'{"format": ' + b"9" * 10_000 + b"}",
    "an array": b"[1, 2]",
    "zeros": bytes(1000),
}


@pytest.fixture(autouse=True)
def private_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.fixture
def folder(home: Path) -> Path:
    made = home / ".local" / "state" / "synapse"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def database(home: Path) -> Path:
    return home / ".config" / "synapse" / "sessions.db"


def a_spill(database: Path, folder: Path) -> tuple[StoredMessage, Path]:
    """The file of an answer whose turn is in the database, and that answer."""
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open_store(f"sqlite:{database}") as store:
        answer = a_finished_turn(store, a_session(), create=True)
        kept = spill.spill_answer(answer, store.location, str(folder), StorageError("full"))
    assert kept.path is not None
    return answer, Path(kept.path)


def assert_every_command_works(file: Path) -> None:
    """One warning each, and the file stays as it is."""
    for words in (
        ["sessions", "list"],
        ["-p", "echo", "hi"],
        ["db", "recover"],
        ["sessions", "stats"],
    ):
        ran = run(*words)
        assert ran.status == 0, ran
        assert ran.err.count("warning: ") == 1, ran
        assert str(file) in ran.err
        assert "Traceback" not in ran.err
    assert os.path.lexists(file)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_of_another_shape_is_left_with_one_warning(
    folder: Path, database: Path, shape: str
) -> None:
    _, file = a_spill(database, folder)
    value = json.loads(file.read_text())
    SHAPES[shape](value)
    file.write_text(json.dumps(value))
    before = file.read_bytes()
    assert_every_command_works(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", BYTES)
def test_a_file_that_is_no_spill_is_left_with_one_warning(folder: Path, content: str) -> None:
    file = folder / "answer-x.json"
    file.write_bytes(BYTES[content])
    assert_every_command_works(file)
    assert file.read_bytes() == BYTES[content]


@pytest.mark.parametrize("kind", ["fifo", "directory", "link", "dangling link", "huge", "socket"])
def test_what_is_no_file_is_left_with_one_warning(
    folder: Path, database: Path, tmp_path: Path, kind: str
) -> None:
    file = folder / "answer-x.json"
    if kind == "fifo":
        os.mkfifo(file)
    elif kind == "directory":
        file.mkdir()
    elif kind == "link":
        _, spilled = a_spill(database, tmp_path)
        file.symlink_to(spilled)
    elif kind == "dangling link":
        file.symlink_to(tmp_path / "nowhere")
    elif kind == "socket":
        os.mknod(file, 0o140600)
    else:
        with file.open("wb") as opened:
            opened.truncate(1 << 40)
    assert_every_command_works(file)


def test_a_file_that_can_not_be_read_is_left_with_one_warning(folder: Path, program: Path) -> None:
    file = folder / "answer-x.json"
    file.write_text("{}")
    file.chmod(0)
    ran = Installed(program)("sessions", "list", wrapper=without_privileges())
    assert (ran.status, ran.err.count("warning: ")) == (0, 1)
    assert "Permission denied" in ran.err


def test_many_such_files_give_one_warning_and_the_good_one_is_brought_in(
    folder: Path, database: Path
) -> None:
    answer, _ = a_spill(database, folder)
    for number in range(20):
        (folder / f"answer-{number}").write_text("{")
    ran = run("sessions", "list")
    assert ran.err.count("warning: ") == 1
    assert "19 more" in ran.err
    assert "Brought in 1 answer" in ran.err
    assert len(list(folder.iterdir())) == 20
    assert messages()[1]["content"] == answer.content


def test_an_answer_whose_session_is_gone_is_kept(folder: Path, database: Path) -> None:
    answer, file = a_spill(database, folder)
    with open_store(f"sqlite:{database}") as store:
        store.delete_session(answer.session_id)
    assert_every_command_works(file)
    assert json.loads(file.read_text())["answer"]["content"] == answer.content


def test_an_answer_that_a_restored_backup_lacks_is_put_behind_what_is_there(
    folder: Path, database: Path
) -> None:
    database.parent.mkdir(parents=True, mode=0o700)
    session = a_session()
    answer = an_answer(session, "What came.", status=Status.COMPLETE)
    with open_store(f"sqlite:{database}") as store:
        a_finished_turn(store, session, create=True)
        kept = spill.spill_answer(answer, store.location, str(folder), StorageError("full"))
        assert spill.recover(store, str(folder)) == 1
        assert [m.content for m in store.get_messages(session.id)][2:] == [answer.content]
    assert not os.path.exists(str(kept.path))


def _recover(path: str, folder: str, start: Any, told: Any) -> None:
    try:
        with open_store(f"sqlite:{path}") as store:
            start.wait(30)
            told.put((spill.recover(store, folder), []))
    except BaseException as error:
        told.put((0, [repr(error)]))


def test_of_processes_that_bring_in_one_file_at_once_one_does(folder: Path, database: Path) -> None:
    context = multiprocessing.get_context("fork")
    for _ in range(25):
        answer, file = a_spill(database, folder)
        start, told = context.Barrier(4), context.Queue()
        started = [
            context.Process(target=_recover, args=(str(database), str(folder), start, told))
            for _ in range(4)
        ]
        for process in started:
            process.start()
        heard = [told.get(timeout=60) for _ in started]
        for process in started:
            process.join(30)
        assert sorted(heard) == [(0, []), (0, []), (0, []), (1, [])]
        assert not file.exists()
        with open_store(f"sqlite:{database}") as store:
            assert answer in store.get_messages(answer.session_id)


def test_a_spill_file_is_seen_whole_or_not_at_all(
    folder: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a start of another process finds at the moment of the sync."""
    seen: list[list[str]] = []
    real = os.fsync

    def watched(descriptor: int) -> None:
        seen.append([name for name in os.listdir(folder) if name.startswith("answer-")])
        real(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    _, file = a_spill(database, folder)
    assert [] in seen
    assert file.exists()


def test_a_store_that_chokes_on_one_answer_takes_the_others(
    folder: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, file = a_spill(database, folder)
    a_spill(database, folder)
    left: list[str] = []
    with open_store(f"sqlite:{database}") as store:
        real = store.finish_turn

        def choking(answer: StoredMessage) -> None:
            if answer.id == first.id:
                raise OverflowError("int too big")
            real(answer)

        monkeypatch.setattr(store, "finish_turn", choking)
        assert spill.recover(store, str(folder), lambda path, _: left.append(path)) == 1
    assert left == [str(file)]


def test_a_file_that_was_brought_in_between_opening_and_locking_it_is_passed_by(
    folder: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, file = a_spill(database, folder)
    left: list[str] = []
    real = fcntl.flock
    with open_store(f"sqlite:{database}") as store, open_store(f"sqlite:{database}") as other:

        def late(descriptor: int, operation: int) -> None:
            monkeypatch.setattr(fcntl, "flock", real)
            assert spill.recover(other, str(folder)) == 1
            real(descriptor, operation)

        monkeypatch.setattr(fcntl, "flock", late)
        assert spill.recover(store, str(folder), lambda path, _: left.append(path)) == 0
    assert (left, file.exists()) == ([], False)
