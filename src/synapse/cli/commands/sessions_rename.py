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
    parser.add_argument("ref", nargs="?", metavar="REF", help="which session (help refs)")
    parser.add_argument("name", nargs="?", metavar="NAME", help="what to call it")
    parser.add_argument("--no-name", action="store_true", help="take its name away")


def run(args: Namespace, context: Context) -> int:
    """Give a session a name, or take it away."""
    from synapse.app.names import check_name
    from synapse.cli.picker import CANCELLED, named_or_picked
    from synapse.cli.terminal.cells import width

    usage = "synapse sessions rename REF NAME"
    if args.ref is not None and args.no_name == (args.name is not None):
        raise UsageError("give a name, or --no-name", usage)
    found = named_or_picked(context, args.ref, instead=usage)
    if found is None:
        return CANCELLED
    if args.ref is None and not args.no_name:
        from synapse.cli.confirm import ask_for_line

        args.name = ask_for_line(context, f"Name for {ids.handle(found.session.id)}: ")
        if not args.name:
            return CANCELLED
    name = check_name(args.name, width) if args.name is not None else None
    context.store.rename_session(found.session.id, name)
    handle = ids.handle(found.session.id)
    context.say(f'{handle} is called "{name}" now.' if name else f"{handle} has no name now.")
    return 0
