"""`synapse db members`: who may use the database."""

from __future__ import annotations

from synapse.cli.listing.json_result import add_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("--add", action="append", default=[], metavar="ROLE", help="let it in; repeatable")
    add(
        "--remove",
        action="append",
        default=[],
        metavar="ROLE",
        help="keep it out; its sessions stay",
    )
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Let roles in, keep roles out, and list who is in."""
    sharing = context.sharing
    for role in args.add:
        state = "may use it now" if sharing.admit(role) else "could use it already"
        context.say(f"{role} {state}.")
    for role in args.remove:
        state = "is kept out now" if sharing.expel(role) else "could not use it anyway"
        context.say(f"{role} {state}.")
    members = sharing.members()
    context.record(
        location=sharing.location,
        members=[
            {"role": member.role, "owner": member.is_owner, "you": member.is_self}
            for member in members
        ],
    )
    if not context.as_json and not (args.add or args.remove):
        for member in members:
            part = "owner" if member.is_owner else "member"
            you = "\tyou" if member.is_self else ""
            context.stdout.show(f"{member.role}\t{part}{you}\n")
    return 0
