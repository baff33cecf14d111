"""prompt_toolkit's keyboard, screen and colours, as whatever is drawn with it uses them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from prompt_toolkit.input import create_input
from prompt_toolkit.output import ColorDepth, create_output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import Style

from synapse.terminal import style as sgr

if TYPE_CHECKING:
    from typing import TextIO

    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

STYLE = Style.from_dict(
    {
        "prompt": "bold",
        "bottom-toolbar": "noreverse",
        "bottom-toolbar.text": "noreverse",
        "completion-menu": "noreverse bg:default",
        "completion-menu.completion": "noreverse bg:default fg:default",
        "completion-menu.completion.current": "reverse",
        "completion-menu.meta.completion": "noreverse bg:default fg:default",
        "completion-menu.meta.completion.current": "reverse",
        "scrollbar.background": "bg:default",
        "scrollbar.button": "reverse",
    }
)
"""Nothing but the terminal's own colours, on its own background."""


def color_depth(level: int) -> ColorDepth:
    """The colours that our own output gets at this level: see `style`."""
    return ColorDepth.DEPTH_4_BIT if level == sgr.COLOR else ColorDepth.DEPTH_1_BIT


def terminal_input(descriptor: int) -> Input:
    """The keyboard."""
    return create_input(_file(descriptor, "r"))


def terminal_output(descriptor: int) -> Output:
    """The screen."""
    file = _file(descriptor, "w")
    output = create_output(file)
    if type(output) is Vt100_Output:
        return _Terminal.from_pty(file, term=os.environ.get("TERM"))
    return output


def _file(descriptor: int, mode: str) -> TextIO:
    return open(descriptor, mode, encoding="utf-8", errors="replace", closefd=False)  # type: ignore[return-value]


class _Terminal(Vt100_Output):
    """A terminal, or tmux, which takes what is erased from the first row down into its
    scrollback: the prompt of a screen that was cleared would stand there twice.
    """

    def erase_down(self) -> None:
        """Erase the row, then those below it. The cursor is in the first column."""
        self.write_raw("\x1b7\x1b[K\x1b[B\x1b[J\x1b8")

    def get_rows_below_cursor_position(self) -> int:
        """One: whatever is drawn makes its own room. So the terminal is never asked where the
        cursor is; one that does not answer would cost a second a prompt, and what answers late
        would be typed into the next program.
        """
        return 1
