"""`synapse completion SHELL`: the script that lets a shell complete our command line."""

from __future__ import annotations

import os
from shlex import quote

from synapse import private_files
from synapse.advice import Advice
from synapse.cli import completion
from synapse.cli.listing.json_result import add_json
from synapse.errors import StorageError
from synapse.paths import home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping

    from synapse.cli.context import Context

EXAMPLES = """examples:
  source <(synapse completion bash)      for this shell
  synapse completion fish --install      for all that are started from now on
"""

_SUFFIXES = {"bash": "bash", "zsh": "zsh", "fish": "fish", "powershell": "ps1"}


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("shell", choices=tuple(_SUFFIXES), metavar="SHELL", help=_SHELLS)
    parser.add_argument(
        "--install", action="store_true", help="write it where the shell looks for such scripts"
    )
    add_json(parser)


_SHELLS = "bash, zsh, fish or powershell"


def run(args: Namespace, context: Context) -> int:
    """Print the script, or put it into its place."""
    script = script_for(args.shell)
    if not args.install:
        context.record(shell=args.shell, script=script)
        if not context.as_json:
            context.stdout.write(script)
        return 0
    path, needed = place_for(args.shell, context.environ)
    _write(path, script)
    context.record(shell=args.shell, path=path, needed=needed)
    context.say(f"Wrote {path}")
    context.say(needed)
    return 0


def script_for(shell: str) -> str:
    """The script for a shell."""
    folder = os.path.join(os.path.dirname(completion.__file__), "scripts")
    with open(os.path.join(folder, f"synapse.{_SUFFIXES[shell]}"), encoding="utf-8") as file:
        return file.read()


def place_for(shell: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Where the script belongs, and what the user has to know or do then. Start-up files are
    the user's own: no line is written into them.
    """

    def base(variable: str, default: str) -> str:
        folder = environ.get(variable, "")
        return folder if os.path.isabs(folder) else os.path.join(home(environ), default)

    if shell == "fish":
        folder = os.path.join(base("XDG_CONFIG_HOME", ".config"), "fish", "completions")
        return os.path.join(folder, "synapse.fish"), "New shells complete synapse."
    if shell == "zsh":
        folder = os.path.join(base("XDG_DATA_HOME", ".local/share"), "zsh", "site-functions")
        return (
            os.path.join(folder, "_synapse"),
            "New shells complete synapse if ~/.zshrc has, before compinit:"
            f"  fpath+=({quote(folder)})",
        )
    if shell == "powershell":
        path = os.path.join(base("XDG_CONFIG_HOME", ".config"), "powershell", "synapse.ps1")
        literal = path.replace("'", "''")
        return path, f"New shells complete synapse if $PROFILE has:  . '{literal}'"
    folder = os.path.join(base("XDG_DATA_HOME", ".local/share"), "bash-completion", "completions")
    path = os.path.join(folder, "synapse")
    return path, (
        "New shells complete synapse if bash-completion is installed;"
        f" else ~/.bashrc needs:  source {quote(path)}"
    )


def _write(path: str, script: str) -> None:
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        private_files.write(path, script.encode(), mode=0o666)  # nothing private is in it
    except OSError as error:
        raise StorageError(
            f"can't write {path}: {error.strerror}",
            Advice("Print it instead:  ", "completion", "SHELL"),
        ) from error
