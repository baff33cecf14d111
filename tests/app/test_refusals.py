"""One refused question does not break the rest of its session: it is not sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import a_session
from loopback import Loopback, anthropic, openai, responses, scripts
from loopback.asking import opened

from synapse.app.branches import fork
from synapse.app.conversation import reply
from synapse.app.selection import select
from synapse.domain import CONTENT_REFUSALS, Attachment, Role, Status, StoredMessage
from synapse.errors import SynapseError
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.domain import Session
    from synapse.ports import LlmProvider, SessionStore

PNG = Attachment(name="dot.png", media_type="image/png", data=b"\x89PNG\r\n\x1a\n" + bytes(20))


REFUSALS = {
    "context_too_long": openai.error(
        400, "This model's maximum context length is 10 tokens", name="context_length_exceeded"
    ),
    "bad_request": openai.error(400, "Invalid value: 'content'"),
    "request_too_large": openai.error(413, "Request exceeds the maximum size"),
    "answer_refused": openai.error(400, "Filtered by policy", name="content_filter"),
}
"""By code, an answer that refuses a question for what it says."""

OTHERS = {
    "server": openai.error(500, "The server had an error", type="server_error"),
    "rate_limited": openai.error(429, "Rate limit reached", type="rate_limit_error"),
    "credentials": openai.error(401, "Incorrect API key provided", name="invalid_api_key"),
    "unknown_model": openai.error(404, "The model `m` does not exist", name="model_not_found"),
    "overloaded": openai.error(503, "Try later", type="overloaded_error"),
    "network": scripts.cut_chunks(),
}
"""By code, a failure that has nothing to do with the question."""

BLIND = openai.error(500, "image input is not supported - hint: provide the mmproj")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    with open_store(f"sqlite:{tmp_path / 'sessions.db'}") as opened_store:
        yield opened_store


class Talk:
    """A session at a loopback server."""

    def __init__(self, store: SessionStore, server: Loopback, name: str = "openai") -> None:
        self.store = store
        self.server = server
        address = server.url if name == "anthropic" else f"{server.url}/v1"
        self.provider: LlmProvider = opened(address, name, attempts=1)
        self.session: Session = a_session(provider=name, model="loopback-1")

    def ask(self, prompt: str | None, *attachments: Attachment) -> str:
        """The answer's text, or the code of the error."""
        try:
            asked = reply(self.store, self.provider, self.session, prompt, attachments=attachments)
        except SynapseError as error:
            return error.code()
        return asked.content

    def sent(self) -> list[tuple[str, Any]]:
        """Role and text of the messages of the last request; an image is `[image]`."""
        asked = [request for request in self.server.requests if request.method == "POST"]
        return [
            (message["role"], _text(message["content"])) for message in asked[-1].json()["messages"]
        ]

    def marks(self) -> list[str | None]:
        return [message.refused for message in self.store.get_messages(self.session.id)]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "[image]") for part in content)


def alternates(sent: list[tuple[str, Any]]) -> bool:
    roles = [role for role, _ in sent if role != "system"]
    return roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]


# -------------------------------------------------------------------------- what is left out


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refused_question_in_the_middle_is_left_out(store: SessionStore, code: str) -> None:
    with Loopback(openai.answer("1"), REFUSALS[code], openai.answer("3")) as server:
        talk = Talk(store, server)
        assert [talk.ask(text) for text in ("one", "two", "three")] == ["1", code, "3"]
        assert talk.sent() == [("user", "one"), ("assistant", "1"), ("user", "three")]
        assert talk.marks() == [None, None, code, code, None, None]
        assert talk.ask("four") == "3"
        assert talk.sent()[2:] == [("user", "three"), ("assistant", "3"), ("user", "four")]
    assert [m.content for m in store.get_messages(talk.session.id)][2] == "two"


@pytest.mark.parametrize("code", OTHERS)
def test_what_another_fault_met_is_sent_with_the_next(store: SessionStore, code: str) -> None:
    with Loopback(openai.answer("1"), OTHERS[code], openai.answer("3")) as server:
        talk = Talk(store, server)
        assert [talk.ask(text) for text in ("one", "two", "three")] == ["1", code, "3"]
        assert talk.sent() == [("user", "one"), ("assistant", "1"), ("user", "two\n\nthree")]
        assert set(talk.marks()) == {None}


def test_several_refused_in_a_row_and_the_first_of_all(store: SessionStore) -> None:
    with Loopback(*REFUSALS.values(), openai.answer("Yes.")) as server:
        talk = Talk(store, server)
        assert [talk.ask(f"no {code}") for code in REFUSALS] == list(REFUSALS)
        assert talk.ask("now?") == "Yes."
        assert talk.sent() == [("user", "now?")]


def test_only_what_was_refused_is_left_out_of_a_row_of_failures(store: SessionStore) -> None:
    scripts_in_turn = (OTHERS["server"], REFUSALS["bad_request"], openai.answer("Yes."))
    with Loopback(*scripts_in_turn) as server:
        talk = Talk(store, server)
        for text in ("one", "two", "three"):
            talk.ask(text)
        assert talk.sent() == [("user", "one\n\nthree")]


def test_an_unanswered_question_that_has_two_others_refused_is_left_out_with_them(
    store: SessionStore,
) -> None:
    refused = REFUSALS["context_too_long"]
    with Loopback(OTHERS["rate_limited"], refused, refused, openai.answer("Yes.")) as server:
        talk = Talk(store, server)
        for text in ("far too long", "two", "three", "four"):
            talk.ask(text)
        assert talk.sent() == [("user", "four")]
        assert talk.marks()[:6:2] == ["context_too_long"] * 3


def test_a_filter_that_stops_an_answer_takes_its_question_and_its_beginning(
    store: SessionStore,
) -> None:
    filtered = openai.answer("It is don", finish="content_filter")
    with Loopback(openai.answer("1"), filtered, openai.answer("3")) as server:
        talk = Talk(store, server)
        assert [talk.ask(text) for text in ("one", "two", "three")] == ["1", "answer_refused", "3"]
        assert talk.sent() == [("user", "one"), ("assistant", "1"), ("user", "three")]
    answer = store.get_messages(talk.session.id)[3]
    assert (answer.content, answer.status) == ("It is don", Status.FAILED)


def test_in_the_format_of_anthropic_too(store: SessionStore) -> None:
    refused = anthropic.error(
        400, "invalid_request_error", "prompt is too long: 9 tokens > 5 maximum"
    )
    refusal = anthropic.answer("I ca", stop_reason="refusal")
    with Loopback(anthropic.answer("1"), refused, refusal, anthropic.answer("4")) as server:
        talk = Talk(store, server, "anthropic")
        said = [talk.ask(text) for text in ("one", "two", "three", "four")]
        assert said == ["1", "context_too_long", "answer_refused", "4"]
        assert talk.sent() == [("user", "one"), ("assistant", "1"), ("user", "four")]


# ------------------------------------------------------------------------------------ images


def test_a_refused_image_is_left_out_and_its_question_is_sent(store: SessionStore) -> None:
    with Loopback(openai.answer("1"), BLIND, openai.answer("3")) as server:
        talk = Talk(store, server)
        talk.ask("one")
        assert talk.ask("what is this?", PNG) == "image_refused"
        assert talk.ask("three") == "3"
        words = "what is this?\n\n[image dot.png, not shown to this model]\n\nthree"
        assert talk.sent() == [("user", "one"), ("assistant", "1"), ("user", words)]
        assert talk.marks() == [None, None, "image_refused", "image_refused", None, None]


def test_only_the_image_that_was_refused_is_left_out(store: SessionStore) -> None:
    damaged = openai.error(400, "Could not process image")
    with Loopback(openai.answer("A dot."), damaged, openai.answer("3")) as server:
        talk = Talk(store, server)
        talk.ask("one", PNG)
        assert talk.ask("two", PNG.replace(name="damaged.png")) == "image_refused"
        talk.ask("three")
        assert talk.sent()[0] == ("user", "[image] one")
        assert talk.sent()[-1] == (
            "user",
            "two\n\n[image damaged.png, not shown to this model]\n\nthree",
        )


def test_earlier_images_go_if_a_question_without_one_is_refused_for_them(
    store: SessionStore,
) -> None:
    with Loopback(openai.answer("A dot."), BLIND, openai.answer("3")) as server:
        talk = Talk(store, server)
        talk.ask("one", PNG)
        assert talk.ask("two") == "image_refused"
        assert talk.ask("three") == "3"
        assert talk.sent() == [
            ("user", "one\n\n[image dot.png, not shown to this model]"),
            ("assistant", "A dot."),
            ("user", "two\n\nthree"),
        ]
        seen = PNG.replace(name="later.png")
        talk.ask("four", seen)
        assert talk.sent()[-1] == ("user", "[image] four")


# ------------------------------------------------------------------------------- asked again


def test_retry_asks_it_and_an_answer_takes_the_mark(store: SessionStore) -> None:
    refused = REFUSALS["context_too_long"]
    with Loopback(refused, OTHERS["server"], openai.answer("2"), openai.answer("3")) as server:
        talk = Talk(store, server)
        talk.ask("long")
        assert talk.ask(None) == "server"
        assert talk.sent() == [("user", "long")]
        assert talk.marks() == ["context_too_long", "context_too_long", None]
        assert talk.ask(None) == "2"
        assert talk.sent() == [("user", "long")]
        assert talk.marks()[0] is None
        talk.ask("three")
        assert talk.sent() == [("user", "long"), ("assistant", "2"), ("user", "three")]


def test_retry_sends_a_refused_image_again(store: SessionStore) -> None:
    with Loopback(BLIND, openai.answer("A dot.")) as server:
        talk = Talk(store, server)
        talk.ask("what is this?", PNG)
        assert talk.ask(None) == "A dot."
        assert talk.sent() == [("user", "[image] what is this?")]
        talk.ask("sure?")
        assert talk.sent()[0] == ("user", "[image] what is this?")


def test_an_earlier_refused_question_stays_out_when_a_later_one_is_asked_again(
    store: SessionStore,
) -> None:
    with Loopback(REFUSALS["bad_request"], openai.answer("2"), openai.answer("2b")) as server:
        talk = Talk(store, server)
        talk.ask("one")
        talk.ask("two")
        assert talk.ask(None) == "2b"
        assert talk.sent() == [("user", "two")]


# ------------------------------------------------------------------------------- where it is


@pytest.mark.parametrize("at", [None, 3, 4])
def test_a_branch_leaves_it_out_too(store: SessionStore, at: int | None) -> None:
    with Loopback(openai.answer("1"), REFUSALS["bad_request"], openai.answer("3")) as server:
        talk = Talk(store, server)
        talk.ask("one")
        talk.ask("two")
        origin = store.get_summary(talk.session.id)
        assert origin is not None
        talk.session, _ = fork(store, origin, at=at)
        assert talk.ask("three") == "3"
        assert talk.sent() == [("user", "one"), ("assistant", "1"), ("user", "three")]
        assert talk.marks()[2] == "bad_request"


@pytest.mark.parametrize("code", sorted(CONTENT_REFUSALS))
def test_answers_of_a_time_without_marks_tell_it(code: str) -> None:
    history = [
        StoredMessage.new("s", Role.USER, "refused"),
        StoredMessage.new("s", Role.ASSISTANT, "Beg").replace(
            status=Status.FAILED, error=f"{code}: in the server's words"
        ),
        StoredMessage.new("s", Role.USER, "now?"),
    ]
    sent = select(history, "openai").messages
    if code == "image_refused":
        assert [m.content for m in sent] == ["refused\n\nnow?"]
    else:
        assert [m.content for m in sent] == ["now?"]
    assert alternates([(m.role.value, m.content) for m in sent])


@pytest.mark.parametrize("seed", range(40))
def test_roles_alternate_whatever_was_refused(store: SessionStore, seed: int) -> None:
    from random import Random

    random = Random(seed)
    failures = [*REFUSALS.values(), *OTHERS.values(), BLIND]
    failures.append(openai.answer("It is", finish="content_filter"))
    answers = [random.choice([openai.answer("Yes."), *failures]) for _ in range(12)]
    with Loopback(*answers, openai.answer("Last.")) as server:
        talk = Talk(store, server)
        for number in range(12):
            again = number > 0 and random.random() < 0.2
            talk.ask(None if again else f"q{number}", *([PNG] if random.random() < 0.3 else []))
            assert alternates(talk.sent())
        assert talk.ask("last?") == "Last."
        assert alternates(talk.sent())


def test_in_the_responses_format_too(store: SessionStore) -> None:
    refused = openai.error(400, "too long", name="context_length_exceeded")
    answers = (
        responses.answer("1"),
        refused,
        scripts.stream(*responses.begun(), responses.failed("invalid_prompt", "It was flagged")),
        scripts.stream(
            *responses.begun(), responses.text("It is d"), responses.incomplete("content_filter")
        ),
        responses.answer("5"),
    )
    with Loopback(*answers) as server:
        talk = Talk(store, server)
        talk.provider = opened(f"{server.url}/v1", "mine", kind="responses", attempts=1)
        said = [talk.ask(text) for text in ("one", "two", "three", "four", "five")]
        assert said == ["1", "context_too_long", "answer_refused", "answer_refused", "5"]
        items = server.requests[-1].json()["input"]
        assert [(item["role"], item["content"]) for item in items] == [
            ("user", "one"),
            ("assistant", "1"),
            ("user", "five"),
        ]
