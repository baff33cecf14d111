"""Help, man page, manual and completion say the same: all are made from what commands declare."""

from __future__ import annotations

import re
import subprocess
import sys
from argparse import Action, ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import manual
import pytest
from program import run

from synapse.cli.command_line.command_arguments import load_module
from synapse.cli.command_line.parsing import build_parser
from synapse.cli.command_line.routing import find_command
from synapse.cli.commands import ALIASES, COMMANDS
from synapse.cli.declared import declared, function_of, of_every_command
from synapse.cli.help.topics import TOPICS
from synapse.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from manual import Page

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {" ".join(page.path): page for page in manual.pages()}
LEAVES = [name for name, page in PAGES.items() if not page.command.subcommands]


def flags(name: str) -> list[str]:
    """Every option of a command, by what its parser takes: the truth."""
    route = find_command(name.split())
    return [*build_parser(route)._option_string_actions]


def section(text: str, heading: str, end: str) -> str:
    """The part of a document from a heading to the next one."""
    return text.split(f"{heading}\n", 1)[1].split(end, 1)[0]


def test_every_command_has_a_page() -> None:
    expected = set(COMMANDS)
    for name, command in COMMANDS.items():
        expected |= {f"{name} {inner}" for inner in command.subcommands}
    assert set(PAGES) == expected


@pytest.mark.parametrize("name", LEAVES)
def test_every_option_stands_in_help(name: str) -> None:
    shown = run(*name.split(), "--help")
    assert shown.status == 0
    assert shown.text == run("help", *name.split()).text
    for flag in flags(name):
        assert re.search(rf"(?<![\w-]){flag}(?![\w-])", shown.text), flag


@pytest.mark.parametrize("name", LEAVES)
def test_every_option_is_completed(name: str) -> None:
    for flag in flags(name):
        ran = run("__complete", *name.split(), flag)
        assert flag in [line.split("\t")[0] for line in ran.text.splitlines()], flag


@pytest.mark.parametrize("name", LEAVES)
def test_every_option_stands_in_the_man_page(name: str) -> None:
    page = (DOCS / "synapse.1").read_text()
    heading = f".SS synapse {name}".replace("-", "\\-")
    own = section(page, heading, "\n.S")
    shared = section(page, ".SH OPTIONS OF EVERY COMMAND", "\n.SH")
    for flag in flags(name):
        written = re.escape(flag.replace("-", "\\-"))
        assert re.search(rf"^\.B .*(?<![\w-]){written}(?![\w\\])", own + shared, re.M), flag


@pytest.mark.parametrize("name", LEAVES)
def test_every_option_stands_in_the_manual(name: str) -> None:
    page = (DOCS / "commands.md").read_text()
    own = section(page, f" synapse {name}", "\n## " if " " not in name else "\n##")
    shared = section(page, "## Options of every command", "\n## ")
    for flag in flags(name):
        assert re.search(rf"^\| `.*(?<![\w-]){flag}(?![\w-])", own + shared, re.M), flag


@pytest.mark.parametrize("name", LEAVES)
def test_the_table_is_what_the_command_tells_a_parser(name: str) -> None:
    """The parser, help, completion and manual know a command from the table alone."""
    route = find_command(name.split())
    module = load_module(route)
    told = ArgumentParser(add_help=False)
    module.arguments(told)
    built = build_parser(route)
    shared = {flag for argument in of_every_command() for flag in argument.names}
    own = [action for action in built._actions if not shared & {*action.option_strings}]
    assert [*map(facts, own)] == [*map(facts, told._actions)]
    assert built.epilog == getattr(module, "EXAMPLES", None)
    rewrite = declared(route.path).rewrite
    assert (function_of(rewrite) if rewrite else None) is getattr(module, "rewritten", None)


def facts(action: Action) -> dict[str, object]:
    """All that makes an option of argparse what it is."""
    known = dict(vars(action), kind=type(action))
    known["choices"] = tuple(action.choices or ())
    kind: Any = known.pop("type")
    known["reads"] = kind and [kind.__name__, [outcome(kind, text) for text in TEXTS]]
    return {name: value for name, value in known.items() if name != "container"}


TEXTS = ("0", "1", "2.5", "-1", "x", "")


def outcome(read: Callable[[str], object], text: str) -> object:
    try:
        return read(text)
    except ValueError:
        return ValueError


@pytest.mark.parametrize("name", LEAVES)
def test_what_is_declared_is_what_is_parsed(name: str) -> None:
    """Completion and manual know the options without a parser: they must know the same ones."""
    route = find_command(name.split())
    parser = build_parser(route)
    declaration = declared(route.path)
    actions: dict[str, Any] = parser._option_string_actions
    assert set(declaration.options) == set(actions)
    for flag, argument in declaration.options.items():
        action = actions[flag]
        assert argument.takes_value == (action.nargs != 0), flag
        assert argument.choices == tuple(map(str, action.choices or ())), flag
        if flag not in ("-h", "--help"):
            assert argument.dest == action.dest, flag
    words = [action.dest for action in parser._get_positional_actions()]
    assert [argument.dest for argument in declaration.words] == words


@pytest.mark.parametrize("name", LEAVES)
def test_every_option_says_what_it_does(name: str) -> None:
    page: Page = PAGES[name]
    assert [argument.dest for argument in page.arguments if not argument.help] == []


def test_the_documents_are_up_to_date() -> None:
    again = "write it again:  python scripts/manual.py"
    assert (DOCS / "synapse.1").read_text() == manual.man_page(), f"{again} man > docs/synapse.1"
    assert (DOCS / "commands.md").read_text() == manual.commands_page(), (
        f"{again} commands > docs/commands.md"
    )


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_explained_and_stands_in_all_documents(topic: str) -> None:
    assert run("help", topic).text == TOPICS[topic]
    assert topic in run("--help").text
    assert TOPICS[topic].rstrip() in (DOCS / "commands.md").read_text()
    assert max(len(line) for line in TOPICS[topic].splitlines()) <= 100


def test_the_page_of_the_prompt_is_what_its_help_says() -> None:
    from synapse.cli.repl.setting_commands import commands_and_keys
    from synapse.cli.repl.slash_commands import COMMANDS as SLASH

    page = TOPICS["prompt"]
    assert commands_and_keys().strip() in page
    for name, command in SLASH.items():
        assert f"/{name} {command.words}".rstrip() in page
        assert command.summary in page
    for key in ("Alt-Enter", "Ctrl-R", "Ctrl-X Ctrl-E", "Ctrl-C", "Alt-M", "@FILE"):
        assert key in page


def test_the_order_of_providers_is_that_of_their_table() -> None:
    page = " ".join(TOPICS["keys"].split())
    assert ", ".join(name for name, row in PROVIDERS.items() if row.needs_key) in page


def test_help_on_topics_loads_neither_providers_nor_the_prompt() -> None:
    program = "import sys; import synapse.cli.help.topics, synapse.cli.app; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not {"synapse.providers", "synapse.cli.repl.slash_commands"} & set(ended.stdout.split())


def test_the_readme_answers_what_newcomers_ask() -> None:
    readme = (DOCS.parent / "README.md").read_text()
    for told in (
        "A *REF* names a session",
        "in *any* terminal",
        "synapse help keys",
        "synapse help prompt",
        "nimec77/synapse",
        "Beside llm and aichat",
        "100 sessions",
        "90 days",
    ):
        assert told in readme, told


def test_the_topics_are_those_that_were_promised() -> None:
    promised = "refs formats exit-codes environment keys accessibility privacy".split()
    assert set(promised) <= set(TOPICS)


def test_the_limits_of_images_are_those_that_hold() -> None:
    text = TOPICS["attachments"]
    others = text.split("others ")[1]
    for name, row in PROVIDERS.items():
        support = row.dialect.images
        if support is None:
            assert name in text.split("\n           ")[-1].split(" take none")[0]
        else:
            told = text.split(f"{name} ")[1] if f"{name} " in text else others
            assert told.startswith(f"{support.max_bytes:,}"), name


def test_aliases_stand_in_the_documents() -> None:
    for short, name in ALIASES.items():
        for document in ("synapse.1", "commands.md"):
            assert f"{short} for {name}" in (DOCS / document).read_text()


def test_the_man_page_holds_nothing_that_the_formatter_would_misread() -> None:
    requests = {"TH", "SH", "SS", "PP", "TP", "B", "I", "br", "nf", "fi", '\\"'}
    for line in manual.man_page().splitlines():
        if line.startswith((".", "'")):
            assert line[0] == "."
            assert line[1:].split(" ")[0] in requests, line
        assert re.sub(r"\\[-e&]", "", line).count("\\") == int(line.startswith('.\\"')), line
        assert line.strip() or line == "", line
