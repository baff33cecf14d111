"""What of a session is sent, in which form, and why the rest is not."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from synapse.app.selection import (
    ACKNOWLEDGEMENT,
    BEFORE_THE_FIRST_QUESTION,
    select,
    system_prompt_to_send,
)
from synapse.domain import Attachment, Role, Session, Status, StoredMessage, Summary
from synapse.ports import ImageSupport

PNG = Attachment(name="dot.png", media_type="image/png", data=b"PNG")
NOTES = Attachment(name="notes.txt", media_type="text/plain", data=b"one")
SESSION = Session.new("echo", "echo").with_system_prompt("Begin.")


def said(*messages: tuple[str, str], superseded: tuple[int, ...] = ()) -> list[StoredMessage]:
    return [
        StoredMessage.new(SESSION.id, Role(role), content).replace(superseded=place in superseded)
        for place, (role, content) in enumerate(messages)
    ]


def numbered(history: list[StoredMessage]) -> list[StoredMessage]:
    """As a store returns them."""
    return [message.replace(index=place) for place, message in enumerate(history, 1)]


def notes(last_index: int) -> Summary:
    return Summary(
        id="1",
        session_id=SESSION.id,
        last_index=last_index,
        messages=last_index,
        content="#1 He asked for one.",
        created_at=SESSION.created_at,
        session_length=last_index,
        prompt_version=1,
    )


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
    assert [m.content for m in select(history, "echo").messages] == ["two", "2"]


# ---------------------------------------------------------------- what becomes of each message


def fates(history: list[StoredMessage], **options: Any) -> list[str]:
    return [*select(history, "echo", **options).fates]


def test_of_every_message_it_is_said_why_it_is_not_sent() -> None:
    history = numbered(
        said(
            ("system", "At first."),
            ("user", "one"),
            ("assistant", "1"),
            ("system", "Now."),
            ("tool", "{}"),
            ("user", "taken back"),
            ("user", "two"),
            ("assistant", ""),
            ("user", "refused"),
            ("assistant", "Beg"),
            ("user", "three"),
            superseded=(5,),
        )
    )
    history[9] = history[9].replace(status=Status.FAILED, error="answer_refused: no")
    chosen = select(history, "echo")
    assert chosen.fates == (
        "replaced",
        "sent",
        "sent",
        "sent",
        "tool",
        "superseded",
        "sent",
        "empty",
        "refused",
        "refused",
        "sent",
    )
    assert chosen.places == (-1, 0, 1, -1, -1, -1, 2, -1, -1, -1, 2)
    assert [m.content for m in chosen.messages] == ["one", "1", "two\n\nthree"]


def test_an_answer_without_a_word_is_none() -> None:
    """Anthropic refuses it; without it, its question would be followed by another one."""
    chosen = select(said(("user", "one"), ("assistant", " \n"), ("user", "two")), "echo")
    assert [m.content for m in chosen.messages] == ["one\n\ntwo"]
    assert chosen.fates == ("sent", "empty", "sent")


def test_notes_stand_for_what_they_summarize() -> None:
    history = numbered(
        said(("user", "one"), ("assistant", "1"), ("user", "two"), ("assistant", "2"))
    )
    chosen = select(history, "echo", summary=notes(2))
    assert [(m.role.value, m.content) for m in chosen.messages] == [
        (
            "user",
            "Notes on our conversation so far, in the place of its first 2 messages:\n\n"
            "#1 He asked for one.",
        ),
        ("assistant", ACKNOWLEDGEMENT),
        ("user", "two"),
        ("assistant", "2"),
    ]
    assert [m.cache_mark for m in chosen.messages] == [True, False, False, False]
    assert chosen.fates == ("summarized", "summarized", "sent", "sent")
    assert select(history[2:], "echo", summary=notes(2)).messages == chosen.messages


def test_what_is_older_than_the_first_is_truncated() -> None:
    history = numbered(said(("user", "one"), ("assistant", "1"), ("user", "two")))
    assert fates(history, first=3) == ["truncated", "truncated", "sent"]
    unstored = said(("user", "one"))
    assert fates(unstored, first=3) == ["sent"], "it has no index yet"


def test_a_conversation_that_begins_with_an_answer_is_sent_whole_behind_a_question() -> None:
    history = numbered(said(("assistant", "How can I help?"), ("user", "one")))
    chosen = select(history, "echo")
    assert [m.content for m in chosen.messages] == [
        BEFORE_THE_FIRST_QUESTION,
        "How can I help?",
        "one",
    ]
    assert chosen.places == (1, 2)


def test_an_answer_behind_the_notes_is_not_a_second_of_its_role() -> None:
    history = numbered(said(("user", "one"), ("assistant", "1"), ("user", "two")))
    sent = select(history, "echo", summary=notes(1)).messages
    assert [m.role.value for m in sent] == ["user", "assistant", "user"]
    assert sent[1].content == f"{ACKNOWLEDGEMENT}\n\n1"


SEES = ImageSupport(media_types=("image/png",), max_bytes=1000)
FIELDS: dict[str, list[Any]] = {
    "superseded": [False, False, False, True],
    "refused": [None, None, None, None, "bad_request", "image_refused"],
    "status": [*Status],
    "error": [None, None, "bad_request: no", "server: no"],
    "attachments": [(), (), (PNG,), (NOTES,), (NOTES, PNG)],
    "provider": [None, "echo", "other"],
    "reasoning": ["", "thought"],
}


def anything(random: Random) -> list[StoredMessage]:
    """A history such as other programs may have left one, too."""
    roles = [*Role, Role.USER, Role.USER, Role.ASSISTANT, Role.ASSISTANT]
    made = []
    for _ in range(random.randrange(15)):
        message = StoredMessage.new("s", random.choice(roles), random.choice(["", "a", "b c"]))
        chosen = {name: random.choice(values) for name, values in FIELDS.items()}
        made.append(message.replace(**chosen))
    return numbered(made)


@pytest.mark.parametrize("seed", range(8))
def test_every_message_is_sent_or_left_out_for_a_reason_whatever_was_said(seed: int) -> None:
    random = Random(seed)
    for _ in range(150):
        history = anything(random)
        summary = random.choice([None, notes(random.randint(1, 15))])
        first, images = random.randint(-1, 12), random.choice([None, SEES])
        chosen = select(history, "echo", images, summary=summary, first=first)
        last_index = 0 if summary is None else summary.last_index
        assert len(chosen.fates) == len(chosen.places) == len(history)
        for message, fate, place in zip(history, chosen.fates, chosen.places, strict=True):
            talks = message.role in (Role.USER, Role.ASSISTANT)
            assert (fate == "superseded") == message.superseded
            assert (place >= 0) == (fate == "sent" and talks)
            if place >= 0:
                assert chosen.messages[place].role is message.role
                assert message.content in chosen.messages[place].content
                assert message.index > last_index
                assert message.index >= first
            assert fate != "summarized" or message.index <= last_index
            assert fate != "truncated" or last_index < message.index < first
        roles = [message.role for message in chosen.messages]
        assert roles == [(Role.USER, Role.ASSISTANT)[n % 2] for n in range(len(roles))]
        said_by_nobody = {
            message.content
            for place, message in enumerate(chosen.messages)
            if place not in chosen.places
        }
        notes_sent = set() if summary is None else {chosen.messages[0].content, ACKNOWLEDGEMENT}
        assert said_by_nobody <= notes_sent | {BEFORE_THE_FIRST_QUESTION}


@pytest.mark.parametrize("seed", range(4))
def test_what_was_sent_is_the_beginning_of_what_is_sent_later(seed: int) -> None:
    """Byte for byte, so that a provider goes on from what it has in its cache. A refusal and a
    question that is taken back change what was sent: that is what they are for.
    """
    random = Random(seed)
    for _ in range(150):
        history = [
            message.replace(refused=None, error=None, superseded=False)
            for message in anything(random)
        ]
        before = select(history[: random.randint(0, len(history))], "echo", SEES).messages
        after = select(history, "echo", SEES).messages
        assert after[: len(before[:-1])] == before[:-1]
        for last, same in zip(before[-1:], after[len(before) - 1 :], strict=False):
            assert same.content.startswith(last.content)
