"""`synapse sessions restore REF…`: out of the trash."""

from __future__ import annotations

from synapse.cli.trash import label, messages_of
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("refs", nargs="*", metavar="REF", help="which sessions (help refs)")
    parser.add_argument("-a", "--all", action="store_true", help="everything in the trash")


def run(args: Namespace, context: Context) -> int:
    """Take the sessions out of the trash."""
    from synapse.app import sessions

    if args.all == bool(args.refs):
        raise UsageError(
            "name the sessions to restore, or --all",
            "What is there:  synapse sessions list --deleted",
        )
    store = context.store
    found = (
        store.list_sessions(deleted=True)
        if args.all
        else sessions.resolve_all(store, args.refs, deleted=True)
    )
    restored = sessions.restore(store, found)
    if not restored:
        context.say("The trash is empty." if args.all else "Nothing to do: not in the trash.")
    elif len(restored) == 1:
        context.say(f"Restored {label(restored[0])}.")
    else:
        context.say(f"Restored {messages_of(restored)}.")
    return 0
