"""Messages that a search has found, for people: grouped by session, what matched marked."""

from __future__ import annotations

from synapse.cli.listing.snippet import snippet
from synapse.cli.listing.tables import as_sentence
from synapse.human_time import in_style, short_age
from synapse.terminal import style
from synapse.terminal.cells import clip, width
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from synapse.cli.context import Context
    from synapse.domain import SessionSummary, StoredMessage
    from synapse.search_query import SearchHit
    from synapse.terminal.style import Glyphs

    Around = Sequence[StoredMessage]
    """A message that was found, with those before and after it."""

_ROW_COLUMNS = 160
"""Of a snippet that is no terminal's."""
_LEAST_SNIPPET = 20
"""Columns; where there are fewer beside the number and the role, it stands below them."""
_NARROW = 60


class FoundLayout:
    """How the groups are drawn."""

    __slots__ = ("columns", "glyphs", "in_words", "level", "time")

    def __init__(
        self, *, columns: int, level: int, glyphs: Glyphs, time: str, in_words: bool = False
    ) -> None:
        self.columns = columns
        self.level = level
        self.glyphs = glyphs
        self.time = time
        self.in_words = in_words
        """Sentences, for screen readers."""

    def mark(self, matched: str) -> str:
        """What matched: bold and underlined, which is seen without colours, too."""
        return style.paint(style.style(self.level, style.BOLD, style.UNDERLINE), matched)

    def dim(self, text: str) -> str:
        """What is not the matter."""
        return style.paint(style.style(self.level, style.DIM), text)


def found_layout(context: Context) -> FoundLayout:
    """How they are drawn on standard output."""
    return FoundLayout(
        columns=context.stdout.width(context.environ),
        level=context.color_level(),
        glyphs=context.glyphs(),
        time=context.settings.ui.time,
        in_words=context.settings.ui.accessible,
    )


def session_line(summary: SessionSummary, layout: FoundLayout) -> str:
    """The session above what was found in it: handle, name and title, when it was used last."""
    session = summary.session
    handle = clean_line(session.handle)
    name, headline = clean_line(session.name or ""), clean_line(summary.headline)
    if layout.in_words:
        fields = [
            ("session", handle),
            ("name", name),
            ("title" if session.title else "begins", headline),
            ("updated", in_style(layout.time, session.updated_at)),
        ]
        return as_sentence(fields) + "\n"
    narrow = layout.columns < _NARROW and layout.time == "relative"
    when = short_age(session.updated_at) if narrow else in_style(layout.time, session.updated_at)
    room = max(8, layout.columns - width(handle) - width(when) - 4)
    about = f" {layout.glyphs.dot} ".join(part for part in (name, headline) if part)
    about = clip(about, room, layout.glyphs.ellipsis)
    bold = style.style(layout.level, style.BOLD)
    return f"{style.paint(bold, handle)}  {about}  {layout.dim(when)}".rstrip() + "\n"


def hit_line(hit: SearchHit, layout: FoundLayout) -> str:
    """`  #7 assistant  …in context…`; what is not in the text itself says where it is."""
    place = _place(hit)
    return _line(hit.message, place, hit.text, hit.spans, layout)


def context_line(message: StoredMessage, layout: FoundLayout) -> str:
    """A message beside one that was found."""
    line = _line(message, "", message.content, (), layout)
    return line if layout.in_words else layout.dim(line.rstrip("\n")) + "\n"


def _line(
    message: StoredMessage,
    place: str,
    text: str,
    spans: Sequence[tuple[int, int]],
    layout: FoundLayout,
) -> str:
    role = message.role.value + (f" ({place})" if place else "")
    ellipsis = layout.glyphs.ellipsis
    if layout.in_words:
        part = snippet(text, spans, _ROW_COLUMNS, mark=layout.mark, ellipsis=ellipsis)
        return f"Message {message.index}, {role}: {part}\n"
    head = f"  #{message.index} {role}  "
    room = layout.columns - width(head)
    if room < _LEAST_SNIPPET:
        head = clip(head.rstrip(), layout.columns, ellipsis) + "\n    "
        room = layout.columns - 4
    return head + snippet(text, spans, room, mark=layout.mark, ellipsis=ellipsis).rstrip() + "\n"


def _place(hit: SearchHit) -> str:
    if hit.attachment is not None:
        return clean_line(hit.message.attachments[hit.attachment - 1].name)
    return "" if hit.where == "content" else hit.where


def grouped(hits: Iterable[SearchHit]) -> list[SearchHit]:
    """The hits, those of one session together: a session stands where its first hit stood, and
    within it the messages stand in the order in which they were said.
    """
    groups: dict[str, list[SearchHit]] = {}
    for hit in hits:
        groups.setdefault(hit.session.session.id, []).append(hit)
    return [
        hit for group in groups.values() for hit in sorted(group, key=lambda hit: hit.message.index)
    ]


class Groups:
    """Writes hits for people: a line for each session, and below it one for each hit."""

    def __init__(self, layout: FoundLayout) -> None:
        self._layout = layout
        self._session = ""
        self._written: set[int] = set()
        """The indexes of the messages that stand below the session's line."""
        self._last = 0
        self._coming: dict[str, set[int]] = {}

    def expect(self, hits: Iterable[SearchHit]) -> None:
        """Take note of hits that will be written, too: they are not shown as what is beside one."""
        for hit in hits:
            self._coming.setdefault(hit.session.session.id, set()).add(hit.message.index)

    def lines(self, hit: SearchHit, around: Around) -> Iterator[str]:
        """The lines for the next hit; `around` it, messages that are shown dimly."""
        session_id = hit.session.session.id
        if session_id != self._session:
            if self._session:
                yield "\n"
            self._session, self._written = session_id, set()
            yield session_line(hit.session, self._layout)
        coming = self._coming.get(session_id, set())
        for message in around:
            is_hit = message.index == hit.message.index
            if not is_hit and (message.index in coming or message.index in self._written):
                continue
            if len(around) > 1 and self._written and abs(message.index - self._last) != 1:
                yield self._layout.dim(f"  {self._layout.glyphs.ellipsis}") + "\n"
            yield hit_line(hit, self._layout) if is_hit else context_line(message, self._layout)
            self._last = message.index
            self._written.add(message.index)
