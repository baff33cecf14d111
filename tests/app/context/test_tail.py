"""The next prompt of a stored session, measured without reading all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import a_prompt, a_session, an_answer

from synapse.app.context.measuring import Asked
from synapse.app.context.tail import PAGE, next_prompt
from synapse.domain import Role, Session, Status, StoredMessage, Summary, Usage
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.domain import SessionSummary
    from synapse.ports import SessionStore

GPT = Asked(provider="openai", model="gpt-6-luna")
SAID = "It is that, and nothing else. "


class Watched:
    """A store that notes what is read of messages."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store
        self.reads: list[tuple[int, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def get_messages(self, session_id: str, *, first: int = 1, last: int) -> list[StoredMessage]:
        messages = self._store.get_messages(session_id, first=first, last=last)
        self.reads.append((first, last))
        assert len(messages) == last - first + 1
        return messages


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    with open_store(f"sqlite:{tmp_path / 'sessions.db'}") as opened_store:
        yield opened_store


@pytest.fixture
def session() -> Session:
    return a_session(provider="openai", model="gpt-6-luna")


class Archive:
    """A session that is written turn by turn, each of them answered and counted."""

    def __init__(self, store: SessionStore, session: Session) -> None:
        self.store, self.session = store, session
        self.prompt = 0
        store.create_session(session)

    def turns(self, number: int, **fields: Any) -> None:
        for _ in range(number):
            self.prompt += 15
            self.add(a_prompt(self.session, SAID * 2))
            whose = {"provider": "openai", "model": "gpt-6-luna"}
            usage = Usage(input_tokens=self.prompt, output_tokens=8)
            told = {**whose, "status": Status.COMPLETE, "usage": usage, **fields}
            self.add(an_answer(self.session, SAID, **told))
            self.prompt += 8

    def add(self, message: StoredMessage) -> None:
        self.store.add_message(message)

    @property
    def summary(self) -> SessionSummary:
        found = self.store.get_summary(self.session.id)
        assert found is not None
        return found

    def summarize(self, last_index: int, content: str = "Facts: none.") -> None:
        length = self.summary.message_count
        standing = self.store.summaries(self.session.id)
        made = Summary(
            id=StoredMessage.new(self.session.id, Role.USER, "").id,
            session_id=self.session.id,
            last_index=last_index,
            messages=last_index,
            content=content,
            created_at=self.session.created_at,
            prompt_version=1,
            session_length=length,
            parent=standing[-1].id if standing else None,
        )
        assert self.store.add_summary(made)

    def measure(self, asked: Asked = GPT) -> tuple[int, bool, list[tuple[int, int]]]:
        watched = Watched(self.store)
        found = next_prompt(watched, self.summary, asked)  # type: ignore[arg-type]
        return found.count, found.exact, watched.reads


def test_only_the_end_of_a_long_session_is_read(store: SessionStore, session: Session) -> None:
    archive = Archive(store, session)
    archive.turns(100)
    tokens, exact, reads = archive.measure()
    assert (tokens, exact) == (2_300, True)
    assert reads == [(200 - PAGE + 1, 200)]


def test_what_is_summarised_is_not_read(store: SessionStore, session: Session) -> None:
    archive = Archive(store, session)
    archive.turns(100)
    archive.summarize(190)
    tokens, exact, reads = archive.measure()
    assert not exact
    assert 100 < tokens < 180
    assert reads == [(191, 200)]
    archive.prompt = 140
    archive.turns(1)
    assert archive.measure() == (155 + 8, True, [(191, 202)])


def test_a_page_without_a_count_is_not_enough(store: SessionStore, session: Session) -> None:
    archive = Archive(store, session)
    archive.turns(30)
    archive.turns(25, usage=Usage())
    tokens, exact, reads = archive.measure()
    assert reads == [(71, 110), (31, 70)]
    assert not exact
    assert 30 * 23 + 25 * 15 < tokens < 30 * 23 + 25 * 40


def test_where_nobody_counts_everything_is_estimated(store: SessionStore, session: Session) -> None:
    archive = Archive(store, session)
    archive.turns(50, usage=Usage())
    tokens, exact, reads = archive.measure()
    assert reads == [(61, 100), (21, 60), (1, 20)]
    assert not exact
    assert 50 * 15 < tokens < 50 * 35


def test_after_a_change_of_model_its_last_count_is_translated(
    store: SessionStore, session: Session
) -> None:
    archive = Archive(store, session)
    archive.turns(100)
    claude = Asked(provider="anthropic", model="claude-opus-4-8", is_sessions=False)
    tokens, exact, reads = archive.measure(claude)
    assert (tokens, exact) == (round(2_300 * 1.7), False)
    assert len(reads) == 1


def test_an_empty_session_takes_its_system_prompt(store: SessionStore, session: Session) -> None:
    archive = Archive(store, session.with_system_prompt("Be brief, and kind to everybody."))
    tokens, exact, _ = archive.measure()
    assert 5 < tokens < 20
    assert not exact


def test_what_was_taken_back_does_not_count(store: SessionStore, session: Session) -> None:
    archive = Archive(store, session)
    archive.turns(10)
    store.supersede_messages(session.id, 11)
    assert archive.measure()[:2] == (115, True)
