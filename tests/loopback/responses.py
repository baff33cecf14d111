"""Answers in the format of OpenAI's Responses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from loopback import scripts
from loopback.openai import models

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from loopback.server import Exchange, Script

_FIRST_NUMBERS = {"item_id": "msg_1", "output_index": 1, "content_index": 0}
_FIRST_THOUGHTS = {"item_id": "rs_1", "output_index": 0}


def said(text: str) -> dict[str, Any]:
    """The item of a message of the assistant."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}],
    }


def thought(*summary: str, text: str = "") -> dict[str, Any]:
    """The item of the reasoning before it."""
    item: dict[str, Any] = {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": part} for part in summary],
    }
    if text:
        item["content"] = [{"type": "reasoning_text", "text": text}]
    return item


def response(
    *output: Mapping[str, Any],
    status: str = "completed",
    model: str = "loopback-1",
    usage: tuple[int, int] | None = (7, 3),
    **more: Any,
) -> dict[str, Any]:
    """The object that a whole response is."""
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1794900000,
        "status": status,
        "model": model,
        "output": [*output],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage and _usage(*usage),
        **more,
    }


def _usage(sent: int, received: int) -> dict[str, Any]:
    return {
        "input_tokens": sent,
        "input_tokens_details": {"cached_tokens": sent // 2, "cache_write_tokens": 0},
        "output_tokens": received,
        "output_tokens_details": {"reasoning_tokens": received // 2},
        "total_tokens": sent + received,
    }


def event(kind: str, **data: Any) -> bytes:
    """One event of this type; `numbered` gives it its number."""
    body = json.dumps({"type": kind, "sequence_number": 0, **data}, ensure_ascii=False)
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), body.encode())


def numbered(*events: bytes) -> list[bytes]:
    """The events as a server sends them, which counts them."""
    zero = b'"sequence_number": 0'
    return [
        event.replace(zero, b'"sequence_number": %d' % number, 1)
        for number, event in enumerate(events)
    ]


def text(delta: str, **place: Any) -> bytes:
    """A piece of the answer."""
    where = {**_FIRST_NUMBERS, "logprobs": [], **place}
    return event("response.output_text.delta", **where, delta=delta)


def reasoning(delta: str, **place: Any) -> bytes:
    """A piece of the reasoning itself."""
    where = {**_FIRST_THOUGHTS, "content_index": 0, **place}
    return event("response.reasoning_text.delta", **where, delta=delta)


def summary(delta: str, part: int = 0) -> bytes:
    """A piece of one part of the summary of the reasoning."""
    kind = "response.reasoning_summary_text.delta"
    return event(kind, **_FIRST_THOUGHTS, summary_index=part, delta=delta)


def refusal(delta: str) -> bytes:
    """A piece of a refusal."""
    return event("response.refusal.delta", **_FIRST_NUMBERS, delta=delta)


def begun(model: str = "loopback-1") -> list[bytes]:
    """The first events."""
    empty = response(status="in_progress", model=model, usage=None)
    return [
        event("response.created", response=empty),
        event("response.in_progress", response=empty),
    ]


def ended(status: str = "completed", *output: Mapping[str, Any], **more: Any) -> bytes:
    """The last event."""
    return event(f"response.{status}", response=response(*output, status=status, **more))


def incomplete(reason: str, *output: Mapping[str, Any]) -> bytes:
    """The last event of an answer that was broken off."""
    return ended("incomplete", *output, incomplete_details={"reason": reason})


def failed(code: str, message: str) -> bytes:
    """The last event of an answer that failed."""
    return ended("failed", usage=None, error={"code": code, "message": message})


def stream_of(
    tokens: Iterable[str],
    *,
    thoughts: Iterable[str] = (),
    summaries: Iterable[Iterable[str]] = (),
    usage: tuple[int, int] | None = (7, 3),
) -> list[bytes]:
    """The events of a whole answer."""
    tokens, thoughts = [*tokens], [*thoughts]
    parts = [[*part] for part in summaries]
    item = thought(*("".join(part) for part in parts), text="".join(thoughts))
    message = said("".join(tokens))
    content = message["content"][0]
    begun_message = {**message, "status": "in_progress", "content": []}
    return numbered(
        *begun(),
        event("response.output_item.added", output_index=0, item=thought()),
        *(reasoning(piece) for piece in thoughts),
        *(summary(piece, index) for index, part in enumerate(parts) for piece in part),
        *(
            event(
                "response.reasoning_summary_text.done",
                **_FIRST_THOUGHTS,
                summary_index=index,
                text="".join(part),
            )
            for index, part in enumerate(parts)
        ),
        event("response.output_item.done", output_index=0, item=item),
        event("response.output_item.added", output_index=1, item=begun_message),
        event("response.content_part.added", **_FIRST_NUMBERS, part={**content, "text": ""}),
        *(text(token) for token in tokens),
        event("response.output_text.done", **_FIRST_NUMBERS, logprobs=[], text="".join(tokens)),
        event("response.content_part.done", **_FIRST_NUMBERS, part=content),
        event("response.output_item.done", output_index=1, item=message),
        ended("completed", item, message, usage=usage),
    )


def answer(
    *tokens: str,
    thoughts: Iterable[str] = (),
    usage: tuple[int, int] | None = (7, 3),
    split: scripts.Split = scripts.whole,
) -> Script:
    """A whole answer, streamed if the request asks for it; also answers `GET …/models`."""
    events = stream_of(tokens, thoughts=thoughts, usage=usage)

    def run(exchange: Exchange) -> None:
        if exchange.request.method == "GET":
            models("loopback-1", "loopback-2")(exchange)
        elif exchange.request.json().get("stream"):
            scripts.stream(*events, split=split)(exchange)
        else:
            respond(exchange, said("".join(tokens)))

    return run


def respond(exchange: Exchange, *output: dict[str, Any]) -> None:
    """A whole response with these items."""
    whole = response(*output, model=exchange.request.json()["model"])
    exchange.respond(200, json.dumps(whole))
