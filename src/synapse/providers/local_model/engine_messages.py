"""What is said to the engine of the local model, and what its answers mean. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synapse.advice import ASK, RETRY, Advice
from synapse.domain import Usage
from synapse.errors import (
    BadRequest,
    ContextTooLong,
    ProviderError,
    ServerError,
    SynapseError,
    UnknownModel,
    UsageError,
)
from synapse.installing import install_hint
from synapse.ports import Finished, TextDelta, UsageReport
from synapse.providers import _dialects
from synapse.providers.local_model import weights
from synapse.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.ports import ChatRequest, StreamEvent
    from synapse.providers.local_model.process import EngineFailed

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

_PARAMETERS = dict(_dialects.LLAMACPP.parameters)


class GgufFile(Record):
    """A model that was found."""

    path: str
    name: str
    """What it is called in messages."""
    context: int
    """Tokens that a request and its answer may have together."""
    is_demo: bool = False


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
                cached_tokens=(usage.get("prompt_tokens_details") or {}).get("cached_tokens"),
            )
        )


def _refusal(error: Any, model: GgufFile) -> ProviderError:
    if isinstance(error, dict) and error.get("type") == "exceed_context_size_error":
        return ContextTooLong(
            f"the conversation has {error['n_prompt_tokens']:,} tokens; "
            f"{model.name} takes {error['n_ctx']:,}",
            Advice(
                "Start a new session, or go on with a model that takes more:  ",
                ASK,
                go_on=True,
                provider="PROVIDER",
                after=" …",
            ),
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
        Advice("The usual reason is too little memory. Again:  ", RETRY),
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
        f"the local model can't start: {words[:300]}", install_hint(weights.ENGINE, again=True)
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
