"""One message as HTML: who, when, what, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synapse.domain import Role, Status
from synapse.formats.html import attached, markup, prose

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from synapse.domain import StoredMessage, Summary

_NAMES = {Role.USER: "You", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System", Role.TOOL: "Tool"}
_STATUSES = {
    Status.STREAMING: "was still arriving",
    Status.INTERRUPTED: "interrupted",
    Status.FAILED: "failed",
    Status.INCOMPLETE: "incomplete",
}


def pieces(message: StoredMessage) -> Iterable[str]:
    """The HTML of one message, piece by piece: its attachments may be large.

    What was superseded is folded away, what the model thought too.
    """
    role = message.role.value
    yield f'<article id="m{message.index}" class="{role}" aria-labelledby="h{message.index}">\n'
    yield _head(message)
    if message.superseded:
        what = "Answer" if message.role is Role.ASSISTANT else "Message"
        yield f'<details class="superseded"><summary>{what} that was replaced</summary>\n'
    yield from _body(message)
    if message.superseded:
        yield "</details>\n"
    yield "</article>\n"


def summary_pieces(summary: Summary) -> Iterable[str]:
    """The HTML of what is sent in place of the messages above it, folded away."""
    made_by = f" by {markup.line(summary.model)}" if summary.model else ""
    yield '<aside class="summary"><details class="summary">'
    yield f"<summary>Summary of everything above, sent in its place: {moment(summary.created_at)}"
    yield f'{made_by}</summary>\n<div lang="">'
    yield prose.question(summary.content)
    yield "</div></details></aside>\n"


def moment(when: datetime) -> str:
    """A time in UTC; the page's script turns it into the reader's."""
    return f'<time datetime="{when:%Y-%m-%dT%H:%M:%SZ}">{when:%Y-%m-%d %H:%M} UTC</time>'


def _head(message: StoredMessage) -> str:
    name = _NAMES[message.role]
    facts = [markup.line(message.model)] if message.model else []
    marks = "".join(f' <span class="mark">{mark}</span>' for mark in _marks(message))
    about = "".join(f' <span class="fact" dir="auto">{fact}</span>' for fact in facts)
    return (
        f'<header><h2 id="h{message.index}">{name}</h2>{about}{marks} '
        f'<a class="when" href="#m{message.index}">{moment(message.timestamp)}</a></header>\n'
    )


def _marks(message: StoredMessage) -> list[str]:
    marks = ["replaced"] if message.superseded else []
    if message.status in _STATUSES:
        marks.append(_STATUSES[message.status])
    if message.refused:
        marks.append(f"refused by the server: {markup.line(message.refused[:80])}")
    return marks


def _body(message: StoredMessage) -> Iterable[str]:
    if message.reasoning:
        yield '<details class="reasoning"><summary>Reasoning</summary>\n<div lang="">'
        yield prose.answer(message.reasoning)
        yield "</div></details>\n"
    if message.content:
        yield '<div class="text" lang="">'
        if message.role is Role.ASSISTANT:
            yield prose.answer(message.content)
        else:
            yield prose.question(message.content)
        yield "</div>\n"
    for attachment in message.attachments:
        if attachment.is_sent:
            yield from attached.pieces(attachment)
    if message.error:
        yield f'<p class="error" role="note" dir="auto">{markup.text(message.error)}</p>\n'
    yield _usage(message)


def _usage(message: StoredMessage) -> str:
    """The small print below an answer: what it took."""
    facts = []
    if message.usage.input_tokens is not None:
        cached = message.usage.cached_tokens
        told = f" ({cached:,} cached)" if cached else ""
        facts.append(f"{message.usage.input_tokens:,} tokens in{told}")
    if message.usage.output_tokens is not None:
        facts.append(f"{message.usage.output_tokens:,} out")
    if message.elapsed_ms is not None:
        facts.append(f"{message.elapsed_ms / 1_000:,.1f} s")
    return f'<p class="usage">{" · ".join(facts)}</p>\n' if facts else ""
