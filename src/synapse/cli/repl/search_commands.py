"""Slash commands that look for what was said, and file a session under words."""

from __future__ import annotations

from itertools import islice

from synapse.app.search import Search, did_you_mean, find, prepare
from synapse.app.tags import check_tag
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
        raise UsageError("what should be searched for?", "For example:  /search disk full")
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


def tag(repl: ReplState, words: str) -> None:
    """File the session under words, or say under which it is filed; `-word` takes one off."""
    summary = repl.conversation.stored()
    store, session_id = repl.context.store, summary.session.id
    wanted = words.split()
    new = [check_tag(word) for word in wanted if not word.startswith("-")]
    gone = [check_tag(word[1:]) for word in wanted if word.startswith("-")]
    if new:
        store.tag_sessions([session_id], new)
    if gone:
        store.untag_sessions([session_id], gone)
    tags = repl.conversation.stored().tags
    shown = ", ".join(tags) if tags else "none yet.  /tag WORD adds one"
    repl.context.say(f"Tags: {shown}")
