"""What every SessionStore does with what stands for older messages, and with an answer's cost."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import TYPE_CHECKING

import pytest

from contract.builders import NOON, a_finished_turn, a_prompt, a_session, a_summary, an_answer
from contract.engines import ENGINES, fresh_url
from synapse import ids
from synapse.domain import LARGEST_COUNT, Role, Session, Status, Summary, Usage
from synapse.errors import InvalidDataError, NotFoundError
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from synapse.ports import SessionStore

ABSENT = "019c0000-0000-7000-8000-000000000000"
WHOLE = Usage(
    input_tokens=1200,
    output_tokens=80,
    cached_tokens=1000,
    cache_write_tokens=150,
    reasoning_tokens=20,
    cost=LARGEST_COUNT,
    cost_source="2026-11-20",
)


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return fresh_url(request.param, tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[SessionStore]:
    with open_store(url) as opened:
        yield opened


def a_talk(store: SessionStore, turns: int) -> Session:
    """A session of so many turns: messages 1 to 2 * turns."""
    session = a_session()
    for turn in range(turns):
        a_finished_turn(store, session, f"question {turn}", f"answer {turn}", create=turn == 0)
    return session


def told(store: SessionStore, session: Session) -> list[str]:
    """The ids of its summaries, which every way of reading them agrees about."""
    found = store.summaries(session.id)
    assert store.standing_summary(session.id) == (found[-1] if found else None)
    archived = store.archived_session(session.id)
    assert [*archived.summaries] == found if archived else not found
    return [one.id for one in found]


class TestUsage:
    def test_everything_of_it_comes_back(self, store: SessionStore) -> None:
        session = a_session()
        _, begun = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        closed = begun.replace(status=Status.COMPLETE, content="x", usage=WHOLE)
        store.finish_turn(closed)
        only = a_prompt(session, usage=Usage(cost=0, cost_source="config"))
        store.add_message(only)
        assert [m.usage for m in store.get_messages(session.id)] == [Usage(), WHOLE, only.usage]
        fork = a_session()
        store.fork_session(session.id, fork)
        assert [m.usage for m in store.get_messages(fork.id)] == [Usage(), WHOLE, only.usage]

    def test_what_no_count_can_be_is_unknown(self, store: SessionStore) -> None:
        session = a_session()
        store.create_session(session)
        wrong = dict.fromkeys(Usage._fields[:-1], LARGEST_COUNT + 1)
        message = a_prompt(session, usage=Usage(**wrong, cost_source="a\0b"))
        store.add_message(message)
        store.add_message(a_prompt(session, usage=Usage(cost=-1, cached_tokens=-(1 << 70))))
        assert [m.usage for m in store.get_messages(session.id)] == [
            Usage(cost_source="a\ufffdb"),
            Usage(),
        ]


class TestAdding:
    def test_it_comes_back_whole_and_the_newest_one_stands(
        self, store: SessionStore, url: str
    ) -> None:
        session = a_talk(store, 3)
        assert told(store, session) == []
        first = a_summary(
            session,
            2,
            content="Fakten\n[#1] 東京 \U0001f9ea\r\n",
            provider="anthropic",
            model="claude-haiku-5-5",
            focus="numbers",
            tokens_before=900,
            tokens_after=300,
            usage=WHOLE,
            session_length=6,
        )
        assert store.add_summary(first)
        second = a_summary(session, 4, parent=first.id, generation=2)
        assert store.add_summary(second)
        assert told(store, session) == [first.id, second.id]
        with open_store(url) as other:
            assert other.summaries(session.id) == [first, second]
            assert other.standing_summary(session.id) == second

    def test_only_what_took_the_place_of_the_standing_one_is_stored(
        self, store: SessionStore
    ) -> None:
        session = a_talk(store, 3)
        assert not store.add_summary(a_summary(session, 2, parent=ABSENT))
        first = a_summary(session, 2)
        assert store.add_summary(first)
        assert not store.add_summary(a_summary(session, 4))
        assert store.add_summary(first)  # it is there already
        again = a_summary(session, 2, parent=first.id)  # in other words
        assert store.add_summary(again)
        assert not store.add_summary(a_summary(session, 4, parent=first.id))
        assert told(store, session) == [first.id, again.id]

    def test_it_stands_for_as_many_messages_as_are_not_superseded(
        self, store: SessionStore
    ) -> None:
        session = a_talk(store, 2)
        store.supersede_messages(session.id, 3)
        a_finished_turn(store, session, create=False)  # messages 5 and 6
        for last, count in ((6, 6), (6, 3), (6, 5), (0, 0), (7, 4), (LARGEST_COUNT, 4)):
            assert not store.add_summary(a_summary(session, last, messages=count)), (last, count)
        for last, count in ((4, 2), (6, 4)):
            newest = store.standing_summary(session.id)
            one = a_summary(session, last, messages=count, parent=newest and newest.id)
            assert store.add_summary(one)

    def test_the_times_follow_the_chain_even_if_the_clock_goes_back(
        self, store: SessionStore
    ) -> None:
        session = a_talk(store, 2)
        first = a_summary(session, 2, created_at=NOON)
        second = a_summary(session, 2, created_at=NOON - timedelta(days=1), parent=first.id)
        third = a_summary(session, 4, created_at=NOON - timedelta(days=2), parent=second.id)
        assert all(map(store.add_summary, (first, second, third)))
        found = store.summaries(session.id)
        later = [timedelta(microseconds=n) for n in range(3)]
        assert [one.created_at - NOON for one in found] == later
        assert [one.id for one in found] == [first.id, second.id, third.id]

    def test_what_it_is_added_to_stays_as_it_is(self, store: SessionStore) -> None:
        session = a_talk(store, 2)
        before = store.get_summary(session.id)
        assert store.add_summary(a_summary(session, 2))
        assert store.get_summary(session.id) == before
        store.trash_session(session.id)
        standing = store.standing_summary(session.id)
        assert standing
        assert store.add_summary(a_summary(session, 4, parent=standing.id))
        assert store.count_sessions(deleted=True) == 1
        store.restore_session(session.id)
        assert len(told(store, session)) == 2

    def test_an_answer_that_is_being_received_is_no_obstacle(self, store: SessionStore) -> None:
        session = a_talk(store, 2)
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=False)
        assert store.add_summary(a_summary(session, 4, session_length=6))
        store.finish_turn(answer.replace(status=Status.COMPLETE, content="x"))
        assert len(told(store, session)) == 1

    @pytest.mark.parametrize(
        "wrong",
        [{"last_index": -1}, {"messages": LARGEST_COUNT + 1}, {"generation": -2},
         {"prompt_version": 1 << 70}, {"session_length": -1}],
        ids=lambda wrong: next(iter(wrong)),
    )  # fmt: skip
    def test_numbers_that_none_can_be_are_refused(
        self, tmp_path: Path, wrong: dict[str, Any]
    ) -> None:
        with open_store(fresh_url("sqlite", tmp_path)) as store:
            session = a_talk(store, 1)
            with pytest.raises(InvalidDataError):
                store.add_summary(a_summary(session, 2).replace(**wrong))
            assert told(store, session) == []

    def test_ids_are_of_one_summary_and_of_a_session_that_is_there(
        self, store: SessionStore
    ) -> None:
        one, other = a_talk(store, 1), a_talk(store, 1)
        summary = a_summary(one, 2, tokens_before=-5, tokens_after=1 << 70)
        assert store.add_summary(summary)
        assert store.summaries(one.id) == [summary.replace(tokens_before=None, tokens_after=None)]
        with pytest.raises(InvalidDataError):
            store.add_summary(summary.replace(session_id=other.id))
        with pytest.raises(InvalidDataError):
            store.add_summary(summary.replace(session_id=other.id, usage=WHOLE))
        for nowhere in (ABSENT, "no id", ""):
            with pytest.raises(NotFoundError):
                store.add_summary(summary.replace(session_id=nowhere))
            assert store.summaries(nowhere) == []
            assert store.standing_summary(nowhere) is None
            assert not store.remove_summary(nowhere)

    def test_of_several_that_are_made_at_once_one_is_stored(
        self, store: SessionStore, url: str
    ) -> None:
        session = a_talk(store, 2)
        ready = Barrier(4)
        stored: list[bool] = []

        def add() -> None:
            with open_store(url) as own:
                ready.wait()
                stored.append(own.add_summary(a_summary(session, 4)))

        threads = [Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(stored) == [False, False, False, True]
        assert len(told(store, session)) == 1


class TestGoing:
    def test_removing_one_lets_the_one_before_stand_again(self, store: SessionStore) -> None:
        session = a_talk(store, 3)
        first = a_summary(session, 2)
        second = a_summary(session, 4, parent=first.id)
        assert store.add_summary(first)
        assert store.add_summary(second)
        assert store.remove_summary(second.id)
        assert not store.remove_summary(second.id)
        assert told(store, session) == [first.id]
        assert store.remove_summary(first.id)
        assert told(store, session) == []
        assert store.add_summary(a_summary(session, 6))

    def test_what_stands_for_a_superseded_message_goes(self, store: SessionStore) -> None:
        session = a_talk(store, 4)
        chain: list[Summary] = []
        for last in (2, 5, 8):
            chain.append(a_summary(session, last, parent=chain[-1].id if chain else None))
            assert store.add_summary(chain[-1])
        store.supersede_messages(session.id, 9)  # nothing is there
        assert told(store, session) == [one.id for one in chain]
        store.supersede_messages(session.id, 6)
        assert told(store, session) == [chain[0].id, chain[1].id]
        store.supersede_messages(session.id, 7)  # they are superseded already
        assert told(store, session) == [chain[0].id, chain[1].id]
        store.supersede_messages(session.id, -5)
        assert told(store, session) == []

    def test_a_system_message_stays_and_what_stands_for_it_too(self, store: SessionStore) -> None:
        session = a_talk(store, 1)
        store.add_message(a_prompt(session, "Be brief.").replace(role=Role.SYSTEM))
        summary = a_summary(session, 3)
        assert store.add_summary(summary)
        assert store.supersede_messages(session.id, 3) == 0
        assert told(store, session) == [summary.id]

    def test_what_stands_for_an_answer_goes_when_it_is_asked_again(
        self, store: SessionStore
    ) -> None:
        session = a_talk(store, 2)
        kept = a_summary(session, 3)
        assert store.add_summary(kept)
        assert store.add_summary(a_summary(session, 4, parent=kept.id))
        _, answer = store.begin_turn(session, None, an_answer(session), create=False)
        assert told(store, session) == [kept.id]
        store.finish_turn(answer.replace(status=Status.COMPLETE, content="again"))
        # message 4 is superseded, 5 is not
        assert store.add_summary(a_summary(session, 5, messages=4, parent=kept.id))

    def test_it_goes_with_its_session(self, store: SessionStore) -> None:
        session, other = a_talk(store, 1), a_talk(store, 1)
        assert store.add_summary(a_summary(session, 2))
        kept = a_summary(other, 2)
        assert store.add_summary(kept)
        store.trash_session(session.id)
        assert len(told(store, session)) == 1
        assert store.delete_session(session.id)
        assert told(store, session) == []
        assert told(store, other) == [kept.id]


class TestTakenAlong:
    def test_a_branch_has_those_that_stand_for_what_it_has(self, store: SessionStore) -> None:
        session = a_talk(store, 4)
        first = a_summary(session, 2, usage=WHOLE, focus="x", session_length=8)
        second = a_summary(session, 4, parent=first.id, generation=2, session_length=8)
        third = a_summary(session, 6, parent=second.id, generation=3)
        assert all(map(store.add_summary, (first, second, third)))
        fork = a_session()
        assert store.fork_session(session.id, fork, at=5) == 5
        copies = store.summaries(fork.id)
        assert copies == [
            first.replace(id=copies[0].id, session_id=fork.id, session_length=5),
            second.replace(
                id=copies[1].id, session_id=fork.id, session_length=5, parent=copies[0].id
            ),
        ]
        assert not {one.id for one in copies} & {first.id, second.id}
        assert store.add_summary(a_summary(fork, 5, parent=copies[1].id))
        assert store.remove_summary(first.id)
        assert len(told(store, fork)) == 3
        assert len(told(store, session)) == 2

    def test_it_goes_from_store_to_store(self, store: SessionStore, tmp_path: Path) -> None:
        session = a_talk(store, 3)
        first = a_summary(session, 2, usage=WHOLE)
        second = a_summary(session, 4, parent=first.id)
        assert store.add_summary(first)
        assert store.add_summary(second)
        with open_store(fresh_url("sqlite", tmp_path / "other")) as other:
            copy(store, other, session)
            assert other.summaries(session.id) == [first, second]
            assert not copy(store, other, session)
            third = a_summary(session, 6, parent=second.id)
            assert other.add_summary(third)
            assert copy(other, store, session)
            assert told(store, session) == [first.id, second.id, third.id]
            assert not copy(other, store, session)

    def test_both_sides_keep_what_still_fits_when_they_meet(
        self, store: SessionStore, tmp_path: Path
    ) -> None:
        """Two machines go on with one session: what stands for the common part stays on both, what
        stands for more than that stands for other messages than there are now.
        """
        session = a_talk(store, 2)
        with open_store(fresh_url("sqlite", tmp_path / "other")) as other:
            common = a_summary(session, 4)
            assert store.add_summary(common)
            copy(store, other, session)
            here, there = store, other
            chains: dict[str, list[str]] = {}
            for side in (here, there):
                a_finished_turn(side, session, "on one", "machine", create=False)
                one = a_summary(session, 6, parent=common.id)
                assert side.add_summary(one)
                chains[one.id] = [common.id, one.id]
            copy(here, there, session)
            copy(there, here, session)
            assert here.summaries(session.id) == there.summaries(session.id)
            [kept, *more] = here.summaries(session.id)
            assert kept == common
            # one part stands behind the common one, the other behind that
            assert [common.id, *(one.id for one in more)] in chains.values()
            assert not copy(here, there, session)
            assert not copy(there, here, session)

    def test_what_does_not_fit_the_messages_is_left_out(self, store: SessionStore) -> None:
        donor = a_talk(store, 2)
        assert store.add_summary(a_summary(donor, 2))
        archived = store.archived_session(donor.id)
        assert archived
        messages = [*archived.messages]
        store.delete_session(donor.id)
        fits = a_summary(donor, 4)
        wrong = [a_summary(donor, 4, messages=3), a_summary(donor, 9), a_summary(donor, 0)]
        given = archived.replace(messages=messages, summaries=(wrong[0], fits, *wrong[1:]))
        assert store.merge_session(given).is_new
        assert told(store, donor) == [fits.id]
        assert not store.merge_session(given).changed

    def test_nobody_takes_anothers_by_its_id(self, store: SessionStore) -> None:
        session, other = a_talk(store, 1), a_talk(store, 1)
        summary = a_summary(session, 2)
        assert store.add_summary(summary)
        archived = store.archived_session(other.id)
        assert archived
        stolen = archived.replace(
            messages=[*archived.messages],
            summaries=(summary.replace(session_id=other.id, content="mine"),),
        )
        assert not store.merge_session(stolen).changed
        store.delete_session(other.id)
        store.merge_session(stolen)
        assert told(store, other) == []
        assert store.summaries(session.id) == [summary]


def copy(source: SessionStore, target: SessionStore, session: Session) -> bool:
    """Whether it changed something there."""
    archived = source.archived_session(session.id)
    assert archived
    return target.merge_session(archived).changed


def test_ids_that_are_made_here_are_in_order() -> None:
    """The order of summaries of one moment."""
    made = [ids.new_id() for _ in range(100)]
    assert made == sorted(made)
