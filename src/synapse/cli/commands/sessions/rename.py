"""`synapse sessions rename`: what a session is called, and what it is about."""

from __future__ import annotations

from synapse.advice import Advice
from synapse.app.names import check_title
from synapse.cli.asking.confirm import ask_for_line
from synapse.cli.asking.naming import checked_name
from synapse.cli.listing.json_objects import session_name
from synapse.cli.listing.json_result import add_json
from synapse.cli.picker import CANCELLED, named_or_picked
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context
    from synapse.domain import Session

_USAGE = Advice("Name it:  ", "sessions rename", "REF", "NAME")
_TITLE_USAGE = Advice("Title it:  ", "sessions rename", "REF", after=" --title TEXT")


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("ref", nargs="?", metavar="REF", help="which session (help refs)")
    add("name", nargs="?", metavar="NAME", help="what to call it")
    add("--no-name", action="store_true", help="take its name away")
    add("--title", metavar="TEXT", help="what it is about, for lists: any text, no REF")
    add("--no-title", action="store_true", help="take its title away")
    add_json(parser)


def run(args: Namespace, context: Context) -> int:
    """Give a session a name or a title, or take them away."""
    _check_that_they_agree(args)
    title = None if args.title is None else check_title(args.title)
    titles = title is not None or args.no_title
    found = named_or_picked(context, args.ref, instead=_TITLE_USAGE if titles else _USAGE)
    if found is None:
        return CANCELLED
    if args.ref is None and not (args.no_name or titles):
        args.name = ask_for_line(context, f"Name for {found.session.handle}: ")
        if not args.name:
            return CANCELLED
    if args.name is not None or args.no_name:
        name = None if args.name is None else checked_name(args.name)
        _rename(context, found.session, name)
    if titles:
        _retitle(context, found.session, title)
    _record(context, found.session.id)
    return 0


def _record(context: Context, session_id: str) -> None:
    renamed = context.store.get_summary(session_id) if context.as_json else None
    context.record(session=session_name(renamed.session) if renamed else None)


def _check_that_they_agree(args: Namespace) -> None:
    if args.name is not None and args.no_name:
        raise UsageError("give a name, or --no-name", _USAGE)
    if args.title is not None and args.no_title:
        raise UsageError("give a title, or --no-title", _TITLE_USAGE)
    given = (args.name, args.title, args.no_name or None, args.no_title or None)
    if args.ref is not None and given == (None,) * 4:
        raise UsageError("give a name or a title, or --no-name, --no-title", _USAGE, _TITLE_USAGE)


def _rename(context: Context, session: Session, name: str | None) -> None:
    context.store.rename_session(session.id, name)
    handle = session.handle
    context.say(f'{handle} is called "{name}" now.' if name else f"{handle} has no name now.")


def _retitle(context: Context, session: Session, title: str | None) -> None:
    context.store.retitle_session(session.id, title)
    handle = session.handle
    has = f'has the title "{title}"' if title else "has no title"
    context.say(f"{handle} {has} now.")
