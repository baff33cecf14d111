"""What Enter does, and what was typed before anybody read it."""

from __future__ import annotations

import os
import termios
from typing import TYPE_CHECKING

import pytest

from synapse.terminal.typed_ahead import TypedAhead
from synapse.terminal.unfinished import is_unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.mark.parametrize(
    "text",
    [
        "one \\",
        "one\ntwo\\",
        "```",
        "```python\nprint(1)",
        "Look:\n```\ncode\n",
        "  ~~~\n```\n```",
        "````\n```",
        "```\ncode\n``` not the end",
    ],
)
def test_enter_begins_a_new_line(text: str) -> None:
    assert is_unfinished(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one",
        "a path ends in \\\\",
        "```\ncode\n```",
        "```python\ncode\n```\nWhat is wrong?",
        "~~~\n```\n~~~",
        "    ```",
        "a ``` in a line",
        "```inline```",
    ],
)
def test_enter_sends(text: str) -> None:
    assert not is_unfinished(text)


@pytest.fixture
def terminal() -> Iterator[tuple[int, Callable[[str, bytes], None]]]:
    """A terminal, and a way to type into it and to wait until it has echoed something."""
    master, slave = os.openpty()

    def type_keys(keys: str, echo: bytes) -> None:
        os.write(master, keys.encode())
        echoed = b""
        while not echoed.endswith(echo):
            echoed += os.read(master, 1024)

    yield slave, type_keys
    os.close(slave)
    os.close(master)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("", ""),
        ("hello", "hello"),
        ("one\rtwo\r", "one|two|"),
        ("one\x1b\rtwo\\\rthree\rfour", "one\ntwo\nthree|four"),
        ("```\ra\r```\r/help\r", "```\na\n```|/help|"),
        ("x\x1b[200~a\rb\x1b[201~y\rz", "xa\nby|z"),
        ("\r \rone\r\r", "one|"),
        ("".join(f"{n}\r" for n in range(51)), "\n".join(map(str, range(51))) + "\n"),
        ("größer 🚀", "größer 🚀"),
        ("mistake\x7fn", "mistakn"),
        ("all\x7f\x7f\x7f\x7f", ""),
        ("up\x1b[Adown\x1b[1;5Bfunction\x1bOP", "updownfunction"),
        ("paste\x1b[200~d\x1b[201~", "pasted"),
        ("bell\x07", "bell"),
        ("one\rtwo\x15three", "one|three"),
        ("one\rtwo and\x17so", "one|two so"),
        ("one\r\x7ftwo", "one|two"),
    ],
)
@pytest.mark.parametrize("cooked", [True, False])
def test_what_was_typed_before_the_prompt_is_read(
    keys: str,
    text: str,
    cooked: bool,
    terminal: tuple[int, Callable[[str, bytes], None]],
) -> None:
    descriptor, type_keys = terminal
    modes = termios.tcgetattr(descriptor)
    if not cooked:
        modes[3] &= ~termios.ICANON
        termios.tcsetattr(descriptor, termios.TCSANOW, modes)
        modes = termios.tcgetattr(descriptor)
    type_keys(f"{keys}.", b".")
    *lines, begun = f"{text}.".split("|")
    ahead = TypedAhead(descriptor)
    ahead.catch_up()
    assert (ahead.lines, ahead.begun) == (lines, begun)
    assert termios.tcgetattr(descriptor) == modes


def test_what_waits_is_taken_line_by_line_while_more_is_typed(
    terminal: tuple[int, Callable[[str, bytes], None]],
) -> None:
    descriptor, type_keys = terminal
    ahead = TypedAhead(descriptor)
    type_keys("one\rtwo\rthr", b"thr")
    ahead.catch_up()
    assert ahead.shown() == "queued: one · two · thr"
    assert ahead.take_line() == "one"
    type_keys("ee\rfour", b"four")
    ahead.catch_up()
    assert [ahead.take_line(), ahead.take_line(), ahead.take_line()] == ["two", "three", None]
    assert (ahead.take_begun(), ahead.take_begun(), ahead.shown()) == ("four", "", "")


def test_what_is_no_terminal_has_nothing_typed() -> None:
    read_end, write_end = os.pipe()
    os.write(write_end, b"data")
    ahead = TypedAhead(read_end)
    ahead.catch_up()
    assert (ahead.lines, ahead.begun) == ([], "")
    assert os.read(read_end, 10) == b"data"
    os.close(read_end)
    os.close(write_end)
