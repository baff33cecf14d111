"""`synapse sessions stats --cost`: as a table, as tab-separated values, as JSON."""

from __future__ import annotations

from synapse.cli.listing.costs import amount, exact, total_of, without_price
from synapse.cli.listing.json_output import SCHEMA, write_json
from synapse.cli.listing.tables import listing, tsv_row
from synapse.human_time import zone_name
from synapse.model_table.known import date
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from synapse.cli.context import Context
    from synapse.domain import StatisticsRow

_TOKENS = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens")
_SHOWN = ("input_tokens", "cached_tokens", "output_tokens")
_HEADS = ("TOKENS IN", "CACHED", "TOKENS OUT", "COST")
_ANY_VENDOR = "openai"


def table_date() -> str:
    """When the table of prices was drawn up that comes with Synapse."""
    return date(_ANY_VENDOR) or "unknown"


def write_objects(
    context: Context,
    by: str,
    rows: Sequence[StatisticsRow],
    beginning: Callable[[str], dict[str, str | None]],
) -> None:
    """One JSON object; costs are whole nano-dollars, or null."""
    total = total_of(rows)
    write_json(
        context,
        {
            "schema": SCHEMA,
            "by": by,
            "zone": zone_name(context.environ),
            "prices_of": table_date(),
            "rows": [
                {
                    "key": row.key,
                    **beginning(row.key),
                    "sessions": row.sessions,
                    "messages": row.messages,
                    **_tokens(row),
                    "cost": row.cost,
                    "unpriced": row.unpriced,
                }
                for row in rows
            ],
            "totals": {**_sums(rows), "cost": total.nano, "unpriced": total.unpriced},
        },
    )


def write_values(context: Context, rows: Sequence[StatisticsRow]) -> None:
    """Key, tokens sent, cached, put into the cache and received, dollars, answers without a price;
    a line each.
    """
    for row in rows:
        fields = [row.key, *map(str, _tokens(row).values()), exact(row.cost), str(row.unpriced)]
        context.stdout.write(tsv_row(fields))


def show(context: Context, by: str, rows: Sequence[StatisticsRow]) -> None:
    """A table, and below it what is not in it."""
    dash = "-" if context.ascii_only else "–"
    total, sums = total_of(rows), _sums(rows)
    some_lack_it = bool(total.unpriced)

    def line(key: str, tokens: dict[str, int], nano: int | None, unpriced: int) -> list[str]:
        cells = [key, *(f"{tokens[name]:,}" for name in _SHOWN), amount(nano, dash)]
        return [*cells, f"{unpriced:,}" if unpriced else ""] if some_lack_it else cells

    cells = [[by.upper(), *_HEADS, *(["WITHOUT A PRICE"] if some_lack_it else []), ""]]
    for row in rows:
        key, about = _names(context, by, row.key)
        cells.append([*line(key, _tokens(row), row.cost, row.unpriced), about])
    cells.append([*line("total", sums, total.nano, total.unpriced), ""])
    lines = listing(context, cells, right=range(1, len(cells[0]) - 1))
    if total.unpriced:
        lines.append(f"{without_price(total.unpriced)}: nobody has told what their tokens cost.")
    lines.append(
        f"Costs are what they were when the answers were written; Synapse now knows prices of"
        f" {table_date()}."
    )
    context.stdout.show("".join(f"{context.wrapped(line, context.stdout)}\n" for line in lines))


def _tokens(row: StatisticsRow) -> dict[str, int]:
    return {name: row.__dict__[name] for name in _TOKENS}


def _sums(rows: Sequence[StatisticsRow]) -> dict[str, int]:
    return {name: sum(row.__dict__[name] for row in rows) for name in _TOKENS}


def _names(context: Context, by: str, key: str) -> tuple[str, str]:
    """The key as it is shown, and what a session is about."""
    summary = context.store.get_summary(key) if by == "session" else None
    if summary is None:
        return clean_line(key), ""
    return summary.session.handle, clean_line(summary.session.name or summary.headline)
