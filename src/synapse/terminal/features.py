"""What a terminal is known to show, by what it and the programs around it put in the environment.

Terminals can't be asked without waiting for an answer that may never come.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_LINKING_PROGRAMS = frozenset(
    ["ghostty", "hyper", "iterm.app", "rio", "tabby", "vscode", "warpterminal", "wezterm"]
)
_LINKING_TERMS = ("alacritty", "contour", "foot", "wezterm", "xterm-ghostty", "xterm-kitty")
_FIRST_LINKING_VTE = 5000
_UNSTRIKING_TERMS = ("ansi", "dumb", "linux", "rxvt", "screen", "unknown", "vt")


def takes_links(environ: Mapping[str, str]) -> bool:
    """Tell whether the terminal is known to show OSC 8 links.

    FORCE_HYPERLINK decides if it is set: "0" is no. A multiplexer stands between us and the
    terminal whose variables it hands down, so behind one nothing is known.
    """
    forced = environ.get("FORCE_HYPERLINK")
    if forced:
        return forced != "0"
    term = environ.get("TERM", "")
    if term in ("", "dumb") or term.startswith(("screen", "tmux")):
        return False
    if environ.get("TMUX") or environ.get("STY"):
        return False
    vte = environ.get("VTE_VERSION", "")
    return (
        (vte.isascii() and vte.isdigit() and int(vte[:9]) >= _FIRST_LINKING_VTE)
        or environ.get("TERM_PROGRAM", "").lower() in _LINKING_PROGRAMS
        or term.startswith(_LINKING_TERMS)
        or bool(environ.get("WT_SESSION"))
    )


def strikes(environ: Mapping[str, str]) -> bool:
    """Tell whether struck-out text looks so: all do but a few that ignore it, or show it as
    something else.
    """
    if environ.get("TERM_PROGRAM") == "Apple_Terminal":
        return False
    term = environ.get("TERM", "")
    return term != "" and not term.startswith(_UNSTRIKING_TERMS)
