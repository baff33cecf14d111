"""The arguments that a command was given, read by the table of what each command declares.

argparse, with `re` and `enum`, is a quarter of a short command. It comes in where it is needed:
to say what is wrong with a line, or for help. What is read here it would have read the same way.
"""

from __future__ import annotations

from synapse.cli.declared import declared, function_of, of_every_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from synapse.cli.command_line.routing import Route
    from synapse.cli.declared import Argument, Declaration


class HelpRequested(Exception):
    """The command line has `-h`."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class NeedsArgparse(Exception):
    """The command line has something that only argparse reads, or refuses."""


class Arguments:
    """Stands in for argparse's Namespace."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


def parse_fast(route: Route) -> Namespace:
    """The arguments of the command, read without argparse. Options and words may come in any order;
    `--` ends the options. Raises NeedsArgparse.
    """
    declaration = declared(route.path)
    options, words = split_at_double_dash(route.arguments)
    if declaration.rewrite:
        options = function_of(declaration.rewrite)(options)
    values: dict[str, Any] = {}
    free = _read_options(declaration, options, values)
    read_words(declaration.words, [*free, *words], values)
    fill_in([*declaration.arguments, *of_every_command()], values)
    arguments: Any = Arguments(values)
    return arguments  # type: ignore[no-any-return]


def split_at_double_dash(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The arguments before the first `--`, and those after it."""
    if "--" not in arguments:
        return arguments, []
    position = arguments.index("--")
    return arguments[:position], arguments[position + 1 :]


def _read_options(
    declaration: Declaration, arguments: list[str], values: dict[str, Any]
) -> list[str]:
    """Fill in what the options say; what is none is left."""
    known = declaration.options
    free = []
    left = iter(arguments)
    for word in left:
        if word == "-" or not word.startswith("-"):
            free.append(word)
            continue
        name, _, text = word.partition("=")
        option = known.get(name)
        if option is None or (text and name[:2] != "--") or ("=" in word and not text):
            raise NeedsArgparse
        if option.takes_value:
            if option.nargs:
                raise NeedsArgparse
            value = _value(option, text or next(left, "--"), is_sure=bool(text))
            if option.action == "append":
                value = [*values.get(option.dest, option.default or ()), value]
            values[option.dest] = value
        elif text or option.action not in ("store_true", "store_const"):
            raise NeedsArgparse
        else:
            values[option.dest] = option.const if option.action == "store_const" else True
    return free


def _value(argument: Argument, text: str, *, is_sure: bool = True) -> Any:
    """What a text means for the argument; unless it `is_sure`, it may be an option."""
    if not is_sure and text != "-" and text.startswith("-"):
        raise NeedsArgparse
    value: Any = text
    if argument.type:
        try:
            value = function_of(argument.type)(text)
        except Exception as error:  # argparse calls it again, and says what is wrong
            raise NeedsArgparse from error
    if argument.choices and value not in argument.choices:
        raise NeedsArgparse
    return value


def read_words(declared: list[Argument], given: list[str], values: dict[str, Any]) -> None:
    """Give each word its place: those that must be there get theirs first. A second `--` is a word
    as any other; argparse loses it. Raises NeedsArgparse.
    """
    position = 0
    for index, argument in enumerate(declared):
        needed = sum(later.nargs in ("", "+") for later in declared[index + 1 :])
        free = len(given) - position - needed
        several = argument.nargs in ("*", "+")
        taken = free if several else min(free, 1)
        if taken < (argument.nargs in ("", "+")):
            raise NeedsArgparse
        texts = given[position : position + max(taken, 0)]
        position += len(texts)
        if texts:
            read = [_value(argument, text) for text in texts]
            values[argument.dest] = read if several else read[0]
        elif argument.nargs == "*" and argument.default is None:
            values[argument.dest] = []
    if position < len(given):
        raise NeedsArgparse


def fill_in(arguments: list[Argument], values: dict[str, Any]) -> None:
    """Give what was not said its default."""
    for argument in arguments:
        if argument.dest not in values and argument.action != "help":
            values[argument.dest] = _default(argument)


def _default(argument: Argument) -> Any:
    if isinstance(argument.default, list):
        return [*argument.default]
    if isinstance(argument.default, str) and argument.type:
        return _value(argument, argument.default)
    return argument.default
