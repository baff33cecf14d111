"""Markdown on a terminal: an answer while it arrives, or a whole text at once.

Importing this imports the Markdown parser; do it when an answer is under way.
"""

from __future__ import annotations

from synapse.markdown.layout import Layout, PreviousBlock
from synapse.markdown.parser import References, parse_blocks
from synapse.markdown.stream import MarkdownStream
from synapse.markdown.theme import Theme, to_ansi
from synapse.terminal import style as sgr
from synapse.terminal.safe import clean

__all__ = ["MarkdownStream", "render"]


def render(
    text: str,
    width: int,
    *,
    level: int = sgr.COLOR,
    ascii_only: bool = False,
    accessible: bool = False,
    links: bool = False,
    strikes: bool = True,
    screen: int = 0,
) -> str:
    """Return the Markdown `text` as it looks on a terminal, every line with its newline.

    Prose takes at most `width` columns, tables the `screen` columns of the terminal if these are
    more; code is not wrapped. `level` is a level of `terminal.style`, `links` and `strikes` tell
    what the terminal can do (`terminal.features`). The result is safe to show whatever `text`
    holds.
    """
    source = clean(text)
    references: References = {}
    tokens = parse_blocks(source, references)
    theme = Theme(level, ascii_only=ascii_only, accessible=accessible, links=links, strikes=strikes)
    layout = Layout(theme, width, max(width, screen))
    lines, _ = layout.blocks(tokens, source.split("\n"), references, PreviousBlock())
    return "".join([f"{to_ansi(line)}\n" for line in lines])
