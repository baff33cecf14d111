"""From the bytes of an answer to StreamEvents: what both wire formats share. Pure.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from synapse.advice import ASK, RETRY, Advice
from synapse.domain import Usage
from synapse.errors import AnswerCutShort, AnswerRefused, ToolCalled
from synapse.providers._template import Template
from synapse.providers._wire import Collector, count, encode, table
from synapse.providers.traffic.sse import EventParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.errors import SynapseError
    from synapse.providers._endpoint import Endpoint


_MOST_SEEN = 1 << 20
"""Bytes of what no reader has understood yet that are kept: for a message, or to be read whole."""
_LONGEST_CALL = 2000
_FIELDS = (b"data:", b"event:", b"id:", b"retry:")
_USUAL = frozenset(
    f"{what}_tokens{details}"
    for what in ("prompt", "completion", "input", "output", "total")
    for details in ("", "_details")
)
"""What OpenAI says of what an answer took, in both formats."""
_READ = frozenset(
    "cached_tokens cache_write_tokens cache_write_tokens_details audio_tokens image_tokens"
    " text_tokens".split()
)
"""And in the details of what it read."""
_CHARGES = frozenset(("cost", "estimated_cost", "cost_in_usd_ticks"))


class Reader(ABC):
    """Turns the events of one answer into StreamEvents. A wire format is a subclass of it.

    `read` and `read_whole` raise SynapseError for an error that the provider reports, and
    Malformed. What they understood before is in the collector.
    """

    def __init__(self, endpoint: Endpoint, model: str) -> None:
        self.endpoint = endpoint
        self.model = model
        self.collector = Collector()
        self.done = False
        """Whether the end marker has come; nothing after it counts."""
        self.heard = False
        """Whether anything came that belongs to the wire format."""
        self.verdict: SynapseError | None = None
        """Once done: why the answer, complete or not, is a failure."""
        self.template = Template()
        self.seen = b""
        """How the stream began, up to the first event that belongs to the wire format."""
        self._calls: dict[object, tuple[str, str]] = {}
        """Name and arguments of each call of a tool."""
        self._parser = EventParser()
        self._events = 0
        self._has_read = False

    def feed(self, piece: bytes) -> None:
        """One read of the network, up to the end marker. Raises TooLong too."""
        if not self.heard and len(self.seen) < _MOST_SEEN:
            self.seen += piece
        at, template = 0, self.template
        while True:
            if self._parser.is_between_events:
                text, at = template.recognise(piece, at)
                if text:
                    self._events += 1
                    self.collector.say(text, reasoning=template.reasoning)
                if at >= len(piece):
                    return
            end = piece.find(b"\n\n", at) + 2
            if end < 2:  # half an event, or other line ends
                self._parse(piece[at:])
                return
            self._parse(piece[at:end])
            at = end
            if self.done:
                return

    def is_something_else(self) -> bool:
        """Whether what came is neither of the wire format nor the beginning of its stream."""
        if self.heard:
            return False
        lines = [line for line in self.seen.splitlines() if line and line[:1] != b":"]
        if not lines or self._has_read:
            return bool(lines)
        return not any(
            lines[0].startswith(field) or field.startswith(lines[0]) for field in _FIELDS
        )

    def has_progressed(self) -> bool:
        """Whether an event, or a part of the data of one, has come since this was asked last.
        Comments and empty lines, which servers send to keep a connection open, are neither.
        """
        events, self._events = self._events, 0
        return events > 0 or self._parser.is_in_data

    def close(self, *, broken: bool = False) -> None:
        """The end of the stream, which may have cut off an event; `broken`: so did the connection.

        An answer of which it was told why it ended needs no end marker.
        """
        for name, data in self._parser.close():
            if not self.done:
                self.read(name, data)
        if not self.done and not broken:
            self.end_without_marker()
        if not self.done:
            self.collector.end()

    @abstractmethod
    def end_without_marker(self) -> None:
        """Nothing more will come: finish the answer if it was told why it ended."""

    def _parse(self, piece: bytes) -> None:
        for name, data in self._parser.feed(piece):
            self._events += 1
            self._has_read = True
            self.read(name, data)
            self.template.frame(piece, data)
            if self.done:
                return

    @abstractmethod
    def read(self, name: bytes, data: bytes) -> None:
        """One event of the stream."""

    @abstractmethod
    def read_whole(self, value: object) -> None:
        """The body of an answer that is not streamed."""

    def fault(self, error: dict[str, object]) -> SynapseError:
        """The error for an error object that came under HTTP 200."""
        from synapse.providers import _error_responses as _faults

        return _faults.of_error(self.endpoint, self.model, error)

    def unreadable(self) -> SynapseError:
        """The error for an answer in which no text could be found: with what was seen."""
        from synapse.providers import _error_responses as _faults

        return _faults.unreadable(self.endpoint, self.seen)

    def call(self, key: object, name: object, arguments: object) -> None:
        """Note a call of a tool, which may come in pieces; `key` tells it from others."""
        known, given = self._calls.get(key, ("", ""))
        if isinstance(arguments, dict):
            arguments = encode(arguments).decode()
        if isinstance(name, str) and not known:
            known = name
        if isinstance(arguments, str) and arguments != given:  # some repeat the whole at the end
            given = (given + arguments)[:_LONGEST_CALL]
        self._calls[key] = (known, given)

    def cost_of(self, usage: dict[str, object]) -> int | None:
        """What the provider charges for the answer, in nano-dollars; None if it does not say."""
        if _CHARGES.isdisjoint(usage):
            return None
        from synapse.providers._vendor_usage import charged  # most say nothing of it

        return charged(usage)

    def usage_of(self, usage: dict[str, object], sent: str, received: str) -> Usage:
        """The counts of OpenAI's formats, of which chat completions say `prompt` and `completion`
        where Responses say `input` and `output`.
        """
        read = table(usage.get(f"{sent}_tokens_details"))
        written = table(usage.get(f"{received}_tokens_details"))
        counted = Usage(
            input_tokens=count(usage.get(f"{sent}_tokens")),
            output_tokens=count(usage.get(f"{received}_tokens")),
            cached_tokens=count(read.get("cached_tokens")),
            cache_write_tokens=count(read.get("cache_write_tokens")),
            reasoning_tokens=count(written.get("reasoning_tokens")),
        )
        if usage.keys() <= _USUAL and _READ.issuperset(read):
            total = count(usage.get("total_tokens"))
            if not total or total == (counted.input_tokens or 0) + (counted.output_tokens or 0):
                return counted
        from synapse.providers._vendor_usage import completed  # few say more, or count so

        return completed(counted, usage, read, self.model)

    def judge(self, reason: str) -> SynapseError | None:
        """Why an answer that ended for this reason is a failure; None if it is none."""
        if reason in ("stop", "end_turn", "completed") and not self._calls:
            return None
        from synapse.providers import _endings

        if _endings.is_filtered(reason):
            return self.refused(f"stopped the answer with a content filter ({self._clean(reason)})")
        waits = reason.lower() in _endings.CALLS
        if waits or (self._calls and not self.collector.has_text):
            return self._called()
        if _endings.is_whole(reason):
            return None
        what = f"{self.endpoint.provider} ended the answer for the reason {self._clean(reason)}"
        return AnswerCutShort(what, Advice("What arrived is kept. Again:  ", RETRY))

    def _called(self) -> SynapseError:
        calls = [f"{name or 'without a name'}({given})" for name, given in self._calls.values()]
        which = f"the tool {self._clean(', '.join(calls))}" if calls else "a tool"
        return ToolCalled(
            f"{self.endpoint.provider} called {which}; it was offered none",
            Advice("What arrived is kept. Again:  ", RETRY),
        )

    def _clean(self, words: str) -> str:
        from synapse.providers import _error_responses as _faults

        return _faults.clean(words, self.endpoint.key)

    def refused(self, words: str) -> SynapseError:
        """The error for an answer that a content filter or the model refused."""
        differently = Advice("Put it differently:  ", ASK, go_on=True)
        return AnswerRefused(f"{self.endpoint.provider} {words}", differently)
