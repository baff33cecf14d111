"""Which command a command line means, before any parser is built.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.cli.commands import ALIASES, COMMANDS, RESERVED
from synapse.cli.declared.table import DECLARED
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.commands import Command

GLOBAL_OPTIONS = {
    name: 0 if row.get("action") == "store_true" else 1
    for row in DECLARED[""]["arguments"]
    for name in row["names"]
}
"""Options that may stand before the command, and how many values each takes."""


class Route:
    """A command and what is left of the command line for it."""

    __slots__ = ("arguments", "command", "path")

    def __init__(self, path: tuple[str, ...], command: Command, arguments: list[str]) -> None:
        self.path = path
        """The words that name the command: `("sessions", "list")`."""
        self.command = command
        self.arguments = arguments


def find_command(argv: list[str]) -> Route:
    """The command that these words name, `ask` if they name none.

    Raises UsageError for a word that was most likely meant as a command but is none.
    """
    start = _after_global_options(argv)
    leading, rest = argv[:start], argv[start:]
    word = rest[0] if rest else ""
    name = ALIASES.get(word, word)
    if name in COMMANDS:
        return _descend((name,), COMMANDS[name], leading, rest[1:])
    if word in RESERVED:
        raise UsageError(f'"{word}" is not a command yet', _as_question(rest))
    _refuse_a_mistyped_command(rest)
    return Route(("ask",), COMMANDS["ask"], argv)


def _descend(path: tuple[str, ...], command: Command, leading: list[str], rest: list[str]) -> Route:
    if not command.subcommands:
        return Route(path, command, leading + rest)
    start = _after_global_options(rest)
    leading, rest = leading + rest[:start], rest[start:]
    word = rest[0] if rest else ""
    name = ALIASES.get(word, word)
    if name in command.subcommands:
        return _descend((*path, name), command.subcommands[name], leading, rest[1:])
    if word in ("-h", "--help"):
        return Route(path, command, [word])
    if word == "" or word.startswith("-"):
        name = command.default
        return _descend((*path, name), command.subcommands[name], leading, rest)
    from synapse.suggestions import suggestion  # only after a typing error

    near = suggestion(word, command.subcommands)
    group = f"synapse {' '.join(path)}"
    raise UsageError(
        f'"{word}" is no subcommand of {group}'
        + (f". Did you mean:  {group} {near}" if near else ""),
        f"There are:  {', '.join(command.subcommands)}",
        _as_question([*path, *rest]),
    )


def _after_global_options(argv: list[str]) -> int:
    position = 0
    while position < len(argv):
        name, equals, _ = argv[position].partition("=")
        if name not in GLOBAL_OPTIONS:
            break
        position += 1 if equals else 1 + GLOBAL_OPTIONS[name]
    return min(position, len(argv))


def _refuse_a_mistyped_command(rest: list[str]) -> None:
    """One to four bare words that begin almost like a command are more likely a command line
    than a question; a whole conversation might be started, and paid for, by a typing error.
    """
    words = []
    for word in rest:
        if word.startswith("-"):
            break
        words.append(word)
    if not 1 <= len(words) <= 4 or any(len(word.split()) != 1 for word in words):
        return
    from synapse.cli.command_line.typos import mistyped_command

    command = mistyped_command(words)
    if command is None:
        return
    raise UsageError(
        f'"{words[0]}" is no command. Did you mean:  {_command_line([*command, *words[1:]])}',
        _as_question(rest),
    )


def _as_question(words: list[str]) -> str:
    return f"To ask it as a question:  {_command_line(['ask', *words])}"


def _command_line(words: list[str]) -> str:
    from shlex import quote  # brings `re`

    return " ".join(["synapse", *map(quote, words)])
