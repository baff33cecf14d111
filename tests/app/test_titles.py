"""What is taken for a title, and what becomes of it in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from contract.builders import a_finished_turn, a_prompt, a_session, an_answer

from synapse.app.titles.acceptance import accepted_title
from synapse.app.titles.making import make_title, may_be_titled
from synapse.domain import Status
from synapse.errors import BadRequest, UsageError
from synapse.ports import Cancellation, ChatRequest, Finished, TextDelta
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.ports import SessionStore, StreamEvent


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Docker volumes explained", "Docker volumes explained"),
        ('  "Docker volumes."\n', "Docker volumes"),
        ("**Docker volumes**", "Docker volumes"),
        ("Title: Docker volumes", "Docker volumes"),
        ("„Docker-Volumes“", "Docker-Volumes"),
        ("C++, C# and snake_case", "C++, C# and snake_case"),
        ("Why does Rust have lifetimes?", "Why does Rust have lifetimes?"),
        ("Iceland in May", "Iceland in May"),
    ],
)
def test_a_title_is_taken(text: str, title: str) -> None:
    assert accepted_title(text, "stop", "Explain docker volumes") == title


@pytest.mark.parametrize(
    "text",
    [
        "", " ", '""', "I am an AI language model", "I'm sorry", "Sorry, no", "As an AI model",
        "Here is a title", "one two three four five six seven", "x" * 61, "Two\nlines",
        "# Heading", "- item", "`code`", "<think>Hm", "Title:", "Docker volumes:", "[link](x)",
        "Docker volumes…", "東京 旅行", "Объяснение", "a\x1b[31mb", "a\u202eb", "Title", "{x}",
    ],
)  # fmt: skip
def test_what_is_no_title_is_not(text: str) -> None:
    assert accepted_title(text, "stop", "Explain docker volumes") is None


@pytest.mark.parametrize(
    "reason", ["length", "max_tokens", "MAX_TOKENS", "content_filter", None, ""]
)
def test_what_was_cut_short_is_no_title(reason: str | None) -> None:
    assert accepted_title("Docker volumes", reason, "Explain docker volumes") is None


def test_a_title_has_a_script_of_the_prompt() -> None:
    assert accepted_title("東京の旅行", "stop", "とうきょうへ") == "東京の旅行"
    assert accepted_title("Docker の話", "stop", "docker とは") == "Docker の話"
    assert accepted_title("Trip to Tokyo", "stop", "東京へ行く") is None
    assert accepted_title("Numbers", "stop", "1 + 1 = ?") == "Numbers"


class Speaker:
    """Answers what it is told to, and notes what it was asked."""

    name = "speaker"

    def __init__(self, *events: StreamEvent | Exception, takes: tuple[str, ...] = ("low",)) -> None:
        self.events = events or (TextDelta("Docker volumes"), Finished(reason="stop"))
        self.takes = takes
        self.asked: list[ChatRequest] = []

    def check(self, request: ChatRequest) -> None:
        if dict(request.parameters).get("reasoning", "low") not in self.takes:
            raise UsageError("no such effort")

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        self.asked.append(request)
        for event in self.events:
            if isinstance(event, Exception):
                if request.parameters:
                    raise event
                continue
            yield event

    def list_models(self) -> list[object]:
        return []


@pytest.fixture
def store() -> Iterator[SessionStore]:
    with open_store("sqlite::memory:") as opened:
        yield opened


def made(store: SessionStore, speaker: Speaker, id: str) -> str | None:
    return make_title(store, speaker, id, "m", Cancellation())  # type: ignore[arg-type]


def test_a_model_is_asked_once_with_little_of_what_was_said(store: SessionStore) -> None:
    session = a_session()
    a_finished_turn(store, session, "Explain " + "x" * 5000, create=True)
    speaker = Speaker(takes=("low", "minimal"))
    assert made(store, speaker, session.id) == "Docker volumes"
    [request] = speaker.asked
    assert request.parameters == (("reasoning", "minimal"),)
    assert request.max_tokens == 1024
    assert len(request.messages[0].content) < 2500
    key = request.messages[0].content.split("-begin")[0]
    assert request.system_prompt is not None
    assert key in request.system_prompt
    summary = store.get_summary(session.id)
    assert summary is not None
    assert (summary.session.title, summary.message_count) == ("Docker volumes", 2)
    assert not may_be_titled(summary)
    assert made(store, speaker, session.id) is None
    assert len(speaker.asked) == 1


def test_thoughts_take_no_part_and_are_left_out_where_they_can_be(store: SessionStore) -> None:
    session = a_session()
    a_finished_turn(store, session, "Explain volumes", create=True)
    thinking = TextDelta("I should think", reasoning=True)
    speaker = Speaker(
        thinking, TextDelta("Volumes"), Finished(reason="stop"), takes=("none", "low")
    )
    assert made(store, speaker, session.id) == "Volumes"
    assert speaker.asked[0].max_tokens == 64


def test_a_model_that_takes_no_word_on_thinking_is_asked_without(store: SessionStore) -> None:
    session = a_session()
    a_finished_turn(store, session, "Explain volumes", create=True)
    speaker = Speaker(BadRequest("no"), TextDelta("Volumes"), Finished(reason="stop"))
    assert made(store, speaker, session.id) == "Volumes"
    assert [request.parameters for request in speaker.asked] == [(("reasoning", "low"),), ()]


@pytest.mark.parametrize(
    "events",
    [
        (TextDelta("I am an AI"), Finished(reason="stop")),
        (TextDelta("Docker volumes"),),
        (TextDelta("Docker volumes"), Finished(reason="length")),
        (TextDelta("word " * 500), Finished(reason="stop")),
    ],
)
def test_what_is_no_title_changes_nothing(
    store: SessionStore, events: tuple[StreamEvent, ...]
) -> None:
    session = a_session()
    a_finished_turn(store, session, "Explain volumes", create=True)
    speaker = Speaker(*events)
    assert made(store, speaker, session.id) is None
    assert len(speaker.asked) == 1
    summary = store.get_summary(session.id)
    assert summary is not None
    assert summary.session.title is None


def test_no_model_is_asked_for_a_session_that_is_not_new_or_has_no_answer(
    store: SessionStore,
) -> None:
    titled, old, failed = a_session(), a_session(), a_session()
    a_finished_turn(store, titled, "one", create=True)
    store.retitle_session(titled.id, "Mine")
    for number in range(4):
        a_finished_turn(store, old, "again", create=number == 0)
    _, begun = store.begin_turn(failed, a_prompt(failed, "x"), an_answer(failed), create=True)
    store.finish_turn(begun.replace(status=Status.FAILED, content="So"))
    speaker = Speaker()
    for session in (titled, old, failed, a_session()):
        assert made(store, speaker, session.id) is None
    assert speaker.asked == []
