"""Writes src/synapse/cli/declared/table.py from what the commands' modules declare.

    python scripts/declare.py

To be run after a change of any command's `arguments`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

TABLE = Path(__file__).parents[1] / "src" / "synapse" / "cli" / "declared" / "table.py"

HEAD = '''\
"""What each command declares, written by scripts/declare.py: see the package. Change the
`arguments` of the command's module instead, and run the script.
"""

# ruff: noqa: E501
# fmt: off

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DECLARED: dict[str, dict[str, Any]] = {
'''


class Recorder:
    """Stands in for a parser: remembers what it is told."""

    def __init__(self) -> None:
        self.arguments: list[dict[str, object]] = []

    def add_argument(self, *names: str, **how: object) -> None:
        """As argparse has it; a word is given by its destination."""
        options = tuple(name for name in names if name.startswith("-"))
        row: dict[str, object] = {"names": options} if options else {}
        long = [name for name in options if name.startswith("--")]
        named = (long or options)[0].lstrip("-").replace("-", "_") if options else names[0]
        row["dest"] = how.pop("dest", named)
        if how.get("action") == "store_true":
            row["default"] = False
        if "choices" in how:
            how["choices"] = tuple(map(str, how["choices"]))
        if "type" in how:
            how["type"] = target(how["type"])
        self.arguments.append({**row, **how})


def target(function: object) -> str:
    return f"{function.__module__}:{function.__qualname__}"


def lines_of(path: str, arguments: list[dict[str, object]], **more: str) -> list[str]:
    rows = [f"            {row!r}," for row in arguments]
    rest = [f"        {name!r}: {value!r}," for name, value in more.items() if value]
    return [f"    {path!r}: {{", "        'arguments': (", *rows, "        ),", *rest, "    },"]


def table() -> str:
    """The text of the module."""
    from synapse.cli.command_line import global_options
    from synapse.cli.commands import COMMANDS

    shared = Recorder()
    global_options.declare(shared.add_argument)
    lines = lines_of("", shared.arguments)

    def add(path: str, commands: object) -> None:
        for name, command in commands.items():
            here = f"{path} {name}".strip()
            if command.subcommands:
                add(here, command.subcommands)
                continue
            module = import_module(f"synapse.cli.commands.{command.module}")
            told = Recorder()
            module.arguments(told)
            rewrite = getattr(module, "rewritten", None)
            lines.extend(
                lines_of(
                    here,
                    told.arguments,
                    examples=getattr(module, "EXAMPLES", ""),
                    rewrite=target(rewrite) if rewrite else "",
                )
            )

    add("", COMMANDS)
    return HEAD + "\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    # The old one is not read: after a merge it may be anything. Routing asks for one row.
    TABLE.write_text(f"{HEAD}    '': {{'arguments': ()}},\n}}\n", encoding="utf-8")
    TABLE.write_text(table(), encoding="utf-8")
