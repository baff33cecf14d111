"""`synapse sessions fork REF`: a branch of its own, the original stays untouched."""

from __future__ import annotations

from synapse.advice import ASK, Advice
from synapse.app.branches import fork
from synapse.cli.asking.naming import checked_name
from synapse.cli.listing.json_objects import session_name
from synapse.cli.listing.json_result import add_json
from synapse.cli.listing.tables import count
from synapse.cli.listing.trash import label
from synapse.cli.picker import CANCELLED, named_or_picked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("ref", nargs="?", metavar="REF", help="which session (help refs)")
    add("--at", type=int, metavar="N", help="branch after message N; else after the last")
    add("--name", help="name of the new session")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Copy a session up to a message; the new id goes to standard output in a pipe."""
    name = checked_name(args.name) if args.name is not None else None
    origin = named_or_picked(
        context, args.ref, instead=Advice("Name it:  ", "sessions fork", "REF")
    )
    if origin is None:
        return CANCELLED
    branch, copied = fork(context.store, origin, at=args.at, name=name)
    context.record(session=session_name(branch), origin=origin.session.id, messages=copied)
    if context.stdout.is_terminal or context.as_json:
        context.say(
            f"Forked {label(origin)}: {branch.handle} has {count(copied, 'message')}.",
            Advice("Go on:  ", ASK, "…", session=branch.handle),
        )
    else:
        context.stdout.write(f"{branch.id}\n")
    return 0
