"""Inline Markdown as styled spans."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from synapse.cli.markdown.parser import References, parse_inline
from synapse.cli.markdown.theme import Span, Theme, combine
from synapse.cli.markdown.wrap import HARD_BREAK
from synapse.cli.terminal.safe import clean_line

if TYPE_CHECKING:
    from markdown_it.token import Token

_REMEMBERED = 2_000
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


class Inline:
    """Turns the content of paragraphs and cells into spans, and remembers what it turned."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._memory: dict[tuple[str, str], list[Span]] = {}

    def spans(self, content: str, references: References, base: str = "") -> list[Span]:
        """Return `content` as spans in style `base`. The caller must not change them."""
        if references and "[" in content:  # may mean something else when more is defined
            return self._translate(parse_inline(content, references), base)
        spans = self._memory.get((content, base))
        if spans is None:
            if len(self._memory) >= _REMEMBERED:
                self._memory.clear()
            spans = self._translate(parse_inline(content, references), base)
            self._memory[content, base] = spans
        return spans

    def _translate(self, tokens: list[Token], base: str) -> list[Span]:
        theme = self._theme
        spans: list[Span] = []
        styles = [base]
        links: list[tuple[int, str]] = []  # where the text of each open link begins; its URL
        for token in tokens:
            kind = token.type
            # Entities and percent signs are decoded by the parser: made safe after it, not before.
            content = clean_line(token.content)
            if kind in ("text", "text_special"):
                spans.append((styles[-1], content))
            elif kind == "math_inline":
                spans += _formula(token, styles[-1])
            elif kind == "softbreak":
                spans.append((styles[-1], " "))
            elif kind == "hardbreak" or (kind == "html_inline" and _BREAK.fullmatch(content)):
                spans.append(HARD_BREAK)
            elif kind == "code_inline":
                ticks = token.markup if theme.keeps_backticks else ""
                spans.append((combine(styles[-1], theme.code), f"{ticks}{content}{ticks}"))
            elif kind == "strong_open":
                styles.append(combine(styles[-1], theme.strong))
            elif kind == "em_open":
                styles.append(combine(styles[-1], theme.emphasis))
            elif kind in ("s_open", "s_close"):  # not every terminal can strike text out
                spans.append((styles[-1], token.markup))
            elif kind == "link_open":
                links.append((len(spans), clean_line(str(token.attrs.get("href", "")))))
                styles.append(combine(styles[-1], theme.link))
            elif kind == "link_close":
                styles.pop()
                start, url = links.pop()
                self._add_target(spans, start, url)
            elif kind in ("strong_close", "em_close"):
                styles.pop()
            elif kind == "image":
                url = clean_line(str(token.attrs.get("src", "")))
                spans.append((combine(styles[-1], theme.faint), f"[image: {content}] ({url})"))
            else:  # raw HTML
                spans.append((combine(styles[-1], theme.faint), content))
        return spans

    def _add_target(self, spans: list[Span], start: int, url: str) -> None:
        text = "".join([text for _, text in spans[start:]])
        if url and url not in (text, f"mailto:{text}"):
            spans.append(("", " "))
            spans.append((self._theme.faint, f"({url})"))


def _formula(token: Token, style: str) -> list[Span]:
    """Return a formula as it was written, a displayed one in the lines that it had."""
    lines = token.content.split("\n") if token.markup in ("$$", "\\[") else [token.content]
    spans: list[Span] = []
    for number, line in enumerate(lines):
        if number:
            spans.append(HARD_BREAK)
        spans.append((style, clean_line(line)))
    return spans
