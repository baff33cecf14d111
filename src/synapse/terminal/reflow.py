"""What a terminal does with the rows it shows when its window gets other columns.

Some wrap them anew, so that a row becomes several; some cut them off; and those built on xterm.js
wrap all but the row the cursor is in. None can be asked. Whoever moves the cursor up over rows
that were wrapped has to know how many they are, and one too many is somebody else's.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# In rising order of the rows there may be afterwards.
NEVER = 0
ALL_BUT_THE_CURSORS = 1
ALL = 2

_ALWAYS_NAMED_SO = ("tmux", "screen")
"""Names of TERM that only a multiplexer gives. It wraps anew, whatever the terminal around it."""
_CUT = ("rxvt", "st-", "linux", "eterm", "vt")
_CUTTING_PROGRAMS = ("XTERM_VERSION", "INSIDE_EMACS", "NVIM", "VIM_TERMINAL", "ZELLIJ", "MOSH")
_REWRAPPING_NAMES = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour")
_REWRAPPING_PROGRAMS = ("iTerm.app", "Apple_Terminal", "WezTerm", "ghostty", "kitty", "tmux")
_REWRAPPING_SIGNS = ("VTE_VERSION", "KITTY_WINDOW_ID", "ALACRITTY_WINDOW_ID", "WT_SESSION", "TMUX")
_ON_XTERM_JS = ("vscode", "Hyper", "Tabby", "terminus")


def of_terminal(environ: Mapping[str, str]) -> int:
    """Return NEVER, ALL_BUT_THE_CURSORS or ALL for the terminal that `environ` tells of.

    A terminal passes on what the one it was started from has set, so the signs may be of several:
    the least of what they say is believed, and NEVER if there is none. What was wrapped all the
    same stays above as a copy; what was counted but isn't there would be lost.
    """
    term = environ.get("TERM", "")
    if term.startswith(_ALWAYS_NAMED_SO):
        return ALL
    if term == "st" or term.startswith(_CUT) or any(environ.get(n) for n in _CUTTING_PROGRAMS):
        return NEVER
    program = environ.get("TERM_PROGRAM", "")
    if program in _ON_XTERM_JS:
        return ALL_BUT_THE_CURSORS
    known = (
        term.startswith(_REWRAPPING_NAMES)
        or program in _REWRAPPING_PROGRAMS
        or any(environ.get(name) for name in _REWRAPPING_SIGNS)
    )
    return ALL if known else NEVER
