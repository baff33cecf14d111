"""A server that sends anything where a number, a name or a reason belongs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, openai, scripts
from torture.campaign import LONG, randomness, report, times
from torture.soundness import faults
from torture.talk import pieces

from synapse.app.conversation import reply, start_session
from synapse.config.providers import open_provider
from synapse.domain import Status
from synapse.ports import ProviderOptions
from synapse.stores import open_inspection, open_store

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from loopback import Exchange

LARGEST = 10**12
"""The largest count that is believed."""
_SPECIAL = ["null", "true", "[]", "{}", '""', '"x"', "NaN", "Infinity", "-Infinity", "1e400", "0"]


def a_number(random: Random) -> str:
    """JSON, or what some take for it; more often near a power of two or ten."""
    kind = random.random()
    if kind < 0.2:
        return random.choice(_SPECIAL)
    number = random.choice([2, 10]) ** random.randrange(70) + random.randint(-2, 2)
    number *= random.choice([1, 1, 1, -1])
    if kind < 0.35:
        return f"{number}.{random.choice(['0', '5', '999999'])}"
    if kind < 0.45:
        return f"{number % 1000}e{random.randint(-400, 400)}"
    if kind < 0.55:
        return json.dumps(str(number))
    return "9" * random.randrange(1, 5000) if kind < 0.6 else str(number)


def a_name(random: Random) -> str:
    """JSON of a text, or of something else."""
    if random.random() < 0.2:
        return a_number(random)
    text = "".join(random.choice("ab\0\n\x1b\u202e\ud800é") for _ in range(random.randrange(6)))
    return json.dumps(text * random.choice([1, 1, 1, 500]))


class Hostile:
    """Answers each question with its known text, and with anything beside it."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.texts: list[str] = []

    def __call__(self, exchange: Exchange) -> None:
        random = self._random
        prompt = str(random.random())
        self.texts.append("".join(pieces(prompt)))
        events = [self._event(piece) for piece in pieces(prompt)]
        events.append(self._raw('"choices": [{"delta": {}, "finish_reason": "stop"}]'))
        usage = ", ".join(
            f'"{name}": {a_number(random)}'
            for name in ("prompt_tokens", "completion_tokens", "total_tokens")
        )
        usage = random.choice([f"{{{usage}}}", f"{{{usage}}}", a_number(random)])
        events.append(self._raw(f'"choices": [], "usage": {usage}'))
        scripts.stream(*events, openai.DONE)(exchange)

    def _event(self, piece: str) -> bytes:
        choice = f'{{"index": 0, "delta": {{"content": {json.dumps(piece)}}}}}'
        return self._raw(f'"choices": [{choice}]')

    def _raw(self, inner: str) -> bytes:
        random = self._random
        more = f'"model": {a_name(random)}, "created": {a_number(random)}'
        return f"data: {{{more}, {inner}}}\n\n".encode("utf-8", "surrogatepass")


@pytest.mark.timeout(0 if LONG else 120)
def test_no_number_costs_an_answer_or_a_sum(tmp_path: Path) -> None:
    turns = times(100, 5000)
    hostile = Hostile(randomness("hostile numbers"))
    path = tmp_path / "sessions.db"
    stored: list[Any] = []
    with Loopback(hostile) as server, open_store(f"sqlite:{path}") as store:
        options = ProviderOptions(base_url=f"{server.url}/v1", api_key="k", model="m")
        provider = open_provider("openai", options, environ={})
        for _ in range(turns):
            session = start_session(store, "openai", "m")
            answered = reply(store, provider, session, "A question", create=True)
            stored.append(store.get_messages(session.id)[1])
            assert stored[-1].content == answered.content == hostile.texts[-1]
            assert stored[-1].status is Status.COMPLETE
        for message in stored:
            for count in (message.usage.input_tokens, message.usage.output_tokens):
                assert count is None or 0 <= count <= LARGEST
            assert message.model is None or message.model.isprintable()
    assert faults(path) == []
    assert open_inspection(f"sqlite:{path}").check() == []
    counted = sum(message.usage.input_tokens is not None for message in stored)
    report("hostile numbers", answers=turns, of_them_counted=counted)
