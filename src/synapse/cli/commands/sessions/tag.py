"""`synapse sessions tag REF… TAG`: words that sessions are filed under."""

from __future__ import annotations

from synapse.app.references import resolve_all
from synapse.app.tags import check_tag
from synapse.cli.listing.json_result import add_json, record_sessions
from synapse.cli.listing.trash import label, messages_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("refs", nargs="+", metavar="REF", help="which sessions (help refs)")
    parser.add_argument("tag", metavar="TAG", help="one word; # in front of it is left out")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Put a tag on the sessions."""
    return tag(args.refs, args.tag, context, take_off=False)


def tag(references: list[str], text: str, context: Context, *, take_off: bool) -> int:
    """Put a tag on the sessions, or take it off; the exit status."""
    word = check_tag(text)
    found = resolve_all(context.store, references)
    act = context.store.untag_sessions if take_off else context.store.tag_sessions
    ids = frozenset(act([summary.session.id for summary in found], [word]))
    changed = [summary for summary in found if summary.session.id in ids]
    record_sessions(context, changed)
    what = label(found[0]) if len(found) == 1 else messages_of(changed or found)
    have = "has" if len(found) == 1 else "have"
    if not changed:
        state = "had no such tag" if take_off else f"{have} the tag {word} already"
        context.say(f"{what} {state}.")
    elif take_off:
        context.say(f"{what} no longer {have} the tag {word}.")
    else:
        context.say(f"{what} {have} the tag {word} now.")
    return 0
