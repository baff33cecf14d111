"""The index against a plain reading, whoever writes, deletes, renumbers and crashes meanwhile."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import NOON, a_prompt, a_session, an_answer
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
)
from stores.sqlite.another_program import AnotherProgram, moments, places, texts, traces

from synapse.domain import Attachment, Role, Status, StoredMessage
from synapse.errors import SynapseError
from synapse.search_query import AllOf, AnyOf, Not, Phrase, SearchQuery, Word
from synapse.stores import open_store
from synapse.stores.search_matching import Matcher
from synapse.stores.sqlite.care import search_checks
from synapse.stores.sqlite.search import candidates, catching_up, index, naming, times, writing
from synapse.timestamps import readable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from synapse.search_query import Part

WORDS = ["alpha", "beta", "京", "東京", "user", "strasse", "c++", "x" * 70, "don’t", "학교", "🚀"]
leaves: st.SearchStrategy[Part] = st.one_of(
    st.sampled_from(WORDS).map(lambda word: Word(text=word)),
    st.sampled_from(["al", "x", "get", "京", "ga"]).map(lambda word: Word(text=word, prefix=True)),
    st.just(Phrase(text="alpha beta")),
    st.just(Word(text="++")),
)
parts: st.SearchStrategy[Part] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(lambda part: Not(part=part)),
        st.tuples(inner, inner).map(lambda both: AllOf(parts=both)),
        st.tuples(inner, inner).map(lambda both: AnyOf(parts=both)),
    ),
    max_leaves=3,
)
_IN_MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
"""Where there is such a folder: the disk is not what is tested here."""


class Crash(BaseException):
    """The process is gone."""


class IndexMachine(AnotherProgram):
    """Synapse, another program whose SQLite has no FTS5, and what is in the file."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(dir=_IN_MEMORY)
        self.path = Path(self._folder.name) / "sessions.db"
        self._patch = pytest.MonkeyPatch()
        for module, name, value in (
            (index, "SHARD_BITS", 3),
            (times, "BLOCK", 2),
            (candidates, "_RARE", 2),
            (candidates, "_BATCH", 3),
            (candidates, "_FEW_AT_ONCE", 2),
            (candidates, "_READ_AT_ONCE", 5),
            (naming, "_READ_FIRST", 1),
            (index, "FEW", -1),
            (index, "WORTH_IT", 0),
            (catching_up, "_MOST", 4),
        ):
            self._patch.setattr(module, name, value)
        self._open_answers: list[StoredMessage] = []

    @initialize()
    def open(self) -> None:
        self.store: Any = open_store(self.path)
        self.connect()
        self.a_session()

    def teardown(self) -> None:
        self.store.close()
        self.other.close()
        self._patch.undo()
        self._folder.cleanup()

    # what Synapse does

    @rule()
    def a_session(self) -> None:
        session = a_session(updated=NOON)
        self.store.create_session(session)
        self.sessions.append(session.id)

    @rule(place=places, text=texts, thought=texts, file=st.none() | texts, moment=moments)
    def add(self, place: int, text: str, thought: str, file: str | None, moment: str) -> None:
        session_id = self.one(self.sessions, place)
        data = self.secretly(file or "").encode()
        files = (Attachment(name="f", media_type="text/plain", data=data),)
        message = StoredMessage.new(session_id, Role.ASSISTANT, self.secretly(text)).replace(
            timestamp=readable(moment),
            reasoning=self.secretly(thought),
            attachments=files if file is not None else (),
        )
        self.ids.append(message.id)
        try:
            self.store.add_message(message)
        except SynapseError:
            pass  # the session is gone

    @rule(place=places, text=texts)
    def begin(self, place: int, text: str) -> None:
        session = self.store.get_session(self.one(self.sessions, place))
        if session is None:
            return
        try:
            _, answer = self.store.begin_turn(
                session, a_prompt(session, text), an_answer(session), create=False
            )
        except SynapseError:
            return  # it is being answered
        self.ids.append(answer.id)
        self.store.checkpoint(answer.id, self.secretly(text))
        self._open_answers.append(answer)

    @precondition(lambda self: self._open_answers)
    @rule(text=texts)
    def finish(self, text: str) -> None:
        answer = self._open_answers.pop()
        try:
            self.store.finish_turn(
                answer.replace(content=self.secretly(text), status=Status.COMPLETE)
            )
        except SynapseError:
            pass  # it was deleted

    @rule(place=places, method=st.sampled_from(["trash_session", "restore_session"]))
    def move(self, place: int, method: str) -> None:
        getattr(self.store, method)(self.one(self.sessions, place))

    @rule(place=places)
    def purge(self, place: int) -> None:
        session_id = self.one(self.sessions, place)
        told = self.told_in(session_id)
        if self.store.delete_session(session_id):
            assert not self.store.erasure_pending()
            left = traces(self.path, sorted(told - self.told()))
            assert left == []

    @rule()
    def catch_up(self) -> None:
        self.store.catch_up_search(everything=True)

    @rule()
    def catch_up_a_little(self) -> None:
        self.store.catch_up_search(seconds=0)

    @rule(steps=st.integers(0, 12), name=st.sampled_from(["add", "take_out"]))
    def crash(self, steps: int, name: str) -> None:
        """In the middle of a transaction, and the process with it."""
        left = [steps]
        real: Callable[..., None] = getattr(writing.Writer, name)

        def act(*values: Any) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Crash
            real(*values)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writing.Writer, name, act)
            try:
                self.store.catch_up_search(everything=True)
            except Crash:
                pass
        self.store._connection.abandon()
        self.store = open_store(self.path)

    # what has to hold

    @invariant()
    def every_word_is_found(self) -> None:
        for word in WORDS[self.number % 3 :: 3]:
            query = SearchQuery(expression=Word(text=word))
            assert self._found(query) == self._read(query)

    @rule(part=parts, deleted=st.booleans(), in_reasoning=st.booleans())
    def look(self, part: Part, deleted: bool, in_reasoning: bool) -> None:
        query = SearchQuery(expression=part, deleted=deleted, in_reasoning=in_reasoning)
        assert self._found(query) == self._read(query)

    def _found(self, query: SearchQuery) -> list[tuple[datetime, str]]:
        """Times and ids; those of one time have no order."""
        found = [(hit.message.timestamp, hit.message.id) for hit in self.store.search(query)]
        times = [time for time, _ in found]
        assert query.deleted or times == sorted(times, reverse=True)
        return sorted(found, reverse=True)

    def _read(self, query: SearchQuery) -> list[tuple[datetime, str]]:
        """What a plain reading finds."""
        assert query.expression is not None
        matcher = Matcher(query.expression)
        said = []
        for session_id, seq, id in self.other.execute(
            "SELECT session_id, seq, id FROM messages"
        ).fetchall():
            session = self.store.get_session(session_id)
            if session is None or (session.deleted_at is not None) != query.deleted:
                continue
            [message] = self.store.get_messages(session_id, first=seq, last=seq)
            if self._says(message, query, matcher):
                said.append((message.timestamp, str(id)))
        if query.deleted:
            kept = self.other.execute("SELECT DISTINCT session_id FROM kept_messages").fetchall()
            live = {id for (id,) in self.other.execute("SELECT id FROM sessions").fetchall()}
            for (session_id,) in kept:
                if session_id not in live:
                    messages = self.store.get_messages(session_id)
                    said += [(m.timestamp, m.id) for m in messages if self._says(m, query, matcher)]
        return sorted(said, reverse=True)

    def _says(self, message: StoredMessage, query: SearchQuery, matcher: Matcher) -> bool:
        if query.in_reasoning:
            return bool(message.reasoning) and matcher.matches(message.reasoning)
        read = [message.content, *(file.data.decode() for file in message.attachments)]
        return any(map(matcher.matches, read))

    @rule()
    def check(self) -> None:
        """Once everything is indexed, nothing is missing."""
        self.store.catch_up_search(everything=True)
        problems = self.store._connection.read_within(lambda raw: [*search_checks.problems(raw)])
        assert problems == []
        for shard in index.index_state(self.store._connection).shards:
            name = index.table(shard)
            self.store._connection.read(f"INSERT INTO {name} ({name}) VALUES ('integrity-check')")
        waiting = self.other.execute(
            "SELECT count(*) FROM search_stale"
            " WHERE place NOT IN (SELECT rowid FROM messages WHERE status = 'streaming')"
        ).fetchall()
        assert waiting == [(0,)]


TestIndex = IndexMachine.TestCase
_THOUSANDS = int(os.environ.get("SYNAPSE_TEST_FUZZ", "0"))
TestIndex.settings = settings(
    max_examples=_THOUSANDS * 100 or 20,
    stateful_step_count=30,
    derandomize=not _THOUSANDS,
    phases=(Phase.explicit, Phase.generate),
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
