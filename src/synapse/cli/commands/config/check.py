"""`synapse config check`: all that is wrong with the configuration, and what is worth a word."""

from __future__ import annotations

from synapse.cli.commands.config.shared import all_notes, all_problems, layers_of
from synapse.cli.listing.json_result import add_json
from synapse.cli.listing.tables import count
from synapse.config.problems import advice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Print every problem on a line; 1 if there are any."""
    return report(context)


def report(context: Context) -> int:
    """Print every problem and every note on a line; 1 if there are problems."""
    layers = layers_of(context)
    found = all_problems(layers)
    notes = all_notes(context, layers)
    context.record(path=layers.path, problems=found, notes=notes)
    if not context.as_json:
        lines = [*found, *(f"note: {note}" for note in notes)]
        for line in lines:
            context.stdout.write(f"{context.wrapped(line, context.stdout)}\n")
    if found:
        many = count(len(found), "problem")
        context.say(f"{many}.", advice("Fix it:  ", layers, "config edit"))
        return 1
    where = layers.path if layers.has_file else "the defaults; there is no configuration file"
    context.say(f"No problems: {where}")
    return 0
