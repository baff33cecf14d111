"""`synapse sessions pin REF…`: no clean-up touches them."""

from __future__ import annotations

from synapse.app.references import resolve_all
from synapse.cli.listing.json_result import add_json, record_sessions
from synapse.cli.listing.trash import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("refs", nargs="+", metavar="REF", help="which sessions (help refs)")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Spare the sessions from clean-ups."""
    return pin(args.refs, context, pinned=True)


def pin(references: list[str], context: Context, *, pinned: bool) -> int:
    """Pin the sessions, or unpin them; the exit status."""
    changes = []
    for summary in resolve_all(context.store, references):
        changed = context.store.pin_session(summary.session.id, pinned)
        changes += [summary] if changed else []
        record_sessions(context, changes)
        state = "pinned" if pinned else "no longer pinned"
        context.say(f"{label(summary)} is {state if changed else f'{state} already'}.")
    return 0
