"""markdown-it-py, set up for answers: CommonMark with tables, struck-out text,
footnotes and formulas.

Blocks are parsed without their inline content. Each frame parses the open block again, and most
of its cells and items have not changed: whoever needs their content asks `parse_inline`.
"""

from __future__ import annotations

from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from synapse.markdown import footnotes, mathematics

# Label -> title, href and map: what link reference definitions defined.
References = dict[str, Any]

# Beyond its own limit the block parser drops the rest of the text: it gets none, and what is
# nested too deeply is shown as it was written.
_BLOCKS = MarkdownIt("commonmark", {"maxNesting": 1_000_000}).enable(["table", "strikethrough"])
_DEEPEST = 40
_CONTAINERS = ("blockquote_open", "bullet_list_open", "ordered_list_open")
_INLINE = MarkdownIt("commonmark", {"maxNesting": 30}).enable(["table", "strikethrough"])
mathematics.use(_BLOCKS, _INLINE)
footnotes.use(_BLOCKS, _INLINE)


def parse_blocks(source: str, references: References) -> list[Token]:
    """Return the block tokens of `source`; definitions found are added to `references`.

    `source` has LF line ends. What is nested too deeply comes back as a "source" token.
    """
    tokens: list[Token] = []
    try:
        _BLOCKS.block.parse(source, _BLOCKS, {"references": references}, tokens)
    except RecursionError:
        return [Token("source", "", 0, content=source, map=[0, source.count("\n")])]
    if any(token.level > _DEEPEST for token in tokens):
        return _shallow(tokens, source.split("\n"))
    return tokens


def _shallow(tokens: list[Token], source: list[str]) -> list[Token]:
    """Return `tokens` with the containers that are nested too deeply as "source" tokens."""
    shallow: list[Token] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        end = index + 1
        if token.level >= _DEEPEST and token.type in _CONTAINERS and token.map:
            end = end_of(tokens, index)
            content = "\n".join(line.strip() for line in source[token.map[0] : token.map[1]])
            token = Token("source", "", 0, content=content, map=token.map, level=token.level)
        shallow.append(token)
        index = end
    return shallow


def parse_inline(content: str, references: References) -> list[Token]:
    """Return the inline tokens of the `content` of an "inline" token."""
    tokens: list[Token] = []
    _INLINE.inline.parse(content, _INLINE, {"references": references}, tokens)
    return tokens


def readable(address: str) -> str:
    """Return a normalised address as a person would write it."""
    return _INLINE.normalizeLinkText(address)


def end_of(tokens: list[Token], start: int) -> int:
    """Return the index after the block that begins at index `start`."""
    depth: int = tokens[start].nesting
    end = start + 1
    while depth > 0:
        depth += tokens[end].nesting
        end += 1
    return end
