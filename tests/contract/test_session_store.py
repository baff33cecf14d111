"""What every SessionStore does, whatever its engine."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from contract.builders import (
    NOON,
    a_finished_turn,
    a_prompt,
    a_session,
    a_summary,
    an_answer,
    days_ago,
)
from contract.engines import ENGINES, fresh_url
from synapse import timestamps
from synapse.domain import (
    LONGEST_RECALLED,
    Attachment,
    ClockJump,
    Retention,
    Role,
    SessionFilter,
    Status,
    StoredMessage,
    Usage,
)
from synapse.errors import InvalidDataError, NameTaken, NotFoundError, SessionBusy
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.ports import FileCare, Inspection, SessionStore
    from synapse.stores.mysql.store import MysqlStore
    from synapse.stores.postgres.store import PostgresStore
    from synapse.stores.sqlite.care.maintenance import SqliteMaintenance
    from synapse.stores.sqlite.store import SqliteStore

    # the type checker holds the adapters to the ports
    _STORES: list[type[SessionStore]] = [SqliteStore, PostgresStore, MysqlStore]
    _INSPECTIONS: list[type[Inspection]] = [SqliteMaintenance]
    _FILE_CARES: list[type[FileCare]] = [SqliteMaintenance]


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return fresh_url(request.param, tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[SessionStore]:
    with open_store(url) as opened:
        yield opened


class TestSessions:
    def test_a_created_session_is_found_as_it_was(self, store: SessionStore) -> None:
        session = a_session().with_name("Straße").with_system_prompt("Be brief.\n")
        store.create_session(session)
        assert store.get_session(session.id) == session

    def test_an_unknown_id_is_absent(self, store: SessionStore) -> None:
        assert store.get_session("01a209b6-4069-750a-8539-595330868751") is None
        assert store.get_summary("") is None

    def test_an_id_can_be_created_once(self, store: SessionStore) -> None:
        session = a_session()
        store.create_session(session)
        with pytest.raises(InvalidDataError, match=session.id):
            store.create_session(session.replace(model="other"))
        assert store.get_session(session.id) == session

    def test_touching_moves_the_time_of_last_use(self, store: SessionStore) -> None:
        session = a_session(updated=NOON)
        store.create_session(session)
        store.touch_session(session.id)
        touched = store.get_session(session.id)
        assert touched is not None
        assert touched.updated_at > NOON
        assert touched.created_at == NOON

    def test_touching_an_absent_session_is_an_error(self, store: SessionStore) -> None:
        with pytest.raises(NotFoundError):
            store.touch_session("nobody")

    def test_a_deleted_session_is_gone_with_its_messages(self, store: SessionStore) -> None:
        session = a_session()
        a_finished_turn(store, session, create=True)
        assert store.delete_session(session.id) is True
        assert store.get_session(session.id) is None
        assert store.get_messages(session.id) == []

    def test_deleting_an_absent_session_says_so(self, store: SessionStore) -> None:
        assert store.delete_session("nobody") is False

    def test_many_are_deleted_and_restored_at_once_and_those_that_were_are_told(
        self, store: SessionStore
    ) -> None:
        ids = []
        for number in range(300):
            session = a_session()
            a_finished_turn(store, session, f"question {number}", create=True)
            ids.append(session.id)
        assert store.trash_sessions([]) == []
        assert store.trash_sessions([*ids[:200], "nobody", ids[0]]) == ids[:200]
        assert store.restore_sessions([ids[250], *ids[:50]]) == ids[:50]
        assert store.delete_sessions(["nobody", *ids[50:]]) == ids[50:]
        assert {summary.session.id for summary in store.list_sessions()} == set(ids[:50])
        assert store.count_sessions(deleted=True) == 0

    def test_data_is_there_after_closing_and_opening(self, store: SessionStore, url: str) -> None:
        session = a_session()
        answer = a_finished_turn(store, session, create=True)
        store.close()
        with open_store(url) as again:
            assert [m.id for m in again.get_messages(session.id)][1:] == [answer.id]

    def test_closing_twice_does_nothing(self, store: SessionStore) -> None:
        store.close()
        store.close()

    @pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
    def test_what_no_engine_can_hold_becomes_a_replacement_character(
        self, store: SessionStore, text: str
    ) -> None:
        session = a_session().with_system_prompt(text)
        store.create_session(session)
        found = store.get_session(session.id)
        assert found is not None
        assert found.system_prompt == "a\ufffdb"

    def test_several_threads_share_a_store(self, store: SessionStore) -> None:
        sessions = [a_session() for _ in range(4)]

        def work(number: int) -> None:
            for turn in range(10):
                a_finished_turn(store, sessions[number], create=turn == 0)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [len(store.get_messages(session.id)) for session in sessions] == [20] * 4


class TestLastUse:
    def test_the_order_of_the_uses_counts_and_not_their_times(
        self, store: SessionStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moment = NOON
        monkeypatch.setattr(timestamps, "now", lambda: moment)

        def last() -> str | None:
            found = store.last_used()
            return found.session.id if found is not None else None

        assert last() is None
        one, two = a_session(updated=NOON), a_session(updated=NOON)
        store.create_session(one)
        store.create_session(two)
        assert last() == two.id
        store.create_session(a_session(updated=NOON - timedelta(1)))  # brought in from elsewhere
        assert last() == two.id
        moment = NOON + timedelta(400)
        a_finished_turn(store, one, create=False)
        assert last() == one.id
        moment = NOON
        store.add_message(a_prompt(two, timestamp=NOON))
        assert last() == two.id
        moment = NOON - timedelta(9999)
        store.touch_session(one.id)
        assert last() == one.id
        a_finished_turn(store, two, create=False)
        assert last() == two.id
        store.trash_session(two.id)
        assert last() == one.id
        store.restore_session(two.id)
        assert last() == two.id

    def test_a_jump_of_the_clock_is_told_once(
        self, store: SessionStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moment = NOON
        monkeypatch.setattr(timestamps, "now", lambda: moment)
        rules = Retention(trash_days=30)
        store.create_session(a_session(updated=NOON))

        def jump(by: timedelta) -> ClockJump | None:
            nonlocal moment
            moment += by
            return store.notice_clock(rules)

        assert jump(timedelta(0)) is None
        week = timedelta(7)
        assert jump(week) is None
        assert jump(week + timedelta(seconds=1)) == ClockJump(
            by=week + timedelta(seconds=1), matters=False
        )
        assert jump(timedelta(0)) is None
        assert jump(timedelta(-1)) is None
        assert jump(timedelta(80)) == ClockJump(by=timedelta(80), matters=True)
        assert jump(timedelta(-2)) == ClockJump(by=timedelta(-2), matters=True)
        assert jump(timedelta(0)) is None


class TestLists:
    def test_the_most_recently_updated_comes_first(self, store: SessionStore) -> None:
        for minutes in (1, 3, 2):
            store.create_session(
                a_session(updated=NOON + timedelta(minutes=minutes), model=f"m{minutes}")
            )
        assert [summary.session.model for summary in store.list_sessions()] == ["m3", "m2", "m1"]

    def test_equal_times_keep_the_order_of_creation(self, store: SessionStore) -> None:
        sessions = [a_session(updated=NOON) for _ in range(5)]
        for session in sessions:
            store.create_session(session)
        listed = [summary.session.id for summary in store.list_sessions()]
        assert listed == [session.id for session in reversed(sessions)]

    def test_a_summary_counts_and_previews(self, store: SessionStore) -> None:
        session = a_session()
        store.create_session(session)
        store.add_message(a_prompt(session, "Be kind.", role=Role.SYSTEM))
        store.add_message(a_prompt(session, "\n\t Wörter  über\nmehrere\r\nZeilen " + "x" * 80))
        store.add_message(a_prompt(session, "second"))
        [summary] = store.list_sessions()
        assert summary.message_count == 3
        assert summary.preview == ("Wörter  über mehrere Zeilen " + "x" * 80)[:50]

    def test_a_blank_message_is_no_preview(self, store: SessionStore) -> None:
        session = a_session()
        store.create_session(session)
        store.add_message(a_prompt(session, " \n"))
        store.add_message(a_prompt(session, "hello"))
        [summary] = store.list_sessions()
        assert summary.preview == "hello"

    @pytest.mark.parametrize("deleted", [False, True])
    def test_the_nth_is_that_of_the_list(self, store: SessionStore, deleted: bool) -> None:
        for number in range(5):
            moment = NOON + timedelta(hours=number // 2)
            store.create_session(a_session(updated=moment, deleted_at=moment if deleted else None))
        everything = store.list_sessions(deleted=deleted)
        assert len(everything) == 5
        for number, summary in enumerate(everything, 1):
            assert store.nth_session(number, deleted=deleted) == summary
        for number in (-1, 0, 6, 999_999_999):
            assert store.nth_session(number, deleted=deleted) is None
        assert store.nth_session(1, deleted=not deleted) is None

    def test_the_trash_has_a_list_of_its_own(self, store: SessionStore) -> None:
        kept, dropped = a_session(), a_session()
        store.create_session(kept)
        store.create_session(dropped)
        assert store.trash_session(dropped.id) is True
        assert store.trash_session(dropped.id) is False
        assert [s.session.id for s in store.list_sessions()] == [kept.id]
        assert [s.session.id for s in store.list_sessions(deleted=True)] == [dropped.id]
        assert (store.count_sessions(), store.count_sessions(deleted=True)) == (1, 1)

    def test_a_restored_session_is_what_it_was(self, store: SessionStore) -> None:
        session = a_session().with_name("docker")
        a_finished_turn(store, session, create=True)
        before = store.get_summary(session.id)
        store.trash_session(session.id)
        assert store.restore_session(session.id) is True
        assert store.restore_session(session.id) is False
        assert store.get_summary(session.id) == before

    def test_the_last_status_tells_a_cut_off_answer(self, store: SessionStore) -> None:
        session = a_session()
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        store.finish_turn(answer.replace(content="par", status=Status.INTERRUPTED))
        [summary] = store.list_sessions()
        assert summary.last_status is Status.INTERRUPTED
        a_finished_turn(store, session, create=False)
        [summary] = store.list_sessions()
        assert summary.last_status is Status.COMPLETE


class TestRecalledPrompts:
    def test_what_was_added_last_comes_first_whatever_the_session(
        self, store: SessionStore
    ) -> None:
        one, other = a_session(), a_session()
        a_finished_turn(store, one, "first", create=True)
        a_finished_turn(store, other, "second", create=True)
        a_finished_turn(store, one, "third", create=False)
        assert [text for _, text in store.recent_prompts(10)] == ["third", "second", "first"]

    def test_pages_follow_each_other_without_gap_or_overlap(self, store: SessionStore) -> None:
        session = a_session()
        for number in range(7):
            a_finished_turn(store, session, f"question {number}", create=number == 0)
        texts: list[str] = []
        before: str | None = None
        while page := store.recent_prompts(3, before=before):
            assert len(page) <= 3
            texts += [text for _, text in page]
            before = page[-1][0]
        assert texts == [f"question {number}" for number in reversed(range(7))]

    def test_what_is_in_the_trash_is_not_recalled(self, store: SessionStore) -> None:
        kept, thrown = a_session(), a_session()
        a_finished_turn(store, kept, "kept", create=True)
        a_finished_turn(store, thrown, "thrown away", create=True)
        store.trash_session(thrown.id)
        assert [text for _, text in store.recent_prompts(10)] == ["kept"]

    def test_blank_prompts_and_files_are_not_recalled(self, store: SessionStore) -> None:
        session = a_session()
        store.create_session(session)
        longest = "ü" * (LONGEST_RECALLED // 2)
        for content in ("typed", " \n\t", longest, longest + "x"):
            store.add_message(a_prompt(session, content))
        assert [text for _, text in store.recent_prompts(10)] == [longest, "typed"]


class TestLookUps:
    def test_a_prefix_of_the_id_or_of_the_handle_finds(self, store: SessionStore) -> None:
        session = a_session(id="01a209b6-4069-750a-8539-595330868751")
        store.create_session(session)
        store.create_session(a_session(id="01b309b6-4069-750a-8539-595399999999"))
        for digits in ("01a2", "01a209b64069750a8539595330868751", "3086", "30868751"):
            assert [s.session.id for s in store.find_by_prefix(digits)] == [session.id], digits
        assert store.find_by_prefix("8539") == []
        assert store.find_by_prefix("868751") == []

    def test_ambiguous_prefixes_find_all_newest_first(self, store: SessionStore) -> None:
        old = a_session(id="abcd1234-0000-7000-8000-000000000001", updated=NOON)
        new = a_session(id="00000000-0000-7000-8000-0000abcd1234")
        store.create_session(old)
        store.create_session(new)
        assert [s.session.id for s in store.find_by_prefix("abcd1234")] == [new.id, old.id]
        assert len(store.find_by_prefix("abcd", limit=1)) == 1

    def test_a_session_that_matches_twice_is_found_once(self, store: SessionStore) -> None:
        session = a_session(id="abcd1234-0000-7000-8000-0000abcd1234")
        store.create_session(session)
        assert len(store.find_by_prefix("abcd")) == 1

    def test_look_ups_keep_the_trash_apart(self, store: SessionStore) -> None:
        session = a_session().with_name("docker")
        store.create_session(session)
        store.trash_session(session.id)
        assert store.find_by_prefix(session.id[-8:]) == []
        assert store.find_by_name("docker") == []
        assert len(store.find_by_prefix(session.id[-8:], deleted=True)) == 1
        assert len(store.find_by_name("docker", deleted=True)) == 1

    @pytest.mark.parametrize(
        ("name", "typed"),
        [("Docker", "docker"), ("STRASSE", "straße"), ("Ångström", "A\u030aNGSTRO\u0308M")],
    )
    def test_names_are_compared_folded(self, store: SessionStore, name: str, typed: str) -> None:
        store.create_session(a_session().with_name(name))
        assert [s.session.name for s in store.find_by_name(typed)] == [name]

    def test_what_is_not_there_has_no_name_to_be_taken(self, store: SessionStore) -> None:
        store.create_session(a_session(name="taken"))
        with pytest.raises(NotFoundError):
            store.rename_session(a_session().id, "taken")

    def test_a_name_belongs_to_one_live_session(self, store: SessionStore) -> None:
        first = a_session().with_name("docker")
        store.create_session(first)
        with pytest.raises(NameTaken, match=first.id[-8:]):
            store.create_session(a_session().with_name("DOCKER"))
        second = a_session()
        store.create_session(second)
        with pytest.raises(NameTaken):
            store.rename_session(second.id, "Docker")
        assert store.count_sessions() == 2

    def test_a_session_may_change_the_case_of_its_name(self, store: SessionStore) -> None:
        session = a_session().with_name("ärger")
        store.create_session(session)
        store.rename_session(session.id, "ÄRGER")
        assert [s.session.name for s in store.find_by_name("Ärger")] == ["ÄRGER"]
        store.rename_session(session.id, None)
        assert store.find_by_name("ÄRGER") == []

    def test_renaming_an_absent_session_is_an_error(self, store: SessionStore) -> None:
        with pytest.raises(NotFoundError):
            store.rename_session("nobody", "x")

    def test_a_name_given_away_comes_back_numbered(self, store: SessionStore) -> None:
        first = a_session().with_name("docker")
        store.create_session(first)
        store.trash_session(first.id)
        store.create_session(a_session().with_name("Docker"))
        store.create_session(a_session().with_name("docker-2"))
        store.restore_session(first.id)
        restored = store.get_session(first.id)
        assert restored is not None
        assert restored.name == "docker-3"


class TestTitles:
    def test_a_title_is_given_changed_and_taken_away(self, store: SessionStore) -> None:
        session = a_session()
        store.create_session(session)
        for title in ("What volumes are for", "東京 🚀", None):
            store.retitle_session(session.id, title)
            assert store.get_session(session.id) == session.replace(title=title)

    def test_any_number_of_sessions_may_have_the_same_title(self, store: SessionStore) -> None:
        sessions = [a_session(title="Notes"), a_session(title="Notes"), a_session(name="Notes")]
        for session in sessions:
            store.create_session(session)
        assert [s.session.title for s in store.list_sessions()] == [None, "Notes", "Notes"]
        assert [s.session.id for s in store.find_by_name("notes")] == [sessions[2].id]

    def test_a_title_survives_the_trash_and_a_turn(self, store: SessionStore) -> None:
        session = a_session(title="Kept")
        a_finished_turn(store, session, create=True)
        store.trash_session(session.id)
        assert [s.session.title for s in store.list_sessions(deleted=True)] == ["Kept"]
        store.restore_session(session.id)
        a_finished_turn(store, session.replace(title=None), create=False)
        assert [s.headline for s in store.list_sessions()] == ["Kept"]

    def test_titling_an_absent_session_is_an_error(self, store: SessionStore) -> None:
        with pytest.raises(NotFoundError):
            store.retitle_session("01939f00-0000-7000-8000-000000000000", "x")


class TestPins:
    def test_a_pinned_session_survives_every_clean_up(self, store: SessionStore) -> None:
        session = a_session(updated=days_ago(1000))
        store.create_session(session)
        store.create_session(a_session())
        assert store.pin_session(session.id) is True
        assert store.pin_session(session.id) is False
        assert store.cleanup(Retention(retention_days=1, max_sessions=1)).total == 0
        found = store.get_session(session.id)
        assert found is not None
        assert found.pinned
        assert store.pin_session(session.id, False) is True
        assert store.cleanup(Retention(retention_days=1, max_sessions=1)).total == 1

    def test_pinning_an_absent_session_is_an_error(self, store: SessionStore) -> None:
        with pytest.raises(NotFoundError):
            store.pin_session("nobody")


class TestForks:
    def test_a_fork_has_its_own_copies_up_to_a_message(self, store: SessionStore) -> None:
        session = a_session().with_system_prompt("Be brief.")
        a_finished_turn(store, session, "one", "1", create=True)
        a_finished_turn(store, session, "two", "2", create=False)
        fork = a_session(forked_from=session.id, forked_at=3, system_prompt="Be brief.")
        assert store.fork_session(session.id, fork, at=3) == 3
        assert store.get_session(fork.id) == fork
        originals, copies = store.get_messages(session.id), store.get_messages(fork.id)
        assert [m.content for m in copies] == ["one", "1", "two"]
        assert [m.index for m in copies] == [1, 2, 3]
        assert not {m.id for m in originals} & {m.id for m in copies}
        assert [m.timestamp for m in copies] == [m.timestamp for m in originals[:3]]
        a_finished_turn(store, fork, "other", create=False)
        assert len(store.get_messages(session.id)) == 4

    def test_an_answer_under_way_is_copied_as_incomplete(self, store: SessionStore) -> None:
        session, fork = a_session(), a_session()
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        store.checkpoint(answer.id, "so far")
        assert store.fork_session(session.id, fork) == 2
        copied = store.get_messages(fork.id)[1]
        assert (copied.content, copied.status) == ("so far", Status.INCOMPLETE)
        store.finish_turn(answer.replace(content="so far and on", status=Status.COMPLETE))
        assert store.get_messages(fork.id)[1].content == "so far"

    def test_a_fork_of_nothing_is_an_error_and_leaves_nothing(self, store: SessionStore) -> None:
        fork = a_session()
        with pytest.raises(NotFoundError):
            store.fork_session("nobody", fork)
        assert store.get_session(fork.id) is None


class TestTakingBack:
    def test_what_is_taken_back_is_kept_and_marked(self, store: SessionStore) -> None:
        session = a_session()
        a_finished_turn(store, session, "one", "1", create=True)
        store.add_message(StoredMessage.new(session.id, Role.SYSTEM, "Be brief."))
        a_finished_turn(store, session, "two", "2", create=False)
        before = store.get_messages(session.id)
        assert store.supersede_messages(session.id, 4) == 2
        assert store.supersede_messages(session.id, 2) == 1
        assert store.supersede_messages(session.id, 2) == 0
        after = store.get_messages(session.id)
        assert [m.superseded for m in after] == [False, True, False, True, True]
        assert [m.replace(superseded=False) for m in after] == before

    def test_the_last_question_that_holds_is_asked_again(self, store: SessionStore) -> None:
        session = a_session()
        a_finished_turn(store, session, "one", "1", create=True)
        a_finished_turn(store, session, "two", "2", create=False)
        store.supersede_messages(session.id, 3)
        _, answer = store.begin_turn(session, None, an_answer(session), create=False)
        store.finish_turn(answer.replace(content="again", status=Status.COMPLETE))
        messages = store.get_messages(session.id)
        assert [m.content for m in messages if not m.superseded] == ["one", "again"]

    def test_nothing_is_taken_back_while_an_answer_comes_in(self, store: SessionStore) -> None:
        session = a_session()
        store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        with pytest.raises(SessionBusy):
            store.supersede_messages(session.id, 1)
        assert not any(m.superseded for m in store.get_messages(session.id))

    def test_nothing_is_taken_back_in_a_session_that_is_not_there(
        self, store: SessionStore
    ) -> None:
        with pytest.raises(NotFoundError):
            store.supersede_messages("nobody", 1)


class TestStatistics:
    def test_messages_and_tokens_are_summed(self, store: SessionStore) -> None:
        session = a_session()
        store.create_session(session)
        used = Usage(input_tokens=10, output_tokens=3)
        for day in (1, 2, 9):
            at = NOON.replace(day=day)
            store.add_message(a_prompt(session, timestamp=at))
            store.add_message(
                an_answer(session, "x", timestamp=at, status=Status.COMPLETE, usage=used)
            )
        rows = store.statistics("day", since=NOON.replace(day=2))
        assert [(r.key, r.sessions, r.messages, r.input_tokens) for r in rows] == [
            ("2026-11-02", 1, 2, 10),
            ("2026-11-09", 1, 2, 10),
        ]
        assert [r.key for r in store.statistics("week")] == ["2026-W44", "2026-W45", "2026-W46"]
        assert [(r.key, r.output_tokens) for r in store.statistics("month")] == [("2026-11", 9)]
        assert [(r.key, r.messages) for r in store.statistics("model")] == [("echo", 6)]
        assert [r.key for r in store.statistics("role")] == ["assistant", "user"]

    def test_caches_and_costs_are_summed_with_the_requests_for_summaries(
        self, store: SessionStore
    ) -> None:
        session, other = a_session(model="m"), a_session(model="m")
        store.create_session(session)
        store.create_session(other)
        store.add_message(a_prompt(other, timestamp=NOON.replace(day=9)))
        counted = Usage(input_tokens=10, output_tokens=1, cached_tokens=7, cache_write_tokens=2)
        for day, usage in (
            (1, Usage()),
            (2, counted),
            (3, counted.replace(cost=10**12, cost_source="provider")),
            (4, counted.replace(cost=0, cost_source="config")),
        ):
            answer = an_answer(session, "x", status=Status.COMPLETE, usage=usage)
            store.add_message(answer.replace(timestamp=NOON.replace(day=day)))
        store.add_summary(a_summary(session, 1, created_at=NOON.replace(day=1)))
        for day, usage in ((3, counted.replace(cost=5)), (6, counted)):
            standing = store.standing_summary(session.id)
            assert standing
            summary = a_summary(session, 2, provider="p", model="cheap", usage=usage)
            summary = summary.replace(parent=standing.id, created_at=NOON.replace(day=day))
            assert store.add_summary(summary)

        def told(by: str) -> list[tuple[object, ...]]:
            return [
                (r.key, r.sessions, r.messages, r.cached_tokens, r.cost, r.unpriced)
                for r in store.statistics(by)
            ]

        assert told("day") == [
            ("2026-11-01", 1, 1, 0, None, 0),
            ("2026-11-02", 1, 1, 7, None, 1),
            ("2026-11-03", 1, 1, 14, 10**12 + 5, 0),
            ("2026-11-04", 1, 1, 7, 0, 0),
            ("2026-11-06", 0, 0, 7, None, 1),
            ("2026-11-09", 1, 1, 0, None, 0),
        ]
        assert told("provider") == [
            ("echo", 2, 5, 21, 10**12, 1),
            ("p", 0, 0, 14, 5, 1),
        ]
        assert told("model") == [
            ("cheap", 0, 0, 14, 5, 1),
            ("echo", 1, 4, 21, 10**12, 1),
            ("m", 1, 1, 0, None, 0),
        ]
        assert sorted(told("session")) == sorted(
            [
                (session.id, 1, 4, 35, 10**12 + 5, 2),
                (other.id, 1, 1, 0, None, 0),
            ]
        )
        [row] = [r for r in store.statistics("role") if r.key == "assistant"]
        assert (row.input_tokens, row.output_tokens, row.cache_write_tokens) == (50, 5, 10)
        assert store.trash_session(session.id)
        assert [r.key for r in store.statistics("session")] == [other.id]
        assert store.statistics("session", since=NOON.replace(year=2200)) == []

    def test_the_trash_does_not_count(self, store: SessionStore) -> None:
        session = a_session()
        a_finished_turn(store, session, create=True)
        store.trash_session(session.id)
        assert store.statistics("day") == []

    @pytest.mark.parametrize("by", ["hour", "", "DAY", "day'--"])
    def test_statistics_by_anything_else_are_an_error(self, store: SessionStore, by: str) -> None:
        with pytest.raises(InvalidDataError, match="no statistics by"):
            store.statistics(by)


class TestMessages:
    def test_messages_come_back_in_the_order_of_adding(self, store: SessionStore) -> None:
        session = a_session()
        store.create_session(session)
        for number in range(20):
            # the clock runs backwards
            store.add_message(
                a_prompt(session, str(number), timestamp=NOON - timedelta(minutes=number))
            )
        messages = store.get_messages(session.id)
        assert [message.content for message in messages] == [str(n) for n in range(20)]
        assert [message.index for message in messages] == list(range(1, 21))

    def test_a_message_comes_back_as_it_was(self, store: SessionStore) -> None:
        session = a_session()
        store.create_session(session)
        message = an_answer(
            session,
            "content",
            status=Status.FAILED,
            reasoning="thought",
            finish_reason="length",
            error="rate_limited: slow down",
            usage=Usage(input_tokens=3, output_tokens=0),
            elapsed_ms=17,
            superseded=True,
        )
        store.add_message(message)
        assert store.get_messages(session.id) == [message.replace(index=1)]

    def test_adding_moves_the_session_forward_never_back(self, store: SessionStore) -> None:
        session = a_session(updated=NOON)
        store.create_session(session)
        store.add_message(a_prompt(session, timestamp=NOON + timedelta(seconds=5)))
        store.add_message(a_prompt(session, timestamp=NOON - timedelta(seconds=5)))
        found = store.get_session(session.id)
        assert found is not None
        assert found.updated_at == NOON + timedelta(seconds=5)

    def test_adding_to_an_absent_session_is_an_error(self, store: SessionStore) -> None:
        with pytest.raises(NotFoundError):
            store.add_message(a_prompt(a_session()))

    def test_adding_a_message_again_changes_nothing(self, store: SessionStore) -> None:
        session = a_session()
        store.create_session(session)
        message = a_prompt(session)
        store.add_message(message)
        store.add_message(message.replace(content="other"))
        assert [m.content for m in store.get_messages(session.id)] == [message.content]

    def test_a_range_of_messages(self, store: SessionStore) -> None:
        session = a_session()
        store.create_session(session)
        for number in range(1, 6):
            store.add_message(a_prompt(session, str(number)))
        some = store.get_messages(session.id, first=2, last=4)
        assert [message.content for message in some] == ["2", "3", "4"]
        assert [message.index for message in store.get_messages(session.id, first=5)] == [5]


def test_of_two_writers_at_once_one_gets_the_name(url: str) -> None:
    """Whichever way they take to it."""
    writers = 4
    start = threading.Barrier(writers)
    told: list[str] = []

    def write(number: int) -> None:
        with open_store(url) as store:
            for turn in range(12):
                name = f"name-{turn}"
                session = a_session()
                if number % 2:
                    store.create_session(session)
                start.wait()
                try:
                    if number % 2:
                        store.rename_session(session.id, name.upper())
                    else:
                        a_finished_turn(store, session.with_name(name), create=True)
                    told.append(name)
                except NameTaken:
                    pass

    open_store(url).close()
    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == sorted(f"name-{turn}" for turn in range(12))
    with open_store(url) as store:
        for turn in range(12):
            assert len(store.find_by_name(f"name-{turn}")) == 1


@pytest.mark.parametrize("deleted", [False, True])
@pytest.mark.parametrize("which", [None, SessionFilter(provider="echo")])
def test_pages_follow_each_other_whatever_happens_meanwhile(
    store: SessionStore, deleted: bool, which: SessionFilter | None
) -> None:
    sessions = [a_session(updated=NOON + timedelta(minutes=number // 3)) for number in range(12)]
    for session in sessions:
        moment = session.updated_at if deleted else None
        store.create_session(session.replace(deleted_at=moment))
    expected = [s.session.id for s in store.list_sessions(deleted=deleted)]
    seen: list[str] = []
    last = None
    while page := store.list_sessions(limit=2, after=last, deleted=deleted, which=which):
        last = page[-1]
        seen += [summary.session.id for summary in page]
        newest = a_session(updated=NOON + timedelta(days=1))
        store.create_session(newest.replace(deleted_at=newest.updated_at if deleted else None))
        if len(seen) == 2:
            store.delete_session(seen[0])
        if len(seen) == 4 and not deleted:
            store.touch_session(seen[3])  # the one behind which the next page begins
    assert seen == expected


def test_a_page_after_one_that_is_gone_misses_none(store: SessionStore) -> None:
    for number in range(6):
        store.create_session(a_session(updated=NOON + timedelta(minutes=number // 3)))
    expected = [s.session.id for s in store.list_sessions()]
    last = store.list_sessions(limit=2)[-1]
    store.delete_session(last.session.id)
    seen = [s.session.id for s in store.list_sessions(after=last)]
    assert seen[-4:] == expected[2:]


def test_what_was_in_no_list_of_the_trash_has_none_behind_it(store: SessionStore) -> None:
    store.create_session(a_session())
    [live] = store.list_sessions()
    with pytest.raises(InvalidDataError):
        store.list_sessions(after=live, deleted=True)


class TestTurns:
    def test_a_turn_begins_with_prompt_and_empty_answer(self, store: SessionStore) -> None:
        session = a_session()
        prompt, answer = store.begin_turn(
            session, a_prompt(session, "why?"), an_answer(session), create=True
        )
        assert prompt is not None
        assert (prompt.index, answer.index) == (1, 2)
        stored = store.get_messages(session.id)
        assert [(m.role, m.content, m.status) for m in stored] == [
            (Role.USER, "why?", Status.COMPLETE),
            (Role.ASSISTANT, "", Status.STREAMING),
        ]

    def test_checkpoints_add_up(self, store: SessionStore) -> None:
        session = a_session()
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        for piece in ("Ru", "", "st i", "s"):
            store.checkpoint(answer.id, piece, piece.upper())
        stored = store.get_messages(session.id)[1]
        assert (stored.content, stored.reasoning) == ("Rust is", "RUST IS")

    def test_checkpoints_of_several_stores_add_up(self, store: SessionStore, url: str) -> None:
        session = a_session()
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        with open_store(url) as other:
            for number, piece in enumerate(("Ru", "st", " is", "!")):
                (other if number % 2 == 0 else store).checkpoint(answer.id, piece)
        assert store.get_messages(session.id)[1].content == "Rust is!"

    def test_an_answer_is_kept_until_it_is_closed(self, store: SessionStore, url: str) -> None:
        session = a_session()
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        assert store.renew_lease(answer.id) is True
        assert store.renew_lease(answer.id) is True
        store.finish_turn(answer.replace(content="x", status=Status.INTERRUPTED))
        assert store.renew_lease(answer.id) is False
        assert store.renew_lease("nobody") is False
        assert store.get_messages(session.id)[1].status is Status.INTERRUPTED

    def test_nothing_is_appended_to_what_is_closed(self, store: SessionStore) -> None:
        session = a_session()
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        store.finish_turn(answer.replace(content="x", status=Status.INTERRUPTED))
        store.checkpoint(answer.id, "y")
        assert store.get_messages(session.id)[1].content == "x"
        with pytest.raises(NotFoundError):
            store.checkpoint("nobody", "y")

    def test_the_end_of_a_turn_replaces_what_was_checkpointed(self, store: SessionStore) -> None:
        session = a_session()
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        store.checkpoint(answer.id, "abc")
        closed = answer.replace(
            content="abcdef", status=Status.COMPLETE, usage=Usage(input_tokens=1, output_tokens=2)
        )
        store.finish_turn(closed)
        assert store.get_messages(session.id)[1] == closed

    def test_a_complete_answer_is_never_changed(self, store: SessionStore) -> None:
        session = a_session()
        closed = a_finished_turn(store, session, answer="whole", create=True)
        store.finish_turn(closed.replace(content="half", status=Status.INTERRUPTED))
        assert store.get_messages(session.id)[1].content == "whole"

    @pytest.mark.parametrize("end", [Status.COMPLETE, Status.INTERRUPTED, Status.FAILED])
    def test_closing_an_answer_again_moves_nothing(
        self, store: SessionStore, monkeypatch: pytest.MonkeyPatch, end: Status
    ) -> None:
        session = a_session()
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        closed = answer.replace(content="whole", status=end, elapsed_ms=7)
        store.finish_turn(closed)
        before = store.get_summary(session.id), store.get_messages(session.id)
        monkeypatch.setattr(timestamps, "now", lambda: NOON + timedelta(days=1000))
        store.finish_turn(closed)
        if end is Status.COMPLETE:
            store.finish_turn(closed.replace(content="other", status=Status.FAILED))
        assert (store.get_summary(session.id), store.get_messages(session.id)) == before
        if end is not Status.COMPLETE:  # what a spill file brings in is more
            store.finish_turn(closed.replace(content="whole and more"))
            found = store.get_session(session.id)
            assert found is not None
            assert found.updated_at == NOON + timedelta(days=1000)

    def test_an_answer_that_is_not_there_can_not_be_closed(self, store: SessionStore) -> None:
        session = a_session()
        store.create_session(session)
        with pytest.raises(NotFoundError):
            store.finish_turn(an_answer(session, status=Status.COMPLETE))

    def test_a_refused_turn_leaves_nothing(self, store: SessionStore) -> None:
        session = a_session()
        with pytest.raises(NotFoundError):
            store.begin_turn(session, a_prompt(session), an_answer(session), create=False)
        store.create_session(a_session().with_name("x"))
        with pytest.raises(NameTaken):
            store.begin_turn(
                session.with_name("X"), a_prompt(session), an_answer(session), create=True
            )
        assert store.get_session(session.id) is None
        assert store.get_messages(session.id) == []

    def test_a_session_answers_one_prompt_at_a_time(self, store: SessionStore, url: str) -> None:
        session = a_session()
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        with open_store(url) as other, pytest.raises(SessionBusy, match=session.id[-8:]):
            other.begin_turn(session, a_prompt(session), an_answer(session), create=False)
        store.finish_turn(answer.replace(status=Status.COMPLETE))
        store.begin_turn(session, a_prompt(session), an_answer(session), create=False)

    def test_asking_again_supersedes_the_answers_to_the_last_prompt(
        self, store: SessionStore
    ) -> None:
        session = a_session()
        first = a_finished_turn(store, session, "one", create=True)
        second = a_finished_turn(store, session, "two", create=False)
        prompt, third = store.begin_turn(session, None, an_answer(session), create=False)
        assert prompt is None
        superseded = {m.id: m.superseded for m in store.get_messages(session.id)}
        assert superseded[first.id] is False
        assert superseded[second.id] is True
        assert superseded[third.id] is False

    def test_nothing_is_abandoned_while_its_owner_lives(self, store: SessionStore) -> None:
        session = a_session()
        _, answer = store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        assert store.close_abandoned(session.id) == 0
        store.finish_turn(answer.replace(status=Status.COMPLETE))


class TestCleanUp:
    def test_what_was_not_used_for_long_goes_into_the_trash(self, store: SessionStore) -> None:
        old, young = a_session(updated=days_ago(91)), a_session(updated=days_ago(89))
        store.create_session(old)
        store.create_session(young)
        result = store.cleanup(Retention(retention_days=90, max_sessions=0))
        assert (result.by_retention, result.by_limit, result.total) == (1, 0, 1)
        assert [s.session.id for s in store.list_sessions()] == [young.id]
        assert [s.session.id for s in store.list_sessions(deleted=True)] == [old.id]

    def test_the_ends_of_the_terms_are_exact(
        self, store: SessionStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moment = NOON
        monkeypatch.setattr(timestamps, "now", lambda: moment)
        at_once = timedelta(microseconds=1)
        ages = {"over": timedelta(90) + at_once, "just": timedelta(90)}
        for name, age in ages.items():
            store.create_session(a_session(name=name, updated=NOON - age))
        rules = Retention(retention_days=90, max_sessions=0, trash_days=30)
        assert store.cleanup(rules).by_retention == 1  # "just" is not older than that
        assert [s.session.name for s in store.list_sessions()] == ["just"]
        by_moment = Retention(max_sessions=0, unused_since=NOON - timedelta(90))
        assert store.plan_cleanup(by_moment).total == store.cleanup(by_moment).total == 0
        moment = NOON + timedelta(30) - at_once
        assert store.cleanup(rules.replace(retention_days=0)).purged == 0
        moment = NOON + timedelta(30)
        assert store.cleanup(rules.replace(retention_days=0)).purged == 1

    def test_the_least_recently_used_above_the_limit_go(self, store: SessionStore) -> None:
        sessions = [a_session(updated=days_ago(day)) for day in range(10)]
        for session in sessions:
            store.create_session(session)
        result = store.cleanup(Retention(retention_days=0, max_sessions=3))
        assert (result.by_retention, result.by_limit) == (0, 7)
        assert [s.session.id for s in store.list_sessions()] == [s.id for s in sessions[:3]]

    def test_zero_keeps_everything_for_ever(self, store: SessionStore) -> None:
        for day in (0, 5000, 100_000):
            store.create_session(a_session(updated=days_ago(day)))
        result = store.cleanup(Retention(retention_days=0, max_sessions=0))
        assert result.total == 0
        assert store.count_sessions() == 3

    def test_both_rules_are_counted_apart(self, store: SessionStore) -> None:
        for day in (1, 2, 3, 100, 101):
            store.create_session(a_session(updated=days_ago(day)))
        result = store.cleanup(Retention(retention_days=90, max_sessions=2))
        assert (result.by_retention, result.by_limit, result.total) == (2, 1, 3)

    def test_a_spared_session_stays(self, store: SessionStore) -> None:
        sessions = [a_session(updated=days_ago(100 + day)) for day in range(3)]
        for session in sessions:
            store.create_session(session)
        store.cleanup(Retention(retention_days=90, max_sessions=1), spare=[sessions[2].id])
        assert [s.session.id for s in store.list_sessions()] == [sessions[2].id]

    def test_a_session_that_is_being_answered_stays(self, store: SessionStore) -> None:
        session = a_session(updated=days_ago(100))
        answer = an_answer(session, timestamp=days_ago(100))
        store.begin_turn(session, a_prompt(session), answer, create=True)
        assert store.cleanup(Retention(retention_days=90, max_sessions=1)).total == 0
        by_size = Retention(retention_days=0, max_sessions=0, max_size=1)
        assert store.plan_cleanup(by_size).total == 0
        assert store.cleanup(by_size).total == 0

    def test_a_restored_session_is_spared(self, store: SessionStore) -> None:
        session = a_session(updated=days_ago(100))
        store.create_session(session)
        store.create_session(a_session())
        assert store.cleanup(Retention(retention_days=90, max_sessions=1)).total == 1
        store.restore_session(session.id)
        assert store.cleanup(Retention(retention_days=90, max_sessions=1)).total == 0
        assert store.count_sessions() == 2

    @pytest.mark.parametrize("rule", ["expired", "excess", "empty"])
    def test_a_restored_session_is_spared_for_thirty_days(
        self, store: SessionStore, monkeypatch: pytest.MonkeyPatch, rule: str
    ) -> None:
        moment = NOON
        monkeypatch.setattr(timestamps, "now", lambda: moment)
        session = a_session(updated=NOON - timedelta(100))
        store.create_session(session)
        store.create_session(a_session(updated=NOON + timedelta(60)))
        store.pin_session(store.list_sessions()[0].session.id)
        rules = Retention(
            retention_days=90 if rule == "expired" else 0,
            max_sessions=1 if rule == "excess" else 0,
            empty=rule == "empty",
        )
        store.trash_session(session.id)
        store.restore_session(session.id)
        for days in (0, 3, 4, 29, 29.9999):
            moment = NOON + timedelta(days)
            assert store.plan_cleanup(rules).total == store.cleanup(rules).total == 0
        moment = NOON + timedelta(days=30, seconds=1)
        assert store.plan_cleanup(rules).total == store.cleanup(rules).total == 1

    def test_sessions_without_a_message_go_only_if_that_is_a_rule(
        self, store: SessionStore
    ) -> None:
        empty = [a_session(updated=days_ago(number)) for number in range(130)]
        for session in empty:
            store.create_session(session)
        store.pin_session(empty[0].id)
        talked = a_session()
        a_finished_turn(store, talked, create=True)
        rules = Retention(retention_days=0, max_sessions=0)
        assert store.cleanup(rules).total == 0
        rules = rules.replace(empty=True)
        plan = store.plan_cleanup(rules, spare=[empty[1].id])
        assert (plan.by_emptiness, plan.pinned, plan.total) == (128, 1, 128)
        assert store.cleanup(rules, spare=[empty[1].id], at_most=60).by_emptiness == 60
        assert store.cleanup(rules, spare=[empty[1].id]).total == 68
        left = {summary.session.id for summary in store.list_sessions()}
        assert left == {empty[0].id, empty[1].id, talked.id}
        store.restore_session(empty[5].id)
        assert store.cleanup(rules, spare=[empty[1].id]).total == 0

    def test_the_least_recently_used_beyond_a_size_go(self, store: SessionStore) -> None:
        sessions = [a_session(updated=days_ago(number)) for number in range(6)]
        texts = ["x" * 1000, "é" * 500, "y" * 990, "z" * 1000, "w" * 1000, ""]
        for session, text in zip(sessions, texts, strict=True):
            store.create_session(session)
            message = StoredMessage.new(session.id, Role.USER, text)
            if session is sessions[2]:
                data = Attachment(name="n", media_type="text/plain", data=b"0123456789")
                message = message.replace(attachments=(data,))
            store.add_message(message.replace(timestamp=session.updated_at))
        store.pin_session(sessions[4].id)
        rules = Retention(retention_days=0, max_sessions=0, max_size=3000)
        plan = store.plan_cleanup(rules)
        assert (plan.by_size, plan.pinned, plan.total) == (2, 1, 2)
        result = store.cleanup(rules)
        assert (result.by_size, result.total) == (2, 2)
        left = [summary.session.id for summary in store.list_sessions()]
        assert left == [session.id for session in (*sessions[:3], sessions[4])]
        assert store.plan_cleanup(rules).total == 0
        assert store.plan_cleanup(rules.replace(max_size=2999)).by_size == 1

    def test_a_large_clean_up_can_be_done_in_slices(self, store: SessionStore) -> None:
        for _ in range(130):
            store.create_session(a_session())
        limit = Retention(retention_days=0, max_sessions=10)
        totals = [store.cleanup(limit, at_most=70).total for _ in range(3)]
        assert totals == [70, 50, 0]
        assert store.count_sessions() == 10

    @pytest.mark.parametrize("others", [False, True])
    @pytest.mark.parametrize("days", [0, 50, 90])
    @pytest.mark.parametrize("limit", [0, 1, 3, 100])
    def test_the_plan_is_what_then_happens(
        self, store: SessionStore, days: int, limit: int, others: bool
    ) -> None:
        sessions = [a_session(updated=days_ago(20 * number)) for number in range(8)]
        for session in sessions:
            store.create_session(session)
        store.pin_session(sessions[1].id)
        store.pin_session(sessions[6].id)
        spare = [sessions[7].id]
        for session in sessions[::2]:
            message = StoredMessage.new(session.id, Role.USER, "x" * 100)
            store.add_message(message.replace(timestamp=session.updated_at))
        rules = Retention(retention_days=days, max_sessions=limit)
        if others:
            rules = rules.replace(empty=True, max_size=250)
        plan = store.plan_cleanup(rules, spare=spare)
        result = store.cleanup(rules, spare=spare)
        assert plan.replace(pinned=0).__dict__ == {
            name: count for name, count in result.__dict__.items() if name != "purged"
        } | {"pinned": 0}
        assert store.plan_cleanup(rules, spare=spare).total == 0
        left = {summary.session.id for summary in store.list_sessions()}
        assert {sessions[1].id, sessions[6].id, sessions[7].id} <= left
        expected = {(0, 0): 0, (0, 100): 0, (50, 0): 1, (90, 0): 1, (0, 1): 2}
        if (days, limit) in expected and not others:
            assert plan.pinned == expected[days, limit]

    def test_trash_is_destroyed_when_its_time_is_over(self, store: SessionStore) -> None:
        session = a_session()
        a_finished_turn(store, session, create=True)
        store.trash_session(session.id)
        keep = Retention(retention_days=0, max_sessions=0)
        assert store.cleanup(keep).purged == 0
        assert store.cleanup(keep.replace(trash_days=30)).purged == 0
        assert store.cleanup(keep.replace(trash_days=0)).purged == 1
        assert store.get_session(session.id) is None

    def test_limits_beyond_the_calendar_keep_everything(self, store: SessionStore) -> None:
        store.create_session(a_session(updated=days_ago(700_000)))
        result = store.cleanup(
            Retention(retention_days=10**9, max_sessions=10**9, trash_days=10**9)
        )
        assert (result.total, result.purged) == (0, 0)
