"""The index against a plain reading, whoever writes, deletes, renumbers and crashes meanwhile."""

from __future__ import annotations

import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from contract.builders import NOON, a_prompt, a_session, an_answer
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from synapse.domain import Attachment, Role, Status, StoredMessage
from synapse.errors import SynapseError
from synapse.search_query import AllOf, AnyOf, Not, Phrase, SearchQuery, Word
from synapse.stores import open_store
from synapse.stores.search_matching import Matcher
from synapse.stores.sqlite.care import search_checks
from synapse.stores.sqlite.search import candidates, catching_up, index, times
from synapse.timestamps import readable, to_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from synapse.search_query import Part

VOCABULARY = [
    "alpha", "Beta", "gamma", "東京", "京都", "getUserName", "Straße", "C++", "x" * 70, "don't",
    "학교에서", "🚀", "a.b.c",
]  # fmt: skip
WORDS = ["alpha", "beta", "京", "東京", "user", "strasse", "c++", "x" * 70, "don’t", "학교", "🚀"]
texts = st.lists(st.sampled_from(VOCABULARY), max_size=4).map(" ".join)
moments = st.integers(0, 50).map(lambda hours: to_text(NOON + timedelta(hours=hours)))
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
places = st.integers(0, 60)


class Crash(BaseException):
    """The process is gone."""


class IndexMachine(RuleBasedStateMachine):
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
            (candidates, "_READ_FIRST", 1),
            (catching_up, "FEW", -1),
            (catching_up, "_WORTH_IT", 0),
            (catching_up, "_MOST", 4),
        ):
            self._patch.setattr(module, name, value)
        self._number = 0
        self._ids: list[str] = []
        self._sessions: list[str] = []
        self._open_answers: list[StoredMessage] = []

    @initialize()
    def open(self) -> None:
        self.store: Any = open_store(self.path)
        self.other = apsw.Connection(str(self.path))
        self.other.set_busy_timeout(5000)
        self.other.drop_modules([])
        self.other.execute("PRAGMA foreign_keys = ON")
        self.a_session()

    def teardown(self) -> None:
        self.store.close()
        self.other.close()
        self._patch.undo()
        self._folder.cleanup()

    def _new(self) -> str:
        self._number += 1
        return f"id-{self._number}"

    def _one(self, known: list[Any], place: int) -> Any:
        return known[place % len(known)]

    def _exec(self, sql: str, *values: Any) -> None:
        self.other.execute(sql, values).fetchall()

    # what Synapse does

    @rule()
    def a_session(self) -> None:
        session = a_session(updated=NOON)
        self.store.create_session(session)
        self._sessions.append(session.id)

    @rule(place=places, text=texts, thought=texts, file=st.none() | texts, moment=moments)
    def add(self, place: int, text: str, thought: str, file: str | None, moment: str) -> None:
        session_id = self._one(self._sessions, place)
        files = (Attachment(name="f", media_type="text/plain", data=(file or "").encode()),)
        message = StoredMessage.new(session_id, Role.ASSISTANT, text).replace(
            timestamp=readable(moment),
            reasoning=thought,
            attachments=files if file is not None else (),
        )
        self._ids.append(message.id)
        try:
            self.store.add_message(message)
        except SynapseError:
            pass  # the session is gone

    @rule(place=places, text=texts)
    def begin(self, place: int, text: str) -> None:
        session = self.store.get_session(self._one(self._sessions, place))
        if session is None:
            return
        try:
            _, answer = self.store.begin_turn(
                session, a_prompt(session, text), an_answer(session), create=False
            )
        except SynapseError:
            return  # it is being answered
        self.store.checkpoint(answer.id, text)
        self._open_answers.append(answer)

    @precondition(lambda self: self._open_answers)
    @rule(text=texts)
    def finish(self, text: str) -> None:
        answer = self._open_answers.pop()
        try:
            self.store.finish_turn(answer.replace(content=text, status=Status.COMPLETE))
        except SynapseError:
            pass  # it was deleted

    @rule(place=places, method=st.sampled_from(["trash_session", "restore_session"]))
    def move(self, place: int, method: str) -> None:
        getattr(self.store, method)(self._one(self._sessions, place))

    @rule(place=places)
    def purge(self, place: int) -> None:
        self.store.delete_session(self._one(self._sessions, place))
        assert not self.store.erasure_pending()

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
        real: Callable[..., None] = getattr(index.Writer, name)

        def act(*values: Any) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Crash
            real(*values)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(index.Writer, name, act)
            try:
                self.store.catch_up_search(everything=True)
            except Crash:
                pass
        self.store._connection.abandon()
        self.store = open_store(self.path)

    # what the other program does

    @rule(
        place=places,
        text=texts,
        moment=moments,
        how=st.sampled_from(["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE"]),
        again=st.booleans(),
    )
    def theirs(self, place: int, text: str, moment: str, how: str, again: bool) -> None:
        taken = again and self._ids and how != "INSERT"
        id = self._one(self._ids, place) if taken else self._new()
        try:
            self._exec(
                f"{how} INTO messages (id, session_id, role, content, timestamp)"
                " VALUES (?, ?, 'user', ?, ?)",
                id,
                self._one(self._sessions, place),
                text,
                moment,
            )
        except apsw.ConstraintError:
            return  # the session is gone
        self._ids.append(id)

    @precondition(lambda self: self._ids)
    @rule(place=places, text=texts, how=st.sampled_from(["UPDATE", "UPDATE OR REPLACE"]))
    def change(self, place: int, text: str, how: str) -> None:
        self._exec(
            f"{how} messages SET content = ? WHERE id = ? AND status <> 'streaming'",
            text,
            self._one(self._ids, place),
        )

    @precondition(lambda self: self._ids)
    @rule(place=places)
    def remove(self, place: int) -> None:
        self._exec("DELETE FROM messages WHERE id = ?", self._one(self._ids, place))

    @rule(many=st.integers(0, 4))
    def remove_newest(self, many: int) -> None:
        """So that the next ones get their row numbers."""
        self._exec("DELETE FROM messages WHERE rowid > (SELECT max(rowid) FROM messages) - ?", many)

    @rule(place=places, enforced=st.booleans())
    def remove_session(self, place: int, enforced: bool) -> None:
        session_id = self._one(self._sessions, place)
        self._exec(f"PRAGMA foreign_keys = {enforced}")
        if not enforced:
            self._exec("DELETE FROM messages WHERE session_id = ?", session_id)
        self._exec("DELETE FROM sessions WHERE id = ?", session_id)
        self._exec("PRAGMA foreign_keys = ON")

    @rule()
    def vacuum(self) -> None:
        self._exec("VACUUM")

    @rule(by=st.sampled_from([1, 3, 100]))
    def renumber(self, by: int) -> None:
        """As a dump that is read in again may do."""
        rows: Any = self.other.execute("SELECT rowid FROM messages ORDER BY rowid DESC")
        for (place,) in rows.fetchall():
            self._exec("UPDATE messages SET rowid = ? WHERE rowid = ?", place + by, place)

    # what has to hold

    @invariant()
    def every_word_is_found(self) -> None:
        for word in WORDS[self._number % 3 :: 3]:
            query = SearchQuery(expression=Word(text=word))
            assert [hit.message.id for hit in self.store.search(query)] == self._read(query)

    @rule(part=parts, deleted=st.booleans(), in_reasoning=st.booleans())
    def look(self, part: Part, deleted: bool, in_reasoning: bool) -> None:
        query = SearchQuery(expression=part, deleted=deleted, in_reasoning=in_reasoning)
        found = [hit.message.id for hit in self.store.search(query)]
        expected = self._read(query)
        if deleted:
            found, expected = sorted(found), sorted(expected)
        assert found == expected

    def _read(self, query: SearchQuery) -> list[str]:
        """The ids that a plain reading finds, the newest first."""
        assert query.expression is not None
        matcher = Matcher(query.expression)
        ids = []
        for session_id, seq, id in self.other.execute(
            "SELECT session_id, seq, id FROM messages ORDER BY timestamp DESC, rowid DESC"
        ).fetchall():
            session = self.store.get_session(session_id)
            if session is None or (session.deleted_at is not None) != query.deleted:
                continue
            [message] = self.store.get_messages(session_id, first=seq, last=seq)
            if self._says(message, query, matcher):
                ids.append(str(id))
        if query.deleted:
            kept = self.other.execute("SELECT DISTINCT session_id FROM kept_messages").fetchall()
            live = {id for (id,) in self.other.execute("SELECT id FROM sessions").fetchall()}
            for (session_id,) in kept:
                if session_id not in live:
                    messages = self.store.get_messages(session_id)
                    ids += [m.id for m in messages if self._says(m, query, matcher)]
        return ids

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
