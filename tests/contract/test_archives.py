"""Sessions that leave one store and enter another: nothing lost, and all machines agree."""

from __future__ import annotations

import io
import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from contract.builders import NOON, a_finished_turn, a_prompt, a_session, an_answer, days_ago
from contract.engines import ENGINES, fresh_url
from synapse.archived import ArchivedMessage, ArchivedSession, Origin, Upkeep
from synapse.domain import Attachment, Retention, Role, Status, StoredMessage, Usage
from synapse.errors import InvalidDataError, SessionBusy
from synapse.formats.jsonl import JsonlExporter
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from synapse.ports import SessionStore

    Machines = Callable[[], SessionStore]


@pytest.fixture(params=ENGINES)
def machines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machines]:
    """Makes stores, each on a machine of its own."""
    opened: list[SessionStore] = []

    def machine() -> SessionStore:
        folder = tmp_path / f"machine{len(opened)}"
        folder.mkdir()
        opened.append(open_store(fresh_url(request.param, folder)))
        return opened[-1]

    yield machine
    for store in opened:
        store.close()


def all_ids(store: SessionStore) -> list[str]:
    live, trash = store.list_sessions(), store.list_sessions(deleted=True)
    return sorted(summary.session.id for summary in (*live, *trash))


def send(source: SessionStore, target: SessionStore) -> int:
    """Merge everything of one store into another; how many sessions changed there."""
    changed = 0
    for id in all_ids(source):
        archived = source.archived_session(id)
        assert archived is not None
        changed += target.merge_session(archived).changed
    return changed


def exported(store: SessionStore) -> str:
    file = io.BytesIO()
    archives = [store.archived_session(id) for id in all_ids(store)]
    JsonlExporter().write([one for one in archives if one is not None], file)
    return file.getvalue().decode()


def an_archive(*texts: str, **fields: object) -> ArchivedSession:
    session = a_session(updated=NOON)
    messages = tuple(
        ArchivedMessage(
            message=StoredMessage.new(session.id, Role.USER, text).replace(
                index=index, timestamp=NOON + timedelta(seconds=index)
            )
        )
        for index, text in enumerate(texts, 1)
    )
    return ArchivedSession(session=session, messages=messages).replace(**fields)


class TestAWholeSession:
    @pytest.fixture
    def archive(self) -> ArchivedSession:
        session = a_session(updated=NOON).replace(
            name="straße", title="A title", pinned=True, system_prompt="Be brief.",
            deleted_at=NOON + timedelta(days=1), forked_from="01a209b6-4069-750a-8539-595330868751",
            forked_at=2, updated_at=NOON + timedelta(hours=1),
        )  # fmt: skip
        question = StoredMessage.new(session.id, Role.USER, "Wie geht's? 🦀\r\n").replace(
            index=1,
            timestamp=NOON + timedelta(microseconds=7),
            attachments=(
                Attachment(name="a.txt", media_type="text/plain", data=b"text\r\n"),
                Attachment(name="b.png", media_type="image/png", data=bytes(range(256))),
            ),
        )
        answer = StoredMessage.new(session.id, Role.ASSISTANT, "So so").replace(
            index=2,
            timestamp=NOON + timedelta(seconds=3),
            status=Status.FAILED,
            error="rate_limited: slow down",
            reasoning="hm",
            finish_reason="length",
            provider="openai",
            model="gpt",
            usage=Usage(input_tokens=3, output_tokens=0),
            elapsed_ms=1234,
            superseded=True,
        )
        return ArchivedSession(
            session=session,
            messages=(
                ArchivedMessage(message=question, extra={"mood": {"é": [1, 2.5, None]}}),
                ArchivedMessage(message=answer),
            ),
            message_count=2,
            tags=("rust", "ŻÓŁW"),
            origin=Origin(program="llm", id="01k"),
            changes={"name": NOON, "trash": NOON + timedelta(days=1)},
            extra={"folder": "work", "deep": {"a": [True]}},
        )

    def test_comes_out_as_it_went_in(self, machines: Machines, archive: ArchivedSession) -> None:
        store = machines()
        store.merge_session(archive)
        again = store.archived_session(archive.session.id)
        assert again is not None
        assert tuple(again.messages) == archive.messages
        noted = {"messages": (), "upkeep": Upkeep()}
        assert again.replace(**noted) == archive.replace(**noted)

    def test_counts_itself(self, machines: Machines, archive: ArchivedSession) -> None:
        store = machines()
        merged = store.merge_session(archive)
        assert (merged.is_new, merged.added, merged.changed) == (True, 2, True)
        again = store.merge_session(archive)
        assert (again.is_new, again.added, again.changed) == (False, 0, False)

    def test_is_listed_as_if_it_had_begun_here(
        self, machines: Machines, archive: ArchivedSession
    ) -> None:
        store = machines()
        store.merge_session(archive)
        [summary] = store.list_sessions(deleted=True)
        assert summary.session == archive.session
        assert summary.message_count == 2
        assert summary.preview.startswith("Wie geht's? 🦀")
        assert summary.last_status is Status.FAILED
        assert summary.tags == ("rust", "ŻÓŁW")

    def test_that_is_not_there_is_none(self, machines: Machines) -> None:
        assert machines().archived_session("nobody") is None

    def test_of_many_messages_is_read_in_parts(self, machines: Machines) -> None:
        store = machines()
        archive = an_archive(*(f"text {number}" for number in range(1203)))
        store.merge_session(archive)
        again = store.archived_session(archive.session.id)
        assert again is not None
        assert [one.message.content for one in again.messages] == [
            one.message.content for one in archive.messages
        ]


class TestWhatIsRefused:
    def test_fewer_messages_than_announced(self, machines: Machines) -> None:
        store = machines()
        with pytest.raises(InvalidDataError, match="1 of the 2 messages"):
            store.merge_session(an_archive("one", message_count=2))
        assert all_ids(store) == []

    def test_a_message_of_another_session(self, machines: Machines) -> None:
        store = machines()
        there, other = an_archive("one"), an_archive("two")
        store.merge_session(there)
        [taken] = there.messages
        message = taken.message.replace(session_id=other.session.id)
        stolen = other.replace(messages=(taken.replace(message=message),))
        with pytest.raises(InvalidDataError, match="already"):
            store.merge_session(stolen)
        assert all_ids(store) == [there.session.id]

    def test_a_message_that_stands_there_twice(self, machines: Machines) -> None:
        store = machines()
        archive = an_archive("one")
        with pytest.raises(InvalidDataError):
            store.merge_session(archive.replace(messages=(*archive.messages, *archive.messages)))
        assert all_ids(store) == []

    def test_messages_while_an_answer_is_received(self, machines: Machines) -> None:
        here, there = machines(), machines()
        session = a_session()
        here.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        archived = here.archived_session(session.id)
        assert archived is not None
        there.merge_session(archived)
        there.add_message(a_prompt(session, "more"))
        more = there.archived_session(session.id)
        assert more is not None
        with pytest.raises(SessionBusy):
            here.merge_session(more)


class TestCleanUps:
    def test_spare_what_was_imported_until_it_is_used(self, machines: Machines) -> None:
        store = machines()
        old = an_archive("one")
        old = old.replace(
            session=old.session.replace(created_at=days_ago(900), updated_at=days_ago(800))
        )
        store.merge_session(old)
        assert store.cleanup(Retention(max_sessions=1)).total == 0
        store.add_message(a_prompt(old.session, "and now?").replace(timestamp=days_ago(500)))
        assert store.cleanup(Retention()).by_retention == 1

    def test_do_not_count_them_among_those_that_are_kept(self, machines: Machines) -> None:
        store = machines()
        own = a_session(updated=days_ago(20))
        store.create_session(own)
        for _ in range(3):
            store.merge_session(an_archive("one"))
        assert store.cleanup(Retention(retention_days=0, max_sessions=1)).total == 0
        store.create_session(a_session(updated=days_ago(10)))
        assert store.cleanup(Retention(retention_days=0, max_sessions=1)).by_limit == 1
        assert [one.session.id for one in store.list_sessions(deleted=True)] == [own.id]

    def test_imports_are_not_what_was_used_last(self, machines: Machines) -> None:
        store = machines()
        own = a_session(updated=days_ago(3))
        a_finished_turn(store, own, create=True)
        archive = an_archive("one")
        moment = datetime.now(UTC) + timedelta(hours=1)
        store.merge_session(archive.replace(session=archive.session.replace(updated_at=moment)))
        last = store.last_used()
        assert last is not None
        assert last.session.id == own.id


class TestTwoMachines:
    def test_that_both_went_on_keep_questions_and_answers_together(
        self, machines: Machines
    ) -> None:
        here, there = machines(), machines()
        session = a_session()
        a_finished_turn(here, session, "one", "1", create=True)
        send(here, there)
        for number in (2, 3):
            a_finished_turn(here, session, f"here {number}", f"h{number}", create=False)
            a_finished_turn(there, session, f"there {number}", f"t{number}", create=False)
        send(there, here)
        send(here, there)
        texts = [message.content for message in here.get_messages(session.id)]
        assert texts == [
            "one", "1", "here 2", "h2", "here 3", "h3", "there 2", "t2", "there 3", "t3",
        ]  # fmt: skip
        assert exported(here) == exported(there)
        assert [message.index for message in here.get_messages(session.id)] == [*range(1, 11)]

    def test_that_give_the_same_name_agree_who_keeps_it(self, machines: Machines) -> None:
        here, there = machines(), machines()
        first, second = a_session(updated=days_ago(2)), a_session(updated=days_ago(1))
        here.create_session(first.with_name("notes"))
        there.create_session(second.with_name("Notes"))
        send(here, there)
        send(there, here)
        for store in (here, there):
            names = {one.session.id: one.session.name for one in store.list_sessions()}
            assert names == {first.id: "notes", second.id: f"Notes-{second.handle}"}
        assert send(here, there) == send(there, here) == 0

    def test_the_newest_state_wins_whoever_tells_it(self, machines: Machines) -> None:
        here, there = machines(), machines()
        session = a_session(updated=days_ago(1))
        here.create_session(session.with_name("old"))
        here.tag_sessions([session.id], ["kept", "gone"])
        send(here, there)
        there.rename_session(session.id, "new")
        there.pin_session(session.id)
        there.untag_sessions([session.id], ["gone"])
        here.tag_sessions([session.id], ["more"])
        here.trash_session(session.id)
        send(here, there)
        send(there, here)
        for store in (here, there):
            [summary] = store.list_sessions(deleted=True)
            assert summary.session.name == "new"
            assert summary.session.pinned
            assert summary.tags == ("kept", "more")

    def test_an_answer_never_goes_back_from_complete(self, machines: Machines) -> None:
        here, there = machines(), machines()
        session = a_session()
        _, answer = here.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        here.checkpoint(answer.id, "half")
        send(here, there)
        here.finish_turn(answer.replace(content="half and half", status=Status.COMPLETE))
        send(there, here)
        send(here, there)
        for store in (here, there):
            last = store.get_messages(session.id)[-1]
            assert (last.content, last.status) == ("half and half", Status.COMPLETE)

    def test_a_branch_begins_where_it_began(self, machines: Machines) -> None:
        here, there = machines(), machines()
        session = a_session()
        a_finished_turn(here, session, "one", "1", create=True)
        send(here, there)
        a_finished_turn(here, session, "two", "2", create=False)
        a_finished_turn(there, session, "zwei", "II", create=False)
        fork = a_session(forked_from=session.id, forked_at=4)
        there.fork_session(session.id, fork)
        send(there, here)
        send(here, there)
        for store in (here, there):
            found = store.get_session(fork.id)
            assert found is not None
            assert found.forked_at == 6
            assert store.get_messages(session.id)[5].content == "II"


def act(store: SessionStore, chance: random.Random) -> None:
    """Something that a person does."""
    live, trash = store.list_sessions(), store.list_sessions(deleted=True)
    if not live or chance.random() < 0.15:
        name = chance.choice([None, "a", "b", "c"])
        session = a_session()
        a_finished_turn(store, session, f"q{chance.random()}", "a", create=True)
        if name and not store.find_by_name(name):
            store.rename_session(session.id, name)
        return
    summary = chance.choice(live)
    id = summary.session.id
    match chance.randrange(9):
        case 0 | 1 | 2:
            a_finished_turn(store, summary.session, f"q{chance.random()}", "a", create=False)
        case 3:
            name = chance.choice(["a", "b", "c", None])
            if name is None or not store.find_by_name(name):
                store.rename_session(id, name)
        case 4:
            store.pin_session(id, chance.random() < 0.5)
        case 5:
            store.tag_sessions([id], [chance.choice("xyz")])
        case 6:
            store.untag_sessions([id], [chance.choice("xyz")])
        case 7:
            store.trash_session(id)
        case 8:
            if trash:
                store.restore_session(chance.choice(trash).session.id)
            store.retitle_session(id, chance.choice([None, "T", "U"]))


@pytest.mark.parametrize("seed", range(6))
def test_machines_that_tell_each_other_everything_end_with_the_same(
    machines: Machines, seed: int
) -> None:
    chance = random.Random(seed)
    stores = [machines() for _ in range(3)]
    for _ in range(6):
        for _ in range(chance.randrange(12)):
            act(chance.choice(stores), chance)
        source, target = chance.sample(stores, 2)
        send(source, target)
    for _ in range(4):
        for source in stores:
            for target in stores:
                if source is not target:
                    send(source, target)
    first, *others = map(exported, stores)
    for other in others:
        assert [json.loads(line) for line in other.splitlines()] == [
            json.loads(line) for line in first.splitlines()
        ]
    assert sum(send(source, target) for source in stores for target in stores) == 0


class TestCopiesOfAnArchive:
    """What an export leaves behind goes along when an archive moves to another database."""

    def copy(self, source: SessionStore, target: SessionStore) -> int:
        changed = 0
        for id in all_ids(source):
            archived = source.archived_session(id)
            assert archived is not None
            changed += target.merge_session(archived, as_copy=True).changed
        return changed

    def test_what_was_used_last_is_so_in_the_copy_whatever_the_times_say(
        self, machines: Machines
    ) -> None:
        here, there = machines(), machines()
        earlier, later = a_session(updated=NOON), a_session(updated=NOON - timedelta(days=9))
        here.create_session(earlier)
        here.create_session(later)
        here.touch_session(later.id)
        before = here.archived_session(later.id)
        assert before is not None
        assert before.upkeep.used is not None
        self.copy(here, there)
        last = there.last_used()
        assert last is not None
        assert last.session.id == later.id
        after = there.archived_session(later.id)
        assert after is not None
        assert after.upkeep == before.upkeep

    def test_a_clean_up_takes_of_a_copy_what_it_takes_of_the_original(
        self, machines: Machines
    ) -> None:
        here, there = machines(), machines()
        old = a_session(updated=days_ago(200))
        here.create_session(old)
        imported = an_archive("one")
        here.merge_session(
            imported.replace(session=imported.session.replace(updated_at=days_ago(200)))
        )
        self.copy(here, there)
        for store in (here, there):
            assert store.cleanup(Retention(retention_days=90)).by_retention == 1
            assert [one.session.id for one in store.list_sessions()] == [imported.session.id]

    def test_a_restored_session_is_spared_in_the_copy_too(self, machines: Machines) -> None:
        here, there = machines(), machines()
        session = a_session(updated=days_ago(200))
        here.create_session(session)
        here.trash_session(session.id)
        here.restore_session(session.id)
        self.copy(here, there)
        assert there.cleanup(Retention(retention_days=90)).total == 0

    def test_copying_again_changes_nothing_and_brings_what_was_used_since(
        self, machines: Machines
    ) -> None:
        here, there = machines(), machines()
        archive = an_archive("one")
        here.merge_session(archive)
        here.create_session(a_session(updated=NOON))
        assert self.copy(here, there) == 2
        assert self.copy(here, there) == 0
        here.touch_session(archive.session.id)
        assert self.copy(here, there) == 1
        copied = there.archived_session(archive.session.id)
        assert copied is not None
        assert copied.upkeep.imported_at is None
        assert self.copy(here, there) == 0

    def test_an_older_copy_takes_no_use_back(self, machines: Machines) -> None:
        here, there = machines(), machines()
        archive = an_archive("one")
        here.merge_session(archive)
        self.copy(here, there)
        there.touch_session(archive.session.id)
        used = there.archived_session(archive.session.id)
        assert self.copy(here, there) == 0
        still = there.archived_session(archive.session.id)
        assert used is not None
        assert still is not None
        assert still.upkeep == used.upkeep

    def test_a_copy_is_not_taken_for_uses_under_a_wrong_clock(self, machines: Machines) -> None:
        here, there = machines(), machines()
        for days in range(5):
            here.create_session(a_session(updated=NOON - timedelta(days=90 - days)))
        there.notice_clock(Retention())
        self.copy(here, there)
        there.notice_clock(Retention())
        assert exported(there) == exported(here)
