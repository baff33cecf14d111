"""What `--verbose` says below an answer: who was asked where, and what happened how fast."""

from __future__ import annotations

import time

from synapse.cli.listing.money import dollars, priced_by
from synapse.domain import Status
from synapse.ports import Adapted, Retrying, TextDelta, capabilities_of
from synapse.terminal import style
from synapse.terminal.fold import fold_parts
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from synapse.cli.context import Context
    from synapse.domain import StoredMessage
    from synapse.ports import LlmProvider, StreamEvent

    _Show = Callable[[StreamEvent], object]
    _Tick = Callable[[], float | None]


class Details:
    """Watches one answer arrive."""

    def __init__(self, context: Context, provider: LlmProvider, model: str, *, asks: bool) -> None:
        """`asks` if there is a new question, not the last one again."""
        self._context = context
        self._asked = f"{provider.name}/{model}"
        self._address = capabilities_of(provider).address
        self._asks = asks
        self._began = 0.0
        self._first: dict[str, float] = {}
        self._retries = 0
        self._left_out: tuple[str, ...] = ()

    def watching(self, show: _Show, tick: _Tick) -> tuple[_Show, _Tick]:
        """Both, watched: the first tick comes when the request is under way."""

        def watched_show(event: StreamEvent) -> object:
            if isinstance(event, TextDelta):
                kind = "first thought" if event.reasoning else "first text"
                self._first.setdefault(kind, time.monotonic() - self._began)
            elif isinstance(event, Retrying):
                self._retries += 1
            elif isinstance(event, Adapted):
                self._left_out = event.fields
            return show(event)

        def watched_tick() -> float | None:
            self._began = self._began or time.monotonic()
            return tick()

        return watched_show, watched_tick

    def tell(self, answer: StoredMessage, *, saved: bool) -> None:
        """Write the lines on standard error."""
        dim = style.style(self._context.color_level(of_stderr=True), style.DIM)
        for parts in (self._who(answer), self._how(answer), self._where(answer, saved)):
            shown = self._context.with_drawable_characters(
                self._fitted([clean_line(part) for part in parts])
            )
            self._context.stderr.write(style.paint(dim, shown) + "\n")

    def _fitted(self, parts: list[str]) -> str:
        stderr = self._context.stderr
        if not stderr.is_terminal:
            return " · ".join(parts)
        return fold_parts(parts, " · ", stderr.width(self._context.environ))

    def _who(self, answer: StoredMessage) -> list[str]:
        parts = [self._asked]
        if self._address is not None:
            parts.append(self._address)
        if self._left_out:
            parts.append(f"without {', '.join(self._left_out)}, which it refuses")
        if answer.model and not self._asked.endswith(f"/{answer.model}"):
            parts.append(f"answered by {answer.model}")
        return parts

    def _how(self, answer: StoredMessage) -> list[str]:
        parts = [f"{what} after {seconds:.2f} s" for what, seconds in self._first.items()]
        if answer.elapsed_ms is not None:
            parts.append(f"{answer.elapsed_ms / 1000:.2f} s in all")
        parts.append(f"{self._retries} retries" if self._retries != 1 else "1 retry")
        parts.append(f"finish reason: {answer.finish_reason or 'not said'}")
        if answer.status is not Status.COMPLETE:
            parts.append(answer.status.value)
        return parts

    def _where(self, answer: StoredMessage, saved: bool) -> list[str]:
        usage = answer.usage
        cache = (
            (usage.cached_tokens, "cached"),
            (usage.cache_write_tokens, "written to the cache"),
        )
        parts = [
            f"tokens sent: {_number(usage.input_tokens)}{_of_them(*cache)}",
            f"tokens received: {_number(usage.output_tokens)}"
            + _of_them((usage.reasoning_tokens, "of the reasoning")),
        ]
        messages = f"messages {answer.index - 1} and" if self._asks else "message"
        parts.append(f"{messages} {answer.index} of {answer.session_id}" if saved else "not saved")
        if usage.cost:
            parts.append(f"cost: {dollars(usage.cost)} ({priced_by(usage.cost_source)})")
        return parts


def _of_them(*parts: tuple[int | None, str]) -> str:
    """A 0 is worth a word: a cache that held nothing costs money."""
    told = [f"{_number(count)} {what}" for count, what in parts if count is not None]
    return f" ({', '.join(told)})" if told else ""


def _number(count: int | None) -> str:
    return "not said" if count is None else f"{count:,}"
