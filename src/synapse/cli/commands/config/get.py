"""`synapse config get KEY`: one value, for scripts."""

from __future__ import annotations

from synapse.cli.commands.config.shared import as_text, in_force, key_path, layers_of, public
from synapse.cli.listing.json_result import add_json
from synapse.config.keypath import dotted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("key", metavar="KEY", help="an option, such as session.max_sessions")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Print the value that is in force; 1 if there is none."""
    key = dotted(key_path(args.key))
    value = in_force(layers_of(context)).get(key)
    context.record(key=key, value=public(key, value))
    if value is None:
        return 1
    if not context.as_json:
        context.stdout.show_exactly(as_text(public(key, value)) + "\n")
    return 0
