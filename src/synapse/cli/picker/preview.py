"""What was said last in a session, or what was found in it, in few columns."""

from __future__ import annotations

from synapse.domain import Role
from synapse.terminal.cells import clip_to_max_width
from synapse.terminal.safe import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.cli.context import Context
    from synapse.cli.picker.matching import Candidate
    from synapse.domain import StoredMessage
    from synapse.search_query import SearchHit

_MESSAGES = 6
_CHARACTERS = 1_500
"""Of each message: more does not fit anywhere."""
_CHARACTERS_BEFORE, _MOST_BEFORE = 40, 120
"""In front of what matched: about as many, from the beginning of a line; and the most."""


def preview(context: Context, candidate: Candidate, columns: int) -> list[str]:
    """Lines of at most `columns` columns: the last messages, the newest at the end; or the message
    that was found, from a little before what matched.
    """
    if candidate.hit is not None:
        return _lines(context, [_around_match(candidate.hit)], columns)
    summary = candidate.summary
    first = max(1, summary.message_count - _MESSAGES + 1)
    messages = context.store.get_messages(summary.session.id, first=first)
    return _lines(context, messages, columns) or ["nothing has been said yet"]


def _around_match(hit: SearchHit) -> StoredMessage:
    text = hit.text
    match = hit.spans[0][0] if hit.spans else 0
    begin = text.rfind("\n", 0, max(0, match - _CHARACTERS_BEFORE)) + 1
    return hit.message.replace(content=text[max(begin, match - _MOST_BEFORE) :])


def _lines(context: Context, messages: Iterable[StoredMessage], columns: int) -> list[str]:
    lines: list[str] = []
    for message in messages:
        who = context.glyphs().prompt if message.role is Role.USER else ""
        text = clean(message.content[:_CHARACTERS]).strip()
        lines += [*_wrapped(f"{who} {text}".strip(), columns), ""]
    return lines[:-1]


def _wrapped(text: str, columns: int) -> list[str]:
    lines = []
    for line in text.split("\n"):
        while line:
            part = clip_to_max_width(line, columns)
            if len(part) < len(line) and " " in part[columns // 2 :]:
                part = part[: part.rindex(" ") + 1]
            lines.append(part.rstrip())
            line = line[max(1, len(part)) :]
    return lines
