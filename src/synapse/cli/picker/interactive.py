"""The picker that we draw: a line to type in, the sessions that fit, and what was said in one."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout import (
    BufferControl,
    ConditionalContainer,
    FormattedTextControl,
    HSplit,
    Layout,
    VSplit,
    Window,
)
from prompt_toolkit.layout.processors import BeforeInput

from synapse.cli.listing.snippet import snippet
from synapse.cli.picker.matching import nothing
from synapse.cli.picker.preview import preview
from synapse.errors import StorageError
from synapse.human_time import relative, short_age
from synapse.terminal.cells import clip, ljust, rjust, width
from synapse.terminal.safe import clean_line
from synapse.terminal.toolkit import STYLE, color_depth, terminal_input, terminal_output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyPressEvent

    from synapse.cli.context import Context
    from synapse.cli.picker.matching import Candidate, Candidates

_SHARE = 0.4  # of the screen's rows
_FEWEST_ROWS = 5
_PREVIEW_FROM = 90  # columns
_MOST = 200
_AGE_COLUMNS, _SHORT_AGE_COLUMNS = 15, 6
_REDRAW_SECONDS = 0.05
"""Between two looks at what a search has found so far: a key may be waiting behind each."""
_FEWEST_WORDS = 18  # columns; below, the age has to go


class Picker:
    """One choice."""

    def __init__(self, context: Context, candidates: Candidates, query: str) -> None:
        self._context = context
        self._glyphs = context.glyphs()
        self._candidates = candidates
        self._found: list[Candidate] = []
        self._at = 0
        self._top = 0
        self._search: asyncio.Task[None] | None = None
        self._previews: dict[str, list[str]] = {}
        self._query = Buffer(
            document=Document(query), multiline=False, on_text_changed=lambda _: self._begin()
        )
        self._app: Application[Candidate | None] = Application(
            layout=self._layout(),
            key_bindings=self._keys(),
            style=STYLE,
            include_default_pygments_style=False,
            color_depth=color_depth(context.color_level()),
            erase_when_done=True,
            input=terminal_input(context.streams.stdin),
            output=terminal_output(context.stderr.descriptor),
        )
        self._app.ttimeoutlen = 0.05  # a lone Esc

    def run(self) -> Candidate | None:
        """The one that was chosen; None if none was."""
        return self._app.run(pre_run=self._begin)

    # searching

    def _begin(self) -> None:
        if self._search is not None:
            self._search.cancel()
        self._at = self._top = 0
        results = self._candidates.search(self._query.text, _MOST)
        try:
            self._found = next(results)  # Enter may be the very next key
        except StorageError as error:
            self._app.exit(exception=error)
            return
        self._search = self._app.create_background_task(self._go_on(results))

    async def _go_on(self, results: Iterator[list[Candidate]]) -> None:
        shown_at = time.monotonic()
        try:
            for found in results:
                if len(found) != len(self._found) and time.monotonic() - shown_at > _REDRAW_SECONDS:
                    shown_at = time.monotonic()
                    self._app.invalidate()
                self._found = found
                await asyncio.sleep(0.002)  # idle: keys come first, and the screen
        except StorageError as error:
            self._app.exit(exception=error)
        self._app.invalidate()

    # keys

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        for names, step in (
            (("up", "c-p", "c-k", "s-tab"), -1),
            (("down", "c-n", "c-j", "tab"), 1),
            (("pageup",), -10),
            (("pagedown",), 10),
        ):
            for name in names:
                keys.add(name)(lambda event, step=step: self._move(step))
        keys.add("enter")(self._choose)
        for name in ("escape", "c-c", "c-g", "c-d", "<sigint>"):
            keys.add(name, eager=name == "escape")(lambda event: event.app.exit(result=None))
        return keys

    def _move(self, step: int) -> None:
        self._at = max(0, min(len(self._found) - 1, self._at + step))

    def _choose(self, event: KeyPressEvent) -> None:
        if self._found:
            event.app.exit(result=self._found[min(self._at, len(self._found) - 1)])

    # what it looks like

    def _layout(self) -> Layout:
        query = BufferControl(
            self._query, input_processors=[BeforeInput([("bold", f"{self._glyphs.prompt} ")])]
        )
        body = VSplit(
            [
                Window(FormattedTextControl(self._list), dont_extend_width=False),
                ConditionalContainer(
                    VSplit(
                        [
                            Window(width=1, char=self._glyphs.separator),
                            Window(FormattedTextControl(self._preview), width=self._preview_width),
                        ]
                    ),
                    Condition(self._has_preview),
                ),
            ],
            height=lambda: self._rows,
        )
        head = VSplit(
            [
                Window(query, height=1),
                Window(FormattedTextControl(self._count), height=1, dont_extend_width=True),
            ]
        )
        foot = ConditionalContainer(
            Window(FormattedTextControl(self._help), height=1), Condition(self._has_room_for_help)
        )
        return Layout(HSplit([head, body, foot]), focused_element=query)

    def _count(self) -> str:
        """`3 of 120`: how many match, of how many there are."""
        more = "+" if len(self._found) == _MOST else ""
        total = self._candidates.total
        of = "" if total is None else f" of {total:,}"
        return f" {len(self._found):,}{more}{of} "

    def _help(self) -> StyleAndTextTuples:
        dot = f" {self._glyphs.dot} "
        keys = dot.join(("Up/Down", "Enter choose", "Esc cancel", "type to search"))
        return [("dim", "  " + clip(keys, self._columns - 3, self._glyphs.ellipsis))]

    def _has_room_for_help(self) -> bool:
        return self._app.output.get_size().rows >= _FEWEST_ROWS + 2

    @property
    def _columns(self) -> int:
        return self._app.output.get_size().columns

    @property
    def _rows(self) -> int:
        rows = self._app.output.get_size().rows
        return max(_FEWEST_ROWS, int(rows * _SHARE)) - 1

    def _has_preview(self) -> bool:
        return self._columns >= _PREVIEW_FROM and bool(self._found)

    def _preview_width(self) -> int:
        return self._columns // 2 - 1

    def _list(self) -> StyleAndTextTuples:
        if not self._found:
            return [("", f"  {nothing(self._candidates)}\n")]
        self._top = max(self._at - self._rows + 1, min(self._top, self._at))
        room = self._columns - (self._preview_width() + 2 if self._has_preview() else 1)
        rows: StyleAndTextTuples = []
        for place in range(self._top, min(self._top + self._rows, len(self._found))):
            current = place == self._at
            mark = self._glyphs.prompt if current else " "
            line = ljust(f"{mark} {self._row(self._found[place], room - 2)}", room)
            rows.append(("reverse" if current else "", f"{line}\n"))
        return rows

    def _row(self, candidate: Candidate, room: int) -> str:
        session, hit = candidate.summary.session, candidate.hit
        moment = session.updated_at if hit is None else hit.message.timestamp
        handle = session.handle
        left = room - width(handle) - 2
        age = ""
        if left > 3 * _AGE_COLUMNS:
            age = relative(moment)
            left -= _AGE_COLUMNS + 1
        elif left > _FEWEST_WORDS + _SHORT_AGE_COLUMNS:
            age = rjust(short_age(moment), _SHORT_AGE_COLUMNS)
            left -= _SHORT_AGE_COLUMNS + 1
        words = clip(self._words(candidate, left), left, self._glyphs.ellipsis)
        return f"{handle}  {ljust(words, left)} {age}".rstrip()

    def _words(self, candidate: Candidate, room: int) -> str:
        """What the session is called and is about, or what was said in it."""
        session, hit = candidate.summary.session, candidate.hit
        name = clean_line(session.name or "")
        if hit is None:
            texts = (name, clean_line(candidate.summary.headline))
            return " · ".join(text for text in texts if text)
        head = f"{clip(name, room // 3, self._glyphs.ellipsis)} " if name else ""
        head += f"#{hit.message.index} "
        said = snippet(hit.text, hit.spans, room - width(head), ellipsis=self._glyphs.ellipsis)
        return head + said

    def _preview(self) -> StyleAndTextTuples:
        candidate = self._found[min(self._at, len(self._found) - 1)]
        hit = candidate.hit
        key = candidate.summary.session.id if hit is None else hit.message.id
        if key not in self._previews:
            columns = self._preview_width() - 2
            self._previews[key] = preview(self._context, candidate, columns)
        lines = self._previews[key]
        lines = lines[-self._rows :] if hit is None else lines[: self._rows]
        return [("", "".join(f" {line}\n" for line in lines))]
