"""One argparse parser for the one command that was chosen."""

from __future__ import annotations

import argparse
from importlib import import_module

from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
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
        raise UsageError(message, f"{self.format_usage().strip()}", f"Options:  {self.prog} -h")


class _Help(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        raise HelpWanted(parser.format_help())


def load_module(route: Route) -> ModuleType:
    """The module of the command."""
    return import_module(f"synapse.cli.commands.{route.command.module}")


def build_parser(route: Route, module: ModuleType, width: int = 80) -> Parser:
    """The parser of the command: its own options and words, then the global ones."""
    summary = route.command.summary
    parser = Parser(
        prog=f"synapse {' '.join(route.path)}",
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
    args, unknown = parser.parse_known_intermixed_args(route.arguments)
    if unknown:
        raise _unknown_argument(parser, unknown)
    return args


def _add_global_options(parser: Parser) -> None:
    group = parser.add_argument_group("options of every command")
    add = group.add_argument
    add("--config", metavar="FILE", help="read this configuration file")
    add("--db", metavar="URL", help="the database: sqlite:PATH, or a path")
    add("--color", choices=("auto", "always", "never"), help="colours on the terminal")
    add("-q", "--quiet", action="store_true", help="no footer, no hints")
    add("-v", "--verbose", action="store_true", help="more detail on standard error")
    add("--no-input", action="store_true", help="never ask; fail and name the flag instead")
    add("--no-pager", action="store_true", help="never start a pager")
    add("--debug", action="store_true", help="show the traceback of an error")
    add("-h", "--help", action=_Help, nargs=0, help="show this help")


def _unknown_argument(parser: Parser, unknown: Sequence[str]) -> UsageError:
    for argument in unknown:
        if argument.startswith("-") and argument not in ("-", "--"):
            return _unknown_option(parser, argument)
    return UsageError(f"unexpected argument {unknown[0]!r}", parser.format_usage().strip())


def _unknown_option(parser: Parser, argument: str) -> UsageError:
    from synapse.registry import suggestion

    option = argument.partition("=")[0]
    known: dict[str, Any] = parser._option_string_actions
    near = suggestion(option, [name for name in known if name.startswith("--")])
    return UsageError(
        f"unknown option {option}" + (f"; did you mean {near}?" if near else ""),
        f"Options:  {parser.prog} -h",
        f"A prompt that begins with a dash:  synapse -- {argument} …",
    )
