"""From the bytes of an answer to StreamEvents: what both wire formats share. Pure."""

from __future__ import annotations

from abc import ABC, abstractmethod

from synapse.advice import ASK, Advice
from synapse.errors import AnswerRefused
from synapse.providers._template import Template
from synapse.providers._wire import Collector
from synapse.providers.traffic.sse import EventParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.errors import SynapseError
    from synapse.providers._endpoint import Endpoint


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
        self._parser = EventParser()
        self._events = 0

    def feed(self, piece: bytes) -> None:
        """One read of the network, up to the end marker. Raises TooLong too."""
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

    def has_progressed(self) -> bool:
        """Whether an event, or a part of the data of one, has come since this was asked last.
        Comments and empty lines, which servers send to keep a connection open, are neither.
        """
        events, self._events = self._events, 0
        return events > 0 or self._parser.is_in_data

    def close(self) -> None:
        """The end of the stream, which may have cut off an event."""
        for name, data in self._parser.close():
            self.read(name, data)
        if not self.done:
            self.collector.end()

    def _parse(self, piece: bytes) -> None:
        for name, data in self._parser.feed(piece):
            self._events += 1
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

    def refused(self, words: str) -> SynapseError:
        """The error for an answer that a content filter or the model refused."""
        differently = Advice("Put it differently:  ", ASK, go_on=True)
        return AnswerRefused(f"{self.endpoint.provider} {words}", differently)
