"""Who gets colours, and what the rest get."""

from __future__ import annotations

import pytest

from synapse.terminal import style


@pytest.mark.parametrize(
    ("flag", "config", "environ", "isatty", "level"),
    [
        (None, None, {}, True, style.COLOR),
        (None, None, {}, False, style.PLAIN),
        ("auto", "auto", {}, True, style.COLOR),
        ("always", "never", {"NO_COLOR": "1"}, False, style.COLOR),
        ("never", "always", {"FORCE_COLOR": "1"}, True, style.ATTRIBUTES),
        ("never", None, {}, False, style.PLAIN),
        (None, "always", {"NO_COLOR": "1"}, False, style.COLOR),
        (None, "never", {"FORCE_COLOR": "1"}, True, style.ATTRIBUTES),
        ("auto", "never", {}, True, style.ATTRIBUTES),
        (None, None, {"NO_COLOR": "1"}, True, style.ATTRIBUTES),
        (None, None, {"NO_COLOR": ""}, True, style.COLOR),
        (None, None, {"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, True, style.ATTRIBUTES),
        (None, None, {"NO_COLOR": "1"}, False, style.PLAIN),
        (None, None, {"CLICOLOR_FORCE": "1"}, False, style.COLOR),
        (None, None, {"FORCE_COLOR": "3"}, False, style.COLOR),
        (None, None, {"FORCE_COLOR": "0"}, False, style.PLAIN),
        (None, None, {"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, False, style.COLOR),
        (None, None, {"CLICOLOR": "0"}, True, style.ATTRIBUTES),
        (None, None, {"CLICOLOR": "1"}, True, style.COLOR),
        (None, None, {"TERM": "dumb"}, True, style.PLAIN),
        (None, None, {"TERM": "dumb", "NO_COLOR": "1"}, True, style.PLAIN),
        (None, None, {"TERM": "dumb", "FORCE_COLOR": "1"}, True, style.COLOR),
        ("always", None, {"TERM": "dumb"}, True, style.COLOR),
        ("never", None, {"TERM": "dumb"}, True, style.PLAIN),
        (None, None, {"TERM": "xterm-256color"}, True, style.COLOR),
    ],
)
def test_the_first_that_has_an_opinion_decides(
    flag: str | None, config: str | None, environ: dict[str, str], isatty: bool, level: int
) -> None:
    environ = {"TERM": "xterm", **environ}
    assert style.color_level(flag, config, environ, isatty=isatty) == level


@pytest.mark.parametrize(
    ("level", "terms"),
    [
        (style.PLAIN, ["", "dumb", "unknown"]),
        (style.ATTRIBUTES, ["vt100", "vt102", "vt220", "sun", "xterm-mono", "linux-m", "made-up"]),
        (
            style.COLOR,
            "linux xterm xterm-kitty screen.xterm-256color tmux st st-256color rxvt-unicode "
            "alacritty foot vt100-color made-up-256color".split(),
        ),
    ],
)
def test_the_terminal_says_how_much_it_can_show(level: int, terms: list[str]) -> None:
    for term in terms:
        assert style.color_level(None, None, {"TERM": term}, isatty=True) == level, term
        assert style.color_level(None, None, {"TERM": term}, isatty=False) == style.PLAIN
        always = style.color_level("always", None, {"TERM": term}, isatty=True)
        assert always == style.COLOR
        never = style.color_level("never", None, {"TERM": term}, isatty=True)
        assert never == min(level, style.ATTRIBUTES)


def test_a_terminal_without_a_name_is_taken_for_a_printer() -> None:
    assert style.color_level(None, None, {}, isatty=True) == style.PLAIN
    assert style.color_level(None, None, {"COLORTERM": "truecolor"}, isatty=True) == style.PLAIN
    assert not style.moves_cursor(None)


def test_colorterm_vouches_for_a_name_that_is_not_known() -> None:
    environ = {"TERM": "made-up", "COLORTERM": "truecolor"}
    assert style.color_level(None, None, environ, isatty=True) == style.COLOR


def test_without_colour_the_attributes_stay_and_without_those_nothing() -> None:
    codes = (style.BOLD, style.RED)
    assert style.style(style.COLOR, *codes) == "1;31"
    assert style.style(style.ATTRIBUTES, *codes) == "1"
    assert style.style(style.PLAIN, *codes) == ""


def test_unstyled_and_empty_text_gets_no_sequences() -> None:
    assert style.paint("1", "text") == "\x1b[1mtext\x1b[0m"
    assert style.paint("", "text") == "text"
    assert style.paint("1", "") == ""


def test_every_mark_has_an_ascii_form() -> None:
    for name in style.Glyphs.__slots__:
        assert getattr(style.glyphs(ascii_only=True), name).isascii()
        assert not getattr(style.glyphs(ascii_only=False), name).isascii()
