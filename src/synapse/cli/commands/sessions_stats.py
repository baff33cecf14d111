"""`synapse sessions stats`: how much was said, when and with whom."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context
    from synapse.domain import StatisticsRow


_PERIODS = ("day", "week", "month", "model", "role")
_BAR = 24


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("--by", choices=_PERIODS, default="month", help="what is summed (month)")
    add("--since", metavar="T", help="only messages since: 90d, 2w, 2026-11-01")
    add("--format", choices=("table", "tsv", "json"), help="table on a terminal, else tsv")
    add("--json", action="store_const", const="json", dest="format", help="= --format json")


def run(args: Namespace, context: Context) -> int:
    """Sum the live sessions' messages."""
    from synapse.cli.moments import parse_moment

    since = parse_moment(args.since) if args.since is not None else None
    rows = context.store.statistics(args.by, since=since)
    kind = args.format or ("table" if context.stdout.is_terminal else "tsv")
    if kind == "json":
        from synapse.cli.output import SCHEMA, write_json

        listed = [{"key": row.key, **_numbers(row)} for row in rows]
        write_json(context, {"schema": SCHEMA, "by": args.by, "rows": listed})
    elif kind == "tsv":
        from synapse.cli.output import tsv_row

        for row in rows:
            context.stdout.write(tsv_row([row.key, *map(str, _numbers(row).values())]))
    elif rows:
        _show_table(args.by, rows, context)
    else:
        context.say('No messages yet. Start:  synapse "Hello"')
    return 0


def _numbers(row: StatisticsRow) -> dict[str, int]:
    return {
        "sessions": row.sessions,
        "messages": row.messages,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
    }


def _show_table(by: str, rows: list[StatisticsRow], context: Context) -> None:
    from synapse.cli.output import listing

    most = max(row.messages for row in rows)
    mark = "#" if context.ascii_only else "▇"
    cells: list[tuple[str, ...]] = [
        (by.upper(), "SESSIONS", "MESSAGES", "TOKENS IN", "TOKENS OUT", "")
    ]
    cells += [
        (
            row.key,
            *(f"{number:,}" for number in _numbers(row).values()),
            mark * max(1, row.messages * _BAR // most),
        )
        for row in rows
    ]
    lines = listing(context, cells, right=(1, 2, 3, 4))
    context.stdout.show("".join(f"{line}\n" for line in lines))
