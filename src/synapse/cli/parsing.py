"""One argparse parser for the one command that was chosen."""

from __future__ import annotations

import argparse
from importlib import import_module

from synapse.cli import global_options
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, NoReturn

    from synapse.cli.routing import Route


# Each parser would look for translations of its headings, which nobody ships: five million
# instructions, a seventh of what an empty Python program takes.
vars(argparse)["_"] = str


class HelpWanted(Exception):
    """`-h` stood on the command line."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Parser(argparse.ArgumentParser):
    """argparse with our error form and nothing that prints or exits by itself."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, *usage_hints(self))


class _Help(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        raise _HelpOption


class _HelpOption(Exception):
    """`-h` was met while the parser is in no state to describe itself."""


def load_module(route: Route) -> ModuleType:
    """The module of the command."""
    return import_module(f"synapse.cli.commands.{route.command.module}")


def build_parser(route: Route, module: ModuleType, width: int = 80) -> Parser:
    """The parser of the command: its own options and words, then the global ones."""
    summary = route.command.summary
    parser = Parser(
        prog=f"synapse {' '.join(route.path)}",
        usage=f"synapse {' '.join(route.path)} [OPTIONS] {route.command.words}".rstrip(),
        description=summary[:1].upper() + summary[1:] + ".",
        epilog=getattr(module, "EXAMPLES", None),
        allow_abbrev=False,
        add_help=False,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(
            prog, max_help_position=30, width=min(width, 100)
        ),
    )
    module.arguments(parser)
    _add_global_options(parser)
    return parser


def parse(route: Route, module: ModuleType, width: int = 80) -> argparse.Namespace:
    """The arguments that the command was given; options and words in any order, `--` ends the
    options. Raises UsageError, HelpWanted.
    """
    parser = build_parser(route, module, width)
    options, words = _before_and_after_dashes(route.arguments)
    rewrite = getattr(module, "rewritten", None)
    if rewrite is not None:
        options = rewrite(options)
    try:
        args, rest = _parse_options(parser, options)
    except _HelpOption:
        raise HelpWanted(parser.format_help()) from None
    for argument in rest:
        if _looks_like_an_option(argument):
            raise _unknown_option(parser, argument)
    rest += words
    if parser._get_positional_actions():
        args, rest = parser.parse_known_args(["--", *rest], args)
    if rest:
        raise UsageError(f"unexpected argument {rest[0]!r}", *usage_hints(parser))
    return args


def usage_hints(parser: Parser) -> tuple[str, str]:
    """How the command is called, and where its options are explained."""
    return f"Usage:    {parser.usage}", f"Options:  {parser.prog} -h"


def _before_and_after_dashes(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    position = arguments.index("--")
    return arguments[:position], arguments[position + 1 :]


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


def _add_global_options(parser: Parser) -> None:
    group = parser.add_argument_group("options of every command")
    global_options.declare(group.add_argument)
    group.add_argument("-h", "--help", action=_Help, nargs=0, help="show this help")


def _unknown_option(parser: Parser, argument: str) -> UsageError:
    from synapse.registry import suggestion

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
