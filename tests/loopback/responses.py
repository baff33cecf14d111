"""Answers in the format of OpenAI's Responses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loopback.server import Exchange


def said(text: str) -> dict[str, Any]:
    """The item of a message of the assistant."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}],
    }


def respond(exchange: Exchange, *output: dict[str, Any]) -> None:
    """A whole response with these items."""
    response = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1794900000,
        "status": "completed",
        "model": exchange.request.json()["model"],
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }
    exchange.respond(200, json.dumps(response))
