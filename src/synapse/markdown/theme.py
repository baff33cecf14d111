"""What the parts of an answer look like, and the lines they are made of."""

from __future__ import annotations

from synapse.terminal import cells
from synapse.terminal import style as sgr

TAB_STOP = 8
"""Columns between the tab stops of a terminal."""

# A run of text in one style (see `terminal.style`), and a row of such runs.
Span = tuple[str, str]
_LINK = "\x1f"  # in a style: what follows is the address that the text is a link to
Line = list[Span]


class CodeLine(Line):
    """A line of code: nothing stands before it, however deep it is nested.

    What is selected on the screen and pasted is then the code itself. Its tabs are kept.
    """


class TableLine(Line):
    """A line of a table that is laid out in columns."""


class HeaderLine(TableLine):
    """One that names the columns, or the rule below."""


class Theme:
    """The styles and marks of one rendering.

    `level` is a level of `terminal.style`. `accessible` is for screen readers: ASCII marks,
    nothing drawn, tables and code blocks in words. `links` and `strikes` tell whether the
    terminal takes links (OSC 8) and strikes text out.
    """

    def __init__(
        self,
        level: int = sgr.COLOR,
        *,
        ascii_only: bool = False,
        accessible: bool = False,
        links: bool = False,
        strikes: bool = True,
    ) -> None:
        self.level = level
        self.accessible = accessible
        self.ascii_only = ascii_only or accessible
        self.links = links and level > sgr.PLAIN and not accessible
        self.glyphs = sgr.glyphs(ascii_only=ascii_only or accessible)
        # Without colour, inline code keeps the back-ticks that tell it from prose.
        self.keeps_backticks = level < sgr.COLOR
        self.code = sgr.style(level, sgr.CYAN)
        self.emphasis = sgr.style(level, sgr.ITALIC)
        self.faint = sgr.style(level, sgr.DIM)
        self.heading = sgr.style(level, sgr.BOLD, sgr.MAGENTA)
        self.link = sgr.style(level, sgr.UNDERLINE)
        self.marker = sgr.style(level, sgr.BOLD)
        self.quote = sgr.style(level, sgr.GREEN)
        self.strike = sgr.style(level, sgr.STRIKE) if strikes and not accessible else ""
        self.strong = sgr.style(level, sgr.BOLD)
        # The first that a Pygments token type belongs to decides.
        self.syntax = {
            name: sgr.style(level, *codes)
            for name, codes in {
                "Comment.Preproc": (sgr.MAGENTA,),
                "Comment": (sgr.DIM, sgr.ITALIC),
                "Keyword": (sgr.MAGENTA,),
                "Operator.Word": (sgr.MAGENTA,),
                "Name.Builtin": (sgr.CYAN,),
                "Name.Class": (sgr.BOLD, sgr.BLUE),
                "Name.Decorator": (sgr.CYAN,),
                "Name.Function": (sgr.BLUE,),
                "Name.Tag": (sgr.BLUE,),
                "Literal.String": (sgr.GREEN,),
                "Literal.Number": (sgr.YELLOW,),
                "Generic.Deleted": (sgr.RED,),
                "Generic.Inserted": (sgr.GREEN,),
                "Generic.Heading": (sgr.BOLD,),
                "Generic.Subheading": (sgr.CYAN,),
            }.items()
        }


def nested(line: Line, before: Span) -> Line:
    """Return `line` of a quote or an item with `before` in front of it, unless it is code."""
    return line if isinstance(line, CodeLine) else type(line)([before, *line])


def combine(outer: str, inner: str) -> str:
    """Return the style of text in `inner` style within text in `outer` style."""
    if not outer or not inner:
        return outer or inner
    return outer if inner in outer.split(";") else f"{outer};{inner}"


def linked(style: str, address: str) -> str:
    """Return `style` for text that is a link to `address`: printable ASCII without blanks."""
    return f"{style}{_LINK}{address}"


def append(line: Line, style: str, text: str) -> None:
    """Add `text` to `line`, to its last span if that has the same style."""
    if line and line[-1][0] == style:
        line[-1] = (style, line[-1][1] + text)
    elif text:
        line.append((style, text))


def plain(line: Line) -> str:
    """Return the text of `line`."""
    return line[0][1] if len(line) == 1 else "".join([text for _, text in line])


def with_spaces(line: Line) -> Line:
    """Return `line` with spaces in place of tabs, as many as a terminal would skip."""
    if "\t" not in plain(line):
        return line
    spaced: Line = []
    column = 0
    for style, text in line:
        for number, part in enumerate(text.split("\t")):
            skipped = TAB_STOP - column % TAB_STOP if number else 0
            append(spaced, style, " " * skipped + part)
            column += skipped + cells.width(part)
    return spaced


def to_ansi(line: Line) -> str:
    """Return `line` with the sequences that style it."""
    return "".join([_styled(style, text) if style else text for style, text in line])


def _styled(style: str, text: str) -> str:
    style, _, address = style.partition(_LINK)
    styled = f"\x1b[{style}m{text}\x1b[0m" if style else text
    return f"\x1b]8;;{address}\x1b\\{styled}\x1b]8;;\x1b\\" if address else styled
