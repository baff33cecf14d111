"""`synapse sessions delete REF…`: to the trash, from where they can be brought back."""

from __future__ import annotations

from synapse import timestamps
from synapse.advice import Advice
from synapse.app import sessions
from synapse.app.references import resolve_all
from synapse.app.tags import typed_filter
from synapse.cli.asking.confirm import confirm
from synapse.cli.commands.sessions.purge import purge, purging
from synapse.cli.listing.json_result import add_json, record_sessions
from synapse.cli.listing.many_sessions import BulkAction, run_bulk_action
from synapse.cli.listing.trash import announce, label, messages_of, undo
from synapse.errors import UsageError
from synapse.human_time import parse_past, rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context
    from synapse.domain import SessionFilter, SessionSummary


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("refs", nargs="*", metavar="REF", help="which sessions (help refs)")
    add("--match", metavar="QUERY", help="all with this in name, title or preview; tag:WORD")
    add("--tag", metavar="TAG", help="all with this tag")
    add("--older-than", metavar="T", help="all that were last used before: 90d, 3mo, 2026-11-01")
    add("-a", "--all", action="store_true", help="all that are not pinned")
    add("--purge", action="store_true", help="destroy them at once, without the trash")
    add("-n", "--dry-run", action="store_true", help="only say what would be done")
    add("-y", "--yes", action="store_true", help="don't ask")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Move the sessions to the trash. One is moved without a question: it can be undone."""
    ruled = args.all or any(value is not None for value in (args.match, args.tag, args.older_than))
    if ruled == bool(args.refs):
        raise UsageError(
            "name the sessions to delete, or say which: --older-than T, --match QUERY, --tag TAG,"
            " --all",
            Advice("See them first:  ", "sessions list"),
        )
    if args.match is not None and not args.match.strip():
        raise UsageError("--match takes a text; to mean all of them:  --all")
    return _delete_all(args, context) if ruled else _delete_named(args, context)


def _delete_named(args: Namespace, context: Context) -> int:
    found = resolve_all(context.store, args.refs)
    if args.purge:
        return purge(context, found, dry_run=args.dry_run, yes=args.yes)
    if args.dry_run:
        record_sessions(context, found, dry_run=True)
        announce(context, found)
        context.say(f"Would move {messages_of(found)} to the trash.")
        return 0
    if len(found) > 1 and not args.yes and not _agreed(context, found):
        record_sessions(context, ())
        context.say(_REFUSED)
        return 1
    moved = sessions.trash(context.store, found)
    record_sessions(context, moved)
    _say_deleted(context, moved)
    return 0


_REFUSED = "Nothing was deleted."


def _agreed(context: Context, found: list[SessionSummary]) -> bool:
    return confirm(context, f"Move {messages_of(found)} to the trash?", found)


def _say_deleted(context: Context, moved: list[SessionSummary]) -> None:
    if not moved:  # somebody else was quicker
        context.say("Nothing to do: in the trash already.")
        return
    what = label(moved[0]) if len(moved) == 1 else messages_of(moved)
    context.say(f"Deleted {what}.", undo(moved))


# ------------------------------------------------------------------------- all that a rule names


def _delete_all(args: Namespace, context: Context) -> int:
    which = _filter(args)
    pinned = context.store.total_sessions(which.replace(pinned=True)).sessions
    if pinned:
        context.say(f"spared because pinned: {pinned:,}")
    action = purging(context, deleted=False) if args.purge else _deleting(context)
    return run_bulk_action(
        context,
        action,
        which,
        dry_run=args.dry_run,
        ask=not args.yes,
        typed=args.all and (args.match, args.tag, args.older_than) == (None, None, None),
    )


def _filter(args: Namespace) -> SessionFilter:
    until = None if args.older_than is None else parse_past("--older-than", args.older_than)
    return typed_filter(args.match, args.tag).replace(until=until, pinned=False)


def _deleting(context: Context) -> BulkAction:
    undoing = _undo(context)  # now: what was in the trash before stays there
    return BulkAction(
        act=context.store.trash_sessions,
        deleted=False,
        progress="Deleting",
        question="Move {} to the trash?",
        would="Would move {} to the trash.",
        tell=lambda what: context.say(f"Deleted {what}.", undoing),
        refused=_REFUSED,
        nothing="Nothing to delete: no session matches.",
    )


def _undo(context: Context) -> Advice:
    """To bring back exactly what goes into the trash from now on."""
    if not context.store.list_sessions(deleted=True, limit=1):
        return undo([])
    return Advice("Undo:  ", "sessions restore", since=rfc3339(timestamps.now()))
