"""What is told when a conversation that outgrows its window is made shorter."""

from __future__ import annotations

from synapse.advice import Advice
from synapse.cli.listing.tables import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.domain import Summary
    from synapse.ports import Compacted, NotCompacted


def waiting_words(messages: int) -> str:
    """What the user waits for."""
    return f"Summarising {count(messages, 'message')}"


def compacted_line(context: Context, event: Compacted) -> str:
    """What stands for older messages from now on, and how to see it."""
    return what_stands_line(context, event.summary, event.reason)


def what_stands_line(context: Context, summary: Summary, reason: str) -> str:
    """The same; `reason` says why it was made without a model, if one was asked."""
    see = Advice("See:  ", "sessions context", _handle(context, summary))
    return context.line(f"{_what_stands(summary, reason)}{_tokens(summary)}.", see)


def not_compacted_line(context: Context, event: NotCompacted) -> str:
    """Why everything is sent as it is."""
    return f"The conversation is long, but {event.reason}: all of it is sent."


def _what_stands(summary: Summary, reason: str) -> str:
    messages = count(summary.messages, "older message")
    if summary.provider is not None:
        return f"A summary by {summary.model} is sent for {messages}"
    if not summary.content:
        return f"{messages} found no room and are no longer sent"
    why = f" ({reason})" if reason else ""
    return f"What you said of yourself is sent for {messages}, word for word{why}"


def _tokens(summary: Summary) -> str:
    before, after = summary.tokens_before, summary.tokens_after
    if before is None or after is None:
        return ""
    return f": {before:,} → {after:,} tokens"


def _handle(context: Context, summary: Summary) -> str:
    found = context.store.get_session(summary.session_id)
    return summary.session_id if found is None else found.handle
