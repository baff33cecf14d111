"""The arguments that a command was given, and the command's module."""

from __future__ import annotations

from synapse.cli.command_line.fast_parser import NeedsArgparse, parse_fast
from synapse.light.modules import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from types import ModuleType

    from synapse.cli.command_line.routing import Route


def load_module(route: Route) -> ModuleType:
    """The module of the command."""
    return import_module(f"synapse.cli.commands.{route.command.module}")


def read(route: Route, width: int = 80) -> Namespace:
    """The arguments that the command was given; options and words in any order, `--` ends the
    options. `width` is that of the terminal, for help. Raises UsageError, HelpRequested.
    """
    try:
        return parse_fast(route)
    except NeedsArgparse:
        from synapse.cli.command_line import parsing  # with argparse

        return parsing.parse(route, width)
