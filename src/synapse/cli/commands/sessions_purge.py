"""`synapse sessions purge`: destroys what is in the trash. There is no way back."""

from __future__ import annotations

from synapse.cli.trash import announce, label, messages_of
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context
    from synapse.domain import SessionSummary


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("refs", nargs="*", metavar="REF", help="which sessions of the trash; none: all of them")
    add("--older-than", metavar="T", help="only what was deleted before: 30d, 2w, 2026-11-01")
    add("-n", "--dry-run", action="store_true", help="only say what would be done")
    add("-y", "--yes", action="store_true", help="don't ask")


def run(args: Namespace, context: Context) -> int:
    """Destroy sessions of the trash, after a question."""
    return purge(context, _chosen(args, context), dry_run=args.dry_run, yes=args.yes)


def _chosen(args: Namespace, context: Context) -> list[SessionSummary]:
    from synapse.app import sessions

    if args.refs and args.older_than:
        raise UsageError("name sessions, or say --older-than; not both")
    if args.refs:
        return sessions.resolve_all(context.store, args.refs, deleted=True)
    if args.older_than is None:
        return context.store.list_sessions(deleted=True)
    from synapse.cli.moments import parse_moment

    limit = parse_moment(args.older_than)
    return [
        summary
        for summary in context.store.list_sessions(deleted=True)
        if summary.session.deleted_at is not None and summary.session.deleted_at < limit
    ]


def purge(context: Context, found: list[SessionSummary], *, dry_run: bool, yes: bool) -> int:
    """Destroy these sessions, after a question; the exit status."""
    from synapse.app import sessions

    if not found:
        context.say("Nothing to destroy: the trash holds no such session.")
        return 0
    if dry_run:
        announce(context, found)
        context.say(f"Would destroy {messages_of(found)}.")
        return 0
    if not yes and not _agreed(context, found):
        context.say("Nothing was destroyed.")
        return 1
    destroyed = sessions.destroy(context.store, found)
    what = label(destroyed[0]) if len(destroyed) == 1 else messages_of(destroyed)
    context.say(f"Destroyed {what}. Their text is gone from the database.")
    return 0


def _agreed(context: Context, found: list[SessionSummary]) -> bool:
    from synapse.cli.confirm import confirm

    return confirm(context, f"Destroy {messages_of(found)} for ever?", found)
