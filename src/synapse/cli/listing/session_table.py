"""The table of sessions for people; narrow terminals get fewer columns."""

from __future__ import annotations

from synapse.cli.listing.output import spoken, table
from synapse.domain import Status
from synapse.human_time import in_style
from synapse.terminal import style
from synapse.terminal.cells import clip, ljust, width
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from synapse.domain import SessionSummary
    from synapse.terminal.style import Glyphs

_PROVIDER_FROM, _MODEL_FROM, _MESSAGES_FROM, _ONE_LINE_FROM = 100, 80, 60, 40
"""Columns of the terminal from which each column of the table, and the table, are shown."""
_WIDEST = {"PROVIDER": 12, "MODEL": 24}
_LEAST_PREVIEW = 10


class Look:
    """How the table is drawn."""

    __slots__ = ("columns", "deleted", "full", "glyphs", "in_words", "level", "time")

    def __init__(
        self,
        *,
        columns: int,
        level: int,
        glyphs: Glyphs,
        time: str,
        full: bool,
        deleted: bool,
        in_words: bool = False,
    ) -> None:
        self.columns = columns
        self.level = level
        self.glyphs = glyphs
        self.time = time
        self.full = full
        """Whole ids instead of handles."""
        self.deleted = deleted
        """The sessions are in the trash: when they went there counts."""
        self.in_words = in_words
        """A line of sentences for each, for screen readers."""


def session_table(summaries: Sequence[SessionSummary], look: Look) -> str:
    """The sessions as lines of at most `look.columns` columns (a whole id may need more)."""
    if look.in_words:
        return "".join(f"{_sentences(summary, look)}\n" for summary in summaries)
    if look.columns < _ONE_LINE_FROM:
        return "".join(_two_lines(summary, look) for summary in summaries)
    heads = _heads(look)
    rows = [[*heads, "PREVIEW"]]
    rows += [[*(_cell(head, summary, look) for head in heads), ""] for summary in summaries]
    right = [heads.index("MSGS")] if "MSGS" in heads else []
    # The last column is laid out by hand: what it may take depends on all the others.
    frames = table([[*row[:-1], "|"] for row in rows], right=right)
    room = max(_LEAST_PREVIEW, look.columns - width(frames[0]) + 1)
    previews = ["PREVIEW", *(_preview(summary, room, look) for summary in summaries)]
    lines = [
        (frame[:-1] + preview).rstrip() for frame, preview in zip(frames, previews, strict=True)
    ]
    lines[0] = style.paint(style.style(look.level, style.BOLD), lines[0])
    return "\n".join(lines) + "\n"


def _sentences(summary: SessionSummary, look: Look) -> str:
    heads = ["ID", "DELETED" if look.deleted else "UPDATED", "PROVIDER", "MODEL"]
    fields = [(head, _cell(head, summary, look)) for head in heads]
    fields += [
        ("messages", str(summary.message_count)),
        ("name", clean_line(summary.session.name or "")),
        ("title", clean_line(summary.session.title or "")),
        ("begins", "" if summary.session.title else clean_line(summary.preview)),
        ("last answer", _mark(summary, look).removeprefix(look.glyphs.warning)),
    ]
    return spoken(fields)


def _heads(look: Look) -> list[str]:
    heads = ["ID", "DELETED" if look.deleted else "UPDATED"]
    if look.columns >= _PROVIDER_FROM:
        heads.append("PROVIDER")
    if look.columns >= _MODEL_FROM:
        heads.append("MODEL")
    if look.columns >= _MESSAGES_FROM:
        heads.append("MSGS")
    return heads


def _cell(head: str, summary: SessionSummary, look: Look) -> str:
    session = summary.session
    if head == "ID":
        return clean_line(session.id if look.full else session.handle)
    if head == "MSGS":
        return str(summary.message_count)
    if head in _WIDEST:
        text = session.provider if head == "PROVIDER" else session.model
        return clip(clean_line(text), _WIDEST[head], look.glyphs.ellipsis)
    moment = session.deleted_at if look.deleted else session.updated_at
    return in_style(look.time, moment) if moment is not None else ""


def _preview(summary: SessionSummary, room: int, look: Look) -> str:
    name = clean_line(summary.session.name or "")
    headline = clean_line(summary.headline)
    text = f" {look.glyphs.dot} ".join(part for part in (name, headline) if part)
    mark = _mark(summary, look)
    if not mark:
        return clip(text, room, look.glyphs.ellipsis)
    left = max(0, room - width(mark) - 2)
    warning = style.paint(style.style(look.level, style.YELLOW), mark)
    return ljust(clip(text, left, look.glyphs.ellipsis), left) + "  " + warning


def _mark(summary: SessionSummary, look: Look) -> str:
    if summary.last_status is Status.COMPLETE:
        return ""
    if summary.last_status is Status.STREAMING:
        return "answering"
    return f"{look.glyphs.warning} cut off"


def _two_lines(summary: SessionSummary, look: Look) -> str:
    head = f"{_cell('ID', summary, look)}  {_cell('UPDATED', summary, look)}"
    return f"{head}\n  {_preview(summary, max(_LEAST_PREVIEW, look.columns - 2), look)}\n"
