"""What of a session is sent: which system prompt holds, and what was taken back."""

from __future__ import annotations

from synapse.app.model_context import messages_to_send, system_prompt_to_send
from synapse.domain import Role, Session, StoredMessage

SESSION = Session.new("echo", "echo").with_system_prompt("Begin.")


def said(*messages: tuple[str, str], superseded: tuple[int, ...] = ()) -> list[StoredMessage]:
    return [
        StoredMessage.new(SESSION.id, Role(role), content).replace(superseded=place in superseded)
        for place, (role, content) in enumerate(messages)
    ]


def test_what_other_programs_stored_before_the_first_question_is_added() -> None:
    history = said(("system", "More."), ("user", "one"))
    assert system_prompt_to_send(SESSION, history) == "Begin.\n\nMore."


def test_what_is_said_later_stands_in_its_place() -> None:
    history = said(("system", "More."), ("user", "one"), ("system", "Now."), ("user", "two"))
    assert system_prompt_to_send(SESSION, history) == "Now."
    history += said(("system", "And now."))
    assert system_prompt_to_send(SESSION, history) == "And now."


def test_an_empty_one_stands_for_none() -> None:
    history = said(("user", "one"), ("system", ""), ("user", "two"))
    assert system_prompt_to_send(SESSION, history) is None


def test_a_question_that_was_taken_back_is_not_sent_nor_its_answer() -> None:
    history = said(
        ("user", "one"), ("assistant", "1"), ("user", "two"), ("assistant", "2"), superseded=(0, 1)
    )
    assert [m.content for m in messages_to_send(history, "echo")] == ["two", "2"]
