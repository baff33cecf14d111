"""`synapse config show`: every option, its value, and where that comes from."""

from __future__ import annotations

from synapse.cli.commands.config.shared import as_text, in_force, layers_of, public
from synapse.cli.listing.json_output import SCHEMA, write_json
from synapse.cli.listing.tables import listing, tsv_row
from synapse.config.options import OPTIONS
from synapse.terminal.cells import clip, width
from synapse.terminal.safe import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from synapse.cli.context import Context


_LONGEST = 48
"""Columns of a value in the table."""


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="one object, with every value's type")
    parser.add_argument(
        "--set", action="store_true", dest="only_set", help="only what is not the default"
    )


def run(args: Namespace, context: Context) -> int:
    """Print the options that are in force."""
    layers = layers_of(context)
    variables = {option.key: option.variable for option in OPTIONS}
    rows = [
        {
            "key": key,
            "value": public(key, value),
            "origin": layers.origins.get(key, "default"),
            "variable": variables.get(key),
        }
        for key, value in in_force(layers).items()
        if not args.only_set or key in layers.origins
    ]
    if args.json:
        write_json(context, {"schema": SCHEMA, "file": layers.path, "options": rows})
    else:
        _print(context, [list(row.values()) for row in rows])
    return 0


def _print(context: Context, rows: list[list[object]]) -> None:
    texts = [[as_text(field) for field in row] for row in rows]
    if not context.stdout.is_terminal:
        context.stdout.write("".join(map(tsv_row, texts)))
        return
    for row in texts:
        row[1] = clean(" ".join(row[1].split())) or "-"
        if not context.settings.ui.accessible:
            row[1] = clip(row[1], _LONGEST, context.glyphs().ellipsis)
    lines = listing(context, [["OPTION", "VALUE", "ORIGIN", "VARIABLE"], *texts])
    too_wide = max(map(width, lines)) > context.stdout.width(context.environ)
    if too_wide and not context.settings.ui.accessible:
        lines = [line for row in texts for line in _in_few_columns(row, context)]
    context.stdout.show("".join(f"{line}\n" for line in lines))


def _in_few_columns(row: list[str], context: Context) -> Iterator[str]:
    """An option and its value, and below it where that comes from."""
    key, value, *origins = row
    yield context.wrapped(f"{key}  {value}", context.stdout)
    origin = context.with_drawable_characters(" · ".join(filter(None, origins)))
    yield context.wrapped(f"    {origin}", context.stdout)
