"""What each command takes: its options and words, as a table instead of a parser.

Help, completion, the manual and the parser itself read it, so that no command's module need be
imported to know its options. A command declares them in its `arguments(parser)`; `table.py` is
written from that by scripts/declare.py, and a test fails while the two differ.
"""

from __future__ import annotations

from synapse.cli.declared.table import DECLARED
from synapse.light.modules import import_module
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


class Argument(Record):
    """An option, or a positional argument if it has no names; the fields are those of argparse's
    `add_argument`.
    """

    names: tuple[str, ...] = ()
    """`-m` and `--model`; none for a word."""
    dest: str
    help: str = ""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    action: str = "store"
    nargs: str = ""
    """`*`, `+`, `?`; nothing for one."""
    const: object = None
    default: object = None
    type: str = ""
    """The function that reads the value, as `module:name`; nothing for a text."""

    @property
    def takes_value(self) -> bool:
        """Whether a value follows."""
        return self.action in ("store", "append")

    @property
    def repeatable(self) -> bool:
        """Whether it may be given several times."""
        return self.action == "append" or self.nargs in ("*", "+")


class Declaration(Record):
    """All arguments of one command."""

    arguments: tuple[Argument, ...]
    """Its own."""
    examples: str = ""
    """What stands below its options in help."""
    rewrite: str = ""
    """The function that brings its arguments into argparse's form, as `module:name`, if any."""

    @property
    def options(self) -> dict[str, Argument]:
        """Each option by each of its names, those of every command last."""
        every = (*self.arguments, *of_every_command())
        return {name: argument for argument in every for name in argument.names}

    @property
    def words(self) -> list[Argument]:
        """What is no option, in order."""
        return [argument for argument in self.arguments if not argument.names]


_HELP = Argument(names=("-h", "--help"), dest="help", action="help", help="show this help")


def declared(path: Sequence[str]) -> Declaration:
    """What the command of these words takes: `declared(("sessions", "list"))`."""
    row = DECLARED[" ".join(path)]
    arguments = tuple(Argument(**argument) for argument in row["arguments"])
    return Declaration(**{**row, "arguments": arguments})


def of_every_command() -> tuple[Argument, ...]:
    """The options of every command, `--help` last."""
    return (*declared(()).arguments, _HELP)


def function_of(target: str) -> Callable[..., Any]:
    """The function that `module:name` means."""
    module, _, name = target.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function
