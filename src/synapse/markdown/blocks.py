"""Splits growing Markdown source into blocks that can no longer change, and the open one.

Only the source of the open block is kept, the *tail*. Whenever it is looked at, it is parsed, and
all blocks but the last are finished: what comes later can extend the last one only. Two kinds of
block are finished piece by piece: a list item by item, and a code fence, which leaves the parser
altogether, line by line.

The line that is still being written decides nothing: "---" may go on as "---> see below".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from synapse.markdown.fence import Fence, indent_of
from synapse.markdown.parser import References, end_of, parse_blocks
from synapse.markdown.window import Window

if TYPE_CHECKING:
    from markdown_it.token import Token

# An unfinished line of nothing but marks is not looked at: it could become anything. The second
# line of a table, above all, would change what the line before it is.
_UNDECIDED = re.compile(r"[ \t>]*(?:[|:\- \t]+|[=*_+`~#\[<$\\]+|\d{1,9}[.)]?)?[ \t]*")


class Blocks(NamedTuple):
    """Parsed top-level blocks, with the source lines that their maps refer to."""

    tokens: list[Token]
    source: list[str]
    references: References
    cut: bool = False  # the last block is a list that goes on


class FenceStart(NamedTuple):
    """A top-level code block begins."""

    markup: str
    info: str


class Code(NamedTuple):
    """Lines of the code block that has begun."""

    lines: list[str]


class FenceEnd(NamedTuple):
    """The code block ends, in the source or with it."""

    markup: str


Piece = Blocks | FenceStart | Code | FenceEnd


class Splitter:
    """Takes source as it comes, gives finished pieces and the open one. Keeps only the latter.

    The source must have LF line ends; see `terminal.safe.Cleaner`.
    """

    def __init__(self) -> None:
        self.window = Window()
        self._arrived: list[str] = []
        self._tail = ""
        # Source that stands for what was before the tail: the parser is given both.
        self._context = ""
        self._in_list = False  # the context is an item of the list that goes on in the tail
        self._references: References = {}
        self._fence: Fence | None = None

    def feed(self, text: str) -> None:
        """Add source. Costs nothing until it is looked at."""
        self._arrived.append(text)

    def split(self, *, end: bool = False) -> tuple[list[Piece], Piece | None]:
        """Return the pieces finished since the last call, and the open one as it looks now.

        With `end`, everything is finished.
        """
        self._tail += "".join(self._arrived)
        self._arrived.clear()
        finished: list[Piece] = []
        while True:
            if self._fence is None:
                still_open = self._split_blocks(finished, end=end)
                if self._fence is None:
                    return finished, still_open
            self._split_code(self._fence, finished, end=end)
            if self._fence is not None:
                return finished, Code(self._fence.preview(self._tail))

    # Blocks that are parsed.

    def _split_blocks(self, finished: list[Piece], *, end: bool) -> Blocks | None:
        """Finish blocks, or begin a code fence. Return the open ones, whose lines may change."""
        if end:
            parsed = self._parse(self._tail)
            self._tail = ""
            if parsed.tokens:
                finished.append(parsed)
            return None
        if not self.window.is_due(self._tail):
            return self._parse(self.window.look(_decided(self._tail)))
        parsed = self._finish_blocks(self._parse(_decided(self._tail)), finished)
        if self._fence is not None:
            return None
        self.window.parsed(self._tail)
        if not self.window.covers(self._tail):
            return self._parse(self.window.look(_decided(self._tail)))
        return parsed if parsed.tokens else None

    def _parse(self, tail: str) -> Blocks:
        source = self._context + tail
        references = dict(self._references)
        tokens = parse_blocks(source, references)
        if self._in_list and len(tokens) > 1:
            del tokens[1 : end_of(tokens, 1)]  # the item of the context
        return Blocks(tokens, source.split("\n"), references)

    def _finish_blocks(self, parsed: Blocks, finished: list[Piece]) -> Blocks:
        """Take finished blocks and items off the tail; return the rest."""
        tokens, whole_lines = parsed.tokens, len(parsed.source) - 1
        last = _last_block(tokens, whole_lines)
        if last is None:
            self._forget_blank_lines()
            return parsed
        if tokens[last].type == "fence":
            if last:
                finished.append(parsed._replace(tokens=tokens[:last]))
            self._begin_fence(tokens[last], parsed, finished)
            return parsed
        item = _last_item(tokens, last, whole_lines)
        if item is not None:
            return self._finish_items(parsed, last, item, finished)
        if last:
            finished.append(parsed._replace(tokens=tokens[:last]))
            self._cut_at(parsed, _first_line(tokens[last]))
        return parsed._replace(tokens=tokens[last:])

    def _finish_items(self, parsed: Blocks, start: int, item: int, finished: list[Piece]) -> Blocks:
        """Finish what is before token `item` of the list that begins with token `start`."""
        tokens = parsed.tokens
        opening = tokens[start]
        done = [*tokens[:item], tokens[end_of(tokens, start) - 1]]
        finished.append(parsed._replace(tokens=done, cut=True))
        self._cut_at(parsed, _first_line(tokens[item]))
        # To the parser the list goes on if an item comes first. The content of this one begins so
        # far to the right that the next marker, indented by up to three spaces, isn't part of it.
        number = "1" if opening.type == "ordered_list_open" else ""
        self._context = f"{number}{opening.markup}    .\n{self._context}"
        self._in_list = True
        return parsed._replace(tokens=[opening, *tokens[item:]])

    def _cut_at(self, parsed: Blocks, line: int) -> None:
        """Let the tail begin at `line` of the parsed source."""
        skipped = sum(map(len, parsed.source[:line])) + line - len(self._context)
        self._tail = self._tail[skipped:]
        blank = line > 0 and not parsed.source[line - 1].strip(" \t>")
        self._context = "\n" if blank else ""
        self._in_list = False
        self.window.reset()
        for label, definition in parsed.references.items():
            if definition["map"][0] < line:
                self._references.setdefault(label, definition)

    def _forget_blank_lines(self) -> None:
        if not self._tail.strip(" \t\n"):
            self._tail = self._tail[max(0, self._tail.rfind("\n")) :]

    # Code fences.

    def _begin_fence(self, token: Token, parsed: Blocks, finished: list[Piece]) -> None:
        line = _first_line(token)
        self._fence = Fence(token.markup, indent_of(parsed.source[line]))
        self._cut_at(parsed, line + 1)
        finished.append(FenceStart(token.markup, token.info))

    def _split_code(self, fence: Fence, finished: list[Piece], *, end: bool) -> None:
        taken = fence.take(self._tail, end=end)
        self._tail = taken.rest
        if taken.code:
            finished.append(Code(taken.code))
        if taken.closed or end:
            finished.append(FenceEnd(fence.markup))
            self._fence = None


def _decided(tail: str) -> str:
    """Return `tail` without an unfinished line that is nothing but marks."""
    start = tail.rfind("\n") + 1
    return tail[:start] if _UNDECIDED.fullmatch(tail, start) else tail


def _first_line(token: Token) -> int:
    assert token.map is not None
    return token.map[0]


def _last_block(tokens: list[Token], whole_lines: int) -> int | None:
    """Return the index of the last block that will still begin there, whatever is written."""
    last = None
    for index, token in enumerate(tokens):
        if token.level == 0 and token.nesting >= 0 and _first_line(token) < whole_lines:
            last = index
    return last


def _last_item(tokens: list[Token], start: int, whole_lines: int) -> int | None:
    """Return the index of the last item, not the first, of the list that begins at `start`."""
    if not tokens[start].type.endswith("list_open"):
        return None
    last = None
    for index in range(start + 2, len(tokens)):
        token = tokens[index]
        if token.level == 0:
            break
        is_item = token.type == "list_item_open" and token.level == 1
        if is_item and _first_line(token) < whole_lines:
            last = index
    return last
