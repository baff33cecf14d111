"""What terminals are known to show."""

from __future__ import annotations

import pytest

from synapse.terminal.features import strikes, takes_links

XTERM = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    "environ",
    [
        {"TERM": "xterm-kitty"},
        {"TERM": "alacritty"},
        {"TERM": "foot-extra"},
        XTERM | {"VTE_VERSION": "7600"},
        XTERM | {"TERM_PROGRAM": "vscode"},
        XTERM | {"TERM_PROGRAM": "iTerm.app"},
        XTERM | {"TERM_PROGRAM": "WezTerm"},
        XTERM | {"WT_SESSION": "0-1"},
        XTERM | {"FORCE_HYPERLINK": "1"},
        {"TERM": "tmux-256color", "FORCE_HYPERLINK": "1"},
    ],
)
def test_terminals_that_take_links(environ: dict[str, str]) -> None:
    assert takes_links(environ)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        XTERM,
        {"TERM": "linux"},
        {"TERM": "dumb", "VTE_VERSION": "7600"},
        XTERM | {"VTE_VERSION": "4800"},
        XTERM | {"VTE_VERSION": "²"},
        XTERM | {"TERM_PROGRAM": "Apple_Terminal"},
        {"TERM": "tmux-256color", "VTE_VERSION": "7600"},
        {"TERM": "screen", "TERM_PROGRAM": "vscode"},
        XTERM | {"TMUX": "/tmp/tmux-0/default,1,0", "VTE_VERSION": "7600"},
        XTERM | {"STY": "1.x", "WT_SESSION": "0-1"},
        {"TERM": "xterm-kitty", "FORCE_HYPERLINK": "0"},
    ],
)
def test_terminals_of_which_it_is_not_known(environ: dict[str, str]) -> None:
    assert not takes_links(environ)


def test_terminals_that_strike_text_out() -> None:
    assert strikes(XTERM)
    assert strikes({"TERM": "tmux-256color"})
    assert strikes({"TERM": "xterm-kitty"})
    for term in ("", "linux", "vt100", "screen.xterm-256color", "rxvt-unicode-256color", "dumb"):
        assert not strikes({"TERM": term})
    assert not strikes(XTERM | {"TERM_PROGRAM": "Apple_Terminal"})
