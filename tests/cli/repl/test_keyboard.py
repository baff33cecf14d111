"""What Enter does, and what was typed before anybody read it."""

from __future__ import annotations

import os
import termios
from typing import TYPE_CHECKING

import pytest
from program import wait_until

from synapse.cli.repl.keyboard import is_unfinished, typed_ahead

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
def terminal() -> Iterator[tuple[int, Callable[[str], None]]]:
    """A terminal, and a way to type into it."""
    master, slave = os.openpty()

    def type_keys(keys: str) -> None:
        os.write(master, keys.encode())

    yield slave, type_keys
    os.close(slave)
    os.close(master)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("", ""),
        ("hello", "hello"),
        ("hello\r", "hello"),
        ("one\rtwo\r", "one\ntwo"),
        ("größer 🚀", "größer 🚀"),
        ("mistake\x7fn", "mistakn"),
        ("up\x1b[Adown\x1b[1;5Bfunction\x1bOP", "updownfunction"),
        ("paste\x1b[200~d\x1b[201~", "pasted"),
        ("bell\x07", "bell"),
    ],
)
def test_what_was_typed_before_the_prompt_is_read(
    keys: str, text: str, terminal: tuple[int, Callable[[str], None]]
) -> None:
    descriptor, type_keys = terminal
    modes = termios.tcgetattr(descriptor)
    type_keys(keys)
    found: list[str] = []

    def arrived() -> bool:
        found.append(typed_ahead(descriptor))
        return "".join(found) == text

    wait_until(arrived)
    assert termios.tcgetattr(descriptor) == modes


def test_what_is_no_terminal_has_nothing_typed() -> None:
    read_end, write_end = os.pipe()
    os.write(write_end, b"data")
    assert typed_ahead(read_end) == ""
    assert os.read(read_end, 10) == b"data"
    os.close(read_end)
    os.close(write_end)
