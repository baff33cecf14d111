"""`synapse sessions rename REF NAME`."""

from __future__ import annotations

from synapse import ids
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("ref", metavar="REF", help="which session (help refs)")
    parser.add_argument("name", nargs="?", metavar="NAME", help="what to call it")
    parser.add_argument("--no-name", action="store_true", help="take its name away")


def run(args: Namespace, context: Context) -> int:
    """Give a session a name, or take it away."""
    from synapse.app.names import check_name
    from synapse.app.sessions import resolve
    from synapse.cli.terminal.cells import width

    if args.no_name == (args.name is not None):
        raise UsageError("give a name, or --no-name", "synapse sessions rename REF NAME")
    name = check_name(args.name, width) if args.name is not None else None
    found = resolve(context.store, args.ref)
    context.store.rename_session(found.session.id, name)
    handle = ids.handle(found.session.id)
    context.say(f'{handle} is called "{name}" now.' if name else f"{handle} has no name now.")
    return 0
