"""`synapse db backup FILE`: a copy, while others may write."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("file", metavar="FILE", help="where to write the copy")
    parser.add_argument("--force", action="store_true", help="overwrite the file if it exists")


def run(args: Namespace, context: Context) -> int:
    """Write a consistent copy of the database."""
    import os

    from synapse.cli.commands.db_info import size
    from synapse.cli.progress import ProgressBar

    target = os.path.abspath(os.path.expanduser(args.file))
    with ProgressBar(context, "Backing up", 0) as bar:
        context.maintenance.back_up(target, replace=args.force, progress=bar.update)
    context.say(f"Backed up to {target} ({size(os.path.getsize(target))}).")
    return 0
