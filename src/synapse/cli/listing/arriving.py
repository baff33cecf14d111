"""What a search finds, for people: all at once if it is there at once, else as it is found."""

from __future__ import annotations

import time
from itertools import chain

from synapse.advice import Advice
from synapse.cli.listing.finding import around, hits_of, searching
from synapse.cli.listing.found import Groups, found_layout, grouped, session_line
from synapse.cli.listing.tables import count
from synapse.cli.showing.pager import page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator

    from synapse.cli.context import Context
    from synapse.cli.listing.finding import Progress, Wanted
    from synapse.search_query import SearchHit

_PATIENCE = 0.3
"""Seconds for which hits are gathered, to be shown together and in the pager."""
_MANY = 500
"""Hits that are gathered at the most."""


def show(context: Context, wanted: Wanted, args: Namespace) -> int:
    """Show what is found; how many hits. What comes within a moment is grouped by session and goes
    through the pager if it overruns the screen; after that, each hit is written as it is found.
    """
    with searching(context) as bar:
        arriving = _Arriving(context, wanted, bar)
        arriving.show()
    if arriving.more:
        _tell_of_more(context, wanted, args)
    return arriving.found


class _Arriving:
    def __init__(self, context: Context, wanted: Wanted, bar: Progress) -> None:
        self._context = context
        self._wanted = wanted
        self._bar = bar
        self._layout = found_layout(context)
        self._groups = Groups(self._layout)
        self._gathered: list[SearchHit] = []
        self._flows = self._is_paged = False
        self._due = time.monotonic() + _PATIENCE
        self.found = 0
        self.more = False
        """Whether there are others beyond the limit."""

    def show(self) -> None:
        """Search, and show what is found."""
        hits = self._counted()
        for hit in hits:
            if self._flows:
                self._write(self._lines(hit))
                continue
            self._gathered.append(hit)
            self._flow_if_due()
            if len(self._gathered) == _MANY:
                break
        if not self._flows:
            self._bar.hide()
            self._is_paged = True
            page(self._context, self._all_lines(chain(self._ordered(), hits)))

    def _counted(self) -> Iterator[SearchHit]:
        """The hits up to the limit."""
        limit = self._wanted.limit
        one_more = self._wanted.replace(limit=None if limit is None else limit + 1)
        for hit in hits_of(self._context, one_more, self._hear):
            if self.found == limit:
                self.more = True
                return
            self.found += 1
            yield hit

    def _hear(self, done: int, total: int) -> None:
        """While nothing is found: what was found before is not held back for that."""
        self._flow_if_due()
        if not self._is_paged:
            self._bar.update(done, total)

    def _flow_if_due(self) -> None:
        waits = self._gathered and not self._flows and not self._is_paged
        if waits and time.monotonic() >= self._due:
            self._flows = True
            self._write(self._all_lines(self._ordered()))

    def _ordered(self) -> list[SearchHit]:
        """What has been gathered, as it is shown."""
        self._groups.expect(self._gathered)
        return self._gathered if self._wanted.rank else grouped(self._gathered)

    def _write(self, lines: Iterable[str]) -> None:
        self._bar.hide()
        self._context.stdout.write("".join(lines))

    def _all_lines(self, hits: Iterable[SearchHit]) -> Iterator[str]:
        for hit in hits:
            yield from self._lines(hit)

    def _lines(self, hit: SearchHit) -> Iterator[str]:
        if self._wanted.only_sessions:
            return iter((session_line(hit.session, self._layout),))
        return self._groups.lines(hit, around(self._context, hit, self._wanted.around))


def _tell_of_more(context: Context, wanted: Wanted, args: Namespace) -> None:
    words = [word.lstrip() if word.startswith(" -") else word for word in args.query]
    for name in ("session", "role", "tag", "since", "until"):
        value = getattr(args, name)
        words += [f"--{name}", value] if value is not None else []
    words += [f"--{name}" for name in ("list", "rank", "deleted") if getattr(args, name)]
    words += ["-C", str(args.context)] if args.context else []
    limit = wanted.limit or 0
    noun = "session" if wanted.only_sessions else "message"
    first = f"first {noun}" if limit == 1 else f"first {count(limit, noun)}"
    more = Advice("more: ", "sessions search", *words, "-n", f"{limit * 5 // 2}")
    context.hint(f"The {first} ·", more)
