"""Footnotes: ``[^1]`` in a text, and ``[^1]: text`` below it.

A note is shown where it is written, not at the end: by then it would have scrolled off. A mark in
the text can't wait for its note to be written either, so every number in ``[^…]`` is a mark; other
labels, which may be a regular expression, are left as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

_NOTE = re.compile(r"\[\^([^\]\s]{1,40})\]:[ \t]*")
_MARK = re.compile(r"\[\^(\d{1,3})\](?!\()")
_INDENT = 4  # columns of a note's further blocks


def use(blocks: MarkdownIt, inline: MarkdownIt) -> None:
    """Add the rules to the parser of blocks and to that of their content."""
    blocks.block.ruler.before(
        "reference", "footnote", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    inline.inline.ruler.before("link", "footnote", _inline)


def mark(label: str) -> str:
    """Return what is shown for a footnote's label, in the text and before the note."""
    return f"[{label}]" if label.isdigit() else f"[^{label}]"


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    begin = state.bMarks[start] + state.tShift[start]
    note = _NOTE.match(state.src, begin, state.eMarks[start])
    if note is None:
        return False
    if silent:
        return True
    opening = state.push("footnote_open", "", 1)
    opening.info = note[1]
    opening.map = [start, end]
    outside = state.bMarks[start], state.tShift[start], state.sCount[start], state.blkIndent
    parent, state.parentType = state.parentType, "footnote"
    # The text begins behind the label; what goes on below is indented.
    state.blkIndent += _INDENT
    state.bMarks[start], state.tShift[start] = note.end(), 0
    state.sCount[start] = state.blkIndent
    state.md.block.tokenize(state, start, end)
    state.bMarks[start], state.tShift[start], state.sCount[start], state.blkIndent = outside
    state.parentType = parent
    state.line = max(state.line, start + 1)
    opening.map = [start, state.line]
    state.push("footnote_close", "", -1)
    return True


def _inline(state: StateInline, silent: bool) -> bool:
    found = _MARK.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("footnote_mark", "", 0).content = mark(found[1])
    state.pos = found.end()
    return True
