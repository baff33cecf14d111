"""The power goes at any moment: what was not synced is lost, torn, or lands in any order.

A day's work is done on a recording disk. From the record, the files are put together as they may
be found after a power cut between any two operations; each is opened and held to the promises:
what was committed as durable is there, what was not may be missing, nothing is ever damaged.
Names of files count as durable as soon as they exist: folders are not simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import a_prompt, a_session, a_summary, an_answer
from torture.campaign import LONG, randomness, report, times
from torture.disk import Disk, Files
from torture.soundness import faults
from torture.talk import pieces

from synapse.domain import Session, Status, StoredMessage, Summary
from synapse.stores import open_store
from synapse.stores.sqlite.connection import Connection

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from synapse.ports import SessionStore

STATES = times(120, 5_000, "POWER_STATES")


class Fact:
    """A durable operation: it may be found from `begun` on, and must be found from `done` on."""

    def __init__(self, begun: int, done: int, message: StoredMessage) -> None:
        self.begun = begun
        self.done = done
        self.message = message


class Work:
    """Turns, summaries, deletions and renewed connections on a recording disk."""

    def __init__(self, folder: Path, *, syncs: bool = True, turns: int = 40) -> None:
        self.path = folder / "work" / "sessions.db"
        self.facts: list[Fact] = []
        self.purges: dict[str, tuple[int, int]] = {}
        self.summaries: list[tuple[int, int, Summary]] = []
        """When each was begun and done."""
        self.texts: dict[str, str] = {}
        self.sessions: list[Session] = []
        self._random = randomness("power work")
        with Disk(syncs=syncs) as disk:
            self._disk = disk
            store = open_store(f"sqlite:{self.path}")
            for number in range(turns):
                self._turn(store, number)
                if number % 3 == 2:
                    self._summarise(store)
                if number % 7 == 6:
                    self._purge(store)
                if number % 5 == 4:
                    store.close()
                    store = open_store(f"sqlite:{self.path}")
            store.close()
        self.log = disk.log

    def _turn(self, store: SessionStore, number: int) -> None:
        create = number < 3 or self._random.random() < 0.3
        session = a_session() if create else self._random.choice(self.sessions)
        if create:
            self.sessions.append(session)
        said = pieces(f"prompt {number}", 5, self._random.choice([20, 2000, 60_000, 200_000]))
        prompt, answer = a_prompt(session, f"prompt {number}"), an_answer(session)
        self.texts[answer.id] = "".join(said)
        begun = len(self._disk.log)
        store.begin_turn(session, prompt, answer, create=create)
        self._durable(begun, prompt, answer)
        for piece in said:
            store.checkpoint(answer.id, piece)
        begun = len(self._disk.log)
        closed = answer.replace(content="".join(said), status=Status.COMPLETE)
        store.finish_turn(closed)
        self._durable(begun, closed)

    def _summarise(self, store: SessionStore) -> None:
        session = self.sessions[-1]
        standing = store.standing_summary(session.id)
        last = len(store.get_messages(session.id))
        text = "x" * self._random.choice([20, 9_000])
        summary = a_summary(session, last, parent=standing and standing.id, content=text)
        begun = len(self._disk.log)
        assert store.add_summary(summary)
        self.summaries.append((begun, len(self._disk.log), summary))

    def _durable(self, begun: int, *messages: StoredMessage) -> None:
        done = len(self._disk.log)
        self.facts += [Fact(begun, done, message) for message in messages]

    def _purge(self, store: SessionStore) -> None:
        session = self.sessions.pop(0)
        begun = len(self._disk.log)
        store.delete_session(session.id)
        self.purges[session.id] = (begun, len(self._disk.log))

    def check(self, store: SessionStore, cut: int) -> int:
        """Hold what is found to what was promised up to `cut`; how many facts were looked at."""
        found: dict[str, StoredMessage] = {}
        for summary in store.list_sessions():
            messages = store.get_messages(summary.session.id)
            assert not found.keys() & {message.id for message in messages}
            found |= {message.id: message for message in messages}
        looked_at = 0
        for fact in self.facts:
            begun, done = self.purges.get(fact.message.session_id, (len(self.log), len(self.log)))
            stored = found.get(fact.message.id)
            if done <= cut:
                assert stored is None, "what was purged is back"
            elif fact.done <= cut and begun > cut:
                looked_at += 1
                assert stored is not None, "durable text is lost: the message"
                self._check_message(stored, fact)
            if fact.begun > cut and fact.message.status is Status.COMPLETE:
                assert stored is None or stored.status is not fact.message.status
        return looked_at + self._check_summaries(store, cut)

    def _check_summaries(self, store: SessionStore, cut: int) -> int:
        looked_at = 0
        for begun, done, summary in self.summaries:
            purge, purged = self.purges.get(summary.session_id, (len(self.log), len(self.log)))
            found = [one for one in store.summaries(summary.session_id) if one.id == summary.id]
            if purged <= cut or begun > cut:
                assert found == []
            elif done <= cut and purge > cut:
                looked_at += 1
                assert [one.content for one in found] == [summary.content], "a summary is lost"
        return looked_at

    def _check_message(self, stored: StoredMessage, fact: Fact) -> None:
        if fact.message.status is Status.STREAMING:
            assert self.texts[stored.id].startswith(stored.content)
            assert stored.status in (Status.INCOMPLETE, Status.COMPLETE)
        else:
            expected = (fact.message.content, fact.message.status)
            assert (stored.content, stored.status) == expected, "durable text is lost: the end"


def judge_states(work: Work, folder: Path, states: int, random: Random) -> dict[str, int]:
    """Open so many states after a power cut; figures. Raises AssertionError at a bad one."""
    cuts = sorted(random.randint(0, len(work.log)) for _ in range(states))
    files = Files({str(work.path): b""})
    applied = looked_at = 0
    for number, cut in enumerate(cuts):
        while applied < cut:
            files.apply(work.log[applied])
            applied += 1
        path = folder / str(number % 2) / "sessions.db"
        path.parent.mkdir(exist_ok=True)
        for old in path.parent.iterdir():
            old.unlink()
        for name, content in files.after_power_loss(random).items():
            (path.parent / name.rpartition("/")[2]).write_bytes(content)
        try:
            with open_store(f"sqlite:{path}") as store:
                for summary in store.list_sessions():
                    store.close_abandoned(summary.session.id)
                looked_at += work.check(store, cut)
            assert faults(path) == []
        except Exception as problem:
            raise AssertionError(f"after a cut at {cut} of {len(work.log)}") from problem
    return {"states": states, "operations": len(work.log), "facts_looked_at": looked_at}


@pytest.fixture
def forgotten_owners(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power cut no owner lives; here, it is the same process that looks."""
    from synapse.stores import _owner

    monkeypatch.setattr(_owner, "receiving", set())


@pytest.mark.timeout(0 if LONG else 120)
@pytest.mark.usefixtures("forgotten_owners")
def test_no_durable_commit_is_lost_and_no_state_is_damaged(tmp_path: Path) -> None:
    random = randomness("power cuts")
    figures = judge_states(Work(tmp_path), tmp_path, STATES, random)
    assert figures["facts_looked_at"] > STATES
    report("power cuts", **figures)


@pytest.mark.usefixtures("forgotten_owners")
def test_a_disk_that_lies_about_syncing_is_noticed(tmp_path: Path) -> None:
    """So that the test above can fail: this is what synchronous = OFF would do."""
    with pytest.raises(AssertionError, match="after a cut"):
        judge_states(Work(tmp_path, syncs=False), tmp_path, STATES, randomness("lies"))


@pytest.mark.usefixtures("forgotten_owners")
def test_commits_that_are_not_durable_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the test above can fail: this is what synchronous = NORMAL alone would do."""
    transaction = Connection.transaction

    def not_durable(self: Connection, work: Any, *, durable: bool = True, **how: Any) -> Any:
        return transaction(self, work, durable=False, **how)

    monkeypatch.setattr(Connection, "transaction", not_durable)
    work = Work(tmp_path)
    monkeypatch.undo()
    with pytest.raises(AssertionError, match="after a cut") as caught:
        judge_states(work, tmp_path, STATES, randomness("normal"))
    assert "durable text is lost" in str(caught.value.__cause__)
