"""Lays block tokens out as lines.

What is laid out does not depend on what comes later, so that a block, an item of a list or a line
of code looks the same whether it is shown alone or with all the rest. Whether a list is loose, for
example, is never asked; blank lines are kept where the source has them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from synapse.markdown import footnotes, tables, tags
from synapse.markdown.highlight import CodeLines, Highlighter
from synapse.markdown.inline import Inline
from synapse.markdown.parser import References, end_of
from synapse.markdown.theme import CodeLine, nested
from synapse.markdown.wrap import wrap
from synapse.terminal.cells import expand_tabs
from synapse.terminal.safe import clean_line

if TYPE_CHECKING:
    from markdown_it.token import Token

    from synapse.markdown.theme import Line, Span, Theme

_TASK = re.compile(r"\[([ xX])\](?:[ \n]+|$)")
_RULE = 40  # columns of a thematic break: short enough to survive a narrower window
_NARROWEST = 8  # however deep the nesting
# At the top level these stand between blank lines even if the source has none.
_SPACED = frozenset(
    [
        "blockquote_open",
        "code_block",
        "fence",
        "heading_open",
        "hr",
        "html_block",
        "math",
        "table_open",
    ]
)


class PreviousBlock(NamedTuple):
    """What the next block comes after."""

    kind: str = ""  # type of the last token; "item" within a list, "" at the very start
    number: int = 0  # of the next item, within an ordered list


class Layout:
    """Lays blocks out in `columns` columns, tables in the `screen` columns of the terminal."""

    def __init__(self, theme: Theme, columns: int, screen: int) -> None:
        self.columns = columns
        self.screen = screen
        self._theme = theme
        self._inline = Inline(theme)
        self._highlighter = Highlighter(theme)
        self._references: References = {}
        self._source: list[str] = []

    def blocks(
        self,
        tokens: list[Token],
        source: list[str],
        references: References,
        after: PreviousBlock,
        *,
        cut: bool = False,
    ) -> tuple[list[Line], PreviousBlock]:
        """Return the lines of top-level blocks, and what the next ones come after.

        `source` holds the lines that the tokens' maps refer to. If `cut`, the last block is a list
        that goes on in the next call.
        """
        self._references, self._source = references, source
        lines: list[Line] = []
        start = 0
        while start < len(tokens):
            end = end_of(tokens, start)
            block = tokens[start:end]
            number = after.number if after.kind == "item" else _start(block[0])
            if block[0].type.endswith("list_open"):
                laid_out, number = self._list(block, self.columns, number)
            else:
                laid_out = self._block(block, self.columns)
                if not laid_out:  # the end of a <details>
                    start = end
                    continue
            if after.kind == "item":  # block is the rest of the list
                if self._follows_blank(block[1]):
                    lines.append([])
            elif after.kind and self._is_apart(after.kind, block[0]):
                lines.append([])
            lines += laid_out
            unfinished = cut and end == len(tokens)
            after = PreviousBlock("item", number) if unfinished else PreviousBlock(block[0].type)
            start = end
        return lines, after

    def begin_code(self, info: str) -> CodeLines:
        """Return the maker of the lines of a code block with info string `info`."""
        return self._highlighter.begin(info)

    def fence_start(self, markup: str, info: str) -> Line:
        """Return the line before a code block."""
        info = clean_line(info).strip()
        if self._theme.accessible:
            return [("", f"Code, {info}:" if info else "Code:")]
        return [(self._theme.faint, f"{markup}{info}")]

    def fence_end(self, markup: str) -> Line:
        """Return the line after a code block."""
        return [("", "End of code.")] if self._theme.accessible else [(self._theme.faint, markup)]

    def _is_apart(self, before: str, token: Token) -> bool:
        return before in _SPACED or token.type in _SPACED or self._follows_blank(token)

    def _follows_blank(self, token: Token) -> bool:
        line = token.map[0] if token.map else 0
        return line > 0 and not self._source[line - 1].strip(" \t>")

    def _nested(self, tokens: list[Token], columns: int) -> list[Line]:
        """Lay out the blocks of a quote or of an item."""
        lines: list[Line] = []
        start = 0
        while start < len(tokens):
            end = end_of(tokens, start)
            laid_out = self._block(tokens[start:end], columns)
            if lines and laid_out and self._follows_blank(tokens[start]):
                lines.append([])
            lines += laid_out
            start = end
        return lines

    def _block(self, tokens: list[Token], columns: int) -> list[Line]:
        token = tokens[0]
        columns = max(columns, min(_NARROWEST, self.columns))
        match token.type:
            case "paragraph_open":
                return wrap(self._spans(tokens[1].content), columns)
            case "heading_open":
                style = self._theme.heading
                marks: Span = (style, "#" * int(token.tag[1]) + " ")
                return wrap([marks, *self._spans(tokens[1].content, style)], columns)
            case "bullet_list_open" | "ordered_list_open":
                return self._list(tokens, columns, _start(token))[0]
            case "blockquote_open":
                bar: Span = (self._theme.quote, f"{self._theme.glyphs.quote} ")
                return [nested(line, bar) for line in self._nested(tokens[1:-1], columns - 2)]
            case "table_open":
                columns += self.screen - self.columns
                return tables.layout(tables.read(tokens, self._cell), columns, self._theme)
            case "fence":
                return self._fence(token)
            case "code_block":
                style = self._theme.code
                return [CodeLine([(style, line)] if line else []) for line in _lines(token)]
            case "hr":
                return [[(self._theme.faint, self._theme.glyphs.rule * min(columns, _RULE))]]
            case "math":
                return self._formula(token, columns)
            case "footnote_open":
                return self._item(tokens[1:-1], columns, f"{footnotes.mark(token.info)} ")
            case "html_block":
                return self._html(token.content, columns)
            case _:
                return self._verbatim(token.content, "")

    def _list(self, tokens: list[Token], columns: int, number: int) -> tuple[list[Line], int]:
        """Return the lines of a list whose first item has `number`, and the number after it."""
        lines: list[Line] = []
        start = 1
        while start < len(tokens) - 1:
            end = end_of(tokens, start)
            if lines and self._follows_blank(tokens[start]):
                lines.append([])
            marker = self._theme.glyphs.bullet
            if tokens[0].type == "ordered_list_open":
                marker = f"{number}{tokens[0].markup}"
            # Each item is indented by its own marker: the tenth does not move the first nine.
            marker, item = self._task(marker, tokens[start + 1 : end - 1])
            lines += self._item(item, columns, f"{marker} ")
            number += 1
            start = end
        return lines, number

    def _task(self, marker: str, item: list[Token]) -> tuple[str, list[Token]]:
        """Return the marker and the content of an item, with the box of a task in its place."""
        task = _TASK.match(item[1].content) if item and item[0].type == "paragraph_open" else None
        if task is None:
            return marker, item
        done = task[1] != " "
        content = item[1].content[task.end() :]
        if self._theme.accessible:
            content = f"{'done' if done else 'to do'}: {content}"
        else:
            box = self._theme.glyphs.done if done else self._theme.glyphs.todo
            marker = f"{marker} {box}" if marker[0].isdigit() else box
        return marker, [item[0], item[1].copy(content=content), *item[2:]]

    def _html(self, html: str, columns: int) -> list[Line]:
        details = tags.details(html)
        if details is None:
            blank = not tags.BREAK.sub("", html).strip()
            return [[]] if blank else self._verbatim(html, self._theme.faint)
        lines: list[Line] = []
        for is_summary, text in details.parts:
            if is_summary:
                mark = "Details:" if self._theme.accessible else self._theme.glyphs.details
                style = self._theme.strong
                lines += wrap([(style, f"{mark} "), *self._spans(text, style)], columns)
            elif text.startswith("<"):
                lines += self._verbatim(text, self._theme.faint)
            else:
                lines += wrap(self._spans(text), columns)
        if details.ends and self._theme.accessible:
            lines.append([("", "End of details.")])
        return lines

    def _item(self, tokens: list[Token], columns: int, marker: str) -> list[Line]:
        body = self._nested(tokens, columns - len(marker)) or [[]]
        if isinstance(body[0], CodeLine):
            body = [[], *body]
        first: Span = (self._theme.marker, marker if body[0] else marker.rstrip())
        indent: Span = ("", " " * len(marker))
        return [
            nested(body[0], first),
            *(nested(line, indent) if line else line for line in body[1:]),
        ]

    def _fence(self, token: Token) -> list[Line]:
        code = token.content.split("\n")
        if not code[-1]:
            code.pop()
        lines = [
            self.fence_start(token.markup, token.info),
            *self._highlighter.block(token.info, code),
            self.fence_end(token.markup),
        ]
        if not self._theme.accessible:
            return [CodeLine(line) for line in lines]
        # What is read out before and after the code belongs to the text around it.
        return [lines[0], *map(CodeLine, lines[1:-1]), lines[-1]]

    def _formula(self, token: Token, columns: int) -> list[Line]:
        *lines, last = self._verbatim(token.content, "")
        if not token.info:
            return [*lines, last]
        return [*lines, *wrap([*last, *self._spans(token.info)], columns)]

    def _verbatim(self, content: str, style: str) -> list[Line]:
        lines = expand_tabs(content.rstrip("\n")).split("\n")
        return [[(style, line)] if line else [] for line in lines]

    def _spans(self, content: str, base: str = "") -> list[Span]:
        return self._inline.spans(content, self._references, base)

    def _cell(self, content: str, header: bool) -> list[Span]:
        return self._spans(content, self._theme.strong if header else "")


def _lines(token: Token) -> list[str]:
    return token.content.rstrip("\n").split("\n")


def _start(token: Token) -> int:
    return int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else 0
