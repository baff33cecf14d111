"""The table of sessions for people; narrow terminals get fewer columns."""

from __future__ import annotations

from synapse.cli.listing.tables import as_sentence, table
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


class TableLayout:
    """Width, glyphs and columns of the table."""

    __slots__ = ("columns", "deleted", "full", "glyphs", "in_words", "level", "previews", "time")

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
        previews: bool = True,
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
        self.previews = previews
        """Whether the first question stands for a title that is missing."""


def session_table(summaries: Sequence[SessionSummary], layout: TableLayout) -> str:
    """The sessions as lines of at most `layout.columns` columns (a whole id may need more)."""
    if layout.in_words:
        return "".join(f"{_sentences(summary, layout)}\n" for summary in summaries)
    if layout.columns < _ONE_LINE_FROM:
        return "".join(_two_lines(summary, layout) for summary in summaries)
    heads = _heads(layout)
    rows = [[*heads, "PREVIEW"]]
    rows += [[*(_cell(head, summary, layout) for head in heads), ""] for summary in summaries]
    right = [heads.index("MSGS")] if "MSGS" in heads else []
    # The last column is laid out by hand: what it may take depends on all the others.
    frames = table([[*row[:-1], "|"] for row in rows], right=right)
    room = max(_LEAST_PREVIEW, layout.columns - width(frames[0]) + 1)
    previews = ["PREVIEW", *(_preview(summary, room, layout) for summary in summaries)]
    lines = [
        (frame[:-1] + preview).rstrip() for frame, preview in zip(frames, previews, strict=True)
    ]
    lines[0] = style.paint(style.style(layout.level, style.BOLD), lines[0])
    return "\n".join(lines) + "\n"


def _sentences(summary: SessionSummary, layout: TableLayout) -> str:
    heads = ["ID", "DELETED" if layout.deleted else "UPDATED", "PROVIDER", "MODEL"]
    shows_preview = layout.previews and not summary.session.title
    fields = [(head, _cell(head, summary, layout)) for head in heads]
    fields += [
        ("messages", str(summary.message_count)),
        ("name", clean_line(summary.session.name or "")),
        ("title", clean_line(summary.session.title or "")),
        ("begins", clean_line(summary.preview) if shows_preview else ""),
        ("last answer", _mark(summary, layout).removeprefix(layout.glyphs.warning)),
    ]
    return as_sentence(fields)


def _heads(layout: TableLayout) -> list[str]:
    heads = ["ID", "DELETED" if layout.deleted else "UPDATED"]
    if layout.columns >= _PROVIDER_FROM:
        heads.append("PROVIDER")
    if layout.columns >= _MODEL_FROM:
        heads.append("MODEL")
    if layout.columns >= _MESSAGES_FROM:
        heads.append("MSGS")
    return heads


def _cell(head: str, summary: SessionSummary, layout: TableLayout) -> str:
    session = summary.session
    if head == "ID":
        return clean_line(session.id if layout.full else session.handle)
    if head == "MSGS":
        return str(summary.message_count)
    if head in _WIDEST:
        text = session.provider if head == "PROVIDER" else session.model
        return clip(clean_line(text), _WIDEST[head], layout.glyphs.ellipsis)
    moment = session.deleted_at if layout.deleted else session.updated_at
    return in_style(layout.time, moment) if moment is not None else ""


def _preview(summary: SessionSummary, room: int, layout: TableLayout) -> str:
    name = clean_line(summary.session.name or "")
    headline = clean_line(summary.headline if layout.previews else summary.session.title or "")
    text = f" {layout.glyphs.dot} ".join(part for part in (name, headline) if part)
    mark = _mark(summary, layout)
    if not mark:
        return clip(text, room, layout.glyphs.ellipsis)
    left = max(0, room - width(mark) - 2)
    warning = style.paint(style.style(layout.level, style.YELLOW), mark)
    return ljust(clip(text, left, layout.glyphs.ellipsis), left) + "  " + warning


def _mark(summary: SessionSummary, layout: TableLayout) -> str:
    if summary.last_status is Status.COMPLETE:
        return ""
    if summary.last_status is Status.STREAMING:
        return "answering"
    return f"{layout.glyphs.warning} cut off"


def _two_lines(summary: SessionSummary, layout: TableLayout) -> str:
    head = f"{_cell('ID', summary, layout)}  {_cell('UPDATED', summary, layout)}"
    return f"{head}\n  {_preview(summary, max(_LEAST_PREVIEW, layout.columns - 2), layout)}\n"
