"""`synapse config unset KEY`: go back to the default."""

from __future__ import annotations

from synapse.cli.commands.config.shared import key_path, unread_layers
from synapse.cli.listing.json_result import add_json
from synapse.config.edits import unset_value
from synapse.config.keypath import dotted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("key", metavar="KEY", help="an option or a table, as the file has it")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Take the option out of the file; 1 if it is not in it."""
    # An unknown one, too: taking it out may be what mends the file.
    path = key_path(args.key, known=False)
    layers = unread_layers(context)
    removed = unset_value(layers, path)
    context.record(path=layers.path, key=dotted(path), removed=removed)
    if not removed:
        context.say(f"{dotted(path)} is not set in {layers.path}")
        return 1
    context.say(f"Removed {dotted(path)} from {layers.path}")
    return 0
