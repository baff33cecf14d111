"""OpenAI's Responses, which OpenAI and xAI put in the place of chat completions.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.domain import Role, Usage
from synapse.ports import Finished, ModelReport, UsageReport
from synapse.providers import _parameters
from synapse.providers._http_provider import HttpProvider
from synapse.providers._stream_events import Reader
from synapse.providers._wire import Malformed, base64, decode, encode, rows, string, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.domain import ModelInfo
    from synapse.ports import ChatMessage, ChatRequest
    from synapse.providers._dialects import Dialect
    from synapse.providers._endpoint import Endpoint

_TEXTS = {
    "response.output_text.delta": False,
    "response.refusal.delta": False,
    "response.reasoning_text.delta": True,
    "response.reasoning_summary_text.delta": True,
}
"""The events that carry a piece of text, and whether that is reasoning."""

_WHOLE_TEXTS = {
    "response.output_text.done": "response.output_text.delta",
    "response.refusal.done": "response.refusal.delta",
    "response.reasoning_text.done": "response.reasoning_text.delta",
    "response.reasoning_summary_text.done": "response.reasoning_summary_text.delta",
}
"""The events that repeat a text once it is whole, and those that carried its pieces."""

_WHOLE_PARTS = {
    "output_text": "response.output_text.delta",
    "refusal": "response.refusal.delta",
    "reasoning_text": "response.reasoning_text.delta",
}
"""As `_WHOLE_TEXTS`, by the type of the part that is whole."""

_ENDS = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
    "response.cancelled": "cancelled",
}
"""The events that end a stream, and the status that an answer has then if it names none."""

_PARTS = {
    "output_text": "response.output_text.delta",
    "text": "response.output_text.delta",
    "refusal": "response.refusal.delta",
    "summary_text": "response.reasoning_summary_text.delta",
    "reasoning_text": "response.reasoning_text.delta",
}
"""The parts of an item that are text, and the events that would have carried it."""


_COUNTER = b'"sequence_number":'
_UNCOUNTED = b'"sequence_number":0'
_NUMBERS = b" 0123456789"


class Responses(HttpProvider):
    """Any server with `/responses` and `/models`."""

    def _chat_url(self) -> str:
        return f"{self._endpoint.base_url}/responses"

    def _models_url(self) -> str:
        return f"{self._endpoint.base_url}/models"

    def _body(self, request: ChatRequest) -> dict[str, object]:
        return body_of(request, self._dialect, self.name)

    def _reader(self, model: str) -> Reader:
        return ResponseReader(self._endpoint, model)

    def _models(self, value: object) -> list[ModelInfo]:
        from synapse.providers.openai_compatible import models_of

        return models_of(value)


def body_of(request: ChatRequest, dialect: Dialect, provider: str) -> dict[str, object]:
    """The request as the dialect wants it. Raises UsageError for a parameter it does not take.

    Nothing is kept at the provider: the whole conversation is sent each time, as in the other
    formats.
    """
    items: list[dict[str, object]] = []
    body: dict[str, object] = {"model": request.model, "input": items, "store": False}
    if request.system_prompt and dialect.system_role:
        items.append(_message(dialect.system_role, request.system_prompt))
    elif request.system_prompt:
        body["instructions"] = request.system_prompt
    items.extend(_item(message, dialect) for message in request.messages if _holds(message))
    if request.max_tokens:
        body[dialect.token_cap] = request.max_tokens
    if request.stream:
        body["stream"] = True
        if dialect.stream_options:
            body["stream_options"] = dict(dialect.stream_options)
    if dialect.cache_key and request.conversation:
        body[dialect.cache_key] = request.conversation
    body = _parameters.apply(body, request, dialect, provider)
    if dialect.summary and not request.model.startswith(dialect.unthinking):
        body["reasoning"] = {**table(body.get("reasoning")), "summary": dialect.summary}
    return body


def _holds(message: ChatMessage) -> bool:
    """Whether there is anything in it; an answer of which nothing came is no item."""
    return bool(message.content.strip() or message.images)


def _item(message: ChatMessage, dialect: Dialect) -> dict[str, object]:
    if message.role == Role.SYSTEM:
        return _message(dialect.system_role or "developer", message.content)
    # What a tool said to another program has no call to refer to here.
    role = "assistant" if message.role == Role.ASSISTANT else "user"
    return _message(role, _content(message) if message.images else message.content)


def _message(role: str, content: object) -> dict[str, object]:
    """A message as an item of the input. llama.cpp knows an answer by its type alone."""
    return {"type": "message", "role": role, "content": content}


def _content(message: ChatMessage) -> list[dict[str, object]]:
    """Images as `data:` URLs, then the text."""
    parts: list[dict[str, object]] = [
        {
            "type": "input_image",
            "detail": "auto",
            "image_url": f"data:{image.media_type};base64,{base64(image.data)}",
        }
        for image in message.images
    ]
    if message.content:
        parts.append({"type": "input_text", "text": message.content})
    return parts


class ResponseReader(Reader):
    """Reads events up to the one that ends the response, or one `response`."""

    _model: str | None = None
    _refused = False
    _is_new = True
    _has_pieces = False
    """Whether any text of the answer has come before its item was whole."""
    _has_event = _is_only_marker = False
    """Whether any event has come, and whether `[DONE]` came without one."""

    def __init__(self, endpoint: Endpoint, model: str) -> None:
        super().__init__(endpoint, model)
        self._places: dict[tuple[object, ...], bool] = {}
        """Item and part of every text so far, in their order, and whether it is reasoning."""

    def feed(self, piece: bytes) -> None:
        """See Reader. The events are counted, and nothing else tells one piece of text from the
        next: without their numbers they are recognised, which costs a quarter of parsing them.
        """
        end = piece.rfind(b"\n\n") + 2
        if end > 1 and (self._is_new or self._parser.is_between_events):
            super().feed(_uncounted(piece[:end]))
            piece = piece[end:]
        self._is_new = False
        if piece and not self.done:
            super().feed(piece)

    def read(self, name: bytes, data: bytes) -> None:
        """One event; unknown types are skipped, as the format's documentation demands."""
        if data == b"[DONE]" or data.strip() == b"[DONE]":
            # some servers add it, after the event that counts
            self._is_only_marker = not self._has_event
            return
        self._has_event = True
        value = decode(data)
        if not isinstance(value, dict):
            raise Malformed("no object")
        kind = string(value.get("type")) or name.decode("utf-8", "replace")
        if kind in _TEXTS:
            text = value.get("delta")
            if text and isinstance(text, str):
                self._say(kind, text, _place(kind, value), escaped=b"\\u" in data)
                self.template.learn(data, b'"delta"', text, reasoning=_TEXTS[kind])
        elif kind in _WHOLE_TEXTS:
            self._repeat(_WHOLE_TEXTS[kind], value)
        elif kind in _ENDS:
            self._end(table(value.get("response")), _ENDS[kind])
        elif kind == "error" or value.get("error"):
            self.heard = True
            raise self.fault(_error(value))
        elif kind.startswith("response."):
            self.heard = True
            self._name(table(value.get("response")))
            if kind == "response.output_item.done":
                self._take_item(table(value.get("item")))
            elif kind == "response.content_part.done":
                part = table(value.get("part"))
                if part.get("type") in _WHOLE_PARTS:
                    self._repeat(_WHOLE_PARTS[str(part["type"])], {**value, **part})

    def read_whole(self, value: object) -> None:
        """The body of an answer that is not streamed."""
        body = table(value)
        if not isinstance(body.get("output"), list):
            if body.get("error"):
                raise self.fault(_error(body))
            raise Malformed("no output")
        self._end(body, "completed")

    def end_without_marker(self) -> None:
        """See Reader. Only the last event tells why it ended; a lone marker is an empty answer."""
        if self._is_only_marker:
            self._end({}, "completed")

    def _take_item(self, item: dict[str, object]) -> None:
        """What there is in an item that is whole, unless it came in pieces."""
        self._note_call(item)
        if not self._has_pieces:
            self._take([item], len(self._places))

    def _note_call(self, item: dict[str, object]) -> None:
        if item.get("type") in ("function_call", "custom_tool_call"):
            self._calls.pop(item.get("call_id"), None)  # each time, it is there as a whole
            self.call(item.get("call_id"), item.get("name"), item.get("arguments"))

    def _say(
        self,
        kind: str,
        text: str,
        place: tuple[object, ...],
        *,
        escaped: bool,
        is_whole: bool = False,
    ) -> None:
        self.heard = True
        reasoning = _TEXTS[kind]
        self._has_pieces = self._has_pieces or not (reasoning or is_whole)
        if place not in self._places:
            last = [*self._places.values()][-1:]
            if last == [reasoning]:  # another item, or another part of one
                self.collector.say("\n\n", reasoning=reasoning)
            self._places[place] = reasoning
        self._refused = self._refused or kind == "response.refusal.delta"
        self.collector.say(text, reasoning=reasoning, escaped=escaped)

    def _repeat(self, kind: str, event: dict[str, object]) -> None:
        """Take a whole text that did not come in pieces."""
        self.heard = True
        text, place = event.get("text") or event.get("refusal"), _place(kind, event)
        if text and isinstance(text, str) and place not in self._places:
            self._say(kind, text, place, escaped=True)

    def _name(self, response: dict[str, object]) -> None:
        model = response.get("model")
        if isinstance(model, str) and model and model != self._model:
            self._model = model
            self.collector.add(ModelReport(model=model))

    def _end(self, response: dict[str, object], status: str) -> None:
        self.heard = True
        self._name(response)
        if False not in self._places.values():  # in one piece, or a server that streams no text
            self._take(response.get("output"))
        self._count(table(response.get("usage")))
        status = string(response.get("status")) or status
        if status in ("failed", "cancelled") or response.get("error"):
            raise self.fault(_error(response) or {"message": f"the answer is {status}"})
        reason = status
        if status == "incomplete":
            reason = string(table(response.get("incomplete_details")).get("reason")) or status
        self.done = True
        for item in rows(response.get("output")):
            self._note_call(item)
        if not self._places and not self._calls and _is_unknown(response.get("output")):
            from synapse.providers import _error_responses as _faults

            raise _faults.unreadable(self.endpoint, encode(response["output"]))
        if self._refused:
            self.verdict = self.refused("refused to answer")
        else:
            self.verdict = self.judge(reason)
        self.collector.add(Finished(reason="refusal" if self._refused else reason))

    def _take(self, output: object, first: int = 0) -> None:
        """The texts of items that are there as a whole, those left out that came in pieces."""
        has_reasoning = True in self._places.values()
        for number, item in enumerate(rows(output), first):
            plain = item.get("content")
            if isinstance(plain, str):  # as it is in what is sent
                item = {"content": [{"type": "text", "text": plain}]}
            for field in ("summary", "content"):
                for index, part in enumerate(rows(item.get(field))):
                    kind = _PARTS.get(string(part.get("type")) or "", "")
                    text = part.get("text") or part.get("refusal")
                    if not kind or not isinstance(text, str) or (_TEXTS[kind] and has_reasoning):
                        continue
                    place = (kind, number, index)
                    self._say(kind, text, place, escaped=True, is_whole=True)

    def _count(self, usage: dict[str, object]) -> None:
        """What came from a cache is a part of the input, reasoning one of the output."""
        counted = self.usage_of(usage, "input", "output")
        if counted != Usage():
            self.collector.add(UsageReport(usage=counted))


def _uncounted(events: bytes) -> bytes:
    """The events with the number 0, if each has one: no text can hold the field's quotes."""
    first, *others = events.split(_COUNTER)
    texts = [text.lstrip(_NUMBERS) for text in others]
    if any(
        text[:1] not in (b",", b"}") or len(text) == len(counted)
        for text, counted in zip(texts, others, strict=True)
    ):
        return events
    return _UNCOUNTED.join((first, *texts))


def _place(kind: str, event: dict[str, object]) -> tuple[object, ...]:
    """Which text the event is about: of which item, and which part of that. llama.cpp gives items
    no numbers; gateways give them another id in every event.
    """
    item = string(event.get("output_index")) or string(event.get("item_id"))
    return kind, item, string(event.get("content_index")) or string(event.get("summary_index"))


def _is_unknown(output: object) -> bool:
    """Whether there is something in the items of which nobody knows whether it is text."""
    parts = [part for item in rows(output) for part in rows(item.get("content"))]
    return any(string(part.get("type")) not in _PARTS for part in parts)


def _error(value: dict[str, object]) -> dict[str, object]:
    """The error object: within the event or the response, or the event itself."""
    error = value.get("error")
    if isinstance(error, dict):
        return error
    if error:
        return {**value, "message": error}
    return value if "message" in value else {}
