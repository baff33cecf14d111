"""One argparse parser for the one command that was chosen: for help, and for what is wrong."""

from __future__ import annotations

import argparse

from synapse.cli.command_line.fast_parser import (
    HelpRequested,
    NeedsArgparse,
    fill_in,
    read_words,
    split_at_double_dash,
)
from synapse.cli.declared import declared, function_of, of_every_command
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from synapse.cli.command_line.routing import Route
    from synapse.cli.declared import Argument, Declaration


# Each parser would look for translations of its headings, which nobody ships: five million
# instructions, a seventh of what an empty Python program takes.
vars(argparse)["_"] = str


class Parser(argparse.ArgumentParser):
    """argparse's parser, with our form of errors; it neither prints nor exits."""

    def error(self, message: str) -> NoReturn:
        option, _, why = message.removeprefix("argument ").partition(": ")
        if why == "expected one argument":
            name = option.rpartition("/")[2]
            way = (
                "A name does not begin with a dash:  --name bad"
                if name == "--name"
                else f"A value that begins with a dash:  {name}=-…"
            )
            raise UsageError(message, way, *usage_hints(self))
        raise UsageError(message, *usage_hints(self))


class _Help(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        raise _HelpOption


class _HelpOption(Exception):
    """`-h` was met while the parser is in no state to describe itself."""


def build_parser(route: Route, width: int = 80) -> Parser:
    """The parser of the command: its own options and words, then the global ones."""
    return _parser_of(declared(route.path), route, width)


def _parser_of(declaration: Declaration, route: Route, width: int) -> Parser:
    summary = route.command.summary
    parser = Parser(
        prog=f"synapse {' '.join(route.path)}",
        usage=f"synapse {' '.join(route.path)} [OPTIONS] {route.command.words}".rstrip(),
        description=summary[:1].upper() + summary[1:] + ".",
        epilog=declaration.examples or None,
        allow_abbrev=False,
        add_help=False,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(
            prog, max_help_position=30, width=min(width, 100)
        ),
    )
    for argument in declaration.arguments:
        _add(parser, argument)
    group = parser.add_argument_group("options of every command")
    for argument in of_every_command():
        _add(group, argument)
    return parser


def _add(group: argparse._ActionsContainer, argument: Argument) -> None:
    """Tell argparse of an option or a word."""
    how: dict[str, Any] = {"help": argument.help}
    if argument.action == "help":
        group.add_argument(*argument.names, action=_Help, nargs=0, **how)
        return
    for name in ("action", "nargs", "metavar", "choices"):
        if value := getattr(argument, name):
            how[name] = value
    for name in ("const", "default"):
        if (value := getattr(argument, name)) is not None:
            how[name] = [*value] if isinstance(value, list) else value
    if argument.type:
        how["type"] = _Type(argument.type)
    if argument.names:
        how["dest"] = argument.dest
    group.add_argument(*(argument.names or (argument.dest,)), **how)


class _Type:
    """The function that reads a value, looked up when there is one to read."""

    def __init__(self, target: str) -> None:
        self._target = target

    def __call__(self, text: str) -> object:
        return function_of(self._target)(text)

    @property
    def __name__(self) -> str:
        """What argparse calls the kind of value in its errors."""
        return function_of(self._target).__name__


def parse(route: Route, width: int = 80) -> argparse.Namespace:
    """The arguments that the command was given; options and words in any order, `--` ends the
    options. Raises UsageError, HelpRequested.
    """
    declaration = declared(route.path)
    parser = _parser_of(declaration, route, width)
    options, words = split_at_double_dash(route.arguments)
    if declaration.rewrite:
        options = function_of(declaration.rewrite)(options)
    try:
        args, rest = _parse_options(parser, options)
    except _HelpOption:
        raise HelpRequested(parser.format_help()) from None
    for argument in rest:
        if _looks_like_an_option(argument):
            raise _unknown_option(parser, argument)
    rest += words
    try:
        read_words(declaration.words, rest, vars(args))
        fill_in(declaration.words, vars(args))
    except NeedsArgparse:  # it says what is wrong
        if parser._get_positional_actions():
            args, rest = parser.parse_known_args(["--", *rest], args)
        if rest:
            raise UsageError(f"unexpected argument {rest[0]!r}", *usage_hints(parser)) from None
    return args


def usage_hints(parser: Parser) -> tuple[str, str]:
    """How the command is called, and where its options are explained."""
    return f"Usage:    {parser.usage}", f"Options:  {parser.prog} -h"


def _parse_options(parser: Parser, arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Parse options only; also what is left. argparse's own way of intermixing options and
    words loses `--` before Python 3.12.
    """
    words = parser._get_positional_actions()
    kept = [(action, action.nargs, action.default) for action in words]
    for action in words:
        action.nargs = action.default = argparse.SUPPRESS
    try:
        return parser.parse_known_args(arguments)
    finally:
        for action, nargs, default in kept:
            action.nargs, action.default = nargs, default


def _looks_like_an_option(argument: str) -> bool:
    name = argument.partition("=")[0]
    return len(name) > 1 and name[0] == "-" and " " not in name and not name[1:].isdecimal()


def _unknown_option(parser: Parser, argument: str) -> UsageError:
    from synapse.suggestions import suggestion  # only after a typing error

    option = argument.partition("=")[0]
    known: dict[str, Any] = parser._option_string_actions
    near = suggestion(option, [name for name in known if name.startswith("--")])
    ways = [f"Options:  {parser.prog} -h"]
    words = parser._get_positional_actions()
    if words and words[0].dest == "prompt":
        ways.append(f"A prompt that begins with a dash:  synapse -- {argument} …")
    elif words:
        ways.append(f"A word that begins with a dash:  {parser.prog} … -- {argument}")
    return UsageError(
        f"unknown option {option}" + (f"; did you mean {near}?" if near else ""), *ways
    )
