"""A provider that speaks HTTP: joins a wire format, which is pure, with traffic."""

from __future__ import annotations

from synapse.errors import AnswerCutShort, SynapseError, UnknownModel
from synapse.ports import Cancellation
from synapse.providers._http import Traffic
from synapse.providers._sse import EventParser, TooLong
from synapse.providers._template import Template
from synapse.providers._transfer import Request, Stalled
from synapse.providers._wire import Collector, Malformed, decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.domain import ModelInfo
    from synapse.ports import ChatRequest, ProviderOptions, StreamEvent
    from synapse.providers._endpoint import Endpoint
    from synapse.providers._rows import Dialect
    from synapse.providers._transfer import Transfer

_LONGEST_BODY = 64 * 2**20
"""Bytes of an answer that does not come as a stream."""


class Reader:
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

    def feed(self, piece: bytes) -> None:
        """One read of the network, up to the end marker. Raises TooLong too."""
        at, template = 0, self.template
        while True:
            if self._parser.is_between_events:
                text, at = template.recognise(piece, at)
                if text:
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

    def close(self) -> None:
        """The end of the stream, which may have cut off an event."""
        for name, data in self._parser.close():
            self.read(name, data)
        if not self.done:
            self.collector.end()

    def _parse(self, piece: bytes) -> None:
        for name, data in self._parser.feed(piece):
            self.read(name, data)
            self.template.frame(piece, data)
            if self.done:
                return

    def read(self, name: bytes, data: bytes) -> None:
        """One event of the stream."""
        raise NotImplementedError

    def read_whole(self, value: object) -> None:
        """The body of an answer that is not streamed."""
        raise NotImplementedError

    def fault(self, error: dict[str, object]) -> SynapseError:
        """The error for an error object that came under HTTP 200."""
        from synapse.providers import _faults

        return _faults.of_error(self.endpoint, self.model, error)

    def refused(self, words: str) -> SynapseError:
        """The error for an answer that a content filter or the model refused."""
        from synapse.errors import AnswerRefused

        return AnswerRefused(f"{self.endpoint.provider} {words}", "Put it differently:  synapse -c")


class HttpProvider:
    """An LlmProvider; a wire format is a subclass that fills in what raises here."""

    def __init__(self, endpoint: Endpoint, dialect: Dialect, options: ProviderOptions) -> None:
        self._endpoint = endpoint
        self._dialect = dialect
        self._options = options
        self._traffic = Traffic(endpoint, options)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._endpoint!r})"

    @property
    def name(self) -> str:
        """The name by which the user chose it."""
        return self._endpoint.provider

    # what a wire format fills in

    def _chat_url(self) -> str:
        raise NotImplementedError

    def _models_url(self) -> str:
        raise NotImplementedError

    def _headers(self) -> tuple[str, ...]:
        return ()

    def _body(self, request: ChatRequest) -> dict[str, object]:
        raise NotImplementedError

    def _reader(self, model: str) -> Reader:
        raise NotImplementedError

    def _models(self, value: object) -> list[ModelInfo]:
        raise NotImplementedError

    # the port

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """See LlmProvider. Raises UsageError at the call, before anything is sent, for a
        parameter that the provider does not take.
        """
        sent = Request(
            method="POST",
            url=self._chat_url(),
            headers=(
                "Content-Type: application/json",
                f"Accept: {'text/event-stream' if request.stream else 'application/json'}",
                *self._headers(),
            ),
            body=encode(self._body(request)),
        )
        return self._answer(sent, request, cancellation)

    def list_models(self) -> list[ModelInfo]:
        """See LlmProvider."""
        return self._list_models(self._traffic)

    def _list_models(self, traffic: Traffic) -> list[ModelInfo]:
        request = Request(
            method="GET",
            url=self._models_url(),
            headers=("Accept: application/json", *self._headers()),
        )
        attempts = traffic.send(request, Cancellation(), "")
        while True:
            try:
                next(attempts)
            except StopIteration as end:
                transfer: Transfer = end.value
                break
        try:
            return self._models(self._decoded(transfer))
        finally:
            traffic.done(transfer)

    def _answer(
        self, sent: Request, request: ChatRequest, cancellation: Cancellation
    ) -> Iterator[StreamEvent]:
        try:
            transfer = yield from self._traffic.send(sent, cancellation, request.model)
        except UnknownModel as error:
            raise self._with_near_names(error, request.model) from None
        if transfer is None:
            return
        reader = self._reader(request.model)
        try:
            kind = transfer.headers().get("content-type", "").lower()
            if request.stream and "json" not in kind and "html" not in kind:
                yield from self._streamed(transfer, reader, cancellation, kind)
            else:
                yield from self._whole(transfer, reader, cancellation)
        except Stalled as stall:
            raise self._traffic.stalled(stall) from None
        finally:
            self._traffic.done(transfer)

    def _streamed(
        self, transfer: Transfer, reader: Reader, cancellation: Cancellation, kind: str
    ) -> Iterator[StreamEvent]:
        feed, take = reader.feed, reader.collector.take
        for data in transfer:
            error = None
            try:
                feed(data)
            except (SynapseError, Malformed, TooLong) as caught:
                error = self._broken_off(caught, reader)
            yield from take()
            if error is None:
                error = reader.verdict
            if error is not None:
                raise error
            if reader.done:
                return
        if cancellation:
            return
        yield from self._last(transfer, reader, kind)

    def _last(self, transfer: Transfer, reader: Reader, kind: str) -> Iterator[StreamEvent]:
        """What the end of the stream means: it has come without an end marker."""
        from synapse.providers import _faults

        error: SynapseError | None = None
        if transfer.failure is not None:
            error = self._traffic.broken(transfer.failure)
        try:
            reader.close()
        except (Malformed, TooLong):
            pass  # half an event
        except SynapseError as caught:
            error = caught
        yield from reader.collector.take()
        if reader.done:
            if reader.verdict is not None:
                raise reader.verdict
            return
        if error is None and not reader.heard and "event-stream" not in kind:
            error = _faults.not_an_api(self._endpoint, "it sent no event stream")
        raise error or _faults.cut_short()

    def _whole(
        self, transfer: Transfer, reader: Reader, cancellation: Cancellation
    ) -> Iterator[StreamEvent]:
        value = self._decoded(transfer)
        if cancellation:
            return
        try:
            reader.read_whole(value)
        except Malformed:
            from synapse.providers import _faults

            raise _faults.not_an_api(self._endpoint, "its JSON holds no answer") from None
        yield from reader.collector.take()
        if reader.verdict is not None:
            raise reader.verdict

    def _decoded(self, transfer: Transfer) -> object:
        """The whole body as JSON; None if nobody waits for it any longer."""
        from synapse.providers import _faults

        data = b"".join(_bounded(transfer))
        if transfer.cancelled:
            return None
        if transfer.failure is not None:
            raise self._traffic.broken(transfer.failure)
        try:
            if len(data) > _LONGEST_BODY:
                raise Malformed
            return decode(data)
        except Malformed:
            what = "a web page" if data.lstrip()[:1] == b"<" else "no JSON"
            raise _faults.not_an_api(self._endpoint, f"it answered with {what}") from None

    def _broken_off(self, caught: Exception, reader: Reader) -> SynapseError:
        """The error for an event that can't be read, or that reports one itself."""
        if isinstance(caught, SynapseError):
            return caught
        what = (
            "a line of more than 16 MB" if isinstance(caught, TooLong) else "a line that is no JSON"
        )
        if reader.heard:
            return AnswerCutShort(
                f"{self.name} sent {what}; the answer ends before it",
                "What arrived is kept. Again:  synapse retry",
            )
        from synapse.providers import _faults

        return _faults.not_an_api(self._endpoint, f"it sent {what}")

    def _with_near_names(self, error: UnknownModel, model: str) -> UnknownModel:
        """The error with the names of the provider's list that are like `model`, if it tells."""
        from difflib import get_close_matches

        options = self._options.replace(attempts=1, timeout=5.0, total_timeout=5.0)
        try:
            known = [info.id for info in self._list_models(Traffic(self._endpoint, options))]
        except SynapseError:
            return error
        near = get_close_matches(model, known, n=3, cutoff=0.5)
        if not near:
            return error
        return UnknownModel(error.message, f"Near it:  {', '.join(near)}", *error.hints)


def _bounded(transfer: Transfer) -> Iterator[bytes]:
    size = 0
    for data in transfer:
        yield data
        size += len(data)
        if size > _LONGEST_BODY:
            return
