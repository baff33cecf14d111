"""`synapse db path`: where the conversations are."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command: none of its own."""


def run(args: Namespace, context: Context) -> int:
    """Print the path, or the URL, of the database in use."""
    context.stdout.show(f"{context.maintenance.location}\n")
    return 0
