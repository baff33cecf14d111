"""What is believed of a terminal that can't be asked."""

from __future__ import annotations

import pytest

from synapse.terminal import reflow


@pytest.mark.parametrize(
    ("environ", "rewraps"),
    [
        ({}, reflow.NEVER),
        ({"TERM": "xterm-256color"}, reflow.NEVER),  # from afar; it may be any
        ({"TERM": "xterm", "XTERM_VERSION": "XTerm(379)"}, reflow.NEVER),
        ({"TERM": "st-256color"}, reflow.NEVER),
        ({"TERM": "st"}, reflow.NEVER),
        ({"TERM": "rxvt-unicode-256color"}, reflow.NEVER),
        ({"TERM": "linux"}, reflow.NEVER),
        ({"TERM": "vt100"}, reflow.NEVER),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x"}, reflow.ALL),
        ({"TERM": "screen-256color"}, reflow.ALL),
        ({"TERM": "screen.xterm-256color", "STY": "1.pts"}, reflow.ALL),
        ({"TERM": "screen", "XTERM_VERSION": "XTerm(379)"}, reflow.ALL),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "vscode"}, reflow.ALL),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, reflow.ALL_BUT_THE_CURSORS),
        ({"TERM": "xterm-kitty"}, reflow.ALL),
        ({"TERM": "alacritty"}, reflow.ALL),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7200"}, reflow.ALL),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, reflow.ALL),
    ],
)
def test_a_terminal_is_told_by_what_it_sets(environ: dict[str, str], rewraps: int) -> None:
    assert reflow.of_terminal(environ) == rewraps


@pytest.mark.parametrize(
    ("environ", "rewraps"),
    [
        # Started from a terminal that left its signs behind.
        ({"TERM": "xterm", "XTERM_VERSION": "XTerm(379)", "VTE_VERSION": "7200"}, reflow.NEVER),
        ({"TERM": "xterm", "XTERM_VERSION": "XTerm(379)", "TMUX": "/tmp/x"}, reflow.NEVER),
        ({"TERM": "rxvt-unicode", "TERM_PROGRAM": "vscode"}, reflow.NEVER),
        ({"TERM": "st-256color", "KITTY_WINDOW_ID": "1"}, reflow.NEVER),
        ({"TERM": "xterm-256color", "NVIM": "/tmp/n", "VTE_VERSION": "7200"}, reflow.NEVER),
        (
            {"TERM": "xterm-256color", "TERM_PROGRAM": "vscode", "VTE_VERSION": "7200"},
            reflow.ALL_BUT_THE_CURSORS,
        ),
    ],
)
def test_of_two_that_differ_the_one_that_counts_less_is_believed(
    environ: dict[str, str], rewraps: int
) -> None:
    assert reflow.of_terminal(environ) == rewraps
