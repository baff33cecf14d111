"""What many processes do to the same few sessions at once."""

from __future__ import annotations

import time
from random import Random

from torture.talk import Talker

from synapse.app.conversation import reply, start_session
from synapse.domain import Retention, Role, StoredMessage
from synapse.errors import NameTaken, NotFoundError, SessionBusy, StorageError
from synapse.ids import new_id
from synapse.stores import open_file_care, open_store

PATIENCE = 100.0
"""Seconds for which a write waits: when its turn comes is a matter of how busy the machine is."""
EXPECTED = (NotFoundError, SessionBusy, NameTaken)
"""What may come of two who want different things of one session."""


class Worker:
    """Does anything, for some seconds, and keeps what it must not have seen."""

    def __init__(self, path: str, seed: str) -> None:
        self.path = path
        self.random = Random(seed)
        self.done = 0
        self.answered: list[tuple[str, str]] = []
        """Sessions and prompts of the turns that have ended well."""

    def run(self, seconds: float) -> tuple[int, list[tuple[str, str]], str]:
        """Operations done, turns that ended well, and the first error that should not be."""
        until = time.monotonic() + seconds
        try:
            while time.monotonic() < until:
                with open_store(f"sqlite:{self.path}", busy_timeout=PATIENCE) as self.store:
                    for _ in range(self.random.randint(1, 8)):
                        self._one()
                        self.done += 1
        except Exception as error:
            return self.done, self.answered, f"{type(error).__name__}: {error}"
        return self.done, self.answered, ""

    def _one(self) -> None:
        try:
            self.random.choice(
                [self._turn] * 6
                + [self._add, self._trash, self._restore, self._rename, self._touch, self._read]
                + [self._purge, self._clean_up, self._fork, self._back_up]
            )()
        except EXPECTED:
            pass
        except StorageError as error:
            if "while it was being answered" not in error.message:
                raise

    def _id(self) -> str:
        """Of one of the few sessions, live or not."""
        deleted = self.random.random() < 0.2
        found = self.store.list_sessions(limit=6, deleted=deleted)
        return self.random.choice(found).session.id if found else "nobody"

    def _turn(self) -> None:
        session = self.store.get_session(self._id())
        prompt = f"prompt {self.random.random()}"
        if session is None or self.random.random() < 0.2:
            session = start_session(self.store, "talker", "talker")
            reply(self.store, Talker(), session, prompt, create=True)
        else:
            reply(self.store, Talker(), session, prompt)
        self.answered.append((session.id, prompt))

    def _add(self) -> None:
        self.store.add_message(StoredMessage.new(self._id(), Role.USER, "added"))

    def _trash(self) -> None:
        self.store.trash_session(self._id())

    def _restore(self) -> None:
        self.store.restore_session(self._id())

    def _rename(self) -> None:
        self.store.rename_session(self._id(), self.random.choice(["a", "b", None]))

    def _touch(self) -> None:
        self.store.touch_session(self._id())

    def _read(self) -> None:
        id = self._id()
        messages = self.store.get_messages(id)
        if [m.index for m in messages] != list(range(1, len(messages) + 1)):
            raise AssertionError(f"{id} was read with a gap")

    def _purge(self) -> None:
        self.store.delete_session(self._id())

    def _clean_up(self) -> None:
        limits = Retention(retention_days=0, max_sessions=20, trash_days=0)
        self.store.cleanup(limits, at_most=3)

    def _fork(self) -> None:
        session = self.store.get_session(self._id())
        if session is not None:
            fork = session.replace(id=new_id(), name=None, deleted_at=None, pinned=False)
            self.store.fork_session(session.id, fork, at=4)

    def _back_up(self) -> None:
        if self.random.random() < 0.2:
            target = f"{self.path}.copy-{self.random.random()}"
            open_file_care(f"sqlite:{self.path}").back_up(target)
