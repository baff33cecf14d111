"""`synapse db restore FILE`: a backup becomes the database again."""

from __future__ import annotations

import os

from synapse.advice import Advice
from synapse.cli.listing.json_result import add_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("file", metavar="FILE", help="a backup")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Restore a backup. What was there is kept, so nobody is asked."""
    source = os.path.abspath(os.path.expanduser(args.file))
    care = context.file_care
    kept = care.restore(source)
    context.record(location=care.location, file=source, kept=kept)
    context.say(f"Restored {care.location} from {source}.")
    if kept is not None:
        context.say("What was there is kept.", Advice("Undo:  ", "db restore", kept))
    return 0
