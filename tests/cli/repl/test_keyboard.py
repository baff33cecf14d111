"""What Enter does, and what was typed before anybody read it."""

from __future__ import annotations

import os
import termios
from typing import TYPE_CHECKING

import pytest

from synapse.cli.repl.ahead import TypedAhead
from synapse.cli.repl.keyboard import is_unfinished

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
        ("one\rtwo\r", "one\ntwo\n"),
        ("größer 🚀", "größer 🚀"),
        ("mistake\x7fn", "mistakn"),
        ("all\x7f\x7f\x7f\x7f", ""),
        ("up\x1b[Adown\x1b[1;5Bfunction\x1bOP", "updownfunction"),
        ("paste\x1b[200~d\x1b[201~", "pasted"),
        ("bell\x07", "bell"),
        ("one\rtwo\x15three", "one\nthree"),
        ("one\rtwo and\x17so", "one\ntwo so"),
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
    assert TypedAhead(descriptor).take() == f"{text}."
    assert termios.tcgetattr(descriptor) == modes


def test_an_enter_at_the_end_does_not_count(
    terminal: tuple[int, Callable[[str, bytes], None]],
) -> None:
    descriptor, type_keys = terminal
    type_keys("hello\r", b"\r\n")
    assert TypedAhead(descriptor).take() == "hello"
    assert TypedAhead(descriptor).take() == ""


def test_what_is_no_terminal_has_nothing_typed() -> None:
    read_end, write_end = os.pipe()
    os.write(write_end, b"data")
    assert TypedAhead(read_end).take() == ""
    assert os.read(read_end, 10) == b"data"
    os.close(read_end)
    os.close(write_end)
