"""Answers in the format of OpenAI's chat completions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from loopback import scripts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loopback.server import Exchange, Script

DONE = b"data: [DONE]\n\n"


def event(data: object) -> bytes:
    """One event whose data is `data` as JSON."""
    return b"data: %b\n\n" % json.dumps(data, ensure_ascii=False).encode()


def chunk(
    delta: Mapping[str, object] | None = None, *, finish: str | None = None, **more: object
) -> bytes:
    """One chunk of a streamed answer."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return event(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1794900000,
            "model": "loopback-1",
            "choices": [choice],
            **more,
        }
    )


def usage_chunk(input_tokens: int = 7, output_tokens: int = 3) -> bytes:
    """The last chunk of a stream with `include_usage`."""
    return event(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "model": "loopback-1",
            "choices": [],
            "usage": _usage(input_tokens, output_tokens),
        }
    )


def _usage(input_tokens: int, output_tokens: int) -> dict[str, int]:
    return {
        "prompt_tokens": input_tokens,
        "completion_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
    }


def stream_of(
    tokens: Iterable[str],
    *,
    reasoning: Iterable[str] = (),
    finish: str = "stop",
    usage: tuple[int, int] | None = (7, 3),
) -> list[bytes]:
    """The events of a whole answer, the end marker included."""
    return [
        chunk({"role": "assistant", "content": ""}),
        *(chunk({"reasoning_content": text, "content": None}) for text in reasoning),
        *(chunk({"content": text}) for text in tokens),
        chunk(finish=finish),
        *([usage_chunk(*usage)] if usage else []),
        DONE,
    ]


def answer(
    *tokens: str,
    reasoning: Iterable[str] = (),
    finish: str = "stop",
    usage: tuple[int, int] | None = (7, 3),
    split: scripts.Split = scripts.whole,
    seconds_apart: float = 0,
    compressed: bool = False,
) -> Script:
    """A whole answer, streamed if the request asks for it; also answers `GET …/models`."""
    events = stream_of(tokens, reasoning=reasoning, finish=finish, usage=usage)
    streamed = scripts.stream(
        *events, split=split, seconds_apart=seconds_apart, compressed=compressed
    )

    def run(exchange: Exchange) -> None:
        if exchange.request.method == "GET":
            models("loopback-1", "loopback-2")(exchange)
        elif exchange.request.json().get("stream"):
            streamed(exchange)
        else:
            body = completion("".join(tokens), "".join(reasoning), finish, usage)
            exchange.respond(200, json.dumps(body))

    return run


def counted(count: int, **options: float) -> Script:
    """An answer of `count` tokens, ` word0001` and so on."""
    return answer(*(f" word{number:04}" for number in range(count)), **options)  # type: ignore[arg-type]


def completion(
    text: str, reasoning: str = "", finish: str = "stop", usage: tuple[int, int] | None = (7, 3)
) -> dict[str, object]:
    """The body of an answer that is not streamed."""
    message = {"role": "assistant", "content": text}
    if reasoning:
        message["reasoning_content"] = reasoning
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "loopback-1",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        **({"usage": _usage(*usage)} if usage else {}),
    }


def models(*names: str, more: Sequence[Mapping[str, object]] = ()) -> Script:
    """The answer to `GET …/models`."""
    data = [{"id": name, "object": "model", "owned_by": "loopback"} for name in names]
    return scripts.status(200, {"object": "list", "data": [*data, *more]})


def error(
    code: int,
    message: str,
    *,
    type: str = "invalid_request_error",
    name: object = None,
    headers: Mapping[str, str] | None = None,
) -> Script:
    """An error under an HTTP status; `name` is what the body calls `code`."""
    return scripts.status(code, {"error": error_object(message, type, name)}, headers)


def error_object(message: str, type: str, name: object = None) -> dict[str, object]:
    """The object that stands for an error in a body or a stream."""
    return {"message": message, "type": type, "param": None, "code": name}
