"""How much of a long conversation is still there: ten facts that were told early, in what is sent.

    python benchmarks/long_conversation.py [--turns 200,2000] [--window 1024] [--local]

The conversation is fixed on both sides, as far as a script gives the answers: the facts stand in
the first 85 turns, then comes small talk. Every turn goes through `synapse.reply` with a store in a
file. After so many turns, ten questions are asked in branches of the session, so that none sees
another. A fact is *kept* if its key word is in what is sent with its question, *in notes* if it is
in the notes at the beginning. With `--local`, the demo model gives the answers, and it is counted
how many of the ten it knows.
"""

from __future__ import annotations

import command_line  # noqa: F401  first: it says what can be foreseen

# isort: split
import argparse
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from synapse import open_provider, open_store, reply
from synapse.app.branches import fork
from synapse.app.context import ContextPolicy
from synapse.app.conversation import start_session
from synapse.domain import Role, Usage
from synapse.ports import Finished, TextDelta, UsageReport, capabilities_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.domain import ModelInfo, Session
    from synapse.ports import (
        Cancellation,
        ChatRequest,
        LlmProvider,
        SessionStore,
        StreamEvent,
    )

FACTS = (
    (4, "My daughter is called Miranda.", "What is the name of my daughter?", "Miranda"),
    (12, "I am allergic to peanuts.", "Which allergy do I have?", "peanuts"),
    (21, "I was born in Lisbon.", "In which city was I born?", "Lisbon"),
    (30, "My car is a green Volvo.", "Which make is my car?", "Volvo"),
    (39, "I work as a beekeeper.", "As what do I work?", "beekeeper"),
    (48, "My favourite composer is Sibelius.", "Who is my favourite composer?", "Sibelius"),
    (57, "We got married in 1987.", "When did we get married?", "1987"),
    (66, "My brother lives in Tromsø.", "Where does my brother live?", "Tromsø"),
    (75, "I paid 3,150 euros for the boat.", "How much did I pay for the boat?", "3,150"),
    (85, "Our meeting is on Thursday at noon.", "On which day is our meeting?", "Thursday"),
)
"""The turn in which a fact is told, the fact, the question for it, its key word."""
_COUNTRIES = (
    "Egypt Peru Norway Kenya Japan Chile Nepal Cuba Ghana Laos Malta Qatar Samoa Tonga".split()
)
_DISHES = "soup bread curry salad risotto dumplings pancakes stew omelette pie".split()


def small_talk(turn: int) -> tuple[str, str]:
    """A question that tells nothing of who asks, and an answer."""
    country, dish = _COUNTRIES[turn % len(_COUNTRIES)], _DISHES[turn % len(_DISHES)]
    return (
        (
            f"What is the capital of {country}?",
            f"That of {country} is on the river, number {turn}.",
        ),
        (
            f"How do you make {dish} for {turn % 7 + 2} people?",
            f"Take fresh things for the {dish}.",
        ),
        (f"Tell me a tip for travelling to {country}.", "Take the train and pack a light coat."),
        (f"Which wine goes with {dish}?", f"With {dish} a dry one; what you like is best."),
    )[turn % 4]


class Scripted:
    """Says what the script says, and refuses what is longer than its window."""

    name = "script"

    def __init__(self, window: int) -> None:
        self.window = window
        self.answer = ""
        self.sent: ChatRequest | None = None
        self.most = 0

    def check(self, request: ChatRequest) -> None:
        """Takes everything."""

    def list_models(self) -> list[ModelInfo]:
        """Says nothing."""
        return []

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """The scripted answer."""
        roles = [message.role for message in request.messages]
        assert all(one is not other for one, other in pairwise(roles)), roles
        assert roles[0] is Role.USER
        tokens = sum(len(message.content) // 4 + 4 for message in request.messages)
        assert tokens <= self.window, f"{tokens} of {self.window}"
        self.sent, self.most = request, max(self.most, tokens)
        yield TextDelta(self.answer)
        yield UsageReport(usage=Usage(input_tokens=tokens, output_tokens=len(self.answer) // 4))
        yield Finished(reason="stop")


class Watched:
    """A provider, and what it was sent last."""

    def __init__(self, inner: LlmProvider, window: int) -> None:
        self.inner, self.window = inner, window
        self.name = inner.name
        self.answer = ""
        self.sent: ChatRequest | None = None
        self.most = 0

    def check(self, request: ChatRequest) -> None:
        """As the provider."""
        self.inner.check(request)

    def list_models(self) -> list[ModelInfo]:
        """As the provider."""
        return self.inner.list_models()

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """The provider's answer."""
        roles = [message.role for message in request.messages]
        assert all(one is not other for one, other in pairwise(roles)), roles
        self.sent = request
        for event in self.inner.stream(request, cancellation):
            if isinstance(event, UsageReport) and event.usage.input_tokens:
                self.most = max(self.most, event.usage.input_tokens)
                assert self.most <= self.window
            yield event


class Conversation:
    """The scripted conversation."""

    def __init__(self, store: SessionStore, provider: Scripted | Watched, model: str) -> None:
        window = provider.window
        self.store, self.provider = store, provider
        self.policy = ContextPolicy(known_window=window, window=lambda: window)
        self.session = start_session(store, provider.name, model)
        self.turn = 0
        self.facts = {turn: fact for turn, fact, _, _ in FACTS}

    def go_on(self, until: int) -> None:
        """Take turns up to this number."""
        while self.turn < until:
            self.turn += 1
            question, answer = small_talk(self.turn)
            if self.turn in self.facts:
                question, answer = self.facts[self.turn], "I will remember that."
            self.ask(self.session, question, answer)

    def ask(self, session: Session, question: str, answer: str) -> str:
        """One turn; the answer."""
        self.provider.answer = answer
        return reply(
            self.store, self.provider, session, question, max_tokens=96, policy=self.policy
        ).content

    def kept(self) -> tuple[int, int, int]:
        """How many facts are sent with their questions, are in the notes, and are answered."""
        sent = in_notes = answered = 0
        for _, _, question, key in FACTS:
            origin = self.store.get_summary(self.session.id)
            assert origin is not None
            branch, _ = fork(self.store, origin)
            said = self.ask(branch, question, "Yes.")
            assert self.provider.sent is not None
            texts = [message.content for message in self.provider.sent.messages]
            sent += any(key in text for text in texts)
            in_notes += key in texts[0]
            answered += key in said
            self.store.delete_session(branch.id)
        return sent, in_notes, answered


def measured(turns: list[int], window: int, provider: Scripted | Watched, model: str) -> list[str]:
    """A line for each number of turns."""
    lines = []
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(f"sqlite:{Path(folder) / 'sessions.db'}") as store,
    ):
        talk = Conversation(store, provider, model)
        for number in sorted(turns):
            began = time.monotonic()
            talk.go_on(number)
            seconds = time.monotonic() - began
            sent, in_notes, answered = talk.kept()
            made = len(store.summaries(talk.session.id))
            lines.append(
                f"{number} turns: {sent} of 10 facts are sent with their questions"
                f" ({in_notes} in the notes; {answered} answered); {made} compactions;"
                f" largest prompt {provider.most} of {window}; {seconds:.0f} s"
            )
            print(lines[-1], flush=True)
    return lines


def _numbers(text: str) -> list[int]:
    numbers = [int(number) for number in text.split(",")]
    if min(numbers) < 1:
        raise ValueError
    return numbers


def _window(text: str) -> int:
    tokens = int(text)
    if tokens < 512:  # the facts and a question take that
        raise ValueError
    return tokens


def default_model(provider: LlmProvider) -> str:
    """The model that answers where none is named."""
    return capabilities_of(provider).default_model or "default"


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--turns", type=_numbers, default=[200, 2_000], metavar="N,…")
    parser.add_argument("--window", type=_window, default=1_024, metavar="TOKENS")
    parser.add_argument("--local", action="store_true", help="have the demo model answer")
    args = parser.parse_args()
    if args.local:
        local = open_provider("local")
        measured(args.turns, args.window, Watched(local, args.window), default_model(local))
    else:
        measured(args.turns, args.window, Scripted(args.window), "script-1")
    return 0


if __name__ == "__main__":
    sys.exit(main())
