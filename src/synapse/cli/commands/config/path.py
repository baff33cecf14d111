"""`synapse config path`: where the configuration file is, or would be."""

from __future__ import annotations

import os

from synapse.advice import Advice
from synapse.cli.commands.config.shared import unread_layers
from synapse.cli.listing.json_result import add_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Print the path; whether there is a file is the exit status."""
    path = unread_layers(context).path
    context.record(path=path, exists=os.path.lexists(path))
    if context.as_json:
        return 0
    context.stdout.show_exactly(path + "\n")
    if not os.path.lexists(path):
        context.hint("There is no such file yet.", Advice("Make it:  ", "config init"))
    return 0
