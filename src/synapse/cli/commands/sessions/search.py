"""`synapse sessions search QUERY`: what was said, in any session, the newest first.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.advice import Advice
from synapse.app.search import Search, did_you_mean, prepare
from synapse.cli.declared import declared
from synapse.cli.listing.finding import Wanted, catch_up, write_count, write_json_of, write_rows
from synapse.domain import Role
from synapse.errors import UsageError
from synapse.human_time import parse_moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context

_USUAL = 20

EXAMPLES = """\
examples (the language: synapse help search):
  synapse sessions search docker volumes
  synapse sessions search '"does the data" -podman after:3mo'
  synapse sessions search role:user data -C 1
"""


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    from synapse.cli.command_line.numbers import number

    add = parser.add_argument
    add("query", nargs="*", metavar="QUERY", help="what to look for; several words are joined")
    add("-n", "--limit", type=number, metavar="N", help="how many messages (20); 0: all")
    add("-s", "--session", metavar="REF", help="only in this session (help refs)")
    add("--role", choices=[role.value for role in Role], help="only messages of this role")
    add("--tag", metavar="TAG", help="only in sessions with this tag")
    add("--since", metavar="T", help="only messages since: 90d, 2w, today, 2026-11-01")
    add("--until", metavar="T", help="only messages before")
    add("-C", "--context", type=number, default=0, metavar="N", help="N messages around each")
    add("-l", "--list", action="store_true", help="only the sessions")
    add("--count", action="store_true", help="only how many there are")
    add("--rank", action="store_true", help="the most relevant first, of the 2,000 newest")
    add("--deleted", action="store_true", help="look in the trash")
    add("--json", action="store_true", help="one JSON object")


def rewritten(words: list[str]) -> list[str]:
    """The arguments with a blank in front of what belongs to the query though it begins with a
    dash: `-full`, `->`. Options are `--name`, single letters, and `-n5`.
    """
    if not any(map(_is_of_the_query, words)):
        return words
    options = declared(("sessions", "search")).options
    rest, takes_value = [], False
    for word in words:
        rest.append(f" {word}" if _is_of_the_query(word) and not takes_value else word)
        takes_value = word in options and options[word].takes_value
    return rest


def _is_of_the_query(word: str) -> bool:
    if len(word) < 2 or word[0] != "-" or word == "--":
        return False
    if word[1] == "-":
        return not word[2].isalpha()
    if len(word) == 2:
        return not word[1].isalpha()
    return not (word[1] in "nC" and word[2:].isdecimal())


def run(args: Namespace, context: Context) -> int:
    """Show what is found; 1 if nothing is."""
    search = _search(args, context)
    if search.is_empty and not args.query:
        raise UsageError(
            "what should be searched for?",
            Advice("For example:  ", "sessions search", "disk", "full"),
        )
    if not context.quiet:
        for note in search.notes:
            context.say(f"{note}.")
    limit = _USUAL if args.limit is None else args.limit or None
    wanted = Wanted(
        search=search,
        limit=args.limit or None if args.count else limit,
        rank=args.rank,
        around=args.context,
        only_sessions=args.list,
    )
    if args.json:
        found = write_json_of(context, wanted, only_count=args.count)
    elif args.count:
        found = write_count(context, wanted)
    elif context.stdout.is_terminal:
        from synapse.cli.listing.arriving import show

        found = show(context, wanted, args)
    else:
        found = write_rows(context, wanted)
    if not found:
        _say_nothing_found(context, search)
    if not search.is_empty:
        catch_up(context)
    return 0 if found else 1


def _search(args: Namespace, context: Context) -> Search:
    """What the words and the options look for. Raises UsageError, and for `-s` what `resolve`
    does.
    """
    search = prepare(context.store, " ".join(args.query), deleted=args.deleted)
    query = search.query
    if args.session is not None:
        from synapse.app.references import resolve

        session_id = resolve(context.store, args.session, deleted=args.deleted).session.id
        elsewhere = bool(query.session_ids) and session_id not in query.session_ids
        query = query.replace(session_ids=(session_id,))
        search = search.replace(finds_nothing=search.finds_nothing or elsewhere)
    if args.role is not None:
        query = query.replace(roles=(*query.roles, Role(args.role)))
    if args.tag is not None:
        query = query.replace(tags=(*query.tags, args.tag))
    if args.since is not None:
        since = parse_moment(args.since)
        query = query.replace(after=max(since, query.after or since))
    if args.until is not None:
        until = parse_moment(args.until)
        query = query.replace(before=min(until, query.before or until))
    return search.replace(query=query, is_empty=search.is_empty and query == search.query)


def _say_nothing_found(context: Context, search: Search) -> None:
    """Where somebody reads it: programs know by the exit status."""
    if not context.stderr.is_terminal or context.quiet:
        return
    if search.is_empty:
        context.say("There is nothing to look for.")
        return
    where = " in the trash" if search.query.deleted else ""
    context.say(f"No message{where} matches.")
    meant = did_you_mean(context.store, search)
    if meant is not None:
        context.say("Did you mean:", Advice(" ", "sessions search", meant))
