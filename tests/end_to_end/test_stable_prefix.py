"""What is sent begins, byte for byte, with what was sent in the turn before: that is what providers
can have in their caches. Recorded by a server, for every provider, whatever became of the turns.
"""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from bodies import OVER_HTTP, row_of
from loopback import Loopback, anthropic, openai, responses, scripts
from loopback.asking import opened

from synapse.app.conversation import reply
from synapse.domain import Attachment, Session, Status
from synapse.errors import ProviderError
from synapse.ports import Cancellation, TextDelta
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loopback.server import Exchange, Script

    from synapse.domain import StoredMessage
    from synapse.ports import LlmProvider, SessionStore, StreamEvent

WIRES = [
    *((name, row_of(name).kind) for name in OVER_HTTP),
    *((name, "openai") for name in OVER_HTTP if row_of(name).chat),
]
IMAGE = Attachment(name="dot.png", media_type="image/png", data=b"\x89PNG\r\n\x1a\n\x00")
FILE = Attachment(name="a & b.txt", media_type="text/plain", data="ä\r\n\ttabs\n".encode())
TEXTS = (
    "plain",
    ' "quoted" \\ and\n\nparagraphs \n',
    "日本語 🎉 e\u0301",
    "<think>no</think>",
    "\u2028 \x1b",
)
ENDS = (
    "answered", "thought", "said nothing", "interrupted", "unheard", "cut", "broken", "refused",
)  # fmt: skip
"""What becomes of a question."""


class Server:
    """Answers as a test wants it next, in the format in which it is asked; keeps every body."""

    def __init__(self, kind: str, random: Random) -> None:
        self.kind, self.random = kind, random
        self.end = "answered"
        self.bodies: list[bytes] = []

    def __call__(self, exchange: Exchange) -> None:
        self.bodies.append(exchange.request.body)
        self._script()(exchange)

    def _script(self) -> Script:
        if self.end == "refused":
            return openai.error(400, "This prompt violates our usage policies")
        if self.end == "broken":
            return scripts.status(501, "{}")
        if self.end == "unheard":
            return scripts.stall_after()
        if self.end == "interrupted":
            return scripts.stall_after(*self._half())
        if self.end == "cut":
            return scripts.cut_chunks(*self._half())
        thoughts = ["Hm, ", self.random.choice(TEXTS)] if self.end == "thought" else []
        texts = ["  "] if self.end == "said nothing" else [self.random.choice(TEXTS), " "]
        if self.kind == "anthropic":
            return scripts.stream(*anthropic.stream_of(texts, thinking=thoughts))
        if self.kind == "responses":
            return scripts.stream(*responses.stream_of(texts, thoughts=thoughts))
        return scripts.stream(*openai.stream_of(texts, reasoning=thoughts))

    def _half(self) -> list[bytes]:
        text = "half of a sentence "
        if self.kind == "anthropic":
            return [anthropic.message_start(), *anthropic.block(0, "text", [text])[:2]]
        if self.kind == "responses":
            return responses.numbered(*responses.begun(), responses.text(text))
        return [openai.chunk({"content": text})]


def messages_of(body: bytes) -> list[str]:
    """Each message as it stood in the body, byte for byte."""
    text = body.decode()
    at = max(text.find('"messages":['), text.find('"input":['))
    at = text.index("[", at)
    found: list[str] = []
    while text[at] != "]":
        _, end = json.JSONDecoder().raw_decode(text, at + 1)
        found.append(text[at + 1 : end])
        at = end
    return found


def told_beside(body: bytes) -> dict[str, Any]:
    """What is sent beside the messages, but for the mark of a cache: no byte of the prompt."""
    beside: dict[str, Any] = json.loads(body)
    for field in ("messages", "input", "cache_control"):
        beside.pop(field, None)
    return beside


class Talk:
    """A conversation, and what must be the beginning of what is sent next."""

    def __init__(self, store: SessionStore, provider: LlmProvider, server: Server) -> None:
        self.store, self.provider, self.server = store, provider, server
        self.session = Session.new(provider.name, "m").with_system_prompt("Be brief.\n")
        self.kept: list[str] = []
        """Messages that must be sent as they were."""
        self.open = ""
        """The question that got no answer, as it was sent."""
        self.turns = 0

    def ask(self, prompt: str | None, end: str, attachments: tuple[Attachment, ...] = ()) -> None:
        """Take a turn that ends so, and look at what was sent."""
        self.server.end = end
        cancellation = Cancellation()

        def show(event: StreamEvent) -> None:
            if end == "interrupted" and isinstance(event, TextDelta) and not event.reasoning:
                cancellation.cancel()

        def tick() -> float | None:
            if end == "unheard" and len(self.server.bodies) > before:
                cancellation.cancel()
            return 0.005 if end == "unheard" else None

        before = len(self.server.bodies)
        try:
            reply(
                self.store,
                self.provider,
                self.session,
                prompt,
                create=not self.turns,
                show=show,
                tick=tick,
                cancellation=cancellation,
                attachments=attachments,
            )
        except ProviderError:
            assert end in ("refused", "broken", "cut")
        self.turns += 1
        answer = self.store.get_messages(self.session.id)[-1]
        assert (answer.status is Status.INTERRUPTED) == (end in ("interrupted", "unheard"))
        assert (answer.refused is not None) == (end == "refused")
        assert len(self.server.bodies) == before + 1
        self._look(answer, is_again=prompt is None)

    def _look(self, answer: StoredMessage, *, is_again: bool) -> None:
        body = self.server.bodies[-1]
        sent = messages_of(body)
        assert sent[: len(self.kept)] == self.kept
        if self.open and not is_again:
            assert is_behind(self.open, sent[len(self.kept)])
        roles = [json.loads(message)["role"] for message in sent]
        talk = [role for role in roles if role in ("user", "assistant")]
        assert talk == (["user", "assistant"] * len(talk))[: len(talk)]
        assert talk[-1] == "user"
        if self.turns > 1:
            assert told_beside(body) == told_beside(self.server.bodies[0])
        is_answered = bool(answer.content.strip())
        self.kept = sent if is_answered else sent[:-1]
        self.open = "" if is_answered or answer.refused else sent[-1]


def is_behind(earlier: str, later: str) -> bool:
    """Whether a question that got no answer is the beginning of the next one; images, which come
    first, are put between.
    """
    parts = [json.loads(message)["content"] for message in (earlier, later)]
    texts = [part if isinstance(part, str) else part[-1]["text"] for part in parts]
    bytes_alike = later.startswith(earlier.rstrip('"}]'))
    return texts[1].startswith(f"{texts[0]}\n\n") and (bytes_alike or not isinstance(parts[1], str))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    with open_store(f"sqlite:{tmp_path / 'sessions.db'}") as opened_store:
        yield opened_store


@pytest.mark.parametrize(("name", "kind"), WIRES)
def test_every_turn_begins_with_the_one_before(name: str, kind: str, store: SessionStore) -> None:
    random = Random(f"{name} {kind}")
    server = Server(kind, random)
    with Loopback(server) as loopback:
        provider = opened(f"{loopback.url}/v1", name, kind=kind, attempts=1)
        talk = Talk(store, provider, server)
        ends = ["answered", *random.sample(ENDS, len(ENDS)), "answered"]
        for end in ends:
            attached = random.choice(((), (), (FILE,), (IMAGE,), (FILE, IMAGE)))
            talk.ask(f"{random.choice(TEXTS)} {talk.turns}", end, attached)
        talk.ask(None, "answered")  # the same again, whatever was answered
        assert messages_of(server.bodies[-1]) == messages_of(server.bodies[-2])


def test_a_fork_in_another_process_begins_with_what_its_origin_sent(tmp_path: Path) -> None:
    server = Server("openai", Random(1))
    path = f"sqlite:{tmp_path / 'sessions.db'}"
    with Loopback(server) as loopback, open_store(path) as first, open_store(path) as second:
        provider = opened(f"{loopback.url}/v1", "mistral", attempts=1)
        talk = Talk(first, provider, server)
        for end in ("thought", "cut", "answered"):
            talk.ask("Why?", end, (FILE, IMAGE))
        other = Talk(second, provider, server)
        second.fork_session(talk.session.id, other.session)
        other.turns, other.kept = 1, talk.kept
        reply(second, provider, other.session, "And?", create=False)
    body = server.bodies[-1]
    assert messages_of(body)[: len(talk.kept)] == talk.kept
    assert json.loads(body)["prompt_cache_key"] == other.session.id
