"""From a line that begins with a slash to the function that does it."""

from __future__ import annotations

from importlib import import_module

from synapse.cli.repl.slash_commands import COMMANDS, OTHER_NAMES
from synapse.errors import UsageError
from synapse.suggestions import suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.repl.state import ReplState


def run(repl: ReplState, line: str) -> None:
    """Do what a line that begins with a slash says. Raises UsageError for an unknown command,
    or for words that it does not take.
    """
    name, _, rest = line[1:].partition(" ")
    name = OTHER_NAMES.get(name, name)
    command = COMMANDS.get(name)
    if command is None:
        raise _unknown(name, line[1:])
    rest = rest.strip()
    if rest and not command.words:
        raise UsageError(f"/{name} stands alone; it takes no words", f"To send it:  //{line[1:]}")
    module, _, function = command.run.partition(":")
    getattr(import_module(f"synapse.cli.repl.{module}"), function)(repl, rest)


def _unknown(name: str, line: str) -> UsageError:
    near = suggestion(name, COMMANDS) or next(
        (known for known in COMMANDS if name and known.startswith(name)), None
    )
    meant = f". Did you mean:  /{near}" if near else ""
    return UsageError(
        f"there is no command /{name}{meant}",
        "Nothing was sent. All of them:  /help",
        f"To send it:  //{line}",
    )
