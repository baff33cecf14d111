"""`synapse sessions delete REF…`: to the trash, from where they can be brought back."""

from __future__ import annotations

from synapse.cli.trash import announce, handles, label, messages_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context
    from synapse.domain import SessionSummary


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("refs", nargs="+", metavar="REF", help="which sessions (help refs)")
    add("--purge", action="store_true", help="destroy them at once, without the trash")
    add("-n", "--dry-run", action="store_true", help="only say what would be done")
    add("-y", "--yes", action="store_true", help="don't ask")


def run(args: Namespace, context: Context) -> int:
    """Move the sessions to the trash. One is moved without a question: it can be undone."""
    from synapse.app import sessions

    found = sessions.resolve_all(context.store, args.refs)
    if args.purge:
        from synapse.cli.commands.sessions_purge import purge

        return purge(context, found, dry_run=args.dry_run, yes=args.yes)
    if args.dry_run:
        announce(context, found)
        context.say(f"Would move {messages_of(found)} to the trash.")
        return 0
    if len(found) > 1 and not args.yes and not _agreed(context, found):
        context.say("Nothing was deleted.")
        return 1
    moved = sessions.trash(context.store, found)
    _say_deleted(context, moved)
    return 0


def _agreed(context: Context, found: list[SessionSummary]) -> bool:
    from synapse.cli.confirm import confirm

    return confirm(context, f"Move {messages_of(found)} to the trash?", found)


def _say_deleted(context: Context, moved: list[SessionSummary]) -> None:
    if not moved:  # somebody else was quicker
        context.say("Nothing to do: in the trash already.")
        return
    what = label(moved[0]) if len(moved) == 1 else messages_of(moved)
    context.say(f"Deleted {what}. Undo:  synapse sessions restore {handles(moved)}")
