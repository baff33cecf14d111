"""`synapse db path`: where the conversations are."""

from __future__ import annotations

from synapse.advice import Advice
from synapse.cli.listing.json_result import add_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Print the path, or the URL, of the database in use; say so if that is not all of it."""
    inspection = context.inspection
    parts = inspection.loose_parts()
    context.record(location=inspection.location, parts=[*parts])
    if not context.as_json:
        context.stdout.show_exactly(f"{inspection.location}\n")
    for part in parts:
        context.say(f"A part of it is in {part}.", Advice("Copy it with:  ", "db backup", "FILE"))
    return 0
