"""What the port says of all methods, or of the unusual."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from contract.builders import NOON, a_finished_turn, a_prompt, a_session, an_answer
from contract.engines import ENGINES, fresh_url
from synapse import timestamps
from synapse.domain import Retention, SessionFilter, SessionOrder
from synapse.errors import InvalidDataError, NotFoundError
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from synapse.ports import SessionStore

HUGE = 1 << 70
NO_IDS = [
    "", "nobody", "\0", "\ud800", "'", '"', "\\", "%", "01A209B6-4069-750A-8539-595330868751",
    "0" * 36, "01a209b6-4069-750a-8539-59533086875", "é" * 36,
]  # fmt: skip


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SessionStore]:
    with open_store(fresh_url(request.param, tmp_path)) as opened:
        yield opened


class TestIds:
    @pytest.fixture
    def kept(self, store: SessionStore) -> Iterator[str]:
        """The id of a session that all of this must leave as it is."""
        session = a_session(id="01a209b6-4069-750a-8539-595330868751", updated=NOON)
        a_finished_turn(store, session, create=True)
        before = store.get_summary(session.id), store.get_messages(session.id)
        yield session.id
        assert (store.get_summary(session.id), store.get_messages(session.id)) == before
        assert store.count_sessions() == 1

    @pytest.mark.usefixtures("kept")
    @pytest.mark.parametrize("id", NO_IDS)
    def test_a_text_that_is_no_id_is_the_id_of_nothing(self, store: SessionStore, id: str) -> None:
        assert store.get_session(id) is None
        assert store.get_summary(id) is None
        assert store.get_messages(id) == []
        assert store.close_abandoned(id) == 0
        assert store.renew_lease(id) is False
        for one in (store.trash_session, store.restore_session, store.delete_session):
            assert one(id) is False
        for many in (store.trash_sessions, store.restore_sessions, store.delete_sessions):
            assert many([id]) == []
        assert store.tag_sessions([id], ["a"]) == []
        assert store.untag_sessions([id], ["a"]) == []

    @pytest.mark.usefixtures("kept")
    @pytest.mark.parametrize("id", NO_IDS)
    def test_what_needs_a_session_says_that_there_is_none(
        self, store: SessionStore, id: str
    ) -> None:
        absent = a_session(id=id)
        changes: list[Callable[[], object]] = [
            lambda: store.rename_session(id, "x"),
            lambda: store.rename_session(id, None),
            lambda: store.retitle_session(id, "x"),
            lambda: store.touch_session(id),
            lambda: store.pin_session(id),
            lambda: store.supersede_messages(id, 1),
            lambda: store.fork_session(id, a_session()),
            lambda: store.add_message(a_prompt(absent)),
            lambda: store.begin_turn(absent, a_prompt(absent), an_answer(absent), create=False),
            lambda: store.checkpoint(id, "text"),
            lambda: store.finish_turn(an_answer(absent)),
            lambda: store.finish_turn(an_answer(absent).replace(id=id)),
        ]
        for change in changes:
            with pytest.raises(NotFoundError):
                change()

    @pytest.mark.parametrize("id", NO_IDS)
    def test_a_clean_up_spares_what_is_there_of_what_it_is_told(
        self, store: SessionStore, id: str
    ) -> None:
        old = [a_session(updated=NOON - timedelta(days=400)) for _ in range(2)]
        for session in old:
            store.create_session(session)
        assert store.cleanup(Retention(), spare=[id, old[0].id]).by_retention == 1
        assert [s.session.id for s in store.list_sessions()] == [old[0].id]

    def test_more_than_eight_digits_may_be_the_end_of_an_id(self, store: SessionStore) -> None:
        session = a_session(id="01a209b6-4069-750a-8539-595330868751")
        store.create_session(session)
        store.create_session(a_session(id="01b309b6-4069-750a-8539-600030868751"))
        for digits in ("330868751", "953 30868751".replace(" ", ""), "0a8539595330868751"):
            assert [s.session.id for s in store.find_by_prefix(digits)] == [session.id], digits
        assert len(store.find_by_prefix("30868751")) == 2
        assert store.find_by_prefix("430868751") == []


class TestNumbers:
    def test_numbers_beyond_every_row_mean_all_or_none(self, store: SessionStore) -> None:
        session = a_session()
        a_finished_turn(store, session, create=True)
        assert len(store.get_messages(session.id, first=-HUGE, last=HUGE)) == 2
        assert store.get_messages(session.id, first=HUGE) == []
        assert store.get_messages(session.id, last=-HUGE) == []
        assert store.nth_session(HUGE) is None
        assert store.nth_session(-HUGE) is None
        assert store.supersede_messages(session.id, HUGE) == 0
        assert store.fork_session(session.id, a_session(), at=HUGE) == 2
        assert store.fork_session(session.id, a_session(), at=-HUGE) == 0
        for order in SessionOrder:
            assert len(store.list_sessions(limit=HUGE, order=order)) == 3
        assert len(store.list_sessions(limit=HUGE, which=SessionFilter(provider="echo"))) == 3
        assert len(store.recent_prompts(HUGE)) == 2
        assert len(store.find_by_prefix(session.id[:4], limit=HUGE)) == 3
        everything = Retention(retention_days=HUGE, max_sessions=HUGE, trash_days=HUGE)
        assert store.cleanup(everything, at_most=HUGE).total == 0

    def test_none_can_be_asked_for(self, store: SessionStore) -> None:
        a_finished_turn(store, a_session(), create=True)
        for order in (None, *SessionOrder):
            assert store.list_sessions(limit=0, order=order) == []
        assert store.recent_prompts(0) == []
        assert store.cleanup(Retention(max_sessions=1), at_most=0).total == 0

    @pytest.mark.parametrize("position", ["", "x", "1.5", "\ud800", "0x1"])
    def test_a_position_that_is_none_is_refused(self, store: SessionStore, position: str) -> None:
        with pytest.raises(InvalidDataError):
            store.recent_prompts(1, before=position)


class TestTimes:
    def test_times_are_those_of_the_callers_clock(
        self, store: SessionStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = a_session(updated=NOON)
        _, answer = store.begin_turn(session, None, an_answer(session, timestamp=NOON), create=True)
        moments = [NOON + timedelta(days=n, microseconds=n) for n in range(1, 4)]
        monkeypatch.setattr(timestamps, "now", lambda: moments[0])
        store.finish_turn(answer.replace(content="text"))
        assert self.at(store, session.id) == (moments[0], None)
        monkeypatch.setattr(timestamps, "now", lambda: moments[1])
        store.touch_session(session.id)
        assert self.at(store, session.id) == (moments[1], None)
        monkeypatch.setattr(timestamps, "now", lambda: moments[2])
        store.trash_session(session.id)
        assert self.at(store, session.id) == (moments[1], moments[2])

    @staticmethod
    def at(store: SessionStore, id: str) -> tuple[object, object]:
        session = store.get_session(id)
        assert session is not None
        return session.updated_at, session.deleted_at


class TestManyAtOnce:
    def test_one_that_is_named_twice_is_told_once(self, store: SessionStore) -> None:
        session = a_session()
        store.create_session(session)
        twice = [session.id, session.id]
        assert store.trash_sessions(twice) == [session.id]
        assert store.restore_sessions(twice) == [session.id]
        assert store.delete_sessions(twice) == [session.id]

    def test_a_clean_up_begins_with_the_least_recently_used(self, store: SessionStore) -> None:
        old = NOON - timedelta(days=400)
        ids = [a_session(updated=old + timedelta(days=n // 2)).id for n in range(6)]
        for number, id in reversed([*enumerate(ids)]):
            store.create_session(a_session(id=id, updated=old + timedelta(days=number // 2)))
        for gone in range(1, 7):
            assert store.cleanup(Retention(trash_days=None), at_most=1).total == 1
            left = {summary.session.id for summary in store.list_sessions()}
            assert left == set(ids[gone:])


class TestNames:
    def test_a_session_can_be_stored_in_the_trash_with_a_name_that_is_given(
        self, store: SessionStore
    ) -> None:
        trashed = a_session(name="docker", deleted_at=NOON)
        store.create_session(trashed)
        store.create_session(a_session(name="docker"))
        assert store.get_session(trashed.id) == trashed
        assert [s.session.id for s in store.list_sessions(deleted=True)] == [trashed.id]

    def test_those_of_a_name_come_by_their_use(self, store: SessionStore) -> None:
        hours = [2, 0, 1, 2]
        sessions = [
            a_session(name="docker", updated=NOON + timedelta(hours=h), deleted_at=NOON)
            for h in hours
        ]
        for session in sessions:
            store.create_session(session)
        found = store.find_by_name("DOCKER", deleted=True)
        expected = [sessions[n].id for n in (3, 0, 2, 1)]
        assert [summary.session.id for summary in found] == expected

    def test_a_name_that_a_bot_gives_to_many_comes_back_as_it_was(
        self, store: SessionStore
    ) -> None:
        first = a_session(name="tg:12", deleted_at=NOON)
        store.create_session(first)
        store.create_session(a_session(name="tg:12"))
        assert store.restore_session(first.id)
        assert len(store.find_by_name("tg:12")) == 2

    def test_a_fork_is_refused_as_a_new_session_is(self, store: SessionStore) -> None:
        session = a_session(name="docker")
        a_finished_turn(store, session, create=True)
        with pytest.raises(InvalidDataError):
            store.fork_session(session.id, a_session(id=session.id))
        assert store.count_sessions() == 1
        assert len(store.get_messages(session.id)) == 2


class TestTitlesThatNobodyAskedFor:
    """See SessionStore.retitle_session."""

    def test_one_is_given_only_where_nobody_has_given_or_taken_one(
        self, store: SessionStore
    ) -> None:
        session = a_session()
        store.create_session(session)
        assert store.retitle_session(session.id, "Ours", unasked=True)
        assert not store.retitle_session(session.id, "Again", unasked=True)
        assert _title(store, session.id) == "Ours"
        assert store.retitle_session(session.id, "Theirs")
        assert not store.retitle_session(session.id, "Ours", unasked=True)
        assert store.retitle_session(session.id, None)
        assert not store.retitle_session(session.id, "Ours", unasked=True)
        assert _title(store, session.id) is None

    def test_one_is_no_change_of_anybodys(self, store: SessionStore) -> None:
        session = a_session()
        store.create_session(session)
        store.retitle_session(session.id, "Ünsers", unasked=True)
        archived = store.archived_session(session.id)
        assert archived is not None
        assert archived.session.title == "Ünsers"
        assert "title" not in archived.changes
        store.retitle_session(session.id, "Theirs")
        archived = store.archived_session(session.id)
        assert archived is not None
        assert "title" in archived.changes


def _title(store: SessionStore, id: str) -> str | None:
    summary = store.get_summary(id)
    assert summary is not None
    return summary.session.title
