"""Sessions built from other programs' messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from synapse.archived import Origin
from synapse.domain import Role
from synapse.formats._building import UNKNOWN_MODEL, SessionBuilder, stable_id

MOMENT = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_an_id_is_a_uuid_of_version_7_and_always_the_same() -> None:
    id = stable_id("chatgpt", "abc", at=MOMENT)
    assert id == stable_id("chatgpt", "abc", at=MOMENT)
    assert len(id) == 36
    assert id[14] == "7"
    assert id[19] in "89ab"
    assert int(id.replace("-", "")[:12], 16) == int(MOMENT.timestamp() * 1000)


def test_names_that_only_look_alike_together_have_different_ids() -> None:
    assert stable_id("a", "bc") != stable_id("ab", "c")


def test_lone_surrogates_and_times_before_1970_make_an_id() -> None:
    assert stable_id("\ud83d", at=datetime(1969, 1, 1, tzinfo=UTC))[:8] == "00000000"


def built() -> SessionBuilder:
    builder = SessionBuilder("llm", "01k", started=MOMENT, title=" two\nlines ")
    builder.add(Role.USER, "Hello")
    builder.add(Role.ASSISTANT, "Hi", model="m-1", at=MOMENT + timedelta(seconds=9))
    return builder


def test_a_session_has_the_times_of_its_file() -> None:
    session = built().finished().session
    assert session.created_at == MOMENT
    assert session.updated_at == MOMENT + timedelta(seconds=9)
    assert session.title == "two lines"
    assert (session.provider, session.model) == ("llm", "m-1")


def test_a_session_knows_its_origin() -> None:
    assert built().finished().origin == Origin(program="llm", id="01k")


def test_building_the_same_again_gives_the_same() -> None:
    assert built().finished() == built().finished()


def test_equal_messages_have_ids_of_their_own() -> None:
    builder = built()
    builder.add(Role.USER, "Hello")
    ids = [archived.message.id for archived in builder.finished().messages]
    assert len(set(ids)) == 3


def test_messages_that_say_they_are_the_same_one_have_ids_of_their_own() -> None:
    builder = SessionBuilder("llm", "01k", started=MOMENT)
    for text in ("Hello", "Hello", "Bye"):
        builder.add(Role.USER, text, source_id="m1")
    ids = [archived.message.id for archived in builder.finished().messages]
    assert len(set(ids)) == 3


def test_a_fork_names_the_last_message_that_it_shares() -> None:
    origin, fork = built(), SessionBuilder("llm", "01k#b", started=MOMENT)
    fork.add(Role.USER, "Hello")
    fork.fork_of(origin, 1)
    archived = fork.finished()
    assert (archived.session.forked_from, archived.session.forked_at) == (origin.id, 1)
    assert archived.forked_after == next(iter(origin.finished().messages)).message.id


def test_without_any_time_or_model_a_session_can_be_built() -> None:
    session = SessionBuilder("aichat", "x").finished().session
    assert session.created_at.year == 1970
    assert session.model == UNKNOWN_MODEL
