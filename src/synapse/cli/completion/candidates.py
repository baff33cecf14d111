"""What may stand at the end of a command line: commands, options, and their values.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.cli.command_line.routing import GLOBAL_OPTIONS
from synapse.cli.commands import ALIASES, COMMANDS
from synapse.cli.declared import Argument, declared, of_every_command
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from synapse.cli.commands import Command
    from synapse.cli.context import Context

    Candidate = tuple[str, str]
    """A value and what is said of it."""


_VERSION = Argument(names=("--version",), dest="version", action="version", help="show the version")


class Line(Record):
    """What stands before the word that is being typed."""

    path: tuple[str, ...]
    """The words that name the command; of a group, without the subcommand."""
    command: Command
    arguments: tuple[str, ...]
    """What follows the command, the global options before it included."""
    begun: bool
    """Whether anything but global options stands behind the last command word."""


def candidates(words: list[str], context: Context) -> Iterable[Candidate]:
    """The candidates for the last of `words`, which are those after `synapse`."""
    *before, current = words or [""]
    if current == '""':  # PowerShell up to 7.2 drops an empty argument; its script says this
        current = ""
    line = understand(before)
    if not line.begun and not current.startswith("-"):
        known = line.command.subcommands if line.path else COMMANDS
        if known:
            return _commands(known, current)
    return _arguments(line, current, context)


def understand(before: list[str]) -> Line:
    """Find out which command the words before the last one name, and its arguments."""
    path: tuple[str, ...] = ()
    known: Mapping[str, Command] = COMMANDS
    command = COMMANDS["ask"]
    arguments: list[str] = []
    position = 0
    while position < len(before):
        word = before[position]
        option = word.partition("=")[0]
        if option in GLOBAL_OPTIONS:
            taken = 1 if "=" in word else 1 + GLOBAL_OPTIONS[option]
            arguments += before[position : position + taken]
            if position + taken > len(before):  # the option's value is being typed
                return Line(path=path, command=command, arguments=tuple(arguments), begun=True)
            position += taken
            continue
        name = ALIASES.get(word, word)
        if name not in known:
            break
        path, command = (*path, name), known[name]
        known = command.subcommands
        position += 1
        if not known:
            break
    rest = before[position:]
    return Line(
        path=path,
        command=command,
        arguments=(*arguments, *rest),
        begun=bool(rest) or (bool(path) and not command.subcommands),
    )


def _commands(known: Mapping[str, Command], current: str) -> Iterator[Candidate]:
    for name, command in known.items():
        if name.startswith(current):
            yield name, command.summary


def _arguments(line: Line, current: str, context: Context) -> Iterable[Candidate]:
    from synapse.cli.completion.values import FILES, files, values

    path, command = line.path or ("ask",), line.command
    if command.subcommands:
        path, command = (*path, command.default), command.subcommands[command.default]
    declaration = declared(path)
    options = declaration.options
    given, words, waiting = _read(line.arguments, options)
    if line.command.subcommands and words:  # no subcommand is called so
        return []
    _take_global_options(given, context)
    request = CompletionRequest(path=path, given=given, words=words, context=context)
    ended = "--" in line.arguments
    if waiting is not None:
        return values(waiting, current, request)
    name, equals, part = current.partition("=")
    if equals and not ended and name in options:
        return [
            (value if value == FILES else f"{name}={value}", description)
            for value, description in values(options[name], part, request)
        ]
    attached = None if ended else _attached_to(current, options)
    if attached is not None:
        known_values = [*values(attached, current[2:], request)]
        if (FILES, "") in known_values:
            return files(current[:2], current[2:])
        return [(f"{current[:2]}{value}", description) for value, description in known_values]
    if current.startswith("-") and ":" not in current and not ended:
        known = (*declaration.arguments, *of_every_command())
        if not line.path and not line.arguments:
            known = (*known, _VERSION)
        return _options(known, given, current)
    expected = declaration.words
    if not expected:
        return []
    word = expected[min(len(words), len(expected) - 1)]
    if len(words) >= len(expected) and not word.repeatable:
        return []
    return values(word, current, request)


def _attached_to(word: str, options: Mapping[str, Argument]) -> Argument | None:
    """The short option whose value stands behind it in the same word: `-fNAME`."""
    option = options.get(word[:2]) if len(word) > 2 and word[1] != "-" else None
    return option if option is not None and option.takes_value else None


class CompletionRequest(Record):
    """What has been typed so far, for the functions that complete values."""

    path: tuple[str, ...]
    given: dict[str, str | None]
    """Options by their destination; None for those without a value."""
    words: list[str]
    """The command's words in front of the one that is being typed."""
    context: Context


def _read(
    arguments: tuple[str, ...], options: Mapping[str, Argument]
) -> tuple[dict[str, str | None], list[str], Argument | None]:
    """The options that are given, the words, and the option whose value is being typed."""
    given: dict[str, str | None] = {}
    words: list[str] = []
    waiting: Argument | None = None
    ended = False
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if waiting is not None:
            given[waiting.dest] = argument
            waiting = None
        elif ended or not argument.startswith("-") or argument == "-":
            words.append(argument)
        elif argument == "--":
            ended = True
        elif name in options:
            option = options[name]
            given[option.dest] = value if equals else None
            if option.takes_value and not equals:
                waiting = option
        elif (attached := _attached_to(argument, options)) is not None:
            given[attached.dest] = argument[2:]
    return given, words, waiting


def _take_global_options(given: Mapping[str, str | None], context: Context) -> None:
    context.config_path = given.get("config")
    context.flags = {"session.database_url": given.get("db"), "ui.color": None}


def _options(
    arguments: Iterable[Argument], given: Mapping[str, str | None], current: str
) -> Iterator[Candidate]:
    """Long options; a short one when it is what has been typed."""
    for argument in arguments:
        if argument.dest in given and not argument.repeatable:
            continue
        names = [name for name in argument.names if name.startswith(current)]
        for name in [name for name in names if name.startswith("--")] or names:
            yield name, argument.help
