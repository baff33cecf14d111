"""The manual, written from the table of commands and what each command declares.

python scripts/manual.py man         > docs/synapse.1
python scripts/manual.py commands    > docs/commands.md
"""

from __future__ import annotations

import re

from synapse import __version__
from synapse.cli.commands import ALIASES, COMMANDS
from synapse.cli.declared import declared, of_every_command
from synapse.cli.help.topics import TOPICS
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synapse.cli.commands import Command
    from synapse.cli.declared import Argument

_INTRODUCTION = """\
Synapse talks to language models in the terminal and keeps every conversation: it can be found,
continued and branched. Without a command, the words are a question; without words, on
a terminal, it is a conversation at a prompt. synapse --version says which Synapse this is,
synapse --help names the commands."""

_FILES = (
    ("~/.config/synapse/config.toml", "the configuration; every option: synapse config show"),
    ("~/.config/synapse/sessions.db", "the sessions, unless DATABASE_URL names another place"),
    ("~/.config/synapse/keys.toml", "the stored API keys, for you alone"),
    ("~/.cache/synapse/", "the models of providers, the weights of the local model"),
    ("~/.local/state/synapse/", "reports of crashes, answers that could not be stored"),
)


class Page(Record):
    """One command."""

    path: tuple[str, ...]
    command: Command
    arguments: tuple[Argument, ...] = ()
    """Its own; none for a group."""
    examples: str = ""

    @property
    def name(self) -> str:
        """`synapse sessions list`."""
        return " ".join(("synapse", *self.path))

    @property
    def usage(self) -> str:
        """How it is called."""
        if self.command.subcommands:
            return f"{self.name} COMMAND …"
        return f"{self.name} [OPTIONS] {self.command.words}".rstrip()

    @property
    def summary(self) -> str:
        """What it does, as a sentence."""
        return _sentence(self.command.summary)


def pages() -> list[Page]:
    """Every command, in the order of the table, each group before its commands."""
    return [*_pages((), COMMANDS)]


def _pages(path: tuple[str, ...], commands: Mapping[str, Command]) -> Iterator[Page]:
    for name, command in commands.items():
        here = (*path, name)
        if command.subcommands:
            yield Page(path=here, command=command)
            yield from _pages(here, command.subcommands)
            continue
        told = declared(here)
        yield Page(path=here, command=command, arguments=told.arguments, examples=told.examples)


def notation(argument: Argument) -> str:
    """`-s, --session REF`; of a word, what stands for it."""
    value = "|".join(argument.choices) or argument.metavar or argument.dest.upper()
    if not argument.names:
        return value
    names = ", ".join(argument.names)
    return f"{names} {value}" if argument.takes_value else names


def _sentence(text: str, typed: tuple[str, ...] = ()) -> str:
    """With a full stop, and a capital unless the first word is typed as it stands: one of
    `typed`, or such as `temperature=0.2`.
    """
    first = text.partition(" ")[0].rstrip(",:;")
    literal = first in typed or not first.replace("-", "").replace("'", "").isalpha()
    begun = text if literal else text[:1].upper() + text[1:]
    return begun if text.endswith("…") else f"{begun}."


def _aliases() -> str:
    return ", ".join(f"{short} for {name}" for short, name in ALIASES.items())


# ---------------------------------------------------------------------------------- Markdown


def commands_page() -> str:
    """docs/commands.md."""
    lines = [
        "# Commands",
        "",
        "Written by `python scripts/manual.py commands` from what `--help` is made of.",
        "",
        _INTRODUCTION,
        "",
        f"Other words for the same: {_aliases()}.",
    ]
    for page in pages():
        lines += ["", f"{'#' * (1 + len(page.path))} {page.name}", "", page.summary]
        if page.command.default:
            group = f"{page.name} {page.command.default}"
            lines += ["", f"`{page.name}` alone is `{group}`."]
            continue
        lines += ["", "```text", page.usage, "```"]
        if page.arguments:
            lines += ["", *_table(page.arguments)]
        if page.examples:
            lines += ["", "```sh", *_examples(page), "```"]
    lines += ["", "## Options of every command", "", *_table(of_every_command())]
    for topic, text in TOPICS.items():
        lines += ["", f"## {_title(topic)}", "", "```text", *text.rstrip("\n").split("\n"), "```"]
    return "\n".join(lines) + "\n"


def _table(arguments: tuple[Argument, ...]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for argument in arguments:
        cells = f"`{notation(argument)}`", argument.help
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _examples(page: Page) -> list[str]:
    """The commands; what explains one, parted by blanks in help, becomes a comment of the shell."""
    lines = (line.strip() for line in page.examples.rstrip().splitlines()[1:])
    return [re.sub(r"(?<=\S)(\s{2,})(?=\S)", r"\1# ", line, count=1) for line in lines]


def _title(topic: str) -> str:
    return topic.replace("-", " ").capitalize()


# -------------------------------------------------------------------------------------- roff


def man_page() -> str:
    """docs/synapse.1."""
    lines = [
        '.\\" Written by: python scripts/manual.py man',
        f'.TH SYNAPSE 1 "" "synapse {__version__}" "User Commands"',
        ".SH NAME",
        _roff("synapse - a terminal client for language models that keeps the conversations"),
        ".SH SYNOPSIS",
        *_usage("[OPTIONS] PROMPT…"),
        ".br",
        *_usage("COMMAND …"),
        ".SH DESCRIPTION",
        *map(_roff, _INTRODUCTION.split("\n")),
        ".SH COMMANDS",
    ]
    for page in pages():
        lines += [f".SS {_roff(page.name)}", _roff(page.summary)]
        if page.command.default:
            lines += [".PP", _roff(f"{page.name} alone is {page.name} {page.command.default}.")]
            continue
        lines += [".PP", f".B {_roff(page.usage)}"]
        lines += _tagged(page.arguments)
        if page.examples:
            lines += _verbatim("\n".join(f"  {line}" for line in _examples(page)))
    lines += [".SS Other words for the same", _roff(f"{_aliases()}.")]
    lines += [".SH OPTIONS OF EVERY COMMAND", *_tagged(of_every_command())]
    for topic, text in TOPICS.items():
        title = "EXIT STATUS" if topic == "exit-codes" else _title(topic).upper()
        lines += [f".SH {title}", *_verbatim(text.rstrip("\n"))]
    lines.append(".SH FILES")
    for path, meaning in _FILES:
        lines += [".TP", f".I {_roff(path)}", _roff(_sentence(meaning))]
    return "\n".join(lines) + "\n"


def _usage(rest: str) -> list[str]:
    return [".B synapse", _roff(rest)]


def _tagged(arguments: tuple[Argument, ...]) -> list[str]:
    lines = []
    for argument in arguments:
        lines += [
            ".TP",
            f".B {_roff(notation(argument))}",
            _roff(_sentence(argument.help, argument.choices)),
        ]
    return lines


def _verbatim(text: str) -> list[str]:
    return [".PP", ".nf", *map(_roff, text.split("\n")), ".fi"]


def _roff(text: str) -> str:
    """The text with nothing in it that the formatter would understand; `-` stays a minus."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


if __name__ == "__main__":
    import sys

    print({"man": man_page, "commands": commands_page}[sys.argv[1]](), end="")
