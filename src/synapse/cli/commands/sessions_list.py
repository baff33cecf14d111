"""`synapse sessions list`: the sessions, the last used first."""

from __future__ import annotations

from synapse.cli.output import tsv_row, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context
    from synapse.domain import SessionSummary

_USUAL = 20
_FORMATS = ("table", "tsv", "json", "jsonl", "id")


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("-n", "--limit", type=_number, default=_USUAL, metavar="N", help="how many (20); 0: all")
    add("-a", "--all", action="store_const", const=0, dest="limit", help="all of them")
    add("--full", action="store_true", help="whole ids on a terminal, too")
    add("--deleted", action="store_true", help="what is in the trash")
    add("--format", choices=_FORMATS, help="a table on a terminal, tsv elsewhere")
    add("--json", action="store_const", const="json", dest="format", help="= --format json")
    add("--header", action="store_true", help="name the columns of tsv")


def run(args: Namespace, context: Context) -> int:
    """List the sessions."""
    if not args.deleted:
        context.clean_up()
    summaries = newest(context, args.limit, deleted=args.deleted)
    format = args.format or ("table" if context.stdout.is_terminal else "tsv")
    if format == "tsv":
        _write_tsv(context, summaries, header=args.header)
    elif format == "id":
        context.stdout.write("".join(f"{summary.session.id}\n" for summary in summaries))
    elif format in ("json", "jsonl"):
        _write_json(context, summaries, lines=format == "jsonl")
    elif summaries:
        _write_table(context, summaries, args)
    if not summaries and not context.quiet:
        context.say(
            "The trash is empty."
            if args.deleted
            else 'No sessions yet. Start one:  synapse "Hello"'
        )
    return 0


def newest(context: Context, limit: int, *, deleted: bool) -> list[SessionSummary]:
    """The sessions to list; 0 means all. Answers that nobody receives any more are closed."""
    from synapse.app.sessions import with_abandoned_closed

    found = context.store.list_sessions(limit=limit or None, deleted=deleted)
    return with_abandoned_closed(context.store, found)


def _write_tsv(context: Context, summaries: list[SessionSummary], *, header: bool) -> None:
    from synapse.cli.summaries import TSV_HEADER, tsv_fields

    rows = [tsv_row(TSV_HEADER)] if header else []
    rows += [tsv_row(tsv_fields(summary)) for summary in summaries]
    context.stdout.show("".join(rows))


def _write_json(context: Context, summaries: list[SessionSummary], *, lines: bool) -> None:
    from synapse.cli.answers import SCHEMA
    from synapse.cli.output import write_json_line
    from synapse.cli.summaries import summary_object

    if not lines:
        write_json(context, {"schema": SCHEMA, "sessions": [*map(summary_object, summaries)]})
        return
    for summary in summaries:
        write_json_line(context, {"schema": SCHEMA, **summary_object(summary)})


def _write_table(context: Context, summaries: list[SessionSummary], args: Namespace) -> None:
    from synapse.cli.pager import page
    from synapse.cli.session_table import Look, session_table

    look = Look(
        columns=context.stdout.width(context.environ),
        level=context.color_level(),
        glyphs=context.glyphs(),
        time=context.settings.ui.time,
        full=args.full,
        deleted=args.deleted,
    )
    page(context, session_table(summaries, look))
    if args.limit and len(summaries) == args.limit:
        _tell_of_more(context, args)


def _tell_of_more(context: Context, args: Namespace) -> None:
    if not context.stderr.is_terminal or context.quiet:
        return
    total = context.store.count_sessions(deleted=args.deleted)
    if total > args.limit:
        which = " --deleted" if args.deleted else ""
        context.hint(
            f"{args.limit:,} of {total:,} sessions"
            f" · more: synapse sessions list{which} -n {args.limit * 5 // 2}"
        )


def _number(text: str) -> int:
    number = int(text)
    if not 0 <= number < 1 << 62:
        raise ValueError
    return number


_number.__name__ = "number"
