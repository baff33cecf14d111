"""`synapse sessions restore REF…`: out of the trash."""

from __future__ import annotations

from synapse.advice import Advice
from synapse.app import sessions
from synapse.app.references import resolve_all
from synapse.app.tags import typed_filter
from synapse.cli.listing.json_result import add_json, record_sessions
from synapse.cli.listing.many_sessions import BulkAction, run_bulk_action
from synapse.cli.listing.trash import label, messages_of
from synapse.errors import UsageError
from synapse.human_time import parse_moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("refs", nargs="*", metavar="REF", help="which sessions (help refs)")
    add("-a", "--all", action="store_true", help="everything in the trash")
    add("--since", metavar="T", help="everything that was deleted since: 2h, today, 2026-11-01")
    add("--tag", metavar="TAG", help="everything with this tag")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Take the sessions out of the trash."""
    ruled = args.all or args.since is not None or args.tag is not None
    if ruled == bool(args.refs):
        raise UsageError(
            "name the sessions to restore, or say which: --since T, --tag TAG, --all",
            Advice("What is there:  ", "sessions list", deleted=True),
        )
    return _restore_named(args, context) if args.refs else _restore_all(args, context)


def _restore_named(args: Namespace, context: Context) -> int:
    found = resolve_all(context.store, args.refs, deleted=True)
    restored = sessions.restore(context.store, found)
    record_sessions(context, restored)
    if not restored:
        context.say("Nothing to do: not in the trash.")
    else:
        what = label(restored[0]) if len(restored) == 1 else messages_of(restored)
        context.say(f"Restored {what}.")
    return 0


def _restore_all(args: Namespace, context: Context) -> int:
    since = None if args.since is None else parse_moment(args.since)
    action = BulkAction(
        act=context.store.restore_sessions,
        deleted=True,
        progress="Restoring",
        tell=lambda what: context.say(f"Restored {what}."),
        nothing=_nothing(args),
    )
    which = typed_filter(None, args.tag).replace(since=since)
    return run_bulk_action(context, action, which, ask=False)


def _nothing(args: Namespace) -> str:
    if args.tag is not None:
        return "Nothing in the trash has that tag."
    return "The trash is empty." if args.since is None else "Nothing was deleted since."
