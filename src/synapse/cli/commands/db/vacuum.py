"""`synapse db vacuum`: gives unused room back to the disk."""

from __future__ import annotations

from synapse.cli.commands.db.info import size
from synapse.cli.listing.json_result import add_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Write the database anew, without its gaps."""
    care = context.file_care
    before, after = care.vacuum()
    context.record(location=care.location, before=before, after=after)
    context.say(f"{care.location}: {size(before)} before, {size(after)} now.")
    return 0
