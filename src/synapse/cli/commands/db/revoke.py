"""`synapse db revoke REF ROLE`: takes back what `db grant` gave."""

from __future__ import annotations

from synapse.app.references import resolve
from synapse.cli.listing.json_result import add_json
from synapse.cli.listing.trash import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("ref", metavar="REF", help="which session (help refs)")
    parser.add_argument("role", metavar="ROLE", help="from whom")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Hide the session from a role; 1 if it was not shown to it."""
    sharing = context.sharing
    summary = resolve(context.store, args.ref)
    revoked = sharing.revoke(summary.session.id, args.role)
    context.record(session=summary.session.id, role=args.role, revoked=revoked)
    state = "no longer sees it" if revoked else "was not shown it"
    context.say(f"{label(summary)}: {args.role} {state}.")
    return 0 if revoked else 1
