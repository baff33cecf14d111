"""Inline Markdown as styled spans."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from synapse.markdown import tags
from synapse.markdown.parser import References, parse_inline, readable
from synapse.markdown.theme import Span, Theme, combine, linked
from synapse.markdown.wrap import HARD_BREAK
from synapse.terminal.safe import clean_line

if TYPE_CHECKING:
    from markdown_it.token import Token

_REMEMBERED = 2_000
_ADDRESS = re.compile(
    r"(?:[a-z]+://|www\.)\S+|\S+@\S+|[\w.-]+\.(?:com|edu|gov|net|org)(?:[/?#:]\S*)?", re.IGNORECASE
)
_SCHEME = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_LINKED = re.compile(r"(?:https?://|mailto:)[!-~]+", re.IGNORECASE)
_LONGEST_LINK = 2_000  # of more, terminals make nothing or something else


class Inline:
    """Turns the content of paragraphs and cells into spans, and remembers what it turned."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._memory: dict[tuple[str, str], list[Span]] = {}

    def spans(self, content: str, references: References, base: str = "") -> list[Span]:
        """Return `content` as spans in style `base`. The caller must not change them."""
        if references and "[" in content:  # may mean something else when more is defined
            return _Spans(self._theme, base).of(parse_inline(content, references))
        spans = self._memory.get((content, base))
        if spans is None:
            if len(self._memory) >= _REMEMBERED:
                self._memory.clear()
            spans = _Spans(self._theme, base).of(parse_inline(content, references))
            self._memory[content, base] = spans
        return spans


class _Spans:
    """One translation of tokens."""

    def __init__(self, theme: Theme, base: str) -> None:
        self._theme = theme
        self._spans: list[Span] = []
        self._styles = [base]  # those of what is open, from the outside in
        self._links: list[tuple[int, str]] = []  # where the text of each begins; its address

    def of(self, tokens: list[Token]) -> list[Span]:
        """Return the spans of `tokens`."""
        ours = tags.pairs(tokens)
        index = 0
        while index < len(tokens):
            tag = ours.get(index)
            if tag is None:
                self._token(tokens[index])
            elif tag.style:
                self._styled_tag(tag, tokens[index])
            else:
                index = self._script(tag, tokens, index)
            index += 1
        return self._spans

    def _style(self, inner: str = "") -> str:
        style = ""
        for outer in self._styles:
            style = combine(style, outer)
        return combine(style, inner)

    def _add(self, text: str, style: str = "") -> None:
        self._spans.append((self._style(style), text))

    def _token(self, token: Token) -> None:
        theme = self._theme
        # Entities and percent signs are decoded by the parser: made safe after it, not before.
        content = clean_line(token.content)
        match token.type:
            case "text" | "text_special":
                self._add(content)
            case "math_inline":
                self._formula(token)
            case "footnote_mark":
                self._add(content, theme.faint)
            case "softbreak":
                self._add(" ")
            case "hardbreak":
                self._spans.append(HARD_BREAK)
            case "code_inline":
                ticks = token.markup if theme.keeps_backticks else ""
                self._add(f"{ticks}{content}{ticks}", theme.code)
            case "strong_open":
                self._styles.append(theme.strong)
            case "em_open":
                self._styles.append(theme.emphasis)
            case "s_open":
                self._strike(token.markup)
                self._styles.append(theme.strike)
            case "s_close":
                self._end(theme.strike)
                self._strike(token.markup)
            case "link_open":
                self._links.append((len(self._spans), str(token.attrs.get("href", ""))))
                self._styles.append(theme.link)
            case "link_close":
                self._end(theme.link)
                self._add_address(*self._links.pop())
            case "strong_close":
                self._end(theme.strong)
            case "em_close":
                self._end(theme.emphasis)
            case "image":
                start = len(self._spans)
                self._add(f"[image: {content}]", theme.faint)
                self._add_address(start, str(token.attrs.get("src", "")))
            case _ if tags.BREAK.fullmatch(content):
                self._spans.append(HARD_BREAK)
            case _:  # other HTML
                self._add(content, theme.faint)

    def _strike(self, marks: str) -> None:
        # Not every terminal can strike text out.
        if not self._theme.strike:
            self._add(marks)

    def _formula(self, token: Token) -> None:
        """Add a formula as it was written, a displayed one in the lines that it had."""
        displayed = token.markup in ("$$", "\\[")
        for number, line in enumerate(token.content.split("\n") if displayed else [token.content]):
            if number:
                self._spans.append(HARD_BREAK)
            self._add(clean_line(line))

    def _styled_tag(self, tag: tags.Tag, token: Token) -> None:
        style: str = getattr(self._theme, tag.style)
        if tag.name == "kbd" and not style:
            self._add("[" if tag.opens else "]")
        elif tag.style == "strike" and not style:
            self._add("~~")
        elif tag.style == "code" and self._theme.keeps_backticks:
            self._add("`")
        elif not style and not self._theme.accessible:  # nothing else would tell
            self._add(clean_line(token.content))
        if tag.opens:
            self._styles.append(style)
        else:
            self._end(style)

    def _end(self, style: str) -> None:
        """Close what was opened last in `style`: tags and marks may overlap, as in <b>*</b>*."""
        for index in range(len(self._styles) - 1, 0, -1):
            if self._styles[index] == style:
                del self._styles[index]
                return

    def _script(self, tag: tags.Tag, tokens: list[Token], index: int) -> int:
        """Add a <sub> or <sup>; return the index of the last token that was used."""
        within = tokens[index + 1 : tag.partner]
        if tag.opens and all(token.type in ("text", "text_special") for token in within):
            text = clean_line("".join([token.content for token in within]))
            self._add(tags.script(tag.name, text, ascii_only=self._theme.ascii_only))
            return tag.partner
        self._add(f"{tags.SCRIPTS[tag.name]}(" if tag.opens else ")")
        return index

    def _add_address(self, start: int, href: str) -> None:
        """Make what was added since `start` a link, or show where it leads behind it."""
        address = clean_line(href)
        text = "".join([text for _, text in self._spans[start:]]).strip()
        same = _bare(text) in (_bare(address), _bare(clean_line(readable(href))))
        if not address:
            return
        links = self._theme.links and len(address) <= _LONGEST_LINK and _LINKED.fullmatch(address)
        if links and text:
            for index in range(start, len(self._spans)):
                style, part = span = self._spans[index]
                if span is not HARD_BREAK:
                    self._spans[index] = (linked(style, address), part)
            # What looks like an address must be the one that it leads to.
            same = same or not _ADDRESS.fullmatch(text)
        if not same:
            self._spans.append(("", " "))
            self._spans.append((self._theme.faint, f"({address})"))


def _bare(address: str) -> str:
    """Return what two ways to write one address have in common."""
    return _SCHEME.sub("", address, count=1).removesuffix("/").casefold()
