"""Closing an answer: whatever stands in its way, the text that was shown is kept somewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from contract.builders import a_finished_turn, a_session

from synapse.app import spill
from synapse.app.conversation import reply
from synapse.cli.advice.as_command import hint_lines
from synapse.errors import AnswerSpilled, InvalidDataError, RateLimited, StorageError
from synapse.ports import ChatRequest, Finished, TextDelta
from synapse.stores import _rows, open_file_care, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synapse.domain import ModelInfo, Session, StoredMessage
    from synapse.ports import Cancellation, SessionStore, StreamEvent


class Meanwhile:
    """A provider that answers, and during whose answer something happens."""

    name = "meanwhile"

    def __init__(self, happen: Callable[[], object], error: Exception | None = None) -> None:
        self._happen = happen
        self._error = error

    def check(self, request: ChatRequest) -> None:
        pass

    def list_models(self) -> list[ModelInfo]:
        return []

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        yield TextDelta("What was ")
        self._happen()
        yield TextDelta("shown.")
        if self._error is not None:
            raise self._error
        yield Finished(reason="stop")


@pytest.fixture(autouse=True)
def private_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:{tmp_path / 'sessions.db'}"


@pytest.fixture
def store(url: str) -> Iterator[SessionStore]:
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def session(store: SessionStore) -> Session:
    session = a_session()
    a_finished_turn(store, session, create=True)
    return session


def ask(store: SessionStore, session: Session, provider: Meanwhile, folder: Path) -> AnswerSpilled:
    shown: list[str] = []

    def show(event: StreamEvent) -> None:
        if isinstance(event, TextDelta):
            shown.append(event.text)

    with pytest.raises(AnswerSpilled) as caught:
        reply(store, provider, session, "?", show=show, spill_folder=str(folder))
    error = caught.value
    assert shown == ["What was ", "shown."]
    assert error.path is not None
    assert error.path in " ".join(hint_lines(error.hints))
    assert json.loads(Path(error.path).read_text())["answer"]["content"] == "What was shown."
    return error


FAULTS = [
    OverflowError("Python int too large to convert to SQLite INTEGER"),
    MemoryError(),
    TypeError("no text"),
    RuntimeError("a bug"),
    StorageError("the disk is full"),
    InvalidDataError("no such thing"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_whatever_is_raised_the_text_is_in_a_file_and_the_message_says_where(
    store: SessionStore,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
) -> None:
    def raising(*_: object) -> dict[str, object]:
        raise fault

    def break_the_store() -> None:
        monkeypatch.setattr(_rows, "message_values", raising)

    for error in (None, RateLimited("enough")):
        spilled = ask(store, session, Meanwhile(break_the_store, error), tmp_path / "spills")
        monkeypatch.undo()
        words = str(fault) if isinstance(fault, StorageError) else type(fault).__name__
        assert words in spilled.message
        assert "the next start brings it in" in hint_lines(spilled.hints)[0]
    assert spill.recover(store, str(tmp_path / "spills")) == 2
    answers = store.get_messages(session.id)[3::2]
    assert [(m.content, m.status.value) for m in answers] == [
        ("What was shown.", "complete"),
        ("What was shown.", "failed"),
    ]


def test_who_ends_the_program_while_an_answer_is_closed_finds_it_in_a_file(
    store: SessionStore, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def finish(answer: StoredMessage) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "finish_turn", finish)
    with pytest.raises(KeyboardInterrupt):
        reply(store, Meanwhile(lambda: None), session, "?", spill_folder=str(tmp_path / "spills"))
    [file] = (tmp_path / "spills").iterdir()
    assert "What was shown." in file.read_text()


def test_a_purge_meanwhile_leaves_the_answer_in_a_file_and_promises_nothing(
    store: SessionStore, session: Session, url: str, tmp_path: Path
) -> None:
    def purge() -> None:
        with open_store(url) as other:
            assert other.delete_session(session.id)

    spilled = ask(store, session, Meanwhile(purge), tmp_path / "spills")
    assert "purged" in spilled.message
    assert "brings it in" not in hint_lines(spilled.hints)[0]


def test_a_restored_backup_meanwhile_leaves_the_answer_in_a_file(
    store: SessionStore, session: Session, url: str, tmp_path: Path
) -> None:
    backup = str(tmp_path / "backup.db")
    open_file_care(url).back_up(backup)
    spilled = ask(
        store,
        session,
        Meanwhile(lambda: open_file_care(url).restore(backup)),
        tmp_path / "spills",
    )
    assert "restored" in spilled.message
    assert "brings it in" not in hint_lines(spilled.hints)[0]
    assert len(store.get_messages(session.id)) == 2
