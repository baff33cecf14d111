"""`synapse db backup FILE`: a copy, while others may write."""

from __future__ import annotations

import os

from synapse.advice import Advice
from synapse.cli.commands.db.info import size
from synapse.cli.listing.json_result import add_json
from synapse.cli.showing.progress import ProgressBar
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("file", metavar="FILE", help="where to write the copy")
    parser.add_argument("--force", action="store_true", help="overwrite the file if it exists")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Write a consistent copy of the database."""
    target = os.path.abspath(os.path.expanduser(args.file))
    if os.path.isdir(target):
        raise UsageError(
            f"{target} is a folder", Advice("Name a file in it:  ", "db backup", "FILE")
        )
    if os.path.lexists(target) and not args.force:
        raise UsageError(f"{target} exists already", "Overwrite it:  --force")
    with ProgressBar(context, "Backing up", 0) as bar:
        context.file_care.back_up(target, replace=args.force, progress=bar.update)
    context.record(location=context.file_care.location, file=target, size=os.path.getsize(target))
    context.say(f"Backed up to {target} ({size(os.path.getsize(target))}).")
    return 0
