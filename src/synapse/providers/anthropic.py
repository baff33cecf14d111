"""Anthropic's Messages format, version 2026-10-21."""

from __future__ import annotations

from synapse.domain import ModelInfo, Role, Usage
from synapse.ports import Finished, ModelReport, UsageReport
from synapse.providers import _parameters
from synapse.providers._http_provider import HttpProvider
from synapse.providers._stream_events import Reader
from synapse.providers._wire import (
    CACHED,
    Malformed,
    base64,
    count,
    day,
    decode,
    rows,
    string,
    table,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.ports import ChatMessage, ChatRequest
    from synapse.providers._dialects import Dialect

_VERSION = "2026-10-21"
_READ, _WRITTEN = "cache_read_input_tokens", "cache_creation_input_tokens"
_INPUT = ("input_tokens", _READ, _WRITTEN)
"""Together they are what was sent: the first counts only what no cache held."""
_LIFETIMES = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
"""What was written to a cache, by how long it stays there: together the last of the above."""


class Anthropic(HttpProvider):
    """Any server with `/v1/messages` and `/v1/models`."""

    def _chat_url(self) -> str:
        return f"{self._root()}/v1/messages"

    def _models_url(self) -> str:
        return f"{self._root()}/v1/models?limit=1000"

    def _root(self) -> str:
        return self._endpoint.base_url.removesuffix("/v1")

    def _headers(self) -> tuple[str, ...]:
        return (f"anthropic-version: {_VERSION}",)

    def _body(self, request: ChatRequest) -> dict[str, object]:
        return body_of(request, self._dialect, self.name)

    def _reader(self, model: str) -> Reader:
        return EventReader(self._endpoint, model)

    def _models(self, value: object) -> list[ModelInfo]:
        return models_of(value)


def body_of(request: ChatRequest, dialect: Dialect, provider: str) -> dict[str, object]:
    """The request as the format wants it. Raises UsageError for a parameter it does not take."""
    system = [request.system_prompt] if request.system_prompt else []
    messages = []
    caches = request.model.startswith(dialect.cache_marks)
    for message in request.messages:
        if not message.content.strip() and not message.images:
            continue  # an answer of which nothing came; the API refuses empty texts
        if message.role == Role.SYSTEM:
            system.append(message.content)
            continue
        role = "assistant" if message.role == Role.ASSISTANT else "user"
        is_marked = message.cache_mark and caches
        content = _content(message, is_marked) if message.images or is_marked else message.content
        messages.append({"role": role, "content": content})
    body: dict[str, object] = {
        "model": request.model,
        "max_tokens": request.max_tokens or _cap(request.model, dialect),
        "messages": messages,
    }
    if system:
        body["system"] = "\n\n".join(system)
    if request.stream:
        body["stream"] = True
    if request.continues and caches:
        body["cache_control"] = CACHED
    body = _parameters.apply(body, request, dialect, provider)
    thinking = body.get("thinking")
    if thinking == {"type": "adaptive"}:
        body["thinking"] = {"type": "adaptive", "display": "summarized"}
    return body


def _cap(model: str, dialect: Dialect) -> int:
    """The bound that the format requires, as high as the model takes it."""
    return next(cap for start, cap in dialect.output_caps if model.startswith(start))


def _content(message: ChatMessage, is_marked: bool) -> list[dict[str, object]]:
    """Images, then the text: the order that the format's documentation recommends."""
    blocks: list[dict[str, object]] = [
        {
            "type": "image",
            "source": {
                "type": "base64",
                "media_type": image.media_type,
                "data": base64(image.data),
            },
        }
        for image in message.images
    ]
    if message.content.strip():
        blocks.append({"type": "text", "text": message.content})
    if is_marked:
        blocks[-1] = {**blocks[-1], "cache_control": CACHED}
    return blocks


class EventReader(Reader):
    """Reads events from `message_start` to `message_stop`, or one `message`."""

    _reason: str | None = None
    _counts: dict[str, int] = {}  # noqa: RUF012
    """What was counted so far, by its field; replaced, never changed."""

    def read(self, name: bytes, data: bytes) -> None:
        """One event; unknown types are skipped, as the format's documentation demands."""
        value = decode(data)
        if not isinstance(value, dict):
            raise Malformed("no object")
        kind = value.get("type") or name.decode("utf-8", "replace")
        if kind == "content_block_delta":
            self._delta(table(value.get("delta")), data, value.get("index"))
        elif kind == "ping":
            self.heard = True
        elif kind == "message_start":
            self._start(table(value.get("message")))
        elif kind == "content_block_start":
            self._block(table(value.get("content_block")), value.get("index"))
        elif kind == "message_delta":
            self._reason = string(table(value.get("delta")).get("stop_reason")) or self._reason
            self._count(table(value.get("usage")))
        elif kind == "message_stop":
            self._finish()
        elif kind == "error" or "error" in value:
            self.heard = True
            raise self.fault(table(value.get("error")))

    def read_whole(self, value: object) -> None:
        """The body of an answer that is not streamed."""
        body = table(value)
        if "error" in body:
            raise self.fault(table(body["error"]))
        if not isinstance(body.get("content"), list):
            raise Malformed("no content")
        self._start(body)
        for place, block in enumerate(rows(body["content"])):
            self._block(block, place)
        self._reason = string(body.get("stop_reason"))
        self._finish()

    def end_without_marker(self) -> None:
        """See Reader."""
        if self._reason is not None:
            self._finish()

    def _start(self, message: dict[str, object]) -> None:
        self.heard = True
        model = message.get("model")
        if isinstance(model, str) and model:
            self.collector.add(ModelReport(model=model))
        self._count(table(message.get("usage")))

    def _block(self, block: dict[str, object], place: object) -> None:
        if block.get("type") == "tool_use":
            self.call(str(place), block.get("name"), block.get("input") or None)
        for field in ("thinking", "text"):
            text = block.get(field)
            if text and isinstance(text, str):
                self.collector.say(text, reasoning=field == "thinking")

    def _delta(self, delta: dict[str, object], data: bytes, place: object) -> None:
        if delta.get("type") == "input_json_delta" and str(place) in self._calls:
            self.call(str(place), None, delta.get("partial_json"))  # not what the server calls
        for field in ("text", "thinking"):
            text = delta.get(field)
            if text and isinstance(text, str):
                reasoning = field == "thinking"
                self.collector.say(text, reasoning=reasoning, escaped=b"\\u" in data)
                self.template.learn(data, b'"%b"' % field.encode(), text, reasoning=reasoning)
                return

    def _count(self, usage: dict[str, object]) -> None:
        """Counts are cumulative: a later one replaces an earlier one of its name. A 0 replaces
        none: some servers fill with it what their last event does not tell.
        """
        thinking = table(usage.get("output_tokens_details")).get("thinking_tokens")
        told = {field: count(usage.get(field)) for field in (*_INPUT, "output_tokens")}
        if told[_WRITTEN] is None:
            by_lifetime = table(usage.get("cache_creation"))
            counts = [count(by_lifetime.get(field)) for field in _LIFETIMES]
            told[_WRITTEN] = sum(filter(None, counts)) if any(counts) else None
        told |= {"thinking_tokens": count(thinking), "cost": self.cost_of(usage)}
        found = {**self._counts}
        for field, number in told.items():
            if number or (number == 0 and field not in found):
                found[field] = number
        if found != self._counts:
            self._counts = found
            sent = [found[field] for field in _INPUT if field in found]
            counted = Usage(
                input_tokens=sum(sent) if sent else None,
                output_tokens=found.get("output_tokens"),
                cached_tokens=found.get(_READ),
                cache_write_tokens=found.get(_WRITTEN),
                reasoning_tokens=found.get("thinking_tokens"),
                cost=found.get("cost"),
            )
            self.collector.add(UsageReport(usage=counted))

    def _finish(self) -> None:
        if not self.heard:
            raise Malformed("an end without an answer")
        self.done = True
        reason = self._reason or "end_turn"
        if reason == "refusal":
            self.verdict = self.refused("refused to answer")
        else:
            self.verdict = self.judge(reason)
        self.collector.add(Finished(reason=reason))


def models_of(value: object) -> list[ModelInfo]:
    """The models of a `/v1/models` body that can still be used."""
    return [
        ModelInfo(
            id=str(row["id"]),
            context_window=count(row.get("max_input_tokens")),
            max_output=count(row.get("max_tokens")),
            shutdown_date=day(row.get("retires_at")),
            deprecated=row.get("lifecycle") == "deprecated",
        )
        for row in rows(table(value).get("data"))
        if isinstance(row.get("id"), str) and row.get("lifecycle") != "retired"
    ]
