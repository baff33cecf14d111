"""SIGKILL at a random moment of everything that writes.

After each: the file opens and is sound; every prompt whose request had left is there, once; all
text that was shown a quarter of a second before is there; the next turn works.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import a_finished_turn, a_session, days_ago
from loopback import Loopback, openai, scripts
from stores.sqlite import rust
from torture import children
from torture.campaign import LONG, randomness, report, times
from torture.processes import Child
from torture.soundness import faults
from torture.talk import answer, pieces

from synapse.domain import Role, Status, StoredMessage
from synapse.stores import open_file_care, open_inspection, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from loopback import Exchange

    from synapse.ports import SessionStore

PROMISE = 250_000_000
"""Nanoseconds after which text on the screen is in the store."""
SLACK = 10_000_000
"""Nanoseconds by which a sign of life may be late before the machine counts as busy elsewhere."""


def shape_of(prompt: str) -> tuple[int, int]:
    """Pieces and their size, which a prompt names."""
    count, size = prompt.split()[-3:-1]
    return int(count), int(size)


def serve(exchange: Exchange) -> None:
    """Stream the known answer to the last prompt."""
    prompt = exchange.request.json()["messages"][-1]["content"].rpartition("\n")[2]
    events = openai.stream_of(pieces(prompt, *shape_of(prompt)))
    scripts.stream(*events, seconds_apart=0.006)(exchange)


@pytest.fixture
def base_url() -> Iterator[str]:
    with Loopback(serve) as server:
        yield f"{server.url}/v1"


class Ledger:
    """What the store owes, from what the killed children told."""

    def __init__(self) -> None:
        self.prompts: dict[str, list[str]] = {}
        """By session, in order."""
        self.answers: dict[str, tuple[str, str]] = {}
        """Of finished answers: session and text."""
        self.shown = self.in_time = self.excused = 0

    def enter(self, child: Child) -> tuple[str, int] | None:
        """Put down what a child told; the session that it was killed in, and what it must hold."""
        current = None
        shown: list[tuple[int, int]] = []
        for name, at, *details in child.events:
            if name == "asked":
                session, prompt = details
                if prompt is not None:
                    self.prompts.setdefault(session, []).append(prompt)
                current, shown = session, []
            elif name == "shown":
                shown.append((at, details[0]))
                self.shown += 1
            elif name == "done":
                session, id, text = details
                self.answers[id] = (session, text)
                current = None
        if current is None:
            return None
        return current, max((chars for at, chars in shown if self._due(child, at)), default=0)

    def _due(self, child: Child, at: int) -> bool:
        """Whether the child has had a quarter of a second to save what it showed at `at`."""
        if child.killed_at - at <= PROMISE:
            return False
        busy, last = 0, at
        for tick in [t for _, t, *_ in child.told("tick") if t > at] + [child.killed_at]:
            late = tick - last - int(children.TICK * 1e9)
            busy += late if late > SLACK else 0
            last = tick
        if child.killed_at - at - busy <= PROMISE:
            self.excused += 1
            return False
        self.in_time += 1
        return True

    def check_all(self, store: SessionStore) -> None:
        """Every prompt and every finished answer that any child told of."""
        for session, prompts in self.prompts.items():
            self.check(store, session)
            found = [m.content for m in store.get_messages(session) if m.role is Role.USER]
            assert [text for text in found if text in prompts] == prompts
        assert sum(map(len, self.prompts.values())) > 0

    def check(self, store: SessionStore, session: str) -> None:
        """One session: nothing is missing, nothing is there twice."""
        messages = store.get_messages(session)
        assert [m.index for m in messages] == list(range(1, len(messages) + 1))
        texts = [m.content for m in messages if m.role is Role.USER]
        assert len(set(texts)) == len(texts), "a prompt is there twice"
        assert set(self.prompts.get(session, [])) <= set(texts), "a prompt is lost"
        by_id = {message.id: message for message in messages}
        for id, (where, text) in self.answers.items():
            if where == session:
                assert (by_id[id].content, by_id[id].status) == (text, Status.COMPLETE)


def check_cut_off(messages: list[StoredMessage], must_hold: int) -> int:
    """The answer that was being received: a beginning of what was sent, long enough."""
    prompt = [m.content for m in messages if m.role is Role.USER][-1]
    cut_off = messages[-1]
    assert cut_off.role is Role.ASSISTANT
    assert answer(prompt, *shape_of(prompt)).startswith(cut_off.content)
    assert len(cut_off.content) >= must_hold, (
        f"{must_hold} characters were shown in time, {len(cut_off.content)} are stored"
    )
    assert cut_off.status in (Status.INCOMPLETE, Status.COMPLETE)
    return len(cut_off.content)


def kill_conversations(
    path: Path, base_url: str, work: Callable[..., None], kills: int
) -> dict[str, object]:
    """Kill so many children that converse on one database, and check after each; figures."""
    random = randomness("kill conversations")
    ledger, cut_off, between = Ledger(), 0, 0
    for number in range(kills):
        known = list(ledger.prompts)[-5:]
        child = Child(work, str(path), base_url, f"{number}", known)
        # most when they have asked, however long the machine takes to let them
        child.wait_for("asked" if random.random() < 0.8 else "ready")
        child.kill_after(random.uniform(0, 0.8))
        caught = ledger.enter(child)
        if ledger.prompts:  # before the first, the file may not even have tables
            assert faults(path) == []
        with open_store(f"sqlite:{path}") as store:
            if caught is None:
                between += 1
            else:
                cut_off += go_on(store, ledger, *caught)
            if number % 50 == 49 or number == kills - 1:
                ledger.check_all(store)
    assert faults(path) == []
    assert open_inspection(f"sqlite:{path}").check() == []
    assert cut_off
    return {
        "kills": kills,
        "in_an_answer": cut_off,
        "before_or_between": between,
        "prompts": sum(map(len, ledger.prompts.values())),
        "answers_finished": len(ledger.answers),
        "deltas_shown": ledger.shown,
        "deltas_held_to_the_promise": ledger.in_time,
        "excused_by_a_busy_machine": ledger.excused,
    }


def go_on(store: SessionStore, ledger: Ledger, session: str, must_hold: int) -> bool:
    """Check the session in which a child was killed, and take the next turn in it."""
    messages = store.get_messages(session)
    stored = check_cut_off(messages, must_hold)
    ledger.check(store, session)
    found = store.get_session(session)
    assert found is not None
    a_finished_turn(store, found, f"next {len(messages)} 2 8 0", create=False)
    after = store.get_messages(session)
    assert after[: len(messages)] == messages, "recovery changed what was shown"
    return stored > 0


@pytest.mark.timeout(0 if LONG else 120)
def test_a_session_has_the_summary_that_was_added_or_the_one_before(tmp_path: Path) -> None:
    random = randomness("kill summaries")
    path = tmp_path / "sessions.db"
    for _ in range(times(5, 200, "KILLED_SUMMARIES")):
        child = Child(children.summarise, str(path))
        child.wait_for("added")
        child.kill_after(random.uniform(0, 0.3))
        told = [(name, *details) for name, _, *details in child.events if details]
        due: list[str] = []
        for name, _, id in told:
            if name == "added":
                due.append(id)
            elif name == "taken back":
                due.remove(id)
        last, session, id = told[-1]
        assert faults(path) == []
        with open_store(f"sqlite:{path}") as store:
            found = [one.id for one in store.summaries(session)]
            assert found in (due, {"adding": [*due, id], "taking back": due[:-1]}.get(last, due))
            a_finished_turn(store, a_session(id=session), create=False)


@pytest.mark.timeout(0 if LONG else 120)
def test_conversations_survive_being_killed(tmp_path: Path, base_url: str) -> None:
    kills = times(24, 1000, "KILLS")
    figures = kill_conversations(tmp_path / "sessions.db", base_url, children.converse, kills)
    report("kills of a conversation", **figures)


def test_checkpoints_that_come_too_late_are_noticed(tmp_path: Path, base_url: str) -> None:
    """So that the test above can fail."""
    with pytest.raises(AssertionError, match="were shown in time"):
        kill_conversations(tmp_path / "sessions.db", base_url, children.converse_carelessly, 60)


def one_by_one(
    tmp_path: Path,
    subject: str,
    work: Callable[..., None],
    *arguments: object,
    last: str,
    kills: int,
    check: Callable[[Path, Child], object],
) -> None:
    """Kill `work` on a fresh copy of the template, `kills` times between its start and its end."""
    random = randomness(subject)
    path = tmp_path / "run" / "sessions.db"
    template = tmp_path / "template.db"
    duration, finished, trials = 10.0, 0, 3
    for number in range(kills + trials):
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir(mode=0o700)
        shutil.copyfile(template, path)
        child = Child(work, str(path), *arguments)
        began = child.wait_for("ready")
        if number < trials:  # how long it takes when it is not killed
            duration = min(duration, (child.wait_for(last)[1] - began[1]) / 1e9)
            child.kill_after(0)
        else:
            child.kill_after(random.uniform(0, 1.1 * duration))
        finished += bool(child.told(last))
        assert faults_of_any(path) == []
        check(path, child)
    report(f"kills of {subject}", kills=kills, of_them_too_late=finished - trials)


def faults_of_any(path: Path) -> list[str]:
    """As `faults`, after an upgrade if need be."""
    open_store(f"sqlite:{path}").close()
    return faults(path)


def filled_template(tmp_path: Path, sessions: int) -> None:
    with open_store(f"sqlite:{tmp_path}/template.db") as store:
        for number in range(sessions):
            session = a_session(updated=days_ago(100 + number))
            a_finished_turn(store, session, f"prompt {number}", "x" * 3000, create=True)
            connection: Any = store
            if number % 2 == 0:  # as if it had not been used since
                connection._connection.transaction(
                    lambda raw: raw.execute("UPDATE sessions SET updated_at = created_at")
                )
        assert connection._connection.truncate_wal()


@pytest.mark.timeout(0 if LONG else 120)
def test_an_upgrade_survives_being_killed(tmp_path: Path) -> None:
    template = tmp_path / "template.db"
    rust.make_database(template)
    database = rust.connect(template)
    with database:
        for number in range(300):
            rust.add_session(database, f"s{number}", "2024-01-01T00:00:00+00:00")
            for turn in range(5):
                time = f"2024-01-01T00:00:0{turn}+00:00"
                rust.add_message(database, f"s{number}-{turn}", f"s{number}", "text " * 20, time)
    columns = "SELECT id, session_id, role, content, timestamp FROM messages ORDER BY id"
    expected = database.execute(columns).fetchall()
    database.close()

    def check(path: Path, child: Child) -> None:
        database = rust.connect(path)
        ids = {row[0] for row in expected}
        assert [row for row in database.execute(columns) if row[0] in ids] == expected
        database.close()
        with open_store(f"sqlite:{path}") as store:
            for _, _, session in child.told("done"):
                assert len(store.get_messages(session)) == 2
            a_finished_turn(store, a_session(), create=True)
        assert not list(path.parent.glob("*.partial*")), "an unfinished backup stays behind"
        for backup in path.parent.glob("*.bak-*"):
            assert rust.connect(backup).execute(columns).fetchall() == expected

    one_by_one(
        tmp_path,
        "an upgrade",
        children.upgrade,
        last="done",
        kills=times(8, 150, "KILLS_UPGRADE"),
        check=check,
    )


@pytest.mark.timeout(0 if LONG else 120)
def test_a_clean_up_survives_being_killed(tmp_path: Path) -> None:
    filled_template(tmp_path, 200)

    def check(path: Path, child: Child) -> None:
        with open_store(f"sqlite:{path}") as store:
            for deleted in (False, True):
                for summary in store.list_sessions(deleted=deleted):
                    assert len(store.get_messages(summary.session.id)) == 2
            for _, _, total, purged in child.told("cleaned"):
                assert store.count_sessions() + total <= 200
                assert not purged or store.count_sessions(deleted=True) <= total
            a_finished_turn(store, a_session(), create=True)

    one_by_one(
        tmp_path,
        "a clean-up",
        children.clean_up,
        last="cleaned",
        kills=times(8, 150, "KILLS_CLEANUP"),
        check=check,
    )


@pytest.mark.timeout(0 if LONG else 120)
def test_a_backup_survives_being_killed(tmp_path: Path) -> None:
    filled_template(tmp_path, 100)

    def check(path: Path, child: Child) -> None:
        copies = sorted(path.parent.glob("sessions.db.copy-?"))
        assert len(copies) >= len(child.told("copied"))
        for copy in copies:
            assert copy.stat().st_mode & 0o777 == 0o600
            assert faults(copy) == []
            with open_store(f"sqlite:{copy}") as store:
                assert store.count_sessions() >= 100

    one_by_one(
        tmp_path,
        "a backup",
        children.back_up,
        last="copied",
        kills=times(5, 100, "KILLS_BACKUP"),
        check=check,
    )


@pytest.mark.timeout(0 if LONG else 120)
def test_a_restoration_survives_being_killed(tmp_path: Path) -> None:
    filled_template(tmp_path, 60)
    source = tmp_path / "source.db"
    filled = tmp_path / "other"
    filled.mkdir()
    filled_template(filled, 20)
    open_file_care(f"sqlite:{filled}/template.db").back_up(str(source))

    def check(path: Path, child: Child) -> None:
        with open_store(f"sqlite:{path}") as store:
            found = store.count_sessions()
            assert found == 20 if child.told("restored") else found in (20, 60)
            a_finished_turn(store, a_session(), create=True)

    one_by_one(
        tmp_path,
        "a restoration",
        children.restore,
        str(source),
        last="restored",
        kills=times(5, 100, "KILLS_RESTORE"),
        check=check,
    )
