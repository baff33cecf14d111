"""markdown-it-py, set up for answers: CommonMark with tables and struck-out text.

Blocks are parsed without their inline content. Each frame parses the open block again, and most
of its cells and items have not changed: whoever needs their content asks `parse_inline`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from markdown_it.token import Token

# Label -> title, href and map: what link reference definitions defined.
References = dict[str, Any]

# Beyond its limit the block parser drops the rest of the text. Better to run out of stack, which
# `parse_blocks` answers by showing the source.
_BLOCKS = MarkdownIt("commonmark", {"maxNesting": 1_000_000}).enable(["table", "strikethrough"])
_INLINE = MarkdownIt("commonmark", {"maxNesting": 30}).enable(["table", "strikethrough"])


def parse_blocks(source: str, references: References) -> list[Token]:
    """Return the block tokens of `source`; definitions found are added to `references`.

    `source` has LF line ends. Source nested too deeply to parse comes back as one "source" token.
    """
    tokens: list[Token] = []
    try:
        _BLOCKS.block.parse(source, _BLOCKS, {"references": references}, tokens)
    except RecursionError:
        return [source_token(source)]
    return tokens


def source_token(source: str) -> Token:
    """Return a token that shows `source` as it is."""
    from markdown_it.token import Token

    lines = source.count("\n") + (not source.endswith("\n"))
    return Token("source", "", 0, content=source, map=[0, lines])


def parse_inline(content: str, references: References) -> list[Token]:
    """Return the inline tokens of the `content` of an "inline" token."""
    tokens: list[Token] = []
    _INLINE.inline.parse(content, _INLINE, {"references": references}, tokens)
    return tokens


def end_of(tokens: list[Token], start: int) -> int:
    """Return the index after the block that begins at index `start`."""
    depth: int = tokens[start].nesting
    end = start + 1
    while depth > 0:
        depth += tokens[end].nesting
        end += 1
    return end
