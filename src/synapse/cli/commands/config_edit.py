"""`synapse config edit`: the file in the user's editor, looked over afterwards."""

from __future__ import annotations

import os

from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The command has none of its own."""


def run(args: Namespace, context: Context) -> int:
    """Open the editor, then check; a file that is not there begins as a copy of the example."""
    from synapse.cli.commands.config_check import report
    from synapse.cli.configuring import unread_layers
    from synapse.config.documents import example
    from synapse.config.writer import write_private

    editor = _editor(context)
    path = unread_layers(context).path
    if os.path.isdir(path):
        raise UsageError(f"{path} is a folder, not a file")
    if not os.path.exists(path):
        write_private(path, example())
    status = _open(editor, path)
    if status != 0:
        context.warn(f"the editor {editor[0]} ended with exit status {status}")
    os.chmod(path, 0o600)  # some editors write a new file
    return report(context)


def _editor(context: Context) -> list[str]:
    import shlex

    named = context.environ.get("VISUAL") or context.environ.get("EDITOR")
    if context.no_input or not (named or context.streams.stdin_is_terminal):
        raise UsageError(
            "an editor needs a terminal",
            "Without one:  synapse config set KEY VALUE",
        )
    try:
        words = shlex.split(named or "vi")
    except ValueError as error:
        raise UsageError(f"$VISUAL or $EDITOR can't be understood: {error}") from None
    return words or ["vi"]


def _open(editor: list[str], path: str) -> int:
    import subprocess

    try:
        return subprocess.call([*editor, path])
    except OSError as error:
        raise UsageError(
            f"the editor {editor[0]} can't be started: {(error.strerror or '').lower()}",
            "Choose another:  EDITOR=nano synapse config edit",
        ) from None
