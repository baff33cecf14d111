"""Colours stream by stream, and streams that are closed, for every command."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from program import Terminal, run

from synapse.cli.commands import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

COLOR = re.compile(rb"\x1b\[([0-9;]*;)?3[0-7](;[0-9;]*)?m")
ATTRIBUTE = re.compile(rb"\x1b\[[0-9;]*m")
WORDS = ["ask", "-p", "echo", "**bold** and `code`"]


def output(program: Path, where: str, words: list[str], environ: dict[str, str]) -> bytes:
    """What one stream got, the other being a file or a terminal: `out`/`err`, `file`/`terminal`."""
    stream, kind = where.split()
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as pipe:
        if kind == "terminal":
            command = [str(program), *words]
            if stream == "out":
                command = ["sh", "-c", '"$@" 2>/dev/null', "sh", *command]
            else:
                command = ["sh", "-c", '"$@" >/dev/null', "sh", *command]
            with Terminal(command, environ=environ) as terminal:
                terminal.end()
                os.close(write_end)
                return terminal.seen
        streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        streams["stdout" if stream == "out" else "stderr"] = write_end
        subprocess.run(
            [str(program), *words],
            env={**os.environ, "TERM": "xterm-256color", **environ},
            stdin=subprocess.DEVNULL,
            check=False,
            **streams,  # type: ignore[call-overload]
        )
        os.close(write_end)
        return pipe.read()


MATRIX = [
    # environment, options, on a terminal, elsewhere
    ({}, "", "color", "plain"),
    ({"NO_COLOR": "1"}, "", "attributes", "plain"),
    ({"NO_COLOR": ""}, "", "color", "plain"),
    ({"TERM": "dumb"}, "", "plain", "plain"),
    ({"CLICOLOR": "0"}, "", "attributes", "plain"),
    ({"CLICOLOR_FORCE": "1"}, "", "color", "color"),
    ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "", "attributes", "plain"),
    ({}, "--color never", "attributes", "plain"),
    ({}, "--color always", "color", "color"),
    ({"NO_COLOR": "1"}, "--color always", "color", "color"),
    ({"SYNAPSE_COLOR": "always", "NO_COLOR": "1"}, "", "color", "color"),
    ({"SYNAPSE_COLOR": "always"}, "--color never", "attributes", "plain"),
]


def styling(data: bytes) -> str:
    if COLOR.search(data):
        return "color"
    return "attributes" if ATTRIBUTE.search(data) else "plain"


@pytest.mark.parametrize(("environ", "options", "terminal", "elsewhere"), MATRIX)
def test_an_error_is_coloured_as_its_own_stream_is(
    program: Path, environ: dict[str, str], options: str, terminal: str, elsewhere: str
) -> None:
    words = ["sessions", "show", "nowhere", *options.split()]
    assert styling(output(program, "err terminal", words, environ)) == terminal
    assert styling(output(program, "err file", words, environ)) == elsewhere


@pytest.mark.parametrize(("environ", "options", "terminal", "elsewhere"), MATRIX)
def test_an_answer_is_coloured_on_a_terminal_and_exact_elsewhere(
    program: Path, environ: dict[str, str], options: str, terminal: str, elsewhere: str
) -> None:
    words = [*WORDS, "--no-save", "-q", *options.split()]
    assert styling(output(program, "out terminal", words, environ)) == terminal
    assert output(program, "out file", words, environ) == b"**bold** and `code`\n"


# ---------------------------------------------------------------------------------- every command

ARGUMENTS = {
    "ask": "-p echo hello",
    "repl": "-p echo",
    "retry": "",
    "sessions show": "@1",
    "sessions rename": "@1 name",
    "sessions delete": "@1",
    "sessions restore": "--all",
    "sessions purge": "-y",
    "sessions fork": "@1",
    "sessions pin": "@1",
    "sessions unpin": "@1",
    "sessions search": "hello",
    "sessions tag": "@1 work",
    "sessions untag": "@1 work",
    "sessions prune": "-y",
    "models": "-p echo",
    "config get": "session.max_sessions",
    "config set": "ui.max_width 90",
    "config unset": "ui.max_width",
    "config init": "--provider echo --model echo",
    "keys set": "openai",
    "keys remove": "openai",
    "db backup": "copy.db",
    "db restore": "nowhere.db",
    "db recover": "--into new.db",
    "completion": "bash",
}
NAMES = [
    name if not command.subcommands else f"{name} {sub}"
    for name, command in COMMANDS.items()
    for sub in (command.subcommands or [""])
]
CLOSED = {
    "input": "<&-",
    "output": ">&-",
    "errors": "2>&-",
    "everything": "<&- >&- 2>&-",
    "input-is-null": "</dev/null",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run("-p", "echo", "hello")
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


@pytest.mark.parametrize("name", NAMES)
def test_every_command_ends_in_an_orderly_way_whatever_is_closed(
    program: Path, folder: Path, home: Path, name: str
) -> None:
    """No bug is reported (70), no descriptor of ours ends up in a file of the user, nothing waits
    for input, and the database stays sound.
    """
    for closed, redirection in CLOSED.items():
        words = f"{name} {ARGUMENTS.get(name, '')}"
        ended = subprocess.run(
            ["sh", "-c", f'"$1" {words} {redirection}', "sh", str(program)],
            cwd=folder,
            env={**os.environ, "EDITOR": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert ended.returncode in (0, 1, 2, 3, 4, 6), (closed, ended)
        assert b"Traceback" not in ended.stderr
        assert b"\x1b" not in ended.stdout + ended.stderr, closed
    assert list(home.rglob("crash*")) == []
    assert run("db", "check").status == 0


def test_a_list_into_a_closed_stream_says_nothing(program: Path, folder: Path) -> None:
    for redirection in ("| true", ">&-"):
        ended = subprocess.run(
            ["sh", "-c", f'"$1" sessions list -a {redirection}', "sh", str(program)],
            cwd=folder,
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert ended.stderr == b""
