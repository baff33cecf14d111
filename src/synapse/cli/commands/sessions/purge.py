"""`synapse sessions purge`: destroys what is in the trash. There is no way back."""

from __future__ import annotations

from synapse.app import sessions
from synapse.app.references import resolve_all
from synapse.app.tags import typed_filter
from synapse.cli.asking.confirm import confirm
from synapse.cli.listing.json_result import add_json, record_sessions
from synapse.cli.listing.many_sessions import BulkAction, run_bulk_action
from synapse.cli.listing.trash import announce, label, messages_of, say_destroyed
from synapse.errors import UsageError
from synapse.human_time import parse_past

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context
    from synapse.domain import SessionSummary

_QUESTION = "Destroy {} for ever?"
_WOULD = "Would destroy {}."
_REFUSED = "Nothing was destroyed."
_NOTHING = "Nothing to destroy: the trash holds no such session."


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("refs", nargs="*", metavar="REF", help="which sessions of the trash; none: all of them")
    add("--older-than", metavar="T", help="only what was deleted before: 30d, 2w, 2026-11-01")
    add("--tag", metavar="TAG", help="only what has this tag")
    add("-n", "--dry-run", action="store_true", help="only say what would be done")
    add("-y", "--yes", action="store_true", help="don't ask")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Destroy sessions of the trash, after a question."""
    if args.refs and (args.older_than or args.tag):
        raise UsageError("name sessions, or say --older-than or --tag; not both")
    if args.refs:
        found = resolve_all(context.store, args.refs, deleted=True)
        return purge(context, found, dry_run=args.dry_run, yes=args.yes)
    until = None if args.older_than is None else parse_past("--older-than", args.older_than)
    action = purging(context, deleted=True)
    which = typed_filter(None, args.tag).replace(until=until)
    return run_bulk_action(context, action, which, dry_run=args.dry_run, ask=not args.yes)


def purging(context: Context, *, deleted: bool) -> BulkAction:
    """The destruction of all that are meant, of the trash or of live sessions."""
    return BulkAction(
        act=context.store.delete_sessions,
        deleted=deleted,
        progress="Destroying",
        question=_QUESTION,
        would=_WOULD,
        tell=lambda what: say_destroyed(context, what),
        refused=_REFUSED,
        nothing=_NOTHING if deleted else "Nothing to destroy: no session matches.",
    )


def purge(context: Context, found: list[SessionSummary], *, dry_run: bool, yes: bool) -> int:
    """Destroy these sessions, after a question; the exit status."""
    if dry_run:
        record_sessions(context, found, dry_run=True)
        announce(context, found)
        context.say(_WOULD.format(messages_of(found)))
        return 0
    if not yes and not _agreed(context, found):
        record_sessions(context, ())
        context.say(_REFUSED)
        return 1
    destroyed = sessions.destroy(context.store, found)
    record_sessions(context, destroyed)
    what = label(destroyed[0]) if len(destroyed) == 1 else messages_of(destroyed)
    say_destroyed(context, what)
    return 0


def _agreed(context: Context, found: list[SessionSummary]) -> bool:
    return confirm(context, _QUESTION.format(messages_of(found)), found)
