"""A provider that speaks HTTP: joins a wire format, which is pure, with traffic.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod

from synapse.advice import RETRY, Advice
from synapse.errors import AnswerCutShort, BadRequest, NotAnApi, SynapseError, UnknownModel
from synapse.paths import remembered_servers
from synapse.ports import Adapted, Cancellation, Capabilities
from synapse.providers._wire import Malformed, decode, encode
from synapse.providers.traffic.http import Traffic
from synapse.providers.traffic.sse import TooLong
from synapse.providers.traffic.transfer import Request, Stalled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from synapse.domain import ModelInfo
    from synapse.ports import ChatRequest, ProviderOptions, StreamEvent
    from synapse.providers._dialects import Dialect
    from synapse.providers._endpoint import Endpoint
    from synapse.providers._server_quirks import Memory
    from synapse.providers._stream_events import Reader
    from synapse.providers.traffic.transfer import Transfer

_LONGEST_BODY = 64 * 2**20
"""Bytes of an answer that does not come as a stream."""


class HttpProvider(ABC):
    """An LlmProvider; a wire format is a subclass that fills in what is abstract here."""

    def __init__(self, endpoint: Endpoint, dialect: Dialect, options: ProviderOptions) -> None:
        self._endpoint = endpoint
        self._dialect = dialect
        self._options = options
        self._traffic = Traffic(endpoint, options)
        self._memory: Memory | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._endpoint!r})"

    @property
    def name(self) -> str:
        """The name by which the user chose it."""
        return self._endpoint.provider

    @property
    def capabilities(self) -> Capabilities:
        """See LlmProvider."""
        return Capabilities(
            images=self._dialect.images,
            resends_reasoning=bool(self._dialect.reasoning_back),
            address=self._endpoint.address,
            vendor=self._endpoint.vendor,
            default_model=self._options.model,
        )

    # what a wire format fills in

    @abstractmethod
    def _chat_url(self) -> str:
        """Where questions go."""

    @abstractmethod
    def _models_url(self) -> str:
        """Where the list of models is."""

    def _headers(self) -> tuple[str, ...]:
        return ()

    @abstractmethod
    def _body(self, request: ChatRequest) -> dict[str, object]:
        """The request in the words of the format. Raises UsageError."""

    @abstractmethod
    def _reader(self, model: str) -> Reader:
        """A reader of one answer of this model."""

    @abstractmethod
    def _models(self, value: object) -> list[ModelInfo]:
        """The models that the body of a list names."""

    # the port

    def check(self, request: ChatRequest) -> None:
        """See LlmProvider."""
        self._endpoint.refuse_gap()
        self._body(request)

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """See LlmProvider."""
        self._endpoint.refuse_gap()
        return self._answer(self._body(request), request, cancellation)

    def list_models(self) -> list[ModelInfo]:
        """See LlmProvider."""
        self._endpoint.refuse_gap()
        return self._list_models(self._traffic)

    def _list_models(self, traffic: Traffic) -> list[ModelInfo]:
        request = Request(
            method="GET",
            url=self._url(self._models_url()),
            headers=self._all_headers("Accept: application/json"),
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

    def _url(self, url: str) -> str:
        query = self._options.query
        if not query:
            return url
        from synapse.providers._customised import query_of

        return f"{url}{'&' if '?' in url else '?'}{query_of(query)}"

    def _all_headers(self, *fields: str) -> tuple[str, ...]:
        """The fields and those of the format, but for what the user has a word for."""
        own = self._options.headers
        ours = (*fields, *self._headers())
        if not own:
            return ours
        names = {name.lower() for name in own}
        kept = (field for field in ours if field.partition(":")[0].lower() not in names)
        return (*kept, *(f"{name}: {value}" for name, value in own.items()))

    def _question(self, body: dict[str, object], request: ChatRequest) -> Request:
        if self._options.extra_body:
            from synapse.providers._customised import merged

            body = merged(body, self._options.extra_body)
        return Request(
            method="POST",
            url=self._url(self._chat_url()),
            headers=self._all_headers(
                "Content-Type: application/json",
                f"Accept: {'text/event-stream' if request.stream else 'application/json'}",
                *self._routing(request.conversation),
            ),
            body=encode(body),
        )

    def _routing(self, conversation: str | None) -> tuple[str, ...]:
        header = self._dialect.cache_header
        if not header or not conversation or not conversation.isprintable():
            return ()
        return (f"{header}: {conversation}",)

    def _has_essentials_alone(self, body: Mapping[str, object]) -> bool:
        """Whether nothing can be left out: Anthropic's format has nothing but what it is told of
        its cache, and wants a bound.
        """
        return bool(self._dialect.output_caps) and "cache_control" not in body

    def _left_out(self, body: dict[str, object], model: str) -> tuple[str, ...]:
        """Take out of the body what the server is known to refuse of it."""
        if self._has_essentials_alone(body):
            return ()
        if self._memory is None and not os.path.exists(remembered_servers(self._endpoint.environ)):
            return ()
        return self._remembered().adapt(body, model)

    def _remembered(self) -> Memory:
        if self._memory is None:
            from synapse.providers._server_quirks import Memory

            path = remembered_servers(self._endpoint.environ)
            wants_bound = bool(self._dialect.output_caps)
            self._memory = Memory(path, self._endpoint.address, wants_bound=wants_bound)
        return self._memory

    def _sent(
        self, asked: dict[str, object], request: ChatRequest, cancellation: Cancellation
    ) -> Generator[StreamEvent, None, Transfer | None]:
        """The transfer of an answer. What the server refuses beside the essentials is not asked
        again.
        """
        tried: set[str] = set()
        told: tuple[str, ...] = ()
        while True:
            body = {**asked}
            left_out = self._left_out(body, request.model)
            if left_out != told:
                told = left_out
                yield Adapted(fields=told)
            question = self._question(body, request)
            try:
                transfer = yield from self._traffic.send(question, cancellation, request.model)
            except (BadRequest, NotAnApi, UnknownModel) as error:
                tried.update(body)
                if not self._may_do_without(body, error.body, request.model, tried):
                    if self._memory is not None:
                        self._memory.reject()
                    raise
            else:
                if self._memory is not None:
                    self._memory.confirm()
                return transfer

    def _may_do_without(
        self, body: dict[str, object], words: str, model: str, tried: set[str]
    ) -> bool:
        """Whether a refusal names something that need not be asked; it is left out from now on."""
        if self._has_essentials_alone(body) or not words or words.lstrip().startswith("<"):
            return False
        return self._remembered().suppose(body, words, model, tried)

    def _answer(
        self, asked: dict[str, object], request: ChatRequest, cancellation: Cancellation
    ) -> Iterator[StreamEvent]:
        try:
            transfer = yield from self._sent(asked, request, cancellation)
        except UnknownModel as error:
            raise self._with_near_names(error, request.model) from None
        if transfer is None:
            return
        reader = self._reader(request.model)
        try:
            kind = transfer.headers().get("content-type", "").lower()
            streams = request.stream and "json" not in kind and "html" not in kind
            if streams or "event-stream" in kind:
                yield from self._streamed(transfer, reader, cancellation, kind)
            else:
                yield from self._whole(transfer, reader, cancellation)
        except Stalled as stall:
            yield from self._ended(reader, self._traffic.stalled(stall))
        finally:
            self._traffic.done(transfer)

    def _ended(self, reader: Reader, error: SynapseError) -> Iterator[StreamEvent]:
        """Nothing more comes; `error` holds unless it was told why the answer ended."""
        if not reader.done:
            reader.end_without_marker()
            reader.collector.end()
        yield from reader.collector.take()
        if not reader.done:
            raise error from None
        if reader.verdict is not None:
            raise reader.verdict

    def _streamed(
        self, transfer: Transfer, reader: Reader, cancellation: Cancellation, kind: str
    ) -> Iterator[StreamEvent]:
        feed, take = reader.feed, reader.collector.take
        transfer.every_byte_counts = False
        for data in transfer:
            error = None
            try:
                feed(data)
            except (SynapseError, Malformed, TooLong) as caught:
                error = self._broken_off(caught, reader)
                reader.collector.end()
            yield from take()
            if error is None:
                error = reader.verdict
            if error is not None:
                raise error
            if reader.done:
                return
            transfer.note_progress(reader.has_progressed())
        if cancellation:
            return
        yield from self._last(transfer, reader, kind)

    def _last(self, transfer: Transfer, reader: Reader, kind: str) -> Iterator[StreamEvent]:
        """What the end of the stream means: it has come without an end marker."""
        from synapse.providers import _error_responses as _faults

        error: SynapseError | None = None
        if transfer.failure is not None:
            error = self._traffic.broken(transfer.failure)
        try:
            reader.close(broken=error is not None)
        except (Malformed, TooLong):
            reader.collector.end()  # half an event
        except SynapseError as caught:
            error = caught
        if error is None and not reader.done and reader.is_something_else():
            error = self._unframed(reader)
        elif error is None and not reader.heard and "event-stream" not in kind:
            error = _faults.not_an_api(self._endpoint, "it sent no event stream")
        yield from reader.collector.take()
        if not reader.done:
            raise error or _faults.cut_short()
        if reader.verdict is not None:
            raise reader.verdict

    def _unframed(self, reader: Reader) -> SynapseError | None:
        """Read what came without the frame of a stream as a whole answer; or why it is none."""
        try:
            reader.read_whole(decode(reader.seen))
        except Malformed:
            return reader.unreadable()
        except SynapseError as error:
            return error
        return None

    def _whole(
        self, transfer: Transfer, reader: Reader, cancellation: Cancellation
    ) -> Iterator[StreamEvent]:
        value = self._decoded(transfer)
        if cancellation:
            return
        try:
            reader.read_whole(value)
        except Malformed:
            from synapse.providers import _error_responses as _faults

            raise _faults.unreadable(self._endpoint, encode(value)) from None
        yield from reader.collector.take()
        if reader.verdict is not None:
            raise reader.verdict

    def _decoded(self, transfer: Transfer) -> object:
        """The whole body as JSON; None if nobody waits for it any longer."""
        from synapse.providers import _error_responses as _faults

        data = b"".join(_bounded(transfer))
        if transfer.cancelled:
            return None
        if transfer.failure is not None:
            raise self._traffic.broken(transfer.failure)
        if len(data) > _LONGEST_BODY:
            longest = f"more than {_LONGEST_BODY >> 20} MB in one piece"
            raise _faults.not_an_api(self._endpoint, f"it answered with {longest}")
        try:
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
                Advice("What arrived is kept. Again:  ", RETRY),
            )
        from synapse.providers import _error_responses as _faults

        return _faults.not_an_api(self._endpoint, f"it sent {what}")

    def _with_near_names(self, error: UnknownModel, model: str) -> UnknownModel:
        """The error with the names of the provider's list that are like `model`, if it tells."""
        from synapse.suggestions import near  # only after a typing error

        options = self._options.replace(attempts=1, timeout=5.0, total_timeout=5.0)
        try:
            known = [info.id for info in self._list_models(Traffic(self._endpoint, options))]
        except SynapseError:
            return error
        names = near(model, known)
        if not names:
            return error
        return UnknownModel(error.message, f"Near it:  {', '.join(names)}", *error.hints)


def _bounded(transfer: Transfer) -> Iterator[bytes]:
    size = 0
    for data in transfer:
        yield data
        size += len(data)
        if size > _LONGEST_BODY:
            return
