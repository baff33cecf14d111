"""`synapse config check`: all that is wrong with the configuration, and what is worth a word."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The command has none of its own."""


def run(args: Namespace, context: Context) -> int:
    """Print every problem on a line; 1 if there are any."""
    return report(context)


def report(context: Context) -> int:
    """Print every problem and every note on a line; 1 if there are problems."""
    from synapse.cli.configuring import all_notes, all_problems, layers_of
    from synapse.cli.output import count
    from synapse.config.problems import command

    layers = layers_of(context)
    found = all_problems(layers)
    for problem in found:
        context.stdout.show(problem + "\n")
    for note in all_notes(context, layers):
        context.stdout.show(f"note: {note}\n")
    if found:
        context.say(f"{count(len(found), 'problem')}. Fix it:  {command(layers, 'edit')}")
        return 1
    where = layers.path if layers.has_file else "the defaults; there is no configuration file"
    context.say(f"No problems: {where}")
    return 0
