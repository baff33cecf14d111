r"""Keeps TeX out of Markdown's hands: ``\(…\)``, ``\[…\]``, ``$…$``, ``$$…$$``, ``\begin{…}``.

A terminal can't set formulas, so they are shown as they were written. To Markdown their
backslashes are escapes, their stars and underscores emphasis, and their line breaks spaces.

What a line is must not depend on what comes much later, so that an answer looks the same however
it arrives. A display formula that begins a line therefore ends with its closing mark, or where
the text around it ends; if there is more on its first line than the opening mark, also before a
blank line, which TeX does not allow in it.

A dollar is more often money or a shell's variable. It begins a formula if no blank follows it, no
letter or digit is before it, and the next dollar ends one: no blank before it, no letter or digit
after it. No formula holds a back-tick.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

_OPENING = re.compile(r"\$\$(?!\$| +[a-z]{2,} +[a-z]{2,})|\\\[|\\begin\{([A-Za-z]+\*?)\}")
_CLOSING = {
    "$$": re.compile(r"(?<!\\)\$\$"),
    r"\[": re.compile(r"(?<!\\)\\\]"),
    r"\(": re.compile(r"(?<!\\)\\\)"),
}
_DOLLAR = re.compile(r"\$(?![\s$])((?:[^$`\\]|\\.)*+)(?<!\s)\$(?![\w$])", re.DOTALL)
# What tells a formula of several words from two prices or two variables.
_TEX = re.compile(r"[\\^_{}=<>|]")
_MONEY = re.compile(r"\d[\d.,]*\s+[^\W\d_]{2,}")


def use(blocks: MarkdownIt, inline: MarkdownIt) -> None:
    """Add the rules to the parser of blocks and to that of their content."""
    blocks.block.ruler.before(
        "fence", "math", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    inline.inline.ruler.before("escape", "math", _inline)


def begins(line: str) -> str:
    """Return the mark that opens a display formula at the start of `line`, or ""."""
    match = _OPENING.match(line.lstrip(" "))
    return match[0] if match else ""


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    line = _line(state, start)
    opening = _OPENING.match(line)
    if opening is None or state.is_code_block(start):
        return False
    closing = _closing(opening)
    first_end = closing.search(line, opening.end())
    if first_end is not None and line[first_end.end() :].strip():
        return False  # a formula within a paragraph
    if silent:
        return not _within_a_formula(state, start)
    after, rest = start + 1, ""
    if first_end is None:
        after, rest = _last_line(state, start, end, closing, bool(line[opening.end() :].strip()))
    state.line = after
    content = state.getLines(start, after, state.sCount[start], False)
    token = state.push("math", "", 0)
    token.content = content[: len(content) - len(rest)] if rest else content
    token.info = rest  # goes on as a paragraph in the last line
    token.map = [start, after]
    return True


def _last_line(
    state: StateBlock, start: int, end: int, closing: re.Pattern[str], until_blank: bool
) -> tuple[int, str]:
    """Return the line after a formula, and what follows the formula in its last line."""
    for number in range(start + 1, end):
        if state.isEmpty(number):
            if until_blank:
                return number, ""
            continue
        if state.sCount[number] < state.blkIndent:
            return number, ""
        line = _line(state, number)
        found = closing.search(line)
        if found is not None:
            return number + 1, line[found.end() :]
    return end, ""


def _closing(opening: re.Match[str]) -> re.Pattern[str]:
    if opening[1]:
        return re.compile(rf"\\end\{{{re.escape(opening[1])}\}}")
    return _CLOSING[opening[0]]


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _within_a_formula(state: StateBlock, line: int) -> bool:
    """Tell whether a formula began in an earlier line of the paragraph that `line` may end."""
    if state.parentType != "paragraph":
        return False
    before = state.src[state.bMarks[state.line] : state.bMarks[line]]
    return before.count("$$") % 2 == 1 or before.rfind(r"\[") > before.rfind(r"\]")


def _inline(state: StateInline, silent: bool) -> bool:
    mark = state.src[state.pos : state.pos + 2]
    if mark in _CLOSING:
        end = _end(state, mark)
    elif mark[0] == "$":
        end = _end_of_dollars(state)
    else:
        return False
    if end is None:
        return False
    if not silent:
        token = state.push("math_inline", "", 0)
        token.content = state.src[state.pos : end]
        token.markup = mark if mark in _CLOSING else "$"
    state.pos = end
    return True


def _end(state: StateInline, mark: str) -> int | None:
    # What is sought in vain once is not sought again: a text may be full of opening marks.
    missing: set[str] = state.env.setdefault("unclosed", {}).setdefault(state.src, set())
    if mark in missing:
        return None
    found = _CLOSING[mark].search(state.src, state.pos + 2, state.posMax)
    if found is None:
        if state.posMax == len(state.src):
            missing.add(mark)
        return None
    content = state.src[state.pos + 2 : found.start()]
    return None if "`" in content or not content.strip() else found.end()


def _end_of_dollars(state: StateInline) -> int | None:
    if state.pos and state.src[state.pos - 1].isalnum():
        return None
    match = _DOLLAR.match(state.src, state.pos, state.posMax)
    return match.end() if match and _is_formula(match[1]) else None


def _is_formula(content: str) -> bool:
    if _MONEY.match(content) and "\\" not in content:
        return False
    if _TEX.search(content) or not re.search(r"\s", content):
        return True
    return not content[0].isdigit() and "**" not in content
