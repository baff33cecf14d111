"""`synapse config edit`: the file in the user's editor, looked over afterwards."""

from __future__ import annotations

import os

from synapse.advice import Advice
from synapse.cli.asking.external_editor import command, edit
from synapse.cli.commands.config.check import report
from synapse.cli.commands.config.shared import unread_layers
from synapse.cli.listing.json_result import add_json
from synapse.config.documents import example
from synapse.config.writer import write_private
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Open the editor, then check; a file that is not there begins as a copy of the example."""
    editor = command(context, Advice("Without one:  ", "config set", "KEY", "VALUE"))
    path = unread_layers(context).path
    if os.path.isdir(path):
        raise UsageError(f"{path} is a folder, not a file")
    if not os.path.exists(path):
        write_private(path, example())
    status = edit(editor, path)
    if status != 0:
        context.warn(f"the editor {editor[0]} ended with exit status {status}")
    os.chmod(path, 0o600)  # some editors write a new file
    return report(context)
