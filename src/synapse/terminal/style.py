"""Styles of terminal text, and whether a stream gets any.

A style is the parameters of one SGR sequence, such as ``"1;35"``; no style is ``""``. Only the
first eight colours of the terminal's own theme are used, and never a background: it would break
copying and light themes. Nothing may be told by colour alone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

BOLD = "1"
DIM = "2"
ITALIC = "3"
UNDERLINE = "4"
STRIKE = "9"
RED = "31"
GREEN = "32"
YELLOW = "33"
BLUE = "34"
MAGENTA = "35"
CYAN = "36"

# What a stream gets, in rising order.
PLAIN = 0  # no escape sequence at all
ATTRIBUTES = 1  # bold, dim, italic, underline
COLOR = 2  # those and the eight colours

# Of names of terminals.
_COLORFUL_STARTS = tuple(
    "alacritty ansi cons25 contour cygwin eterm Eterm fbterm foot ghostty gnome hterm iterm iTerm "
    "jfbterm kitty konsole kterm linux mintty mlterm ms-terminal nsterm pcansi putty rio rxvt "
    "screen st- stterm teraterm terminator terminology tmux vscode vte wezterm xfce xterm "
    "zellij".split()
)
_COLORLESS_ENDINGS = ("-m", "-mono")


def color_level(
    flag: str | None, config: str | None, environ: Mapping[str, str], *, isatty: bool
) -> int:
    """Return PLAIN, ATTRIBUTES or COLOR for one output stream.

    `flag` is the value of ``--color``, `config` that of ``ui.color``: "always", "never", or
    "auto" (also None), which leaves it to the next in line: NO_COLOR, CLICOLOR_FORCE and
    FORCE_COLOR, CLICOLOR, and last what kind of terminal the stream is, if it is one. A terminal
    without colour keeps the attributes, unless it is dumb or nothing is known of it.
    """
    most = _of_terminal(environ) if isatty else PLAIN
    if _wants_color(flag, config, environ, has_color=most == COLOR):
        return COLOR
    return min(most, ATTRIBUTES)


def moves_cursor(term: str | None) -> bool:
    """Tell whether the cursor of a terminal of the name `term` can be moved."""
    return term not in (None, "", "dumb", "unknown")


def _of_terminal(environ: Mapping[str, str]) -> int:
    """Return the level of the terminal that TERM names.

    Terminfo is not asked: where it is installed at all, it lacks the names that new terminals
    bring with them, and programs are used from afar. COLORTERM vouches for a name that is not
    known here. No more than the eight colours of the Linux console are ever used.
    """
    term = environ.get("TERM")
    if not moves_cursor(term):
        return PLAIN
    assert term is not None
    if term.endswith(_COLORLESS_ENDINGS):
        return ATTRIBUTES
    known = term == "st" or term.startswith(_COLORFUL_STARTS) or "color" in term
    return COLOR if known or environ.get("COLORTERM") else ATTRIBUTES


def _wants_color(
    flag: str | None, config: str | None, environ: Mapping[str, str], *, has_color: bool
) -> bool:
    for choice in (flag, config):
        if choice == "always":
            return True
        if choice == "never":
            return False
    if environ.get("NO_COLOR"):
        return False
    if _is_on(environ.get("CLICOLOR_FORCE")) or _is_on(environ.get("FORCE_COLOR")):
        return True
    return has_color and environ.get("CLICOLOR") != "0"


def _is_on(value: str | None) -> bool:
    return value is not None and value not in ("", "0")


def style(level: int, *codes: str) -> str:
    """Return the style made of `codes`, less what a stream of this `level` does not get."""
    if level == PLAIN:
        return ""
    if level == ATTRIBUTES:
        codes = tuple(code for code in codes if len(code) == 1)
    return ";".join(codes)


def paint(style: str, text: str) -> str:
    """Return `text` between the sequences that switch `style` on and off."""
    return f"\x1b[{style}m{text}\x1b[0m" if style and text else text


class Glyphs:
    """The marks that we draw ourselves, in Unicode or in ASCII."""

    __slots__ = (
        "bullet",
        "cross",
        "details",
        "done",
        "dot",
        "ellipsis",
        "more",
        "prompt",
        "prompt_back",
        "quote",
        "rule",
        "separator",
        "todo",
        "warning",
    )

    def __init__(self, **marks: str) -> None:
        for name in self.__slots__:
            setattr(self, name, marks[name])

    if TYPE_CHECKING:
        bullet: str
        cross: str
        details: str
        done: str
        dot: str
        ellipsis: str
        more: str
        prompt: str
        prompt_back: str
        quote: str
        rule: str
        separator: str
        todo: str
        warning: str


UNICODE = Glyphs(
    bullet="•",
    cross="┼",
    details="▾",
    done="☑",
    dot="·",
    ellipsis="…",
    more="⋮",
    prompt="❯",
    prompt_back="❮",
    quote="▌",
    rule="─",
    separator="│",
    todo="☐",
    warning="⚠",
)
ASCII = Glyphs(
    bullet="*",
    cross="+",
    details="v",
    done="[x]",
    dot="-",
    ellipsis="...",
    more=":",
    prompt=">",
    prompt_back="<",
    quote="|",
    rule="-",
    separator="|",
    todo="[ ]",
    warning="!",
)


def glyphs(*, ascii_only: bool) -> Glyphs:
    """Return the marks to draw with."""
    return ASCII if ascii_only else UNICODE


_MARKS = str.maketrans("·—⚠", "--!") | {ord("…"): "...", ord("→"): "->"}


def in_ascii(text: str) -> str:
    """Return a line of ours with its marks in ASCII; the letters of a name stay what they are."""
    return text if text.isascii() else text.translate(_MARKS)
