"""What we tell the user fits terminals of 80, 60 and 40 columns, and its commands can be copied."""

from __future__ import annotations

import os
import re
import termios
from typing import TYPE_CHECKING

import pytest
from program import Terminal, run

from synapse.cli.commands import COMMANDS
from synapse.cli.context import Context
from synapse.cli.help.topics import TOPICS
from synapse.cli.showing.footer import footer
from synapse.domain import Role, Session, StoredMessage, Usage
from synapse.terminal.cells import width
from synapse.terminal.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WIDTHS = (80, 60, 40)
WIDE = 1_000

PAGES = [
    [],
    *([name] for name in TOPICS),
    *([name] for name in COMMANDS),
    *([name, below] for name, row in COMMANDS.items() for below in row.subcommands),
]

LONG = "a-name-that-is-rather-long-for-a-session"
TOLD = [
    ["sessions", "show", "nosuch"],
    ["sessions", "show", "a"],
    ["sessions", "lst"],
    ["sessions", "list", "--since", "whenever it was"],
    ["sessions", "list", "--nosuch"],
    ["sessions", "show", "--nosuch"],
    ["sessions", "rename", "docker", LONG],
    ["sessions", "rename", "docker", "-x"],
    ["sessions", "delete", "docker"],
    ["sessions", "restore", "docker"],
    ["sessions", "prune", "--keep", "1", "-n"],
    ["sessions", "delete", "--all", "--no-input"],
    ["help", "nosuch"],
    ["--nosuch"],
    ["--frmat", "json", "hello"],
    ["-p", "nosuch", "hello"],
    ["-p", "openai", "hello"],
    ["-p", "local", "-m", "/nosuch/folder/of/models/a-model-that-is-not-there.gguf", "hello"],
    ["-s", "nosuch", "hello"],
    ["-p", "echo", "--name", LONG, "hello"],
    ["-p", "echo", "-x", "no code in it"],
    ["-p", "echo", "-f", "/nosuch/folder/with/a/file/that/is/not/there.txt", "what is it?"],
    ["-p", "echo", "--name", "notes", "hello there, how do you do"],
    ["-p", "echo", "-v", "hello there, how do you do"],
    ["config", "set", "nosuch.option", "1"],
    ["config", "get", "nosuch"],
    ["config", "edit", "--no-input"],
    ["--config", "/nosuch/folder/config.toml", "sessions", "list"],
    ["--db", "/", "sessions", "list"],
    ["config", "show"],
    ["doctor"],
    ["keys", "set", "nosuch"],
    ["completion", "nosuch"],
    ["db", "restore", "/nosuch/folder/with/a/backup.db"],
]


def told(program: Path, words: list[str], columns: int) -> str:
    """What a terminal of so many columns gets."""
    with Terminal([str(program), *words], columns=columns, environ={"PAGER": "cat"}) as terminal:
        terminal.end()
        return terminal.text


def too_wide(text: str, columns: int) -> list[str]:
    """The lines that don't fit, but for words that nothing could break."""
    return [
        line
        for line in text.splitlines()
        if width(line) > columns and len(line.rstrip(" \\").split()) > 1
    ]


def as_copied(text: str) -> str:
    """As a shell understands it."""
    return re.sub(r" \\\n *", " ", text)


def commands(text: str) -> set[str]:
    """The commands that a message sets off."""
    found = re.findall(
        r"(?::|\bor)  +(synapse .*?|/\w.*?|export .*?)(?:  .*)?$", text, re.MULTILINE
    )
    return set(found)


def words_of(text: str) -> str:
    """All but how it is laid out, and what differs from run to run."""
    text = re.sub(r"\b[0-9a-f]{8}\b|\b\d+\.\d+ m?s\b", "#", as_copied(text))
    return "".join(text.replace("continue: ", "").split())


@pytest.mark.parametrize("part", range(4))
def test_every_page_of_help_fits(program: Path, part: int) -> None:
    for page in PAGES[part::4]:
        whole = words_of(told(program, ["help", *page], WIDE))
        for columns in WIDTHS:
            shown = told(program, ["help", *page], columns)
            assert not too_wide(shown, columns), page
            assert words_of(shown) == whole, page


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize(
    "words", [["--help"], ["sessions", "-h"], ["ask", "-h"], ["config", "init", "-h"]], ids=" ".join
)
def test_the_options_that_ask_for_help_fit(program: Path, columns: int, words: list[str]) -> None:
    assert not too_wide(told(program, words, columns), columns)


@pytest.fixture
def three() -> None:
    """Two sessions that have names, and one that has none."""
    run("-p", "echo", "--name", "docker", "Explain volumes, and where the data goes. " * 5)
    run("-p", "echo", "--name", LONG, "Another")
    run("-p", "echo", "One more")


@pytest.mark.parametrize("words", TOLD, ids=" ".join)
def test_what_is_told_fits_and_its_commands_can_be_copied(
    program: Path, three: None, words: list[str]
) -> None:
    whole = told(program, words, WIDE)
    for columns in WIDTHS:
        if words[:2] == ["sessions", "delete"] and words[2:] == ["docker"]:
            run("sessions", "restore", "docker")
        shown = told(program, words, columns)
        assert shown.strip()
        assert not too_wide(shown, columns), shown
        for command in commands(whole):
            command = re.sub(r"\b[0-9a-f]{8}\b", "", command)
            copied = re.sub(r"\b[0-9a-f]{8}\b", "", as_copied(shown))
            assert command in copied, shown


def test_the_problems_of_a_configuration_fit(program: Path, home: Path) -> None:
    config = home / "config.toml"
    config.write_text('[ui]\ncolor = "sometimes"\nnosuch_option_of_any_kind = 1\n')
    words = ["--config", str(config), "config", "check"]
    whole = told(program, words, WIDE)
    for columns in WIDTHS:
        shown = told(program, words, columns)
        assert not too_wide(shown, columns), shown
        assert words_of(shown) == words_of(whole)


def test_off_a_terminal_a_message_stays_on_its_line() -> None:
    ended = run("sessions", "show", "nosuch" * 30, environ={"COLUMNS": "40"})
    assert ended.err.count("\n") <= 3
    assert ended.err.startswith(f'error: no session "{"nosuch" * 30}"') or "nosuch" in ended.err
    assert any(len(line) > 100 for line in ended.err.splitlines())


@pytest.fixture
def terminals() -> Iterator[list[int]]:
    opened: list[int] = []
    yield opened
    for descriptor in opened:
        os.close(descriptor)


def footer_at(
    columns: int, terminals: list[int], model: str, name: str = "", tokens: int = 1_208
) -> list[str]:
    """The lines of a footer on a terminal."""
    master, slave = os.openpty()
    terminals += [master, slave]
    termios.tcsetwinsize(slave, (24, columns))
    environ = {**os.environ, "NO_COLOR": "1", "TERM": "dumb"}
    environ.pop("COLUMNS", None)
    context = Context(Streams(slave, slave, slave), environ)
    session = Session.new("local", model)
    session = session.with_name(name) if name else session
    answer = StoredMessage.new(session.id, Role.ASSISTANT, "hi").replace(
        model=model, usage=Usage(input_tokens=tokens, output_tokens=tokens), elapsed_ms=12_400
    )
    return footer(context, session, answer, bool(name)).splitlines()


def test_the_footer_of_the_first_example_fits(terminals: list[int]) -> None:
    (line,) = footer_at(80, terminals, "smollm2-135m-instruct", tokens=133)
    assert line.endswith('· smollm2-135m-instruct · 133 → 133 tokens · 12.4 s · synapse -c "…"')
    (line,) = footer_at(80, terminals, "gpt-5")
    assert line.endswith('· continue: synapse -c "…"')


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", ["", "docker-volumes", "a name of several words that is long"])
@pytest.mark.parametrize("model", ["m", "claude-sonnet-4-5-20250929", "x" * 30 + " " + "y" * 30])
def test_a_footer_is_broken_between_its_parts(
    columns: int, name: str, model: str, terminals: list[int]
) -> None:
    lines = footer_at(columns, terminals, model, name)
    assert all(width(line) <= columns for line in lines)
    assert any('synapse -c "…"' in line for line in lines)
    assert any("1,208 → 1,208 tokens" in line for line in lines)
