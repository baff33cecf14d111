"""A real small model on this machine: no key, no server, no network.

The weights of the demo model are fetched once; any other GGUF file is used by its path. The
library is xllamacpp (llama.cpp); see `_local_engine` for where it runs.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from synapse import paths
from synapse.domain import ModelInfo, Usage
from synapse.errors import (
    BadRequest,
    ConfigError,
    ContextTooLong,
    ProviderError,
    ServerError,
    SynapseError,
    UnknownModel,
    UsageError,
)
from synapse.ports import Finished, ModelReport, TextDelta, UsageReport
from synapse.providers import _gguf, _rows, weights
from synapse.providers._local_process import Engine, EngineFailed
from synapse.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.ports import Cancellation, ChatRequest, ProviderOptions, StreamEvent

LARGEST_CONTEXT = 8192
"""Tokens. A model that could take more gets no more: its memory grows with the window."""
DEMO_SYSTEM_PROMPT = "You are a helpful assistant. Answer briefly and factually."
"""Without one, and at another temperature than 0, the demo model repeats itself."""
DEMO_MAX_TOKENS = 512
"""Largest bound for an answer of the demo model: it may still go in circles."""
_DEMO_SAMPLING = {
    "temperature": 0,
    "dry_multiplier": 0.8,
    "dry_allowed_length": 4,
    "dry_penalty_last_n": 1024,
}
"""Tried with nine prompts: by temperature alone, four answers went in circles up to their bound;
with this, one. A penalty for single words spoils short answers, and names that were told."""

_PARAMETERS = dict(_rows.LLAMACPP.parameters)


class GgufFile(Record):
    """A model that was found."""

    path: str
    name: str
    """What it is called in messages."""
    context: int
    """Tokens that a request and its answer may have together."""
    is_demo: bool = False


class LocalProvider:
    """Runs a GGUF model. `options.model` and a request's model name the file: `MODEL` of
    `weights` or nothing for the demo model, a path, or the name of a file in `weights.folder`.

    Raises ConfigError at once if the engine is not installed, UnknownModel if `options.model`
    is not there or is no model.
    """

    def __init__(self, options: ProviderOptions) -> None:
        if not weights.engine_installed():
            raise ConfigError(
                "the local model needs the library xllamacpp, which is not installed",
                "Install it:  pip install 'synapse-chat[local]'",
            )
        self._chosen = options.model or weights.MODEL
        self._idle: Engine | None = None
        find_model(self._chosen)

    @property
    def name(self) -> str:
        """`local`."""
        return "local"

    @property
    def notice(self) -> str | None:
        """What a user should know of the model that was chosen; None if there is nothing."""
        if self._chosen != weights.MODEL:
            return None
        return f"{weights.MODEL} is a small demo model; much of what it says is wrong"

    @property
    def context_window(self) -> int:
        """Tokens that a conversation with the chosen model may have."""
        return find_model(self._chosen).context

    def check(self, request: ChatRequest) -> None:
        """See LlmProvider."""
        question_for(request, find_model(request.model or self._chosen))

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """The answer, token by token. Loading the model takes a second before the first one.

        Raises UsageError for a parameter that the engine does not take, UnknownModel,
        ContextTooLong, BadRequest, ServerError, ProviderError.
        """
        model = find_model(request.model or self._chosen)
        question = question_for(request, model)
        engine = self._take(model)
        cancellation.on_cancel(engine.stop)
        answered = False
        try:
            if model.is_demo and not engine.ready:  # while the engine loads them
                weights.check(model.path, lambda: not cancellation)
            if not cancellation:
                yield ModelReport(model=model.name)
                for chunk in engine.ask(question):
                    yield from events_of(chunk, model)
            answered = True
        except EngineFailed as failure:
            if not cancellation:
                raise error_of(failure, model) from failure
        finally:
            if answered and not engine.stopped:
                self._idle = engine
            else:
                engine.close()

    def list_models(self) -> list[ModelInfo]:
        """The demo model, then the other GGUF files in `weights.folder`, by name."""
        models = [ModelInfo(id=weights.MODEL, context_window=LARGEST_CONTEXT)]
        folder = weights.folder(os.environ)
        try:
            files = sorted(os.listdir(folder))
        except OSError:
            files = []
        for file in files:
            if file.endswith(".gguf") and file != weights.FILE_NAME:
                name = file.removesuffix(".gguf")
                try:
                    models.append(ModelInfo(id=name, context_window=find_model(name).context))
                except UnknownModel:
                    continue
        return models

    def close(self) -> None:
        """Give the memory of the model back; the next answer loads it again."""
        engine, self._idle = self._idle, None
        if engine is not None:
            engine.close()

    def _take(self, model: GgufFile) -> Engine:
        """The engine that answered last, if it holds this model, else a new one."""
        engine, self._idle = self._idle, None
        if engine is not None and not engine.stopped:
            if engine.model == model.path:
                return engine
            engine.close()
        threads = max(1, (os.cpu_count() or 1) // 2)  # more are slower: they wait for each other
        return Engine(model.path, context=model.context, threads=threads)


def find_model(name: str) -> GgufFile:
    """The file that a model's name stands for. Reads its header, not its weights.

    Raises UnknownModel.
    """
    if name == weights.MODEL:
        path = weights.path(os.environ)
        if not os.path.exists(path):
            weights.check(path)
        return GgufFile(path=path, name=name, context=LARGEST_CONTEXT, is_demo=True)
    path = _path_of(name)
    try:
        with open(path, "rb") as file:
            header = _gguf.read_header(file)
    except OSError as error:
        raise UnknownModel(
            f"can't read the model {path}: {error.strerror}",
            "Name a GGUF file:  synapse -p local -m /path/to/model.gguf …",
            f"or the demo model: synapse -p local -m {weights.MODEL} …",
        ) from error
    except _gguf.NotGguf as error:
        raise UnknownModel(
            f"{path} is no model: {error}", "Download the file again, or name another one."
        ) from error
    context = min(header.context_length or LARGEST_CONTEXT, LARGEST_CONTEXT)
    short = os.path.basename(path).removesuffix(".gguf")
    return GgufFile(path=path, name=short, context=context)


def _path_of(name: str) -> str:
    if os.sep in name or name.startswith("~") or os.path.exists(name):
        return os.path.abspath(paths.expand(name, os.environ))
    file = name if name.endswith(".gguf") else f"{name}.gguf"
    return os.path.join(weights.folder(os.environ), file)


def question_for(request: ChatRequest, model: GgufFile) -> dict[str, Any]:
    """The request in the engine's words: those of llama.cpp's OpenAI-compatible server.

    Raises UsageError for a parameter that it does not take.
    """
    system = request.system_prompt or (DEMO_SYSTEM_PROMPT if model.is_demo else None)
    messages = [
        {"role": message.role.value, "content": message.content} for message in request.messages
    ]
    if system:
        messages.insert(0, {"role": "system", "content": system})
    question: dict[str, Any] = {
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if model.is_demo:
        question |= _DEMO_SAMPLING
    most = (request.max_tokens, DEMO_MAX_TOKENS if model.is_demo else None)
    if any(most):
        question["max_tokens"] = min(bound for bound in most if bound)
    for name, value in request.parameters:
        if name not in _PARAMETERS:
            raise UsageError(
                f'local takes no parameter "{name}"', f"It takes: {', '.join(_PARAMETERS)}"
            )
        question[_PARAMETERS[name]] = value
    return question


def events_of(chunk: dict[str, Any], model: GgufFile) -> Iterator[StreamEvent]:
    """What one chunk of the engine's answer says. Raises the error that it may be."""
    error = chunk.get("error")
    if error is not None:
        raise _refusal(error, model)
    for choice in chunk.get("choices", ()):
        delta = choice.get("delta", {})
        if delta.get("reasoning_content"):
            yield TextDelta(delta["reasoning_content"], reasoning=True)
        if delta.get("content"):
            yield TextDelta(delta["content"])
        if choice.get("finish_reason"):
            yield Finished(reason=choice["finish_reason"])
    usage = chunk.get("usage")
    if usage is not None:
        yield UsageReport(
            usage=Usage(
                input_tokens=usage.get("prompt_tokens"),
                output_tokens=usage.get("completion_tokens"),
            )
        )


def _refusal(error: Any, model: GgufFile) -> ProviderError:
    if isinstance(error, dict) and error.get("type") == "exceed_context_size_error":
        return ContextTooLong(
            f"the conversation has {error['n_prompt_tokens']:,} tokens; "
            f"{model.name} takes {error['n_ctx']:,}",
            "Start a new session, or go on with a model that takes more:  synapse -c -p PROVIDER …",
        )
    words = error.get("message", "") if isinstance(error, dict) else str(error)
    return BadRequest(f"the local model refused the request: {words[:300]}")


def error_of(failure: EngineFailed, model: GgufFile) -> SynapseError:
    """The error to show for an engine that ended."""
    if failure.missing:
        return _missing_library(failure.missing)
    words = first_error(failure.words)
    if "loading model" in failure.words or "load model" in failure.words:
        return UnknownModel(
            f"can't load {model.path}: {words}", "Download the file again, or name another one."
        )
    status = failure.status or 0
    how = f"signal {-status}" if status < 0 else f"status {status}"
    return ServerError(
        f"the local model ended in the middle ({how})" + (f": {words}" if words else ""),
        "The usual reason is too little memory. Again:  synapse retry",
    )


def _missing_library(words: str) -> SynapseError:
    library = words.partition(":")[0]
    if "libgomp" in words:
        return ProviderError(
            f"the local model can't start: the system library {library} is missing",
            "Debian, Ubuntu:  apt-get install libgomp1",
            "Fedora, RHEL:    dnf install libgomp",
            "Alpine:          apk add libgomp",
        )
    return ProviderError(
        f"the local model can't start: {words[:300]}",
        "Install the engine again:  pip install --force-reinstall 'synapse-chat[local]'",
    )


def first_error(log: str) -> str:
    """The first error in the engine's log, without time and function: later ones only say that
    the earlier one was one.

    A line: `0.00.049.711 E llama_model_load: error loading model: …`
    """
    for line in log.splitlines():
        _, mark, text = line.partition(" E ")
        if mark:
            return text.partition(": ")[2].removeprefix("error loading model: ")[:300]
    return ""
