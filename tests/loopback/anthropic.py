"""Answers in Anthropic's Messages format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from loopback import scripts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from loopback.server import Exchange, Script


def event(name: str, **data: object) -> bytes:
    """One event of this type."""
    body = json.dumps({"type": name, **data}, ensure_ascii=False).encode()
    return b"event: %b\ndata: %b\n\n" % (name.encode(), body)


def message_start(input_tokens: int = 7) -> bytes:
    """The first event."""
    return event(
        "message_start",
        message={
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "loopback-1",
            "content": [],
            "stop_reason": None,
            "usage": {"input_tokens": input_tokens, "output_tokens": 1},
        },
    )


def block(index: int, kind: str, texts: Iterable[str]) -> list[bytes]:
    """A content block of kind `text` or `thinking`, from its start to its stop."""
    return [
        event("content_block_start", index=index, content_block={"type": kind, kind: ""}),
        *(
            event("content_block_delta", index=index, delta={"type": f"{kind}_delta", kind: text})
            for text in texts
        ),
        event("content_block_stop", index=index),
    ]


def message_end(stop_reason: str = "end_turn", output_tokens: int = 3) -> list[bytes]:
    """The last two events."""
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    return [
        event("message_delta", delta=delta, usage={"output_tokens": output_tokens}),
        event("message_stop"),
    ]


def stream_of(
    tokens: Iterable[str],
    *,
    thinking: Iterable[str] = (),
    stop_reason: str = "end_turn",
    usage: tuple[int, int] = (7, 3),
) -> list[bytes]:
    """The events of a whole answer, the end marker included."""
    thought = list(thinking)
    return [
        message_start(usage[0]),
        *(block(0, "thinking", thought) if thought else []),
        event("ping"),
        *block(1 if thought else 0, "text", tokens),
        *message_end(stop_reason, usage[1]),
    ]


def answer(
    *tokens: str,
    thinking: Iterable[str] = (),
    stop_reason: str = "end_turn",
    usage: tuple[int, int] = (7, 3),
    split: scripts.Split = scripts.whole,
    seconds_apart: float = 0,
    compressed: bool = False,
) -> Script:
    """A whole answer, streamed if the request asks for it; also answers `GET …/models`."""
    events = stream_of(tokens, thinking=thinking, stop_reason=stop_reason, usage=usage)
    streamed = scripts.stream(
        *events, split=split, seconds_apart=seconds_apart, compressed=compressed
    )

    def run(exchange: Exchange) -> None:
        if exchange.request.method == "GET":
            models({"id": "loopback-1"}, {"id": "loopback-2"})(exchange)
        elif exchange.request.json().get("stream"):
            streamed(exchange)
        else:
            body = message("".join(tokens), "".join(thinking), stop_reason, usage)
            exchange.respond(200, json.dumps(body))

    return run


def message(
    text: str, thinking: str = "", stop_reason: str = "end_turn", usage: tuple[int, int] = (7, 3)
) -> dict[str, object]:
    """The body of an answer that is not streamed."""
    thought = [{"type": "thinking", "thinking": thinking, "signature": "x"}] if thinking else []
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "loopback-1",
        "content": [*thought, {"type": "text", "text": text}],
        "stop_reason": stop_reason,
        "usage": {"input_tokens": usage[0], "output_tokens": usage[1]},
    }


def models(*entries: Mapping[str, object], has_more: bool = False) -> Script:
    """The answer to `GET …/models`, one page of it."""
    last = entries[-1]["id"] if entries else None
    return scripts.status(
        200, {"data": [*entries], "has_more": has_more, "first_id": None, "last_id": last}
    )


def error(
    code: int, type: str, message: str, *, headers: Mapping[str, str] | None = None
) -> Script:
    """An error under an HTTP status."""
    return scripts.status(code, error_body(type, message), headers)


def error_body(type: str, message: str) -> dict[str, object]:
    """The body of an error."""
    return {
        "type": "error",
        "error": {"type": type, "message": message},
        "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy",
    }


def error_event(type: str, message: str) -> bytes:
    """An error in the stream, under HTTP 200."""
    return event("error", error={"type": type, "message": message})
