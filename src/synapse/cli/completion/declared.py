"""What a command declares, without a parser.

Building one costs completion a third of its time; to know a command's options, it is enough to
hear what its module tells the parser.
"""

from __future__ import annotations

from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


class Argument(Record):
    """An option, or a word if it has no names."""

    names: tuple[str, ...]
    """`-m` and `--model`; none for a word."""
    dest: str
    help: str = ""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    takes_value: bool = True
    repeatable: bool = False
    """Whether it may be given several times."""

    @property
    def long_names(self) -> tuple[str, ...]:
        """The names with two dashes."""
        return tuple(name for name in self.names if name.startswith("--"))


class Declared:
    """Stands in for a parser: remembers what it is told."""

    def __init__(self) -> None:
        self.arguments: list[Argument] = []

    def add_argument(self, *names: str, **how: Any) -> None:
        """As argparse has it; a word is given by its destination."""
        options = tuple(name for name in names if name.startswith("-"))
        action = how.get("action", "store")
        several = action == "append" or how.get("nargs") in ("*", "+")
        long = [name for name in options if name.startswith("--")]
        named = (long or options)[0].lstrip("-").replace("-", "_") if options else names[0]
        self.arguments.append(
            Argument(
                names=options,
                dest=how.get("dest") or named,
                help=how.get("help") or "",
                metavar=how.get("metavar") or "",
                choices=tuple(map(str, how.get("choices") or ())),
                takes_value=action in ("store", "append") and how.get("nargs") != 0,
                repeatable=several,
            )
        )

    def add_argument_group(self, *_: object, **__: object) -> Declared:
        """A group is for help only."""
        return self

    add_mutually_exclusive_group = add_argument_group

    @property
    def options(self) -> dict[str, Argument]:
        """Each option by each of its names."""
        return {name: argument for argument in self.arguments for name in argument.names}

    @property
    def words(self) -> list[Argument]:
        """What is no option, in order."""
        return [argument for argument in self.arguments if not argument.names]


def declared_by(module: ModuleType) -> Declared:
    """Everything that the command of this module takes, the global options last."""
    told = Declared()
    module.arguments(told)
    told.arguments += global_arguments()
    return told


def global_arguments() -> tuple[Argument, ...]:
    """The options of every command."""
    from synapse.cli import global_options

    told = Declared()
    global_options.declare(told.add_argument)
    told.add_argument("-h", "--help", action="help", help="show this help")
    return tuple(told.arguments)
