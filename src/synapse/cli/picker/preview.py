"""What was said last in a session, in few columns."""

from __future__ import annotations

from synapse.domain import Role
from synapse.terminal.cells import clip_to_max_width
from synapse.terminal.safe import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.domain import SessionSummary

_MESSAGES = 6
_CHARACTERS = 1_500
"""Of each message: more does not fit anywhere."""


def preview(context: Context, summary: SessionSummary, columns: int) -> list[str]:
    """The last messages as lines of at most `columns` columns; the newest at the end."""
    first = max(1, summary.message_count - _MESSAGES + 1)
    lines: list[str] = []
    for message in context.store.get_messages(summary.session.id, first=first):
        who = context.glyphs().prompt if message.role is Role.USER else ""
        text = clean(message.content[:_CHARACTERS]).strip()
        lines += [*_wrapped(f"{who} {text}".strip(), columns), ""]
    return lines[:-1] or ["nothing has been said yet"]


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
