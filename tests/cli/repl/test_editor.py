"""What the editor at the prompt does to the terminal."""

from __future__ import annotations

import os

import pyte

from synapse.terminal.toolkit import terminal_output

COLUMNS, ROWS = 10, 4


def erased_from(row: int) -> tuple[bytes, list[str]]:
    """What is sent to erase a full screen from this row down, and what then stands on it."""
    master, slave = os.openpty()
    output = terminal_output(slave)
    output.erase_down()
    output.flush()
    sent = os.read(master, 100)
    os.close(master)
    os.close(slave)
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    stream.feed(b"\r\n".join([b"x" * (COLUMNS - 1)] * ROWS))
    stream.feed(f"\x1b[{row};1H".encode() + sent)
    assert (screen.cursor.x, screen.cursor.y) == (0, row - 1)
    return sent, [line.rstrip() for line in screen.display]


def test_everything_below_is_erased_whatever_row_the_prompt_is_in() -> None:
    for row in range(1, ROWS + 1):
        full = "x" * (COLUMNS - 1)
        assert erased_from(row)[1] == [full] * (row - 1) + [""] * (ROWS - row + 1)


def test_the_whole_screen_is_never_erased_at_once_which_tmux_would_keep_as_scrollback() -> None:
    sent, _ = erased_from(1)
    assert sent.index(b"\x1b[B") < sent.index(b"\x1b[J")
