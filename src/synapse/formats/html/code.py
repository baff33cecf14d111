"""Code as HTML, coloured by Pygments, and the style sheet of its colours."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import find_lexer_class_for_filename, get_lexer_by_name
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

from synapse.formats.html import markup
from synapse.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pygments.lexer import Lexer

_LONGEST_CODE = 200_000
_LONGEST_LINE = 2_000
"""Some lexers take time quadratic in the length of a line: what is longer stays plain."""

LIGHT_STYLE, DARK_STYLE = "xcode", "lightbulb"
"""Of Pygments' styles the two whose every colour has a contrast of 4.5 on the page's ground."""

_LANGUAGE = re.compile(r"[\w+#./-]{1,40}")
_KIND_OF_FILE = re.compile(r"\.[\w+-]{1,20}\Z|\A\w{1,20}\Z")
"""What of a file's name tells its language: how it ends, or all of `Makefile`."""
_PREFIX = "p-"
_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True, classprefix=_PREFIX)


def block(content: str, info: str = "") -> str:
    """A code block with its language, and a button that copies it.

    `info` is what stands behind a fence: the language is its first word.
    """
    language = language_of(info)
    known = _LANGUAGE.fullmatch(language)
    return _block(content, _lexer(language.lower()) if known else None, language)


def file(content: str, name: str) -> str:
    """The text of a file as a code block, in the language that its name tells."""
    kind = _KIND_OF_FILE.search(name)
    return _block(content, _lexer_of_file(kind[0]) if kind else None, "")


def language_of(info: str) -> str:
    """The language that a fence names: `python` of `python title="a.py"`."""
    return (info.split(maxsplit=1) or [""])[0].strip("{}.")


def _block(content: str, lexer: Lexer | None, language: str) -> str:
    label = f'<span class="lang">{markup.line(language[:40])}</span>' if language else ""
    return (
        f'<div class="code" dir="ltr">{label}<button type="button" class="copy js">Copy</button>'
        f'<pre tabindex="0"><code>{_colored(safe.clean(content), lexer)}</code></pre></div>'
    )


def _colored(content: str, lexer: Lexer | None) -> str:
    if (
        lexer is None
        or len(content) > _LONGEST_CODE
        or any(len(line) > _LONGEST_LINE for line in content.split("\n"))
    ):
        return markup.text(content)
    return highlight(content, lexer, _FORMATTER).removesuffix("\n")  # it ends every text with one


@functools.lru_cache(maxsize=256)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return None


@functools.lru_cache(maxsize=256)
def _lexer_of_file(kind: str) -> Lexer | None:
    found = find_lexer_class_for_filename("a" + kind if kind[0] == "." else kind)
    return found(stripnl=False) if found else None


@functools.cache
def style_sheet() -> tuple[str, str]:
    """The rules of the colours of code: on light and on dark ground."""
    return "".join(_rules(LIGHT_STYLE)), "".join(_rules(DARK_STYLE))


def _rules(style: str) -> Iterator[str]:
    """One rule for all token types of one look, however many there are."""
    selectors: dict[str, list[str]] = {}
    for token, look in get_style_by_name(style):
        rules = f"color:#{look['color']};" if look["color"] else ""
        rules += "font-weight:bold;" if look["bold"] else ""
        rules += "font-style:italic;" if look["italic"] else ""
        name = STANDARD_TYPES.get(token, "")
        if name and rules:
            selectors.setdefault(rules, []).append(f".{_PREFIX}{name}")
    for rules, names in selectors.items():
        yield ",".join(names) + "{" + rules + "}\n"
