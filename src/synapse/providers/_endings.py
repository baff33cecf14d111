"""Why an answer ended, in the words of all vendors. Pure.

Taken from the vendors' documentation and SDKs, and from what servers were seen to send. A word that
is none of these is no end that can be relied on.
"""

from __future__ import annotations

_WHOLE = frozenset(
    (
        "stop", "end_turn", "stop_sequence", "complete", "completed", "eos", "eos_token", "eot",
        "end_of_turn", "endoftext", "end", "done", "finished", "normal", "stop_token", "stop_str",
        "length", "max_tokens", "max_output_tokens", "max_completion_tokens", "model_length",
        "model_context_window_exceeded", "tool_calls", "tool_call",
        "function_call", "tool_use",
    )
)  # fmt: skip
"""The model came to an end, or to a limit; in lower case."""

CALLS = frozenset(("tool_calls", "tool_call", "function_call", "tool_use"))
"""Of these, the ends with which a model waits for what a tool says."""

_FILTERED = (
    "content_filter", "contentfilter", "filter", "safety", "prohibited", "blocklist", "blocked",
    "recitation", "spii", "sensitive", "refus", "moderation", "guardrail", "toxic", "policy",
    "language",
)  # fmt: skip
"""Parts of the words of those who stop an answer for what it says: OpenAI and Azure, Gemini, Zhipu,
Bedrock, Cohere; some add to the word which rule it was.
"""


def is_whole(reason: str) -> bool:
    """Whether the model came to an end by itself or to a limit."""
    return reason.strip().lower() in _WHOLE


def is_filtered(reason: str) -> bool:
    """Whether a content filter stopped it, or the model refused."""
    word = reason.lower()
    return any(part in word for part in _FILTERED)
