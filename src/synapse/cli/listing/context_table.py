"""What would be sent of a session: for people, for programs, and to the letter."""

from __future__ import annotations

from itertools import groupby

from synapse.cli.listing.tables import count, listing, table, tsv_row
from synapse.record import Record
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.app.context.measuring import Asked, Tokens
    from synapse.app.context.planning import Limits
    from synapse.app.context.view import ContextView
    from synapse.app.context.window import Window
    from synapse.cli.context import Context
    from synapse.domain import SessionSummary

_WORDS = 60
"""Characters of a text by which it is recognised."""
_SOURCES = {
    "configuration": "as configured",
    "provider": "as the provider says",
    "list": "as the provider's list of models says",
    "table": "by the table that comes with Synapse",
}
_REASONS = {
    "superseded": "asked again, or taken back",
    "refused": "the server refused it",
    "summarized": "the notes stand for it",
    "truncated": "no room",
    "empty": "empty",
    "replaced": "another system prompt holds",
    "tool": "of a tool",
}


class MeasuredSession(Record):
    """A session as it would be sent, and where."""

    session: SessionSummary
    asked: Asked
    view: ContextView
    window: Window | None
    """None if nobody knows it."""
    limits: Limits | None
    """What follows from the window."""

    @property
    def share(self) -> float | None:
        """Of the window."""
        window = self.window
        return None if window is None else self.view.total.count / window.tokens


# ----------------------------------------------------------------------------- for people


def as_table(context: Context, measured: MeasuredSession) -> Iterator[str]:
    """Lines that say what is sent, how much that is, and what is not sent."""
    yield from (f"{line}\n" for line in table(_head(measured)))
    rows = [("#", "ROLE", "TOKENS", "TOTAL", "BEGINS")]
    for item in measured.view.items():
        index = "" if item.message is None else str(item.message.index)
        shown = (index, item.role, _tokens(item.tokens), f"{item.total:,}", _begins(item.text))
        rows.append(shown)
    yield "\n"
    yield from (f"{line}\n" for line in listing(context, rows, right=(0, 2, 3)))
    gone = _left_out(measured)
    if gone:
        yield "\n"
        yield from (f"{line}\n" for line in listing(context, gone, right=(0,)))


def _head(measured: MeasuredSession) -> list[tuple[str, str]]:
    asked, found = measured.asked, measured.view.measured
    session = measured.session.session
    name = f' "{clean_line(session.name)}"' if session.name else ""
    share = measured.share
    full = "" if share is None else f", {100 * share:.1f} % of the window"
    rows = [
        ("session", f"{session.handle}{name}"),
        ("asked", clean_line(f"{asked.provider}/{asked.model}")),
        ("would be sent", f"{_in_words(measured.view.total)}{full}"),
        ("window", _window(measured.window)),
    ]
    if measured.limits is not None:
        rows.append(("made shorter", f"above {measured.limits.trigger:,} tokens"))
    if found.cached is not None:
        rows.append(("in the cache", f"{found.cached:,} tokens of the last prompt"))
    if measured.view.selection.images_left_out:
        names = ", ".join(map(clean_line, measured.view.selection.images_left_out))
        rows.append(("not shown", names))
    return rows


def _window(window: Window | None) -> str:
    if window is None:
        return "not known; set it with context.window"
    return f"{window.tokens:,} tokens, {_SOURCES.get(window.source, window.source)}"


def _in_words(tokens: Tokens) -> str:
    return f"{'' if tokens.exact else 'about '}{count(tokens.count, 'token')}"


def _tokens(tokens: Tokens) -> str:
    return f"{'' if tokens.exact else 'about '}{tokens.count:,}"


def _begins(text: str) -> str:
    line = clean_line(" ".join(text[: 4 * _WORDS].split()))
    return line[:_WORDS]


def _left_out(measured: MeasuredSession) -> list[tuple[str, ...]]:
    """What is not sent, neighbours with the same reason in one row."""
    rows: list[tuple[str, ...]] = []
    for fate, group in groupby(measured.view.left_out(), key=lambda pair: pair[1]):
        messages = [message for message, _ in group]
        first, last = messages[0], messages[-1]
        which = str(first.index) if first is last else f"{first.index}-{last.index}"
        what = first.role.value if first is last else count(len(messages), "message")
        rows.append((which, what, _REASONS[fate], _begins(first.content)))
    return [("#", "NOT SENT", "WHY", "BEGINS"), *rows] if rows else []


# ---------------------------------------------------------------------------- for programs


def as_tsv(measured: MeasuredSession) -> Iterator[str]:
    """A row for the system prompt, the notes and each message: index, role, fate, tokens, `exact`
    or `about`, first words.
    """
    for row in _rows(measured):
        tokens: Tokens = row["tokens"]
        exact = "exact" if tokens.exact else "about"
        index = "" if row["index"] is None else str(row["index"])
        begins = _begins(row["text"])
        yield tsv_row([index, row["role"], row["fate"], str(tokens.count), exact, begins])


def as_object(measured: MeasuredSession, *, texts: bool) -> dict[str, object]:
    """As docs/schema.json says: `context`."""
    # only JSON needs them
    from synapse.cli.listing.json_objects import session_name
    from synapse.cli.listing.json_output import SCHEMA

    found, window, bounds = measured.view.measured, measured.window, measured.limits
    share = measured.share
    whole: dict[str, object] = {
        "schema": SCHEMA,
        "session": session_name(measured.session.session),
        "provider": measured.asked.provider,
        "model": measured.asked.model,
        "tokens": measured.view.total.count,
        "exact": measured.view.total.exact,
        "window": None if window is None else {"tokens": window.tokens, "source": window.source},
        "share": None if share is None else round(share, 4),
        "limit": None if bounds is None else bounds.trigger,
        "cached_tokens": found.cached,
        "images_left_out": [*measured.view.selection.images_left_out],
        "parts": [
            {
                "index": row["index"],
                "role": row["role"],
                "fate": row["fate"],
                "tokens": row["tokens"].count,
                "exact": row["tokens"].exact,
                "begins": " ".join(row["text"][: 4 * _WORDS].split())[:_WORDS],
            }
            for row in _rows(measured)
        ],
    }
    if texts:
        whole["sent"] = [
            {"role": role, "messages": [*made_of], "content": text}
            for role, made_of, text in measured.view.texts()
        ]
    return whole


def _rows(measured: MeasuredSession) -> Iterator[dict[str, Any]]:
    """The system prompt, the notes and what is recalled, if there is any, then all messages of the
    session.
    """
    view = measured.view
    for item in view.items():
        if item.message is None:
            row: dict[str, object] = {"index": None, "role": item.role, "fate": "sent"}
            yield {**row, "tokens": item.tokens, "text": item.text}
    for message, fate, tokens in zip(
        view.history, view.selection.fates, view.measured.messages, strict=True
    ):
        row = {"index": message.index, "role": message.role.value, "fate": fate}
        yield {**row, "tokens": tokens, "text": message.content}


# ---------------------------------------------------------------------------- to the letter


def as_texts(measured: MeasuredSession) -> Iterator[str]:
    """Each message as it would be sent, below a line that names its role and what it is made of."""
    for role, made_of, text in measured.view.texts():
        which = ", ".join(f"#{index}" for index in made_of)
        yield f"--- {role}{f' {which}' if which else ''} ---\n{text}\n\n"
