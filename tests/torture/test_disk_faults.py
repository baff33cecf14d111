"""A disk that fails at the n-th write, sync, truncation or deletion, for every n."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from contract.builders import a_finished_turn, a_session, days_ago
from stores.sqlite import rust
from torture.campaign import LONG, report
from torture.disk import Disk, failing, full
from torture.soundness import faults
from torture.talk import Talker, answer

from synapse.app import receiving, spill
from synapse.app.conversation import reply
from synapse.domain import Retention, Session, Status, StoredMessage
from synapse.errors import AnswerSpilled, DatabaseFull, StorageError
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHAPE = (5, 30)
"""Pieces of an answer, and their length."""
WAL_FRAMES = 990
"""A few below the number at which the WAL is moved into the database."""

KINDS: dict[str, dict[str, Any]] = {
    "full": {"error": full},
    "error": {"error": failing},
    "torn": {"error": failing, "torn": True},
}
_FRAME = 4096 + 24
"""Bytes of a page in a WAL."""


@pytest.fixture
def checkpoints_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every piece of an answer is checkpointed as soon as it was shown."""
    monkeypatch.setattr(receiving, "_CHECKPOINT_SECONDS", 0.0)


class Scene:
    """A database with some sessions, of which each run gets a copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template.db"
        self.path = folder / "run" / "sessions.db"
        self.spills = folder / "spills"
        self.sessions = [a_session(updated=days_ago(100 + n)) for n in range(3)]

    def prepare(self, *, wal_frames: int = 0) -> None:
        with open_store(f"sqlite:{self.folder}/made.db") as store:
            for session in self.sessions:
                a_finished_turn(store, session, "earlier", "x" * 20_000, create=True)
                a_finished_turn(store, session, "later", "y", create=False)
            for session in self.sessions[1:]:
                store.trash_session(session.id)
            while (self.folder / "made.db-wal").stat().st_size < wal_frames * _FRAME:
                store.touch_session(self.sessions[0].id)
            self.before = self.content(store)
            for suffix in ("", "-wal"):
                made = self.folder / f"made.db{suffix}"
                shutil.copyfile(made, self.template.with_name(self.template.name + suffix))

    def content(self, store: Any) -> dict[str, list[StoredMessage]]:
        return {s.id: store.get_messages(s.id) for s in self.sessions}

    def reset(self) -> None:
        """A fresh copy, its WAL and all."""
        for folder in (self.path.parent, self.spills):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        for suffix in ("", "-wal"):
            source = self.template.with_name(self.template.name + suffix)
            if source.exists():
                shutil.copyfile(source, self.path.with_name(self.path.name + suffix))


def every_fault(
    scene: Scene, work: Callable[[], Any], judge: Callable[[Any], object], *, step: int = 1
) -> int:
    """Do `work` again and again, failing at its first, second, … last operation; how often."""
    with Disk() as disk:
        scene.reset()
        work()
        operations = len(disk.log)
    assert operations > 10
    runs = 0
    for number in range(0, operations, step):
        for kind in KINDS.values():
            for for_ever in (False, True):
                scene.reset()
                with Disk() as disk:
                    disk.fail(number, for_ever=for_ever, **kind)
                    try:
                        result = work()
                    except StorageError as error:
                        result = error
                    except SystemError as error:
                        # apsw's backup does not expect exceptions from a VFS in Python
                        if not isinstance(error.__cause__, apsw.Error):
                            raise
                        result = error
                    # how work is parted into transactions depends on time, and with it the
                    # number of operations, though never by much
                    assert disk.failures or number > operations * 0.7, (number, operations)
                try:
                    judge(result)
                    assert faults(scene.path) == []
                except BaseException as problem:
                    problem.add_note(
                        f"failing at {number} of {operations} ({disk.log[number]}), "
                        f"{kind}, for ever: {for_ever}; it ended with {result!r}"
                    )
                    raise
                runs += 1
    return runs


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    scene = Scene(tmp_path)
    scene.prepare(wal_frames=getattr(request, "param", 0))
    return scene


class Turn:
    """A turn on a failing disk, and what must be true of it afterwards."""

    def __init__(self, scene: Scene, *, create: bool) -> None:
        self.scene = scene
        self.create = create
        self.session = scene.sessions[0]
        self.talker = Talker(*SHAPE)
        self.shown: list[str] = []

    def __call__(self) -> StoredMessage:
        self.talker = Talker(*SHAPE)
        self.shown = []
        self.session = a_session() if self.create else self.scene.sessions[0]
        with open_store(f"sqlite:{self.scene.path}", busy_timeout=0.2) as store:
            return reply(
                store,
                self.talker,
                self.session,
                "why?",
                create=self.create,
                show=lambda event: self.shown.append(getattr(event, "text", "")),
                spill_folder=str(self.scene.spills),
            )

    def judge(self, result: Any) -> None:
        expected = answer("why?", *SHAPE)
        with open_store(f"sqlite:{self.scene.path}") as store:
            if isinstance(result, AnswerSpilled):
                assert result.path is not None
                assert spill.recover(store, str(self.scene.spills)) == 1
            elif isinstance(result, StorageError):
                assert not self.talker.asked, "the request left, but the turn was not stored"
            if self.talker.asked:
                assert "".join(self.shown) == expected, "the answer did not go on to the screen"
            store.close_abandoned(self.session.id)
            self._judge_messages(store.get_messages(self.session.id), expected)
            found = self.scene.content(store)
            for id, messages in self.scene.before.items():
                assert found[id][: len(messages)] == messages, "an earlier turn has changed"
            a_finished_turn(store, a_session(), create=True)
            if store.get_session(self.session.id):
                a_finished_turn(store, self.session, create=False)

    def _judge_messages(self, messages: list[StoredMessage], expected: str) -> None:
        new = messages[0 if self.create else 4 :]
        if self.talker.asked:
            assert [m.content for m in new] == ["why?", expected]
            assert new[1].status is Status.COMPLETE
        else:
            # a commit that failed may turn out to have been made: whole, or not at all
            assert [(m.content, m.status) for m in new] in (
                [],
                [("why?", Status.COMPLETE), ("", Status.INCOMPLETE)],
            )


@pytest.mark.timeout(0 if LONG else 120)
@pytest.mark.usefixtures("checkpoints_at_once")
@pytest.mark.parametrize("create", [True, False], ids=["new session", "continued"])
@pytest.mark.parametrize("scene", [0, WAL_FRAMES], indirect=True, ids=["", "checkpointing"])
def test_a_turn_survives_every_fault(scene: Scene, create: bool) -> None:
    turn = Turn(scene, create=create)
    step = 1 if LONG else 5
    runs = every_fault(scene, turn, turn.judge, step=step)
    report("faults of a turn", new_session=create, every=step, runs=runs)


@pytest.mark.timeout(0 if LONG else 120)
@pytest.mark.parametrize("name", ["purge", "clean-up"])
def test_destruction_happens_whole_or_not_at_all(scene: Scene, name: str) -> None:
    gone = {s.id for s in (scene.sessions[:1] if name == "purge" else scene.sessions[1:])}

    def destroy() -> None:
        with open_store(f"sqlite:{scene.path}", busy_timeout=0.2) as store:
            if name == "purge":
                store.delete_session(scene.sessions[0].id)
            else:
                store.cleanup(Retention(retention_days=0, max_sessions=0, trash_days=0))

    def judge(result: object) -> None:
        with open_store(f"sqlite:{scene.path}") as store:
            found = scene.content(store)
            for id, messages in scene.before.items():
                assert found[id] == messages or (id in gone and not found[id])
        destroy()
        with open_store(f"sqlite:{scene.path}") as store:
            assert all(bool(m) == (id not in gone) for id, m in scene.content(store).items())

    step = 1 if LONG else 5
    report(f"faults of a {name}", runs=every_fault(scene, destroy, judge, step=step))


@pytest.mark.timeout(0 if LONG else 120)
def test_an_upgrade_happens_whole_or_not_at_all(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    rust.make_database(scene.template)

    def upgrade() -> None:
        open_store(f"sqlite:{scene.path}", busy_timeout=0.2).close()

    def judge(result: object) -> None:
        with rust.connect(scene.path) as database:  # the old program goes on
            rust.add_message(database, "late", rust.NEW, "late", "2026-01-01T00:00:00+00:00")
        database.close()
        with open_store(f"sqlite:{scene.path}") as store:
            texts = [m.content for m in store.get_messages(rust.OLD)]
            assert texts == ["text 0", "text 1", "text 2"]
            assert [m.content for m in store.get_messages(rust.NEW)] == ["late"]

    step = 1 if LONG else 7
    report("faults of an upgrade", runs=every_fault(scene, upgrade, judge, step=step))


def test_what_fails_while_the_store_is_open_does_not_outlast_the_fault(scene: Scene) -> None:
    """The same connection goes on once there is room again, as in a chat that stays open."""
    session: Session = scene.sessions[0]
    scene.reset()
    with Disk() as disk, open_store(f"sqlite:{scene.path}") as store:
        disk.fail(0, full, for_ever=True)
        with pytest.raises(DatabaseFull):
            reply(store, Talker(), session, "full?")
        disk.heal()
        closed = reply(store, Talker(), session, "room?")
        with pytest.raises(AnswerSpilled):
            reply(
                store,
                Talker(),
                session,
                "spilled?",
                show=lambda event: disk.fail(0, full, for_ever=True),
                spill_folder=str(scene.spills),
            )
        disk.heal()
        last = reply(store, Talker(), session, "and now?")
        assert spill.recover(store, str(scene.spills)) == 1
        new = [(m.content, m.status) for m in store.get_messages(session.id)[4:]]
    assert new == [
        (text, Status.COMPLETE)
        for question in ("room?", "spilled?", "and now?")
        for text in (question, answer(question))
    ]
    assert closed.status is last.status is Status.COMPLETE
    assert faults(scene.path) == []
