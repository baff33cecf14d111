"""OpenAI's chat completions, as OpenAI and everybody who imitates it speaks them."""

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
    from synapse.errors import SynapseError
    from synapse.ports import ChatMessage, ChatRequest
    from synapse.providers._dialects import Dialect

_REASONING = ("reasoning_content", "reasoning")
"""Where servers put the model's thoughts: DeepSeek and most local ones, OpenRouter and Ollama."""

_FAILURES = frozenset(("error", "insufficient_system_resource"))  # OpenRouter, Mistral; DeepSeek
_ANSWERS = frozenset((*_REASONING, "content", "refusal", "tool_calls", "function_call", "text"))
"""Fields of which one, be it empty, makes something an answer, or a piece of one."""
_ELSEWHERE = frozenset(("message", "text"))
"""Fields of a choice that may hold what its `delta` should."""
_BESIDE = frozenset(("role", "name", "id", "type", "annotations", "reasoning_details"))
"""Fields that may be there without saying anything."""


_NOTHING = Usage()


class OpenAiCompatible(HttpProvider):
    """Any server with `/chat/completions` and `/models`."""

    def _chat_url(self) -> str:
        return f"{self._endpoint.base_url}/chat/completions"

    def _models_url(self) -> str:
        return f"{self._endpoint.base_url}/models"

    def _body(self, request: ChatRequest) -> dict[str, object]:
        return body_of(request, self._dialect, self.name)

    def _reader(self, model: str) -> Reader:
        return ChunkReader(self._endpoint, model)

    def _models(self, value: object) -> list[ModelInfo]:
        return models_of(value)


def body_of(request: ChatRequest, dialect: Dialect, provider: str) -> dict[str, object]:
    """The request as the dialect wants it. Raises UsageError for a parameter it does not take."""
    messages: list[dict[str, object]] = []
    caches = request.model.startswith(dialect.cache_marks)
    if request.system_prompt:
        messages.append({"role": dialect.system_role, "content": request.system_prompt})
    for message in request.messages:
        role = dialect.system_role if message.role == Role.SYSTEM else str(message.role)
        is_marked = message.cache_mark and caches
        # What a tool said to another program has no call to refer to here.
        sent: dict[str, object] = {
            "role": "user" if message.role == Role.TOOL else role,
            "content": _content(message, is_marked)
            if message.images or is_marked
            else message.content,
        }
        if dialect.reasoning_back and message.role == Role.ASSISTANT:
            sent[dialect.reasoning_back] = message.reasoning
        messages.append(sent)
    body: dict[str, object] = {"model": request.model, "messages": messages}
    if request.max_tokens:
        body[dialect.token_cap] = request.max_tokens
    if request.stream:
        body["stream"] = True
        if dialect.stream_options:
            body["stream_options"] = dict(dialect.stream_options)
    if dialect.cache_key and request.conversation:
        body[dialect.cache_key] = request.conversation
    if request.continues and caches:
        body["cache_control"] = CACHED
    return _parameters.apply(body, request, dialect, provider)


def _content(message: ChatMessage, is_marked: bool) -> list[dict[str, object]]:
    """Images as `data:` URLs, then the text."""
    parts: list[dict[str, object]] = [
        {
            "type": "image_url",
            "image_url": {"url": f"data:{image.media_type};base64,{base64(image.data)}"},
        }
        for image in message.images
    ]
    if message.content:
        parts.append({"type": "text", "text": message.content})
    if is_marked and parts:
        parts[-1] = {**parts[-1], "cache_control": CACHED}
    return parts


class ChunkReader(Reader):
    """Reads `chat.completion.chunk` objects up to `[DONE]`, or one `chat.completion`."""

    _named = False
    _reason: str | None = None
    _refused = False
    _counted: tuple[object, object] = (None, None)
    _sources: object = None
    """What a search engine found: addresses, or objects with an address and a title."""
    _chunks = 0
    _is_answer = _is_odd = False
    """Whether a field of an answer has come, and one that nobody knows."""
    _is_usual = False
    """Whether text has come where it belongs; elsewhere, it is repeated."""
    _whole_so_far = ""
    _text: tuple[bytes, str, bool] | None = None
    """Field, value and kind of the only text in the last chunk; None if there were several."""

    def read(self, name: bytes, data: bytes) -> None:
        """One chunk."""
        if data == b"[DONE]" or data.strip() == b"[DONE]":
            self._finish()
            return
        self._chunks += 1
        value = decode(data)
        if not isinstance(value, dict):
            raise Malformed("no object")
        self._text = None
        self._read(value, "delta", b"\\u" in data)
        if self._text is not None:
            field, text, reasoning = self._text
            self.template.learn(data, field, text, reasoning=reasoning)

    def read_whole(self, value: object) -> None:
        """The body of an answer that is not streamed."""
        body = table(value)
        self._read(body, "message", escaped=True)
        if not rows(body.get("choices")):
            raise Malformed("no choices")
        self._finish()

    def end_without_marker(self) -> None:
        """See Reader."""
        if self._reason is not None:
            self._finish()

    def _read(self, value: dict[str, object], part: str, escaped: bool) -> None:
        choices = value.get("choices")
        if not self._named and isinstance(value.get("model"), str) and value["model"]:
            self._named = True
            self.collector.add(ModelReport(model=str(value["model"])))
        # LiteLLM sends one empty choice where OpenAI sends none, others send null.
        if isinstance(choices, list):
            self.heard = True
            if choices and isinstance(choices[0], dict):
                self._choice(choices[0], part, escaped)
        sources = value.get("search_results") or value.get("citations")
        if sources:
            self._sources = sources
        self._count(value)
        if value.get("error"):
            self.heard = True
            error = value["error"]
            raise self.fault(error if isinstance(error, dict) else {**value, "message": error})

    def _choice(self, choice: dict[str, object], part: str, escaped: bool) -> None:
        delta = choice.get(part)
        if isinstance(delta, dict):
            self._delta(delta, escaped)
            self._is_usual = self._is_usual or self._text is not None or bool(delta.get("content"))
        if not isinstance(delta, dict) or not (self._is_usual or _ELSEWHERE.isdisjoint(choice)):
            self._unusual(choice, part)
        reason = string(choice.get("finish_reason"))
        if reason:
            self._reason = reason
            if "usage" in choice:  # Moonshot's place for it
                self._count(choice)

    def _unusual(self, choice: dict[str, object], part: str) -> None:
        """Text where it is not to be expected: a whole message in a stream, a piece without one,
        or that of a completion. Some repeat in each message what they have said.
        """
        message = choice.get("message" if part == "delta" else "delta")
        text = choice.get("text")
        if isinstance(message, dict):
            content = message.get("content")
            if isinstance(content, str) and self._whole_so_far:
                if content.startswith(self._whole_so_far):
                    message = {**message, "content": content[len(self._whole_so_far) :]}
                else:
                    content = self._whole_so_far + content
            self._delta(message, escaped=True)
            self._whole_so_far = content if isinstance(content, str) else self._whole_so_far
        elif isinstance(text, str):
            self._is_answer = True
            self.collector.say(text, reasoning=False)
        self._text = None  # what stands around it says nothing of the next

    def _delta(self, delta: dict[str, object], escaped: bool) -> None:
        if not self._is_answer:
            self._is_answer = not _ANSWERS.isdisjoint(delta)
            self._is_odd = self._is_odd or not _BESIDE.issuperset(delta)
        for field in _REASONING:
            thought = delta.get(field)
            if thought and isinstance(thought, str):
                self.collector.say(thought, reasoning=True, escaped=escaped)
                self._text = (b'"%b"' % field.encode(), thought, True)
                break
        content = delta.get("content")
        if content:
            single = self._text is None and isinstance(content, str)
            self._text = (b'"content"', str(content), False) if single else None
            self._content(content, escaped)
        elif isinstance(delta.get("text"), str):
            self._text = None
            self._content(delta["text"], escaped)
        refusal = delta.get("refusal")
        if refusal and isinstance(refusal, str):
            self._refused = True
            self._text = None
            self.collector.say(refusal, reasoning=False, escaped=escaped)
        if "tool_calls" in delta:
            for place, called in enumerate(rows(delta["tool_calls"])):
                self._called_tool(called.get("index", place), called.get("function"))
        if delta.get("function_call"):
            self._called_tool("", delta["function_call"])

    def _called_tool(self, key: object, called: object) -> None:
        function = table(called)
        self.call(str(key), function.get("name"), function.get("arguments"))

    def _content(self, content: object, escaped: bool) -> None:
        text = content if isinstance(content, str) else string(content)
        if text is not None:
            self.collector.say(text, reasoning=False, escaped=escaped)
        for part in rows(content):  # Mistral's reasoning models
            self._part(part, escaped)

    def _part(self, part: dict[str, object], escaped: bool) -> None:
        thought = part.get("thinking")
        if isinstance(thought, str):
            self.collector.say(thought, reasoning=True, escaped=escaped)
        for inner in rows(thought):
            self.collector.say(string(inner.get("text")) or "", reasoning=True, escaped=escaped)
        text = string(part.get("text"))
        if text:
            self.collector.say(text, reasoning=False, escaped=escaped)

    def _count(self, place: dict[str, object]) -> None:
        """Report the counts in a chunk, if there are new ones: many repeat them in each."""
        usage, timings = place.get("usage"), place.get("timings")
        if (usage is None and timings is None) or (usage, timings) == self._counted:
            return
        self._counted = usage, timings
        counted = self.usage_of(table(usage), "prompt", "completion")
        if timings is not None:
            counted = _timed(counted, table(timings))
        if counted != _NOTHING:
            self.collector.add(UsageReport(usage=counted))

    def _finish(self) -> None:
        if not self.heard and self._chunks:
            raise self.unreadable()
        self.done = True
        reason = self._reason or "stop"
        if self._sources is not None and not self._refused:
            self.collector.say(_listed(self._sources), reasoning=False)
        self.verdict = self._judge(reason)
        self.collector.add(Finished(reason="refusal" if self._refused else reason))

    def _judge(self, reason: str) -> SynapseError | None:
        if self._refused:
            return self.refused("refused to answer")
        if reason in _FAILURES:
            return self.fault({"message": f"it ended with the reason {reason}"})
        if self._is_odd and not self._is_answer:
            return self.unreadable()
        return self.judge(reason)


def _timed(usage: Usage, timings: dict[str, object]) -> Usage:
    """The counts with what llama.cpp tells beside them: `prompt_n` is what it had to read."""
    cached = count(timings.get("cache_n"))
    if usage.input_tokens is None and usage.output_tokens is None:
        read = count(timings.get("prompt_n"))
        usage = usage.replace(
            input_tokens=None if read is None else read + (cached or 0),
            output_tokens=count(timings.get("predicted_n")),
        )
    return usage if usage.cached_tokens is not None else usage.replace(cached_tokens=cached)


def _listed(sources: object) -> str:
    """What the numbers in brackets of an answer mean, as Perplexity tells it: "" if nothing can
    be read.
    """
    lines = []
    for number, source in enumerate(sources if isinstance(sources, list) else [], 1):
        url = string(source) or string(table(source).get("url")) or ""
        title = " ".join((string(table(source).get("title")) or "").split())
        title = title.replace("[", "(").replace("]", ")")
        if url.startswith(("http://", "https://")) and not any(c.isspace() for c in url):
            lines.append(f"{number}. [{title}]({url})" if title else f"{number}. <{url}>")
    return "\n\nSources:\n\n" + "\n".join(lines) if lines else ""


def models_of(value: object) -> list[ModelInfo]:
    """The models of a `/models` body; figures as OpenRouter, Groq, Mistral, vLLM, … name them."""
    listed = value if isinstance(value, list) else table(value).get("data")
    return [
        ModelInfo(
            id=str(row["id"]).removeprefix("models/"),  # Gemini's
            context_window=_first(
                row, "context_length", "context_window", "max_context_length", "max_model_len"
            )
            or count(table(row.get("meta")).get("n_ctx")),
            max_output=_first(row, "max_completion_tokens", "max_output_tokens")
            or count(table(row.get("top_provider")).get("max_completion_tokens")),
            shutdown_date=_shutdown(row),
            replacement=string(row.get("deprecation_replacement_model")) or None,
            deprecated=_shutdown(row) is not None,
        )
        for row in rows(listed)
        if isinstance(row.get("id"), str)
    ]


def _shutdown(row: dict[str, object]) -> str | None:
    """OpenAI's name for the day, then Mistral's, OpenRouter's, and one that gateways have."""
    names = ("shutdown_date", "deprecation", "expiration_date", "deprecation_date")
    return next(filter(None, (day(row.get(name)) for name in names)), None)


def _first(row: dict[str, object], *fields: str) -> int | None:
    for field in fields:
        number = count(row.get(field))
        if number:
            return number
    return None
