"""`synapse db recover`: brings back what could not be stored, or what a damaged file holds; makes
a database whole whose main file is gone.
"""

from __future__ import annotations

import os

from synapse.advice import Advice
from synapse.app.spill import recover
from synapse.cli.listing.json_result import add_json
from synapse.cli.listing.tables import count
from synapse.errors import DatabaseDamaged, PartlyDone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--into", metavar="NEW", help="save what can still be read into this new database"
    )
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Without --into: bring in answers that were kept in files because the store had failed."""
    if args.into is None:
        return _bring_in(context)
    return _salvage(args.into, context)


def _bring_in(context: Context) -> int:
    try:
        context.store  # noqa: B018 - opened for what may be wrong with it
    except DatabaseDamaged:
        care = context.file_care
        if not care.rebuild():
            raise
        context.say(f"Made {care.location} whole again from what was beside it.")
    recovered = recover(context.store, context.spill_folder)
    context.record(location=context.store.location, answers=recovered)
    context.say(
        f"Brought in {count(recovered, 'answer')}." if recovered else "Nothing to bring in."
    )
    return 0


def _salvage(target: str, context: Context) -> int:
    care = context.file_care
    report = care.salvage(os.path.abspath(os.path.expanduser(target)))
    context.record(
        location=care.location,
        file=report.target,
        sessions=report.sessions,
        messages=report.messages,
        adopted=report.adopted,
        unreadable=report.unreadable,
    )
    context.say(
        f"Saved {count(report.sessions, 'session')} and {count(report.messages, 'message')}"
        f" into {report.target}."
    )
    if report.adopted:
        context.say(f"Of {count(report.adopted, 'session')} only messages were left.")
    context.say("Use it:", Advice(" ", "db restore", report.target))
    if report.unreadable:
        places = count(report.unreadable, "place")
        raise PartlyDone(f"{places} of {care.location} could not be read; what was there is lost")
    return 0
