"""Answers as HTML, and questions, which stay as they were typed.

The parser is that of the terminal, so that a page understands an answer as the terminal does:
tables, tasks, footnotes, formulas (as they were written), and of HTML the few tags that models
write into Markdown. What is not known here is shown as text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from synapse.formats.html import code, markup
from synapse.markdown import tags
from synapse.markdown.parser import parse_blocks, parse_inline, readable
from synapse.terminal import safe

if TYPE_CHECKING:
    from markdown_it.token import Token

    from synapse.markdown.parser import References

_FENCED = re.compile(
    r"^(?P<mark>`{3,}|~{3,})[ ]*(?P<info>[^`\n]*)\n(?P<code>.*?)(?:^(?P=mark)[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_TASK = re.compile(r"\[([ xX])\][ \t]+")
_ADDRESS = re.compile(
    r"(?:[a-z]+://|www\.)\S+|\S+@\S+|[\w.-]+\.(?:com|edu|gov|net|org|io|dev)(?:[/?#:]\S*)?",
    re.IGNORECASE,
)
_EMBEDDED = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*")
_INLINE_TAGS = {
    "strong_open": "<strong>", "strong_close": "</strong>",
    "em_open": "<em>", "em_close": "</em>",
    "s_open": "<s>", "s_close": "</s>",
    "softbreak": "\n", "hardbreak": "<br>\n",
}  # fmt: skip
_BLOCK_TAGS = {
    "blockquote_open": '<blockquote dir="auto">', "blockquote_close": "</blockquote>\n",
    "list_item_close": "</li>\n",
    "table_open": '<div class="wide" tabindex="0"><table>\n', "table_close": "</table></div>\n",
    "thead_open": "<thead>", "thead_close": "</thead>\n",
    "tbody_open": "<tbody>", "tbody_close": "</tbody>\n",
    "tr_open": "<tr>", "tr_close": "</tr>\n", "th_close": "</th>", "td_close": "</td>",
    "footnote_close": "</div>\n", "hr": "<hr>\n",
}  # fmt: skip
_HEADINGS_ABOVE = 2  # the page's title, and the headings of the messages


def answer(content: str) -> str:
    """Markdown as HTML."""
    references: References = {}
    tokens = parse_blocks(safe.clean(content), references)
    return _Blocks(tokens, references).html()


def question(content: str) -> str:
    """A text as it was typed: pasted code and logs are no Markdown. Code in fences is set apart."""
    content = safe.clean(content)
    parts: list[str] = []
    position = 0
    for fenced in _FENCED.finditer(content):
        parts.append(_typed(content[position : fenced.start()]))
        parts.append(code.block(fenced["code"].removesuffix("\n"), fenced["info"]))
        position = fenced.end()
    parts.append(_typed(content[position:]))
    return "".join(parts)


def _typed(content: str) -> str:
    content = content.strip("\n")
    return f'<p class="typed" dir="auto">{markup.text(content)}</p>\n' if content.strip() else ""


class _Blocks:
    """One translation of block tokens."""

    def __init__(self, tokens: list[Token], references: References) -> None:
        self._tokens = tokens
        self._references = references
        self._parts: list[str] = []
        levels = [int(token.tag[1:]) for token in tokens if token.type == "heading_open"]
        self._raised = min(levels, default=1) - 1
        """Levels of headings that the text leaves out at the top: most begin with the second."""
        self._lists = 0
        """Of lists that are open."""
        self._details: list[int] = []
        """The levels of the tokens with which <details> began that are open."""

    def html(self) -> str:
        for index, token in enumerate(self._tokens):
            if self._details and token.nesting == -1:
                self._parts.append(self._end_of_details(token.level + 1))
            self._parts.append(_BLOCK_TAGS.get(token.type) or self._block(index, token))
        self._parts.append(self._end_of_details(0))
        return "".join(self._parts)

    def _block(self, index: int, token: Token) -> str:
        match token.type:
            case "paragraph_open":
                return "" if token.hidden else f"<p{self._direction()}>"
            case "paragraph_close":
                return "\n" if token.hidden else "</p>\n"
            case "heading_open":
                return f'<h{self._level(token)} dir="auto">'
            case "heading_close":
                return f"</h{self._level(token)}>\n"
            case "bullet_list_open" | "ordered_list_open":
                return self._list(token)
            case "bullet_list_close" | "ordered_list_close":
                self._lists -= 1
                return f"</{token.tag}>\n"
            case "list_item_open":
                return '<li class="task">' if self._is_task(index) else "<li>"
            case "inline":
                return self._inline(index, token)
            case "th_open" | "td_open":
                return _cell(token)
            case "fence" | "code_block":
                return code.block(token.content.removesuffix("\n"), token.info) + "\n"
            case "math":
                return _formula(token.content) + self._paragraph(token.info)
            case "footnote_open":
                label = markup.line(f"[{token.info}]")
                return f'<div class="footnote" dir="auto"><span class="label">{label}</span> '
            case "html_block":
                return self._html(token)
            case _:  # "source": nested too deeply
                return f'<p class="typed" dir="auto">{markup.text(token.content)}</p>\n'

    def _list(self, token: Token) -> str:
        start = f' start="{int(token.attrs["start"])}"' if "start" in token.attrs else ""
        opening = f"<{token.tag}{start}{self._direction()}>\n"
        self._lists += 1
        return opening

    def _direction(self) -> str:
        """A list has one direction, that of its text: the marks of its items stand on one side."""
        return "" if self._lists else ' dir="auto"'

    def _level(self, token: Token) -> int:
        return min(6, int(token.tag[1:]) - self._raised + _HEADINGS_ABOVE)

    def _inline(self, index: int, token: Token) -> str:
        content = token.content
        task = _TASK.match(content) if self._is_task(index - 2) else None
        if task is None:
            return inline(content, self._references)
        box = "☐" if task[1] == " " else "☑"
        said = "to do" if task[1] == " " else "done"
        return f'<span class="box" role="img" aria-label="{said}">{box}</span> ' + inline(
            content[task.end() :], self._references
        )

    def _is_task(self, item: int) -> bool:
        """Whether the token of this index opens an item that begins with the box of a task."""
        following = self._tokens[max(item, 0) : item + 3]
        return [token.type for token in following] == [
            "list_item_open",
            "paragraph_open",
            "inline",
        ] and _TASK.match(following[2].content) is not None

    def _paragraph(self, content: str) -> str:
        if not content.strip():
            return ""
        return f'<p dir="auto">{inline(content.strip(), self._references)}</p>\n'

    def _html(self, token: Token) -> str:
        found = tags.details(token.content)
        if found is None:
            return _source(token)
        html = ""
        for is_summary, content in found.parts:
            if is_summary:
                self._details.append(token.level)
                html += f'<details><summary dir="auto">{inline(content, {})}</summary>\n'
            else:
                html += self._paragraph(content)
        if found.ends and self._details and self._details[-1] == token.level:
            html += self._end_of_details(token.level)
        return html

    def _end_of_details(self, level: int) -> str:
        """End those that began in a container of this level, which ends here."""
        ended = sum(each >= level for each in self._details)
        if not ended:
            return ""
        del self._details[-ended:]
        return "</details>\n" * ended


def _cell(token: Token) -> str:
    name = token.type[:2]
    style = str(token.attrs.get("style", ""))  # text-align:right
    aligned = style.rpartition(":")[2]
    scope = ' scope="col"' if name == "th" else ""
    align = f' class="{aligned}"' if aligned in ("left", "center", "right") else ""
    return f'<{name}{scope}{align} dir="auto">'


def _formula(content: str) -> str:
    return f'<div class="math wide" dir="ltr" tabindex="0">{markup.text(content.strip())}</div>\n'


def _source(token: Token) -> str:
    return f'<p class="typed" dir="auto">{markup.text(token.content.strip())}</p>\n'


def inline(content: str, references: References) -> str:
    """The content of a paragraph, a heading or a cell."""
    tokens = parse_inline(content, references)
    return _Inline(tokens).html()


class _Inline:
    """One translation of inline tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._tags = tags.pairs(tokens)
        self._parts: list[str] = []
        self._open: list[str] = []
        """Names of the elements that are open, from the outside in."""
        self._links: list[tuple[int, str]] = []
        """Where the text of each link that is open begins, and its address."""

    def html(self) -> str:
        for index, token in enumerate(self._tokens):
            tag = self._tags.get(index)
            if tag is not None:
                self._parts.append(self._turn(tag.name, opens=tag.opens))
            elif token.type.endswith(("_open", "_close")) and not token.type.startswith("link"):
                self._parts.append(self._turn(token.tag, opens=token.nesting == 1))
            else:
                self._parts.append(_INLINE_TAGS.get(token.type) or self._token(token))
        self._parts += [f"</{name}>" for name in reversed(self._open)]
        return "".join(self._parts)

    def _turn(self, name: str, *, opens: bool) -> str:
        """Open or close an element. Tags of the text may overlap with marks: then those that are
        closed too early are opened again.
        """
        if opens:
            self._open.append(name)
            return f"<{name}>"
        if name not in self._open:
            return ""
        inner = self._open[len(self._open) - self._open[::-1].index(name) :]
        del self._open[len(self._open) - len(inner) - 1]
        closing = "".join(f"</{each}>" for each in reversed(inner))
        return f"{closing}</{name}>" + "".join(f"<{each}>" for each in inner)

    def _token(self, token: Token) -> str:
        match token.type:
            case "code_inline":
                return f'<code dir="ltr">{markup.line(token.content)}</code>'
            case "math_inline":
                return f'<span class="math" dir="ltr">{markup.text(token.content)}</span>'
            case "footnote_mark":
                return f"<sup>{markup.line(token.content)}</sup>"
            case "link_open":
                return self._link(str(token.attrs.get("href", "")))
            case "link_close":
                return self._link_end()
            case "image":
                return _image(token, is_linked=bool(self._links))
            case _ if tags.BREAK.fullmatch(token.content):
                return "<br>"
            case _:  # text, and other HTML
                return markup.line(token.content)

    def _link(self, address: str) -> str:
        self._links.append((len(self._parts), address))
        return markup.link_start(address) if markup.is_linked(address) else ""

    def _link_end(self) -> str:
        start, address = self._links.pop()
        written = safe.clean_line(readable(address))
        shown = re.sub(r"<[^>]*>", "", "".join(self._parts[start + 1 :])).strip()
        same = _bare(shown) in (_bare(markup.line(address)), _bare(markup.line(written)))
        behind = "" if same or not address else f' <span class="to">({markup.line(written)})</span>'
        if not markup.is_linked(address):
            return behind
        # What looks like an address must be the one that it leads to.
        return "</a>" + (behind if _ADDRESS.fullmatch(shown) else "")


def _image(token: Token, *, is_linked: bool) -> str:
    """An image that is in the text itself; of others the address: a page loads nothing."""
    address = str(token.attrs.get("src", ""))
    alt = markup.line(token.content)
    if _EMBEDDED.fullmatch(address):
        return f'<img src="{address}" alt="{alt}" loading="lazy" decoding="async">'
    shown = f"[image: {alt}]" if alt else "[image]"
    if is_linked:  # what it is in
        return shown
    if markup.is_linked(address):
        return f"{markup.link_start(address)}{shown}</a>"
    return f'{shown} <span class="to">({markup.line(readable(address)[:200])})</span>'


def _bare(address: str) -> str:
    """What two ways to write one address have in common."""
    return (
        re.sub(r"\A(?:https?://|mailto:)", "", address, flags=re.IGNORECASE)
        .removesuffix("/")
        .casefold()
    )
