"""`synapse db grant REF ROLE`: shows a session to somebody who uses the same database."""

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
    parser.add_argument(
        "role", nargs="?", metavar="ROLE", help="to whom; without it: who sees it now"
    )
    parser.add_argument("--write", action="store_true", help="let them go on with it, too")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Show the session to a role, or tell to whom it was shown."""
    sharing = context.sharing
    summary = resolve(context.store, args.ref)
    session_id = summary.session.id
    if args.role is not None:
        changed = sharing.grant(session_id, args.role, write=args.write)
        right = "read it and go on with it" if args.write else "read it"
        already = "" if changed else " already"
        context.say(f"{label(summary)}: {args.role} may {right}{already}.")
    grants = sharing.grants(session_id)
    context.record(
        session=session_id,
        grants=[{"role": grant.role, "may_write": grant.may_write} for grant in grants],
    )
    if args.role is None and not context.as_json:
        lines = (f"{grant.role}\t{'write' if grant.may_write else 'read'}\n" for grant in grants)
        context.stdout.show("".join(lines))
        if not grants:
            context.say(f"{label(summary)} was shown to nobody.")
    return 0
