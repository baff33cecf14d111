"""`synapse sessions stats`: how much was said, when and with whom."""

from __future__ import annotations

from datetime import datetime

from synapse.app.sessions import explain_no_sessions
from synapse.cli.commands.db.info import size
from synapse.cli.listing.json_output import SCHEMA, write_json
from synapse.cli.listing.tables import listing, tsv_row
from synapse.cli.listing.trash import totals_text
from synapse.domain import SessionFilter, SessionTotals
from synapse.errors import ConfigError, UsageError
from synapse.human_time import parse_moment, zone_name
from synapse.record import Record
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context
    from synapse.domain import StatisticsRow


_BY_TIME = ("day", "week", "month")
_PERIODS = (*_BY_TIME, "model", "provider", "session", "role")
_BAR = 24


class Totals(Record):
    """What stands below the rows."""

    sessions: int
    """Live ones that were used in that time."""
    messages: int
    """Of the rows, like the tokens."""
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    trash: SessionTotals
    size: int
    """Bytes of the whole database; 0 if it is no file."""


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("--by", choices=_PERIODS, default="month", help="what is summed (month)")
    add("--cost", action="store_true", help="what answers cost, and their tokens")
    add("--since", metavar="T", help="only messages since: 90d, 2w, 2026-11-01")
    add("-F", "--format", choices=("table", "tsv", "json"), help="table on a terminal, else tsv")
    add("--json", action="store_const", const="json", dest="format", help="= --format json")


def run(args: Namespace, context: Context) -> int:
    """Sum the live sessions' messages; 1 if there are none since the time that was asked for."""
    since = parse_moment(args.since) if args.since is not None else None
    rows = context.store.statistics(args.by, since=since)
    kind = args.format or ("table" if context.stdout.is_terminal else "tsv")
    by_time = args.by in _BY_TIME
    if args.cost and (rows or kind == "json"):
        _write_costs(kind, args.by, rows, context)
    elif kind == "json":
        listed = [
            {"key": row.key, **(_beginning(row.key) if by_time else {}), **_numbers(row)}
            for row in rows
        ]
        totals = _totals(rows, since, context)
        write_json(
            context,
            {
                "schema": SCHEMA,
                "by": args.by,
                "zone": zone_name(context.environ),
                "rows": listed,
                "totals": _numbers(totals),
                "trash": {"sessions": totals.trash.sessions, "messages": totals.trash.messages},
                "size": totals.size,
            },
        )
    elif kind == "tsv":
        for row in rows:
            context.stdout.write(tsv_row([row.key, *map(str, _numbers(row).values())]))
    elif rows:
        _show_table(args.by, rows, context, _totals(rows, since, context))
    else:
        _say_nothing(context, since)
    return 0 if rows or since is None else 1


def _write_costs(kind: str, by: str, rows: list[StatisticsRow], context: Context) -> None:
    from synapse.cli.listing import cost_table  # for those who ask

    if kind == "json":
        begins = _beginning if by in _BY_TIME else lambda key: {}
        cost_table.write_objects(context, by, rows, begins)
    elif kind == "tsv":
        cost_table.write_values(context, rows)
    else:
        cost_table.show(context, by, rows)


def _say_nothing(context: Context, since: datetime | None) -> None:
    if since is not None:
        context.say("No messages since.")
        return
    why, hint = explain_no_sessions(context.store)
    context.say(f"No messages: {why}.", hint)


def _beginning(key: str) -> dict[str, str | None]:
    """When a day, a week or a month began, with the offset that held then."""
    try:
        first = datetime.fromisoformat(key if len(key) > len("2026-11") else f"{key}-01")
        return {"begins": first.astimezone().isoformat()}
    except (ValueError, OverflowError):  # messages whose time nobody can read
        return {"begins": None}


def _totals(rows: list[StatisticsRow], since: datetime | None, context: Context) -> Totals:
    store = context.store
    return Totals(
        # not the sum of the rows: a session may have messages in several
        sessions=store.total_sessions(SessionFilter(since=since)).sessions,
        messages=sum(row.messages for row in rows),
        input_tokens=sum(row.input_tokens for row in rows),
        output_tokens=sum(row.output_tokens for row in rows),
        cached_tokens=sum(row.cached_tokens for row in rows),
        cache_write_tokens=sum(row.cache_write_tokens for row in rows),
        trash=store.total_sessions(SessionFilter(), deleted=True),
        size=_size(context),
    )


def _size(context: Context) -> int:
    try:
        return context.inspection.info().size
    except (ConfigError, UsageError):  # on a server, in memory: no file of ours
        return 0


def _numbers(row: StatisticsRow | Totals) -> dict[str, int]:
    return {
        "sessions": row.sessions,
        "messages": row.messages,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "cached_tokens": row.cached_tokens,
        "cache_write_tokens": row.cache_write_tokens,
    }


def _show_table(by: str, rows: list[StatisticsRow], context: Context, totals: Totals) -> None:
    most = max(row.messages for row in rows)
    mark = "#" if context.ascii_only else "▇"
    columns = {
        "sessions": "SESSIONS",
        "messages": "MESSAGES",
        "input_tokens": "TOKENS IN",
        **({"cached_tokens": "CACHED"} if totals.cached_tokens else {}),
        "output_tokens": "TOKENS OUT",
    }

    def numbers(row: StatisticsRow | Totals) -> list[str]:
        return [f"{_numbers(row)[column]:,}" for column in columns]

    cells: list[tuple[str, ...]] = [(by.upper(), *columns.values(), "")]
    cells += [
        (clean_line(row.key), *numbers(row), mark * max(1, row.messages * _BAR // most))
        for row in rows
    ]
    cells.append(("total", *numbers(totals), ""))
    lines = listing(context, cells, right=range(1, 1 + len(columns)))
    lines.append(f"In the trash: {totals_text(totals.trash)}. Database: {size(totals.size)}.")
    context.stdout.show("".join(f"{line}\n" for line in lines))
