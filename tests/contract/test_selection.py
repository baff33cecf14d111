"""Which sessions a list holds, and in which order."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from contract.builders import NOON, a_finished_turn, a_session
from contract.engines import ENGINES, fresh_url
from synapse.domain import SessionFilter, SessionOrder, SessionTotals
from synapse.errors import InvalidDataError
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.ports import SessionStore


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SessionStore]:
    with open_store(fresh_url(request.param, tmp_path)) as opened:
        yield opened


def add(store: SessionStore, name: str | None, prompt: str = "", **fields: Any) -> str:
    """A session with a name, and with a turn if there is a prompt; its id."""
    session = a_session(name=name, **fields)
    if prompt:
        a_finished_turn(store, session, prompt, create=True)
    else:
        store.create_session(session)
    return session.id


def found(store: SessionStore, **which: Any) -> list[str | None]:
    """The names of the sessions that the filter means."""
    listed = store.list_sessions(which=SessionFilter(**which))
    total = store.total_sessions(SessionFilter(**which))
    assert total.sessions == len(listed)
    assert total.messages == sum(summary.message_count for summary in listed)
    return [summary.session.name for summary in listed]


class TestText:
    @pytest.mark.parametrize("text", ["docker", "DOCKER", "ocker-v", "volumes"])
    def test_a_part_of_the_name_is_found_whatever_its_case(
        self, store: SessionStore, text: str
    ) -> None:
        add(store, "Docker-Volumes")
        add(store, "else")
        assert found(store, text=text) == ["Docker-Volumes"]

    def test_a_part_of_the_first_question_is_found(self, store: SessionStore) -> None:
        add(store, "one", "How do I mount a Volume?")
        add(store, "two", "What is a monad?")
        assert found(store, text="a volume") == ["one"]

    @pytest.mark.parametrize(
        ("text", "prompt"),
        [
            ("STRASSE", "Eine Straße"),
            ("straße", "STRASSE"),
            ("cafe\u0301", "Café"),
            ("旅行", "東京 旅行"),
        ],
    )
    def test_case_and_composition_do_not_count_in_any_script(
        self, store: SessionStore, text: str, prompt: str
    ) -> None:
        add(store, "it", prompt)
        assert found(store, text=text) == ["it"]

    @pytest.mark.parametrize("sign", ["%", "_", "*", "?", "\\", "'", '"', "["])
    def test_no_character_is_a_wildcard(self, store: SessionStore, sign: str) -> None:
        add(store, "without", "plain words")
        add(store, "with", f"a{sign}b")
        assert found(store, text=sign) == ["with"]
        assert found(store, model=sign) == []

    def test_a_part_of_the_title_is_found_whatever_its_case(self, store: SessionStore) -> None:
        add(store, "named", "a question", title="Über Straßen")
        add(store, "other", "Straßen?")
        assert found(store, text="STRASSEN") == ["other", "named"]
        assert found(store, text="über") == ["named"]
        assert found(store, text="question") == ["named"]

    def test_an_empty_text_means_every_session(self, store: SessionStore) -> None:
        add(store, None)
        add(store, "b", "words")
        assert found(store, text="") == ["b", None]


class TestOtherFilters:
    def test_the_beginning_of_a_range_belongs_to_it_and_its_end_does_not(
        self, store: SessionStore
    ) -> None:
        for hour in range(4):
            add(store, f"h{hour}", updated=NOON + timedelta(hours=hour))
        since, until = NOON + timedelta(hours=1), NOON + timedelta(hours=3)
        assert found(store, since=since) == ["h3", "h2", "h1"]
        assert found(store, until=until) == ["h2", "h1", "h0"]
        assert found(store, since=since, until=until) == ["h2", "h1"]
        assert found(store, since=until, until=since) == []

    def test_in_the_trash_the_time_of_deletion_counts(self, store: SessionStore) -> None:
        add(store, "old", updated=NOON, deleted_at=NOON + timedelta(days=2))
        add(store, "new", updated=NOON + timedelta(days=1), deleted_at=NOON + timedelta(days=1))
        which = SessionFilter(since=NOON + timedelta(days=2))
        [summary] = store.list_sessions(which=which, deleted=True)
        assert summary.session.name == "old"
        assert store.total_sessions(which, deleted=True) == SessionTotals(sessions=1)
        assert store.list_sessions(which=which) == []

    def test_a_provider_is_meant_exactly_and_a_model_by_a_part(self, store: SessionStore) -> None:
        add(store, "a", provider="openai", model="gpt-5")
        add(store, "b", provider="openrouter", model="openai/GPT-5-mini")
        assert found(store, provider="openai") == ["a"]
        assert found(store, model="gpt-5") == ["b", "a"]
        assert found(store, model="Mini") == ["b"]

    def test_named_and_pinned_sessions_can_be_told_apart(self, store: SessionStore) -> None:
        add(store, None)
        add(store, "named")
        add(store, "pinned", pinned=True)
        assert found(store, named=True) == ["pinned", "named"]
        assert found(store, pinned=True) == ["pinned"]
        assert found(store, pinned=False) == ["named", None]

    def test_one_tag_of_several_is_enough_whatever_its_case(self, store: SessionStore) -> None:
        rust, both, other = (add(store, name) for name in ("rust", "both", "other"))
        assert store.tag_sessions([rust, both], ["Rust"]) == [rust, both]
        assert store.tag_sessions([both, other], ["Straße", "rust"]) == [both, other]
        assert store.tag_sessions([rust], ["RUST"]) == []
        assert found(store, tags=("rUST",)) == ["other", "both", "rust"]
        assert found(store, tags=("STRASSE", "rus")) == ["other", "both"]
        assert store.tags() == [("rust", 3), ("Straße", 2)]
        assert store.untag_sessions([rust, both, "absent"], ["STRASSE"]) == [both]
        [summary] = store.list_sessions(which=SessionFilter(tags=("strasse",)))
        assert (summary.session.name, summary.tags) == ("other", ("rust", "Straße"))

    @pytest.mark.parametrize("word", ["", "a b", " a", "a\n"])
    def test_a_tag_is_one_word(self, store: SessionStore, word: str) -> None:
        session = add(store, "a")
        with pytest.raises(InvalidDataError):
            store.tag_sessions([session], ["fine", word])
        assert store.tags() == []

    def test_tags_go_with_their_session(self, store: SessionStore) -> None:
        session = add(store, "a")
        store.tag_sessions([session], ["Work"])
        store.trash_session(session)
        assert store.tags() == []
        assert store.tags(deleted=True) == [("Work", 1)]
        store.restore_session(session)
        store.delete_session(session)
        assert store.tags() == store.tags(deleted=True) == []

    def test_filters_hold_together(self, store: SessionStore) -> None:
        add(store, "right one", model="m1", updated=NOON)
        add(store, "right, but another model", model="m2", updated=NOON)
        add(store, "right, but too old", model="m1", updated=NOON - timedelta(days=1))
        add(store, "wrong", model="m1", updated=NOON)
        assert found(store, text="right", model="m1", since=NOON, named=True) == ["right one"]


class TestOrders:
    @pytest.fixture
    def three(self, store: SessionStore) -> SessionStore:
        """b was created first and used last, has the most messages; one has no name."""
        add(store, "b", updated=NOON + timedelta(days=9), created_at=NOON)
        add(store, None, updated=NOON + timedelta(days=5), created_at=NOON + timedelta(days=2))
        add(store, "a", updated=NOON + timedelta(days=1), created_at=NOON + timedelta(days=1))
        [first, *_] = store.list_sessions()
        a_finished_turn(store, first.session, create=False)
        return store

    @pytest.mark.parametrize(
        ("order", "expected"),
        [
            (SessionOrder.UPDATED, ["b", None, "a"]),
            (SessionOrder.CREATED, [None, "a", "b"]),
            (SessionOrder.MESSAGES, ["b", "a", None]),
            (SessionOrder.NAME, ["a", "b", None]),
        ],
    )
    def test_each_order_and_its_reverse(
        self, three: SessionStore, order: SessionOrder, expected: list[str | None]
    ) -> None:
        def listed(**options: Any) -> list[str | None]:
            return [s.session.name for s in three.list_sessions(order=order, **options)]

        assert listed() == expected
        assert listed(reverse=True) == expected[::-1]
        assert listed(limit=2) == expected[:2]
        assert listed(reverse=True, limit=1) == expected[-1:]
        assert listed(which=SessionFilter(named=True)) == [n for n in expected if n]

    @pytest.mark.parametrize("order", SessionOrder)
    @pytest.mark.parametrize("reverse", [False, True])
    def test_of_equal_ones_the_last_stored_comes_first(
        self, store: SessionStore, order: SessionOrder, reverse: bool
    ) -> None:
        ids = [add(store, None, updated=NOON) for _ in range(5)]
        listed = [s.session.id for s in store.list_sessions(order=order, reverse=reverse)]
        assert listed == (ids if reverse else ids[::-1])

    def test_the_end_of_the_usual_order_can_be_asked_for(self, store: SessionStore) -> None:
        ids = [add(store, None, updated=NOON + timedelta(hours=h)) for h in range(4)]
        assert [s.session.id for s in store.list_sessions(reverse=True, limit=2)] == ids[:2]
