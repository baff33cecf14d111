"""`synapse db init`: sets the database up."""

from __future__ import annotations

from synapse.cli.listing.json_result import add_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--distributed", action="store_true", help="divide the tables between machines (citus)"
    )
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Create the database if it isn't there, and bring its schema up to date. On a server, this
    alone creates the tables.
    """
    context.set_up_store(distributed=args.distributed)
    context.record(location=context.store.location)
    context.say(f"The database is ready: {context.store.location}")
    return 0
