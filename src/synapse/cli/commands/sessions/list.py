"""`synapse sessions list`: the sessions, the last used first.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse import timestamps
from synapse.advice import Advice
from synapse.app.sessions import close_abandoned_answers, explain_no_sessions
from synapse.cli.command_line.numbers import number
from synapse.cli.listing.tables import tsv_row
from synapse.domain import SessionFilter, SessionOrder
from synapse.human_time import parse_moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context
    from synapse.domain import SessionSummary

_USUAL = 20
_ORDERS = ("updated", "created", "messages", "name")
_TIMES = ("relative", "local", "iso")
_FORMATS = ("table", "tsv", "json", "jsonl", "id")


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("query", nargs="?", metavar="QUERY", help="with this in name, title, preview; tag:WORD")
    add_filter_options(parser)
    add("--named", action="store_true", help="only those that have a name")
    add("--sort", choices=_ORDERS, default="updated", help="what comes first (updated)")
    add("-R", "--reverse", action="store_true", help="the other way round")
    add("-n", "--limit", type=number, default=_USUAL, metavar="N", help="how many (20); 0: all")
    add("-a", "--all", action="store_const", const=0, dest="limit", help="all of them")
    add("--full", action="store_true", help="whole ids on a terminal, too")
    add("--time", choices=_TIMES, help="how the table shows times (relative)")
    add("--deleted", action="store_true", help="what is in the trash")
    add("--shared", action="store_true", help="what others have shared with you (docs/servers.md)")
    add("-F", "--format", choices=_FORMATS, help="a table on a terminal, tsv elsewhere")
    add("--json", action="store_const", const="json", dest="format", help="= --format json")
    add("--header", action="store_true", help="name the columns of tsv")


def add_filter_options(parser: ArgumentParser) -> None:
    """What chooses among sessions by when and with whom."""
    add = parser.add_argument
    add("--since", metavar="T", help="only those used since: 90d, 2w, today, 2026-11-01")
    add("--until", metavar="T", help="only those last used before")
    add("--model", metavar="M", help="only those whose model has this in its name")
    add("--provider", metavar="P", help="only those of this provider")
    add("--tag", metavar="TAG", help="only those with this tag")


def run(args: Namespace, context: Context) -> int:
    """List the sessions; 1 if something was looked for and nothing found."""
    which = filter_of(args)
    if args.shared:
        from synapse.cli.listing.shared_sessions import list_shared  # only on some servers

        return list_shared(args, context, chosen=which is not None)
    if not args.deleted:
        context.clean_up()
    summaries = _found(context, args, which)
    format = args.format or ("table" if context.stdout.is_terminal else "tsv")
    if format == "tsv":
        _write_tsv(context, summaries, header=args.header)
    elif format == "id":
        context.stdout.show("".join(f"{summary.session.id}\n" for summary in summaries))
    elif format in ("json", "jsonl"):
        _write_json(context, summaries, lines=format == "jsonl")
    elif summaries:
        _write_table(context, summaries, args, which)
    if not summaries and not context.quiet:
        _say_nothing(args, which, context)
    return 1 if which is not None and not summaries else 0


def filter_of(args: Namespace) -> SessionFilter | None:
    """What the options choose; None if they choose nothing. Raises UsageError."""
    chosen = {name: getattr(args, name) for name in ("model", "provider")}
    text: str | None = args.query
    tags: tuple[str, ...] = () if args.tag is None else (args.tag,)
    if text is not None and ":" in text:
        from synapse.app.tags import split_tags

        text, more = split_tags(text)
        tags += more
    chosen |= {"text": text if text or not tags else None, "tags": tags or None}
    chosen["named"] = getattr(args, "named", False)
    now = timestamps.now()
    for name in ("since", "until"):
        text = getattr(args, name)
        if text is not None:
            chosen[name] = parse_moment(text, now)
    if not any(value is not None and value is not False for value in chosen.values()):
        return None
    return SessionFilter(**{name: value for name, value in chosen.items() if value is not None})


def _found(context: Context, args: Namespace, which: SessionFilter | None) -> list[SessionSummary]:
    """The sessions to list. Answers that nobody receives any more are closed."""
    found = context.store.list_sessions(
        limit=args.limit or None,
        deleted=args.deleted,
        which=which,
        order=None if args.sort == "updated" else SessionOrder(args.sort),
        reverse=args.reverse,
    )
    return close_abandoned_answers(context.store, found)


def _say_nothing(args: Namespace, which: SessionFilter | None, context: Context) -> None:
    if which is not None:
        where = " in the trash" if args.deleted else ""
        context.say(f"No session{where} matches.")
    elif args.deleted:
        context.say("The trash is empty.")
    else:
        why, hint = explain_no_sessions(context.store)
        context.say(f"{why[0].upper()}{why[1:]}.", hint)


def _write_tsv(context: Context, summaries: list[SessionSummary], *, header: bool) -> None:
    from synapse.cli.listing.summaries import TSV_HEADER, tsv_fields

    rows = [tsv_row(TSV_HEADER)] if header else []
    rows += [tsv_row(tsv_fields(summary)) for summary in summaries]
    context.stdout.write("".join(rows))


def _write_json(context: Context, summaries: list[SessionSummary], *, lines: bool) -> None:
    from synapse.cli.listing.json_objects import session_object
    from synapse.cli.listing.json_output import SCHEMA, write_json, write_json_line

    if not lines:
        write_json(context, {"schema": SCHEMA, "sessions": [*map(session_object, summaries)]})
        return
    for summary in summaries:
        write_json_line(context, {"schema": SCHEMA, **session_object(summary)})


def _write_table(
    context: Context,
    summaries: list[SessionSummary],
    args: Namespace,
    which: SessionFilter | None,
) -> None:
    from synapse.cli.listing.session_table import TableLayout, session_table
    from synapse.cli.showing.pager import page

    layout = TableLayout(
        columns=context.stdout.width(context.environ),
        level=context.color_level(),
        glyphs=context.glyphs(),
        time=args.time or context.settings.ui.time,
        full=args.full,
        deleted=args.deleted,
        in_words=context.settings.ui.accessible,
        previews=context.settings.ui.titles != "off",
    )
    page(context, [session_table(summaries, layout)])
    if args.limit and len(summaries) == args.limit:
        _tell_of_more(context, args, which)


def _tell_of_more(context: Context, args: Namespace, which: SessionFilter | None) -> None:
    if not context.stderr.is_terminal or context.quiet:
        return
    store = context.store
    total = (
        store.count_sessions(deleted=args.deleted)
        if which is None
        else store.total_sessions(which, deleted=args.deleted).sessions
    )
    if total > args.limit:
        more = Advice("more: ", "sessions list", *_words(args), "-n", f"{args.limit * 5 // 2}")
        context.hint(f"{args.limit:,} of {total:,} sessions ·", more)


def _words(args: Namespace) -> list[str]:
    """The words and options that chose what is listed, as they can be typed again."""
    words = [args.query] if args.query is not None else []
    for name in ("since", "until", "model", "provider", "tag"):
        value = getattr(args, name)
        words += [f"--{name}", value] if value is not None else []
    words += [f"--{name}" for name in ("named", "deleted", "reverse") if getattr(args, name)]
    return words + (["--sort", args.sort] if args.sort != "updated" else [])
