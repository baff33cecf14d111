"""Random operations on a store, from several connections, and on a model of it in plain Python.

The contract of every engine: whatever is asked, in whatever order, through whichever connection,
both give the same answer or raise the same error. Runs some hundred steps; for a long run:

    SYNAPSE_TEST_MODEL_STEPS=100000 pytest tests/contract/test_store_model.py -s
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from contract.builders import NOON, a_prompt, a_session, a_summary, an_answer
from contract.engines import ENGINES, fresh_url
from contract.model import Model, clean, folded
from synapse import ids, timestamps
from synapse.domain import (
    Attachment,
    Retention,
    Role,
    SessionFilter,
    SessionOrder,
    Status,
    StoredMessage,
    Summary,
    Usage,
)
from synapse.errors import SynapseError
from synapse.stores import STORES, _owner, open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from synapse.domain import SessionSummary
    from synapse.ports import SessionStore

for _entry in STORES.values():
    _entry.load()  # before anything is patched that an engine imports by name

STEPS = int(os.environ.get("SYNAPSE_TEST_MODEL_STEPS", "1000"))
STEPS_AN_EXAMPLE = 60
_FEWER = 480
"""On a server a step takes ten times as long."""

TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("\0\ud800\udfff\n\r\t ")), max_size=80)
NAMES = st.sampled_from(
    ["docker", "Docker", "docker-2", "STRASSE", "straße", "Å", "A\u030a", "İ", "a\0", "\ud800"]
)
DELTAS = st.one_of(
    st.integers(-5, 5).map(lambda n: timedelta(microseconds=n)),
    st.integers(-200, 200).map(lambda n: timedelta(hours=n)),
    st.integers(-40, 100).map(lambda n: timedelta(days=n)),
)
ATTACHMENTS = st.lists(
    st.builds(
        lambda name, kind, data: Attachment(name=name, media_type=kind, data=data),
        TEXTS,
        st.sampled_from(["text/plain", "image/png"]),
        st.binary(max_size=20),
    ),
    max_size=2,
).map(tuple)
FILTERS = st.builds(
    SessionFilter,
    text=st.one_of(st.none(), NAMES, st.sampled_from(["%", "_", "", "D", "ss", " "]), TEXTS),
    provider=st.sampled_from([None, None, "echo", "ECHO"]),
    model=st.one_of(st.none(), st.sampled_from(["", "a", "%", "É"])),
    named=st.booleans(),
    pinned=st.sampled_from([None, None, True, False]),
    tags=st.sampled_from([(), (), (), ("rust",), ("STRASSE", "x")]),
)
TAGS = st.sampled_from(["rust", "Rust", "Straße", "STRASSE", "東京", "c++", "a\0", "", "a b"])
LIMITS = st.one_of(st.none(), st.integers(0, 4))
ENDS = st.sampled_from([Status.COMPLETE, Status.INTERRUPTED, Status.FAILED])
COUNTS = st.one_of(st.none(), st.integers(0, 1 << 40), st.integers(-(1 << 70), 1 << 70))


def outcome(call: Callable[[], Any]) -> tuple[str, Any]:
    """What a call returned, or the error that it raised."""
    try:
        return "returned", call()
    except SynapseError as error:
        return "raised", error


class StoreMachine(RuleBasedStateMachine):
    """Three connections to one database, and the model."""

    engine = "sqlite"
    steps = 0
    comparisons = 0

    sessions = Bundle("sessions")
    messages = Bundle("messages")
    answers = Bundle("answers")
    places = Bundle("places")
    summaries = Bundle("summaries")
    spoken = st.one_of(sessions, answers.map(lambda answer: answer.session_id))

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(NOON)
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(timestamps, "now", lambda: self.model.now)
        self._patch.setattr(ids, "new_id", self._new_id)  # the same in every run of an example
        self._ids = 0
        self._folder = tempfile.TemporaryDirectory()
        self.url = fresh_url(self.engine, Path(self._folder.name))
        self.stores: list[SessionStore] = []
        self.turn = 0

    @initialize()
    def open(self) -> None:
        self.stores = [open_store(self.url) for _ in range(3)]

    @invariant()
    def count(self) -> None:
        type(self).steps += 1

    def teardown(self) -> None:
        try:
            if self.stores:
                self.compare_everything()
        finally:
            for store in self.stores:
                store.close()
            self._folder.cleanup()
            self._patch.undo()

    # helpers

    def _new_id(self) -> str:
        self._ids += 1
        return str(UUID(hashlib.md5(b"%d" % self._ids).hexdigest()))

    def store(self) -> SessionStore:
        """Another connection each time."""
        self.turn += 1
        return self.stores[self.turn % len(self.stores)]

    def both(self, method: str, *arguments: Any, **named: Any) -> Any:
        """Call both; the answer, which is the same."""
        type(self).comparisons += 1
        expected = outcome(lambda: getattr(self.model, method)(*arguments, **named))
        actual = outcome(lambda: getattr(self.store(), method)(*arguments, **named))
        if expected[0] == actual[0] == "raised":
            assert isinstance(actual[1], type(expected[1])), (method, actual, expected)
            return None
        assert actual == expected, method
        return actual[1]

    def compare(self, session_id: str) -> None:
        self.both("get_summary", session_id)
        self.both("get_messages", session_id)
        self.both("summaries", session_id)
        self.both("standing_summary", session_id)

    # the clock and the connections

    @rule(delta=DELTAS)
    def the_clock_jumps(self, delta: timedelta) -> None:
        moved = self.model.now + delta
        self.model.now = max(NOON - timedelta(days=1000), min(moved, NOON + timedelta(days=1000)))

    @rule()
    def a_connection_is_renewed(self) -> None:
        self.store().close()
        self.stores[self.turn % len(self.stores)] = open_store(self.url)

    # sessions

    @rule(
        target=sessions,
        name=st.one_of(st.none(), NAMES),
        title=st.one_of(st.none(), NAMES, TEXTS),
        prompt=st.one_of(st.none(), TEXTS),
        model=TEXTS,
        age=DELTAS,
        trashed=st.one_of(st.none(), st.none(), DELTAS),
    )
    def create(
        self,
        name: str | None,
        title: str | None,
        prompt: str | None,
        model: str,
        age: timedelta,
        trashed: timedelta | None,
    ) -> str:
        session = a_session(
            updated=self.model.now - age,
            name=name,
            title=title,
            system_prompt=prompt,
            model=model,
            deleted_at=None if trashed is None else self.model.now + trashed,
        )
        self.both("create_session", session)
        self.compare(session.id)
        return session.id

    @rule(target=sessions, ages=st.lists(DELTAS, min_size=2, max_size=8))
    def create_many(self, ages: list[timedelta]) -> Any:
        many = [a_session(updated=self.model.now - age) for age in ages]
        for session in many:
            self.both("create_session", session)
        return multiple(*(session.id for session in many))

    @rule(id=sessions)
    def create_again(self, id: str) -> None:
        self.both("create_session", a_session(id=id))

    @rule(id=sessions, name=st.one_of(st.none(), NAMES))
    def rename(self, id: str, name: str | None) -> None:
        self.both("rename_session", id, name)
        self.compare(id)

    @rule(id=sessions, title=st.one_of(st.none(), NAMES, TEXTS))
    def retitle(self, id: str, title: str | None) -> None:
        self.both("retitle_session", id, title)
        self.compare(id)

    @rule(id=sessions, pinned=st.booleans())
    def pin(self, id: str, pinned: bool) -> None:
        self.both("pin_session", id, pinned)
        self.compare(id)

    @rule(
        ids=st.lists(sessions, min_size=1, max_size=2, unique=True),
        tags=st.lists(TAGS, min_size=1, max_size=2),
        off=st.booleans(),
    )
    def tag(self, ids: list[str], tags: list[str], off: bool) -> None:
        self.both("untag_sessions" if off else "tag_sessions", ids, tags)
        for id in ids:
            self.compare(id)
        for deleted in (False, True):
            counted = self.store().tags(deleted=deleted)
            assert [(folded(tag), n) for tag, n in counted] == self.model.tags(deleted=deleted)

    @rule(
        target=sessions,
        id=spoken,
        name=st.one_of(st.none(), NAMES),
        at=st.one_of(st.none(), st.integers(0, 5)),
    )
    def fork(self, id: str, name: str | None, at: int | None) -> Any:
        fork = a_session(updated=self.model.now, name=name, forked_from=id, forked_at=at)
        if self.both("fork_session", id, fork, at=at) is None:
            return multiple()
        copies = self.store().get_messages(fork.id)
        expected = self.model.rows[fork.id].messages
        assert not {copy.id for copy in copies} & {original.id for original in expected}
        self.model.rows[fork.id].messages = [
            original.replace(id=copy.id) for original, copy in zip(expected, copies, strict=True)
        ]
        kept = self.store().summaries(fork.id)
        known = self.model.rows[fork.id].summaries
        new = dict(zip([one.id for one in known], [one.id for one in kept], strict=True))
        assert not new.keys() & new.values()
        self.model.rows[fork.id].summaries = [
            one.replace(id=new[one.id], parent=one.parent and new[one.parent]) for one in known
        ]
        self.compare(fork.id)
        return fork.id

    @rule(id=spoken, method=st.sampled_from(["touch", "trash", "restore", "trash", "restore"]))
    def change(self, id: str, method: str) -> None:
        self.both(f"{method}_session", id)
        self.compare(id)

    @rule(id=spoken)
    def delete(self, id: str) -> None:
        self.both("delete_session", id)
        self.compare(id)

    @rule(
        some=st.lists(sessions, max_size=5),
        method=st.sampled_from(["trash", "restore", "trash", "restore", "delete"]),
    )
    def change_many(self, some: list[str], method: str) -> None:
        self.both(f"{method}_sessions", some)
        self.compare_everything()

    # messages

    @rule(
        target=messages,
        id=spoken,
        role=st.sampled_from([*Role]),
        status=st.sampled_from([Status.COMPLETE, Status.FAILED, Status.INCOMPLETE]),
        texts=st.tuples(TEXTS, TEXTS, st.one_of(st.none(), TEXTS), st.one_of(st.none(), TEXTS)),
        age=DELTAS,
        superseded=st.booleans(),
        attachments=ATTACHMENTS,
    )
    def add_message(
        self,
        id: str,
        role: Role,
        status: Status,
        texts: tuple[str, str, str | None, str | None],
        age: timedelta,
        superseded: bool,
        attachments: tuple[Attachment, ...],
    ) -> StoredMessage:
        content, reasoning, error, model = texts
        message = StoredMessage.new(id, role, content).replace(
            timestamp=self.model.now - age,
            status=status,
            reasoning=reasoning,
            error=error,
            finish_reason=error,
            model=model,
            provider=model,
            superseded=superseded,
            attachments=attachments,
        )
        self.both("add_message", message)
        self.compare(id)
        return message

    @rule(message=messages, content=TEXTS)
    def add_again(self, message: StoredMessage, content: str) -> None:
        self.both("add_message", message.replace(content=content))
        self.compare(message.session_id)

    @rule(id=spoken, first=st.integers(-1, 6))
    def take_back(self, id: str, first: int) -> None:
        self.both("supersede_messages", id, first)
        self.compare(id)

    # summaries

    @rule(
        target=summaries,
        id=spoken,
        last=st.integers(-1, 6),
        wrong=st.sampled_from([None, None, None, None, "messages", "parent", "length"]),
        texts=st.tuples(TEXTS, st.one_of(st.none(), TEXTS), st.one_of(st.none(), TEXTS)),
        counts=st.tuples(COUNTS, COUNTS, COUNTS),
        age=DELTAS,
    )
    def summarise(
        self,
        id: str,
        last: int,
        wrong: str | None,
        texts: tuple[str, str | None, str | None],
        counts: tuple[int | None, int | None, int | None],
        age: timedelta,
    ) -> Summary:
        row, standing = self.model.rows.get(id), self.model.standing_summary(id)
        content, focus, model = texts
        summary = a_summary(
            a_session(id=id),
            last,
            messages=(row.live(last) if row else 0) + (wrong == "messages"),
            parent=None if standing is None or wrong == "parent" else standing.id,
            session_length=-1 if wrong == "length" else len(row.messages) if row else 0,
            content=content,
            focus=focus,
            provider=model,
            model=model,
            tokens_before=counts[0],
            usage=Usage(input_tokens=counts[1], cost=counts[2], cost_source=focus),
            created_at=self.model.now - age,
        )
        self.both("add_summary", summary)
        self.compare(id)
        return summary

    @rule(summary=summaries, content=TEXTS)
    def summarise_again(self, summary: Summary, content: str) -> None:
        self.both("add_summary", summary.replace(content=content))
        self.compare(summary.session_id)

    @rule(summary=summaries)
    def remove_summary(self, summary: Summary) -> None:
        self.both("remove_summary", summary.id)
        self.compare(summary.session_id)

    # the turn

    def _begin(
        self,
        id: str,
        prompt: str | None,
        *,
        create: bool,
        name: str | None = None,
        attachments: tuple[Attachment, ...] = (),
    ) -> Any:
        session = a_session(id=id, name=name, updated=self.model.now)
        answer = an_answer(session)
        asked = None if prompt is None else a_prompt(session, prompt, attachments=attachments)
        begun = self.both("begin_turn", session, asked, answer, create=create)
        self.compare(id)
        return multiple() if begun is None else begun[1]

    @rule(target=answers, id=spoken, prompt=st.one_of(st.none(), TEXTS), attachments=ATTACHMENTS)
    def go_on(self, id: str, prompt: str | None, attachments: tuple[Attachment, ...]) -> Any:
        return self._begin(id, prompt, create=False, attachments=attachments)

    @rule(target=answers, prompt=TEXTS, name=st.one_of(st.none(), NAMES))
    def begin_unlisted(self, prompt: str, name: str | None) -> Any:
        return self._begin(a_session().id, prompt, create=True, name=name)

    @rule(target=answers, id=sessions)
    def begin_what_exists(self, id: str) -> Any:
        return self._begin(id, "again", create=True)

    @rule(answer=answers, content=TEXTS, reasoning=TEXTS)
    def checkpoint(self, answer: StoredMessage, content: str, reasoning: str) -> None:
        self.both("checkpoint", answer.id, content, reasoning)
        self.compare(answer.session_id)

    @rule(answer=answers)
    def renew_lease(self, answer: StoredMessage) -> None:
        self.both("renew_lease", answer.id)

    @rule(
        answer=answers,
        texts=st.tuples(TEXTS, TEXTS, st.one_of(st.none(), TEXTS), TEXTS),
        status=ENDS,
        counts=st.tuples(COUNTS, COUNTS, COUNTS),
    )
    def finish(
        self,
        answer: StoredMessage,
        texts: tuple[str, str, str | None, str],
        status: Status,
        counts: tuple[int | None, int | None, int | None],
    ) -> None:
        content, reasoning, reason, model = texts
        closed = answer.replace(
            content=content,
            reasoning=reasoning,
            status=status,
            finish_reason=reason,
            error=reason,
            model=model,
            usage=Usage(
                input_tokens=counts[0],
                output_tokens=counts[1],
                cached_tokens=counts[2],
                cache_write_tokens=counts[1],
                reasoning_tokens=counts[0],
                cost=counts[2],
                cost_source=reason,
            ),
            elapsed_ms=counts[2],
        )
        self.both("finish_turn", closed)
        self.compare(answer.session_id)

    @rule(target=sessions, prompts=st.lists(TEXTS, min_size=1, max_size=3), ends=st.lists(ENDS))
    def talk_and_ask_again(self, prompts: list[str], ends: list[Status]) -> str:
        """Whole turns, the last of them once more; each answer is closed twice."""
        session = a_session(updated=self.model.now)
        for number, prompt in enumerate([*prompts, None]):
            asked = None if prompt is None else a_prompt(session, prompt)
            begun = self.both("begin_turn", session, asked, an_answer(session), create=number == 0)
            first = begun[1].replace(status=(ends + [Status.COMPLETE] * 4)[number], content="1")
            for closed in (first, first.replace(status=Status.COMPLETE, content="2")):
                self.both("finish_turn", closed)
        self.compare(session.id)
        return session.id

    @rule(answer=answers)
    def the_owner_dies(self, answer: StoredMessage) -> None:
        _owner.receiving.discard(answer.id)
        self.model.receiving.discard(answer.id)
        self.compare(answer.session_id)

    @rule(id=spoken)
    def close_abandoned(self, id: str) -> None:
        self.both("close_abandoned", id)
        self.compare(id)

    # clean-up

    @rule(
        days=st.sampled_from([0, 1, 30, 90, 10**9]),
        most=st.sampled_from([0, 1, 2, 5, 10**9]),
        trash_days=st.sampled_from([None, 0, 1, 30, 10**9]),
        spare=st.lists(sessions, max_size=2),
    )
    def clean_up(self, days: int, most: int, trash_days: int | None, spare: list[str]) -> None:
        retention = Retention(retention_days=days, max_sessions=most, trash_days=trash_days)
        self.both("cleanup", retention, spare=spare)
        self.compare_everything()

    @rule(
        days=st.sampled_from([0, 1, 30]),
        most=st.sampled_from([0, 1, 2]),
        trash_days=st.sampled_from([None, 0, 1]),
        at_most=st.integers(0, 4),
    )
    def clean_up_in_part(self, days: int, most: int, trash_days: int | None, at_most: int) -> None:
        """How many, the least recently used first; of equals, which ones is the engine's choice."""
        type(self).comparisons += 1
        retention = Retention(retention_days=days, max_sessions=most, trash_days=trash_days)
        store = self.store()
        done = store.cleanup(retention, at_most=at_most)
        left = at_most
        for count, due in (
            (done.by_retention, self.model.expired),
            (done.by_limit, self.model.excess),
        ):
            candidates = due(retention, ())
            moved = {id for id in candidates if not self._is_live(store, id)}
            assert len(moved) == count == min(left, len(candidates))
            self._check_oldest(moved, candidates - moved)
            for id in moved:
                self.model.trash_session(id)
            left -= count
        candidates = self.model.outdated(retention)
        gone = {id for id in candidates if store.get_session(id) is None}
        assert len(gone) == done.purged == min(left, len(candidates))
        for id in gone:
            self.model.delete_session(id)
        self.compare_everything()

    def _is_live(self, store: SessionStore, id: str) -> bool:
        session = store.get_session(id)
        return session is not None and session.deleted_at is None

    def _check_oldest(self, moved: set[str], left: set[str]) -> None:
        used = {id: self.model.rows[id].session.updated_at for id in moved | left}
        assert all(used[gone] <= used[kept] for gone in moved for kept in left)

    # reading

    @rule(deleted=st.booleans(), number=st.integers(-1, 6))
    def count_from_the_newest(self, deleted: bool, number: int) -> None:
        self.both("nth_session", number, deleted=deleted)

    @rule(
        target=places,
        order=st.one_of(st.none(), st.sampled_from([*SessionOrder])),
        reverse=st.booleans(),
        deleted=st.booleans(),
        limit=st.integers(1, 4),
    )
    def list_page(self, limit: int, **how: Any) -> Any:
        page = self.both("list_sessions", limit=limit, **how)
        return (page[-1], how) if page else multiple()

    @rule(place=places, limit=LIMITS, which=st.one_of(st.none(), FILTERS))
    def list_next_page(
        self, place: tuple[Any, Any], limit: int | None, which: SessionFilter | None
    ) -> None:
        """Whatever has become of the session behind which it begins."""
        after, how = place
        self.both("list_sessions", limit=limit, after=after, which=which, **how)

    @rule(
        which=st.one_of(st.none(), FILTERS),
        order=st.one_of(st.none(), st.sampled_from([*SessionOrder])),
        reverse=st.booleans(),
        deleted=st.booleans(),
        limit=LIMITS,
        ages=st.tuples(st.one_of(st.none(), DELTAS), st.one_of(st.none(), DELTAS)),
    )
    def select(
        self,
        which: SessionFilter | None,
        deleted: bool,
        ages: tuple[timedelta | None, timedelta | None],
        **options: Any,
    ) -> None:
        if which is not None:
            since, until = (None if age is None else self.model.now - age for age in ages)
            which = which.replace(since=since, until=until)
            self.both("total_sessions", which, deleted=deleted)
        self.both("list_sessions", which=which, deleted=deleted, **options)

    @rule(id=sessions, digits=st.integers(0, 32), deleted=st.booleans(), by_handle=st.booleans())
    def find_by_prefix(self, id: str, digits: int, deleted: bool, by_handle: bool) -> None:
        prefix = id[-8:][:digits] if by_handle else id.replace("-", "")[:digits]
        found = self.store().find_by_prefix(prefix, deleted=deleted, limit=1000)
        assert found == self.model.find_by_prefix(prefix, deleted=deleted)
        some = self.store().find_by_prefix(prefix, deleted=deleted, limit=2)
        assert len(some) == min(2, len(found))
        assert all(summary in found for summary in some)

    @rule(name=NAMES, deleted=st.booleans())
    def find_by_name(self, name: str, deleted: bool) -> None:
        self.both("find_by_name", name, deleted=deleted)

    @rule(id=spoken, first=st.integers(-1, 6), last=st.one_of(st.none(), st.integers(-1, 6)))
    def read_range(self, id: str, first: int, last: int | None) -> None:
        self.both("get_messages", id, first=first, last=last)

    @rule()
    def compare_everything(self) -> None:
        for deleted in (False, True):
            self.both("list_sessions", deleted=deleted)
            self.both("count_sessions", deleted=deleted)
        for id in self.model.rows:
            self.both("get_messages", id)
            self.both("summaries", id)


@pytest.mark.timeout(0 if STEPS > 5000 else 600)  # of a failure, most goes into shrinking it
@pytest.mark.parametrize("engine", ENGINES)
def test_a_store_answers_as_its_model_does(engine: str) -> None:
    compare_with_model(engine, STEPS // (48 if engine == "sqlite" else _FEWER))


def compare_with_model(engine: str, histories: int) -> None:
    """Try so many random histories, of some fifty steps each."""
    machine: Any = type(f"{engine}Machine", (StoreMachine,), {"engine": engine})
    configured = settings(
        max_examples=max(1, histories),  # some end early
        stateful_step_count=STEPS_AN_EXAMPLE,
        deadline=None,
        database=None,
        print_blob=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=configured)
    print(f"\n{engine}: {machine.steps} steps, {machine.comparisons} answers compared")


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return fresh_url(request.param, tmp_path)


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(contents=st.lists(st.tuples(st.sampled_from([*Role]), TEXTS), min_size=1, max_size=6))
def test_any_texts_come_back_in_order(url: str, contents: list[tuple[Role, str]]) -> None:
    session = a_session()
    with open_store(url) as store:
        store.create_session(session)
        for role, content in contents:
            store.add_message(StoredMessage.new(session.id, role, content))
        found = store.get_messages(session.id)
    assert [(m.role, m.content) for m in found] == [(r, clean(c)) for r, c in contents]
    assert [m.index for m in found] == list(range(1, len(contents) + 1))


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(pieces=st.lists(st.tuples(TEXTS, TEXTS), max_size=8))
def test_checkpoints_are_what_a_dead_owner_leaves(url: str, pieces: list[tuple[str, str]]) -> None:
    session = a_session()
    with open_store(url) as store:
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        for content, reasoning in pieces:
            store.checkpoint(answer.id, content, reasoning)
        _owner.receiving.discard(answer.id)
        shown = store.get_messages(session.id)[1]
        assert store.close_abandoned(session.id) == 1
        closed = store.get_messages(session.id)[1]
    assert closed == shown
    assert closed.status is Status.INCOMPLETE
    assert closed.content == "".join(clean(content) for content, _ in pieces)
    assert closed.reasoning == "".join(clean(reasoning) for _, reasoning in pieces)


@settings(
    max_examples=15,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(times=st.lists(st.integers(0, 5), min_size=1, max_size=12), size=st.integers(1, 5))
def test_pages_put_together_are_the_list(url: str, times: list[int], size: int) -> None:
    with open_store(url) as store:
        for old in store.list_sessions():
            store.delete_session(old.session.id)
        for number, time in enumerate(times):
            moment = NOON + timedelta(seconds=time)
            name = f"{'ÄaÉ'[time % 3]}{number}" if number % 2 else None
            session = a_session(updated=moment, created_at=moment, name=name)
            store.create_session(session)
            for _ in range(time % 3):
                store.add_message(a_prompt(session).replace(timestamp=moment))
        for order in (None, *SessionOrder):
            for reverse in (False, True):
                listed = store.list_sessions(order=order, reverse=reverse)
                assert len(listed) == len(times)
                followed: list[SessionSummary] = []
                for _ in range(0, len(times) + size, size):
                    last = followed[-1] if followed else None
                    followed += store.list_sessions(
                        limit=size, after=last, order=order, reverse=reverse
                    )
                assert followed == listed
