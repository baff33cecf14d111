"""Slash commands that look for what was said."""

from __future__ import annotations

from itertools import islice

from synapse.app.search import Search, did_you_mean, find, prepare
from synapse.cli.listing.finding import searching
from synapse.cli.listing.found import found_layout, hit_line
from synapse.cli.picker import pick_hit
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.repl.state import ReplState
    from synapse.search_query import SearchHit

_MOST = 200
"""Messages among which one can be chosen: the newest."""


def search(repl: ReplState, words: str) -> None:
    """Find what was said, in any session, and go on where it was said."""
    context = repl.context
    looked_for = prepare(context.store, words)
    if looked_for.is_empty:
        raise UsageError("what is to be looked for?", "For example:  /search disk full")
    for note in looked_for.notes:
        context.say(f"{note}.")
    hits = _found(repl, looked_for)
    if not hits:
        meant = did_you_mean(context.store, looked_for)
        context.say("No message matches." + (f" Did you mean:  /search {meant}" if meant else ""))
        return
    hit = hits[0] if len(hits) == 1 else pick_hit(context, hits)
    if hit is None:
        return
    repl.open_at(hit.session, hit.message.index)
    context.stdout.write(hit_line(hit, found_layout(context)))


def _found(repl: ReplState, looked_for: Search) -> list[SearchHit]:
    """What is found; of a search that Ctrl-C ends, what was found until then."""
    hits: list[SearchHit] = []
    with searching(repl.context) as bar:
        try:
            for hit in islice(find(repl.context.store, looked_for, progress=bar.update), _MOST):
                hits.append(hit)
        except KeyboardInterrupt:
            if not hits:
                raise
    return hits
