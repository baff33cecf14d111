"""Messages that a search has found: for people grouped by session, for programs as rows."""

from __future__ import annotations

from synapse.cli.listing.json_objects import message_object, session_name
from synapse.cli.listing.output import spoken
from synapse.cli.listing.snippet import snippet
from synapse.human_time import in_style, rfc3339, short_age
from synapse.terminal import style
from synapse.terminal.cells import clip, width
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from synapse.domain import SessionSummary, StoredMessage
    from synapse.search_query import SearchHit
    from synapse.terminal.style import Glyphs

    Around = Sequence[StoredMessage]
    """A message that was found, with those before and after it."""

_ROW_COLUMNS = 160
"""Of a snippet that is no terminal's."""
_LEAST_SNIPPET = 24
"""Columns; where there are fewer beside the number and the role, it stands below them."""
_NARROW = 60


class FoundLook:
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


def session_line(summary: SessionSummary, look: FoundLook) -> str:
    """The session above what was found in it: handle, name and title, when it was used last."""
    session = summary.session
    handle = clean_line(session.handle)
    name, headline = clean_line(session.name or ""), clean_line(summary.headline)
    if look.in_words:
        fields = [
            ("session", handle),
            ("name", name),
            ("title" if session.title else "begins", headline),
            ("updated", in_style(look.time, session.updated_at)),
        ]
        return spoken(fields) + "\n"
    narrow = look.columns < _NARROW and look.time == "relative"
    when = short_age(session.updated_at) if narrow else in_style(look.time, session.updated_at)
    room = max(8, look.columns - width(handle) - width(when) - 4)
    about = f" {look.glyphs.dot} ".join(part for part in (name, headline) if part)
    about = clip(about, room, look.glyphs.ellipsis)
    bold = style.style(look.level, style.BOLD)
    return f"{style.paint(bold, handle)}  {about}  {look.dim(when)}".rstrip() + "\n"


def hit_line(hit: SearchHit, look: FoundLook) -> str:
    """`  #7 assistant  …in context…`; what is not in the text itself says where it is."""
    place = _place(hit)
    return _line(hit.message, place, hit.text, hit.spans, look)


def context_line(message: StoredMessage, look: FoundLook) -> str:
    """A message beside one that was found."""
    line = _line(message, "", message.content, (), look)
    return line if look.in_words else look.dim(line.rstrip("\n")) + "\n"


def _line(
    message: StoredMessage,
    place: str,
    text: str,
    spans: Sequence[tuple[int, int]],
    look: FoundLook,
) -> str:
    role = message.role.value + (f" ({place})" if place else "")
    ellipsis = look.glyphs.ellipsis
    if look.in_words:
        part = snippet(text, spans, _ROW_COLUMNS, mark=look.mark, ellipsis=ellipsis)
        return f"Message {message.index}, {role}: {part}\n"
    head = f"  #{message.index} {role}  "
    room = look.columns - width(head)
    if room < _LEAST_SNIPPET:
        head = clip(head.rstrip(), look.columns, ellipsis) + "\n    "
        room = look.columns - 4
    return head + snippet(text, spans, room, mark=look.mark, ellipsis=ellipsis).rstrip() + "\n"


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

    def __init__(self, look: FoundLook) -> None:
        self._look = look
        self._session = ""
        self._last = 0
        """The index of the last message that was written of the session."""

    def lines(self, hit: SearchHit, around: Around = ()) -> Iterator[str]:
        """The lines for the next hit; `around` it, messages that are shown dimly."""
        session_id = hit.session.session.id
        if session_id != self._session:
            if self._session:
                yield "\n"
            self._session, self._last = session_id, 0
            yield session_line(hit.session, self._look)
        elif around and self._last and around[0].index > self._last + 1:
            yield self._look.dim(f"  {self._look.glyphs.ellipsis}") + "\n"
        shown = False
        for message in around:
            if message.index == hit.message.index:
                shown = True
                yield hit_line(hit, self._look)
            elif not 0 < self._last >= message.index:
                yield context_line(message, self._look)
            else:
                continue
            self._last = max(self._last, message.index)
        if not shown:
            yield hit_line(hit, self._look)
            self._last = hit.message.index


FOUND_HEADER = ("id", "message", "role", "time", "snippet")


def found_fields(hit: SearchHit) -> tuple[str, ...]:
    """The fields of a hit, as FOUND_HEADER names them."""
    message = hit.message
    return (
        hit.session.session.id,
        str(message.index),
        message.role.value,
        rfc3339(message.timestamp),
        snippet(hit.text, hit.spans, _ROW_COLUMNS),
    )


def hit_object(hit: SearchHit) -> dict[str, object]:
    """A hit in JSON: `hit` of docs/schema.json."""
    return {
        "session": session_name(hit.session.session),
        "message": message_object(hit.message),
        "where": hit.where,
        "attachment": hit.attachment,
        "spans": [[start, end] for start, end in hit.spans],
        "snippet": snippet(hit.text, hit.spans, _ROW_COLUMNS),
    }
