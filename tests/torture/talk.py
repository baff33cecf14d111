"""Answers whose text is known beforehand."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from synapse.ports import Finished, TextDelta

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.domain import ModelInfo
    from synapse.ports import Cancellation, ChatRequest, StreamEvent


def pieces(prompt: str, count: int = 6, size: int = 30) -> list[str]:
    """The answer to a prompt, as it arrives: no two pieces are equal."""
    return [
        (hashlib.sha256(f"{prompt}-{number}".encode()).hexdigest() * (size // 64 + 1))[:size] + " é"
        for number in range(count)
    ]


def answer(prompt: str, count: int = 6, size: int = 30) -> str:
    """The whole of it."""
    return "".join(pieces(prompt, count, size))


class Talker:
    """A provider that answers so, and remembers whether it was asked. Each piece takes `pause`
    seconds, as a model's does.
    """

    name = "talker"

    def __init__(self, count: int = 6, size: int = 30, *, pause: float = 0.0) -> None:
        self.shape = (count, size)
        self._pause = pause
        self.asked = 0

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        self.asked += 1
        # an unanswered prompt is sent together with the one after it
        prompt = request.messages[-1].content.rpartition("\n")[2]
        for piece in pieces(prompt, *self.shape):
            time.sleep(self._pause)
            yield TextDelta(piece)
        yield Finished(reason="stop")

    def check(self, request: ChatRequest) -> None:
        pass

    def list_models(self) -> list[ModelInfo]:
        return []
