"""What the processes do that are killed: work, and tell through a pipe what they have done.

Times are of CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

import os
import threading
import time
from random import Random
from typing import TYPE_CHECKING, Any

from contract.builders import a_summary
from torture.contention import PATIENCE, Worker
from torture.talk import Talker

from synapse.app import receiving, spill
from synapse.app.conversation import reply, start_session
from synapse.config.providers import open_provider
from synapse.domain import Retention
from synapse.errors import StorageError
from synapse.ports import Cancellation, ProviderOptions, TextDelta
from synapse.stores import open_file_care, open_store
from synapse.stores.sqlite import connection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from synapse.domain import ModelInfo
    from synapse.ports import ChatRequest, LlmProvider, SessionStore, StreamEvent

TICK = 0.005
"""Seconds between two signs of life: where one is late, the machine was busy with others."""


class Teller:
    """The child's end of the pipe; may be used from several threads."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def tell(self, event: str, *details: object) -> None:
        """Send an event with the time of its sending."""
        with self._lock:
            self._pipe.send((event, time.monotonic_ns(), *details))

    def tick(self) -> None:
        """Give signs of life for ever."""
        while True:
            self.tell("tick")
            time.sleep(TICK)


class Reported:
    """A provider that tells when it is asked: from then on the prompt must be in the store."""

    def __init__(self, provider: LlmProvider, teller: Teller, *question: object) -> None:
        self._provider = provider
        self._teller = teller
        self._question = question

    @property
    def name(self) -> str:
        return self._provider.name

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        self._teller.tell("asked", *self._question)
        return self._provider.stream(request, cancellation)

    def check(self, request: ChatRequest) -> None:
        pass

    def list_models(self) -> list[ModelInfo]:
        return self._provider.list_models()


def converse(pipe: Connection, path: str, base_url: str, seed: str, sessions: list[str]) -> None:
    """Turn after turn, over HTTP, in new sessions and in old ones."""
    teller = Teller(pipe)
    random = Random(seed)
    provider = open_provider(
        "openai", ProviderOptions(base_url=base_url, api_key="k", model="loopback-1"), environ={}
    )
    teller.tell("ready")
    threading.Thread(target=teller.tick, daemon=True).start()
    with open_store(f"sqlite:{path}") as store:
        for number in range(1000):
            create = not sessions or random.random() < 0.3
            session = (
                start_session(store, "openai", "loopback-1")
                if create
                else store.get_session(random.choice(sessions))
            )
            assert session is not None
            sessions.append(session.id)
            retry = not create and random.random() < 0.1
            shape = (random.choice([2, 10, 80]), random.choice([8, 30, 3000]))
            prompt = None if retry else f"{seed} {number} {shape[0]} {shape[1]} {random.random()}"
            told = [0]

            def show(event: StreamEvent, told: list[int] = told) -> None:
                if isinstance(event, TextDelta):
                    told[0] += len(event.text)
                    teller.tell("shown", told[0])

            asking = Reported(provider, teller, session.id, prompt)
            answer = reply(store, asking, session, prompt, create=create, show=show)
            teller.tell("done", session.id, answer.id, answer.content)


def converse_carelessly(*arguments: Any) -> None:
    """As `converse`, but save hardly ever: for the test of the test."""
    receiving._CHECKPOINT_SECONDS = 60.0
    converse(*arguments)


def upgrade(pipe: Connection, path: str) -> None:
    """Open a database of an older program, and use it."""
    teller = Teller(pipe)
    teller.tell("ready")
    with open_store(f"sqlite:{path}") as store:
        teller.tell("opened")
        session = start_session(store, "talker", "talker")
        reply(store, Talker(), session, "after the upgrade", create=True)
        teller.tell("done", session.id)


def summarise(pipe: Connection, path: str) -> None:
    """Turn after turn, a summary of all after each; now and then the last answer is taken back."""
    teller = Teller(pipe)
    teller.tell("ready")
    with open_store(f"sqlite:{path}") as store:
        session = start_session(store, "talker", "talker")
        for number in range(1000):
            reply(store, Talker(), session, f"prompt {number}", create=number == 0)
            messages = store.get_messages(session.id)
            standing = store.standing_summary(session.id)
            summary = a_summary(
                session,
                messages[-1].index,
                messages=sum(not message.superseded for message in messages),
                parent=standing and standing.id,
                content="x" * (number % 3 * 9_000),
            )
            teller.tell("adding", session.id, summary.id)
            assert store.add_summary(summary)
            teller.tell("added", session.id, summary.id)
            if number % 4 == 3:
                teller.tell("taking back", session.id, summary.id)
                store.supersede_messages(session.id, messages[-1].index)
                teller.tell("taken back", session.id, summary.id)


def clean_up(pipe: Connection, path: str) -> None:
    """Into the trash with what is old or too much, and out of it."""
    teller = Teller(pipe)
    teller.tell("ready")
    with open_store(f"sqlite:{path}") as store:
        for trash_days in (None, 0):
            done = store.cleanup(
                Retention(retention_days=30, max_sessions=20, trash_days=trash_days)
            )
            teller.tell("cleaned", done.total, done.purged)


def back_up(pipe: Connection, path: str) -> None:
    """One backup after the other, while another thread writes."""
    teller = Teller(pipe)
    teller.tell("ready")

    def write() -> None:
        with open_store(f"sqlite:{path}") as store:
            while True:
                session = start_session(store, "talker", "talker")
                reply(store, Talker(), session, "meanwhile", create=True)

    threading.Thread(target=write, daemon=True).start()
    for number in range(1000):
        open_file_care(f"sqlite:{path}").back_up(f"{path}.copy-{number}")
        teller.tell("copied", number)


def restore(pipe: Connection, path: str, source: str) -> None:
    """Make a backup the database again."""
    teller = Teller(pipe)
    teller.tell("ready")
    teller.tell("restored", open_file_care(f"sqlite:{path}").restore(source))


def turns_until_full(pipe: Connection, path: str, spills: str, limit: int) -> None:
    """Turns under a quota on the size of files, until one is refused; then those after it."""
    import resource

    teller = Teller(pipe)
    with open_store(f"sqlite:{path}") as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        for number in range(1000):
            session = start_session(store, "talker", "talker")
            talker = Talker(6, 3000)
            try:
                reply(store, talker, session, f"prompt {number}", create=True, spill_folder=spills)
                teller.tell("done", session.id)
            except StorageError as error:
                teller.tell("refused", session.id, type(error).__name__, talker.asked)
                break
        teller.tell("readable", len(store.list_sessions()))
    teller.tell("ended")


def turn_without_permission(pipe: Connection, path: str, spills: str) -> None:
    """A turn with no right but that of the files' owner."""
    import ctypes

    teller = Teller(pipe)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    ctypes.CDLL(None).capset(header, nothing)  # even root has to ask now
    talker = Talker()
    try:
        with open_store(f"sqlite:{path}") as store:
            session = start_session(store, "talker", "talker")
            reply(store, talker, session, "may I?", create=True, spill_folder=spills)
        teller.tell("ended", "", talker.asked)
    except StorageError as error:
        teller.tell("ended", type(error).__name__, talker.asked)


def contend(pipe: Connection, path: str, seed: str, start: Any, seconds: float) -> None:
    """Do anything to the same few sessions as others do, and tell what went wrong."""
    teller = Teller(pipe)
    worker = Worker(path, seed)
    start.wait()
    teller.tell("ended", *worker.run(seconds))


def contend_impatiently(*arguments: Any) -> None:
    """As `contend`, but wait for nobody: for the test of the test."""
    connection.Connection._wait = lambda self, calls: False  # type: ignore[method-assign]
    contend(*arguments)


def first_open(pipe: Connection, path: str, seed: str, start: Any) -> None:
    """Open the database at the same moment as others, and store a turn."""
    teller = Teller(pipe)
    start.wait()
    try:
        with open_store(f"sqlite:{path}", busy_timeout=PATIENCE) as store:
            session = start_session(store, "talker", "talker")
            reply(store, Talker(), session, f"prompt {seed}", create=True)
        teller.tell("ended", "")
    except Exception as error:
        teller.tell("ended", f"{type(error).__name__}: {error}")


def turns_while_files_move(pipe: Connection, path: str, spills: str, back: Any) -> None:
    """Turns until one is refused, or until `back` is set; then three more."""
    teller = Teller(pipe)
    with open_store(f"sqlite:{path}") as store:
        number = 0
        while not back.is_set():
            number += 1
            if not _told_turn(teller, store, f"turn {os.getpid()} {number}", spills):
                back.wait()
        for number in range(3):
            _told_turn(teller, store, f"last turn {os.getpid()} {number}", spills)
    teller.tell("ended")


def _told_turn(teller: Teller, store: SessionStore, prompt: str, spills: str) -> bool:
    teller.tell("asked", prompt)
    try:
        session = start_session(store, "talker", "talker")
        reply(store, Talker(), session, prompt, create=True, spill_folder=spills)
    except StorageError as error:
        teller.tell("refused", prompt, getattr(error, "path", None))
        return False
    teller.tell("done", prompt)
    return True


def bring_in(pipe: Connection, path: str, spills: str, start: Any) -> None:
    """Bring in what was spilled, at the same moment as others."""
    teller = Teller(pipe)
    start.wait()
    left: list[str] = []
    with open_store(f"sqlite:{path}") as store:
        found = spill.recover(store, spills, lambda path, reason: left.append(path))
    teller.tell("ended", found, sorted(left))
