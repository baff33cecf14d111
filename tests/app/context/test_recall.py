"""Old turns that come back because of the question's words, from a real store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from contract.builders import a_session

from synapse.app.context import recall
from synapse.domain import Role, StoredMessage
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.ports import SessionStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    with open_store(f"sqlite:{tmp_path / 'sessions.db'}") as opened:
        yield opened


def talk(store: SessionStore, *turns: tuple[str, str]) -> str:
    session = a_session()
    store.create_session(session)
    for question, answer in turns:
        store.add_message(StoredMessage.new(session.id, Role.USER, question))
        store.add_message(StoredMessage.new(session.id, Role.ASSISTANT, answer))
    return session.id


SMALL_TALK = [(f"What is the capital of country {n}?", f"It is city {n}.") for n in range(40)]


def found(store: SessionStore, session_id: str, question: str, room: int = 300) -> list[str]:
    messages = recall.recalled(
        store, session_id, question, 10_000, room, lambda text: len(text) // 4
    )
    return [message.content for message in messages]


@pytest.mark.parametrize(
    ("fact", "question"),
    [
        ("My daughter's name is Mia.", "What is the name of my daughter?"),
        ("I am allergic to peanuts.", "Which allergies do I have?"),
        (
            "Ich wohne in der Lindenstraße.",
            "Wohne ich Lindenstrasse 1 oder 2?",
        ),
        ("Моя дочь учится в Праге.", "Где учится моя дочь?"),
        ("我的女儿叫米娅。", "我的女儿叫什么?"),
        ("제 딸 이름은 미아예요.", "딸 이름은?"),
    ],
)
def test_the_turn_that_the_question_is_about_is_found_among_small_talk(
    store: SessionStore, fact: str, question: str
) -> None:
    session_id = talk(store, *SMALL_TALK[:20], (fact, "Noted."), *SMALL_TALK[20:])
    assert fact in found(store, session_id, question)


def test_a_statement_goes_before_questions_with_the_same_words(store: SessionStore) -> None:
    asked = [(f"Is my bike good, take {n}?", "Yes.") for n in range(5)]
    session_id = talk(store, ("My bike is a red Peugeot.", "Nice."), *asked, *SMALL_TALK)
    assert found(store, session_id, "What colour has my bike?")[0] == "My bike is a red Peugeot."


def test_what_is_taken_back_or_lies_behind_the_notes_is_not(store: SessionStore) -> None:
    session_id = talk(store, ("I own a lute.", "Nice."), *SMALL_TALK, ("My lute is new.", "Ah."))
    messages = recall.recalled(store, session_id, "Tell of the lute", 20, 300, len)
    assert [message.index for message in messages] == [1]
    store.supersede_messages(session_id, 1)
    assert found(store, session_id, "Tell of the lute") == []


def test_another_session_says_nothing_here(store: SessionStore) -> None:
    talk(store, ("I own a lute.", "Nice."))
    assert found(store, talk(store, *SMALL_TALK), "Where is my lute?") == []


def test_at_most_three_come_back_in_their_order_and_within_their_room(store: SessionStore) -> None:
    session_id = talk(
        store, *((f"My lute number {n} hangs on wall {n}.", "Ok.") for n in range(9)), *SMALL_TALK
    )
    texts = found(store, session_id, "Which lute hangs where?")
    assert len(texts) == 3
    assert texts == sorted(texts)
    assert len(found(store, session_id, "Which lute hangs where?", room=15)) == 1
    assert found(store, session_id, "Which lute hangs where?", room=0) == []


@pytest.mark.parametrize("question", ["", "?", "🙂", "a", '"', "NEAR(", "\0", "x" * 20_000])
def test_any_question_can_be_asked(store: SessionStore, question: str) -> None:
    assert found(store, talk(store, ("I own a lute.", "Nice.")), question) == []


def test_the_question_stands_last() -> None:
    message = StoredMessage.new("s", Role.USER, "I own\na lute.").replace(index=4)
    assert recall.before_question([message], "Where?").endswith(
        "\n#4 I said: I own a lute.\n)\n\nWhere?"
    )
    assert recall.before_question([], "Where?") == "Where?"
