"""Which way of showing an answer is chosen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from synapse.cli.context import Context
from synapse.cli.showing.rendering import mode_for
from synapse.terminal.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator

XTERM = {"TERM": "xterm-256color"}


@pytest.fixture
def terminal() -> Iterator[int]:
    master, slave = os.openpty()
    yield slave
    os.close(slave)
    os.close(master)


@pytest.fixture
def pipe() -> Iterator[int]:
    read_end, write_end = os.pipe()
    yield write_end
    os.close(read_end)
    os.close(write_end)


def mode(descriptor: int, flag: str | None = None, **environ: str) -> str:
    context = Context(Streams(0, descriptor, 2), {**os.environ, **environ})
    return mode_for(context, flag)


@pytest.mark.parametrize(
    ("flag", "environ", "expected"),
    [
        (None, XTERM, "live"),
        ("auto", XTERM, "live"),
        ("blocks", XTERM, "blocks"),
        ("raw", XTERM, "raw"),
        (None, {"TERM": "dumb"}, "blocks"),
        ("live", {"TERM": "dumb"}, "blocks"),
        (None, {"TERM": ""}, "blocks"),
        (None, {**XTERM, "SYNAPSE_ACCESSIBLE": "1"}, "blocks"),
        ("live", {**XTERM, "SYNAPSE_ACCESSIBLE": "1"}, "blocks"),
        (None, {**XTERM, "SYNAPSE_RENDER": "raw"}, "raw"),
        ("live", {**XTERM, "SYNAPSE_RENDER": "raw"}, "live"),
        (None, {**XTERM, "SYNAPSE_RENDER": "blocks"}, "blocks"),
    ],
)
def test_on_a_terminal(
    flag: str | None, environ: dict[str, str], expected: str, terminal: int
) -> None:
    assert mode(terminal, flag, **environ) == expected


@pytest.mark.parametrize(
    ("flag", "environ", "expected"),
    [
        (None, XTERM, "raw"),
        (None, {**XTERM, "SYNAPSE_RENDER": "live"}, "raw"),
        (None, {**XTERM, "SYNAPSE_RENDER": "blocks"}, "raw"),
        ("auto", XTERM, "raw"),
        ("blocks", XTERM, "blocks"),
    ],
)
def test_in_a_pipe(flag: str | None, environ: dict[str, str], expected: str, pipe: int) -> None:
    assert mode(pipe, flag, **environ) == expected
