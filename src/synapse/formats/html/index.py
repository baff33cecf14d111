"""The page that lists all sessions of an archive, month by month."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from synapse.formats.html import assets, markup, message, page
from synapse.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_MONTHS = (
    "January February March April May June July August September October November December"
).split()


class Row(Record):
    """A session in the list."""

    number: int
    """By which the search knows it."""
    address: str
    """Of its page, relative to the list."""
    title: str
    model: str
    tags: tuple[str, ...]
    updated_at: datetime
    messages: int
    is_in_trash: bool


def pieces(rows: list[Row], shards: int) -> Iterable[str]:
    """The HTML of the page, the session that was used last first. `shards` is the number of files
    that the search has.
    """
    style, script = assets.index_style(), assets.index_script()
    title = "Conversations"
    yield page.head(title, style, markup.policy(style, script, loads_scripts=True))
    yield '<body>\n<a class="skip" href="#conversations">To the conversations</a>\n'
    count = f"{len(rows):,} conversation{'' if len(rows) == 1 else 's'}"
    yield f'<header class="top">\n<h1>{title}</h1>\n<p class="facts">{count}</p>\n</header>\n'
    yield page.tools("Search in all conversations")
    newest_first = sorted(rows, key=lambda row: (row.updated_at, row.number), reverse=True)
    months = [
        (month, list(of_month)) for month, of_month in itertools.groupby(newest_first, _month_of)
    ]
    if len(months) > 1:
        yield '<nav aria-label="Months"><ol>\n'
        for month, _ in months:
            yield f'<li><a href="#{month}">{_month_name(month)}</a></li>\n'
        yield "</ol></nav>\n"
    yield f'<main id="conversations" tabindex="-1" data-shards="{shards}">\n'
    for month, of_month in months:
        yield f'<section id="{month}" aria-labelledby="h{month}">\n'
        yield f'<h2 id="h{month}">{_month_name(month)}</h2>\n<ol>\n'
        yield from map(_item, of_month)
        yield "</ol>\n</section>\n"
    yield "</main>\n<footer>Written by Synapse, asks nothing of any server</footer>\n"
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _month_of(row: Row) -> str:
    return f"{row.updated_at:%Y-%m}"


def _month_name(month: str) -> str:
    year, _, number = month.partition("-")
    return f"{_MONTHS[int(number) - 1]} {year}"


def _item(row: Row) -> str:
    tags = "".join(f' <span class="tag" dir="auto">{markup.line(tag)}</span>' for tag in row.tags)
    trash = ' <span class="mark">in the trash</span>' if row.is_in_trash else ""
    count = f"{row.messages:,} message{'' if row.messages == 1 else 's'}"
    return (
        f'<li id="s{row.number}"><a href="{row.address}" dir="auto" lang="">'
        f"{markup.line(row.title)}</a>"
        f'<p class="facts">{message.moment(row.updated_at)} <span>{count}</span> '
        f'<span dir="auto">{markup.line(row.model)}</span>{tags}{trash}</p></li>\n'
    )
