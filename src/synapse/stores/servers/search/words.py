"""Words that are stored and nearly the one that was looked for."""

from __future__ import annotations

from synapse.search_query import SearchQuery
from synapse.stores.search_judging import EVER
from synapse.stores.search_near import counted_in, edits_of, most_frequent
from synapse.stores.servers.search.asking import Any, Term
from synapse.stores.servers.search.candidates import Candidates
from synapse.stores.servers.search.facts import Facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.stores.servers.dialect import Connection

_READ = 4000
"""The newest messages that may have one of the words."""


def near(connection: Connection, word: str, most: int) -> list[str]:
    """Stored terms from which the folded word differs by one letter, or by two that have changed
    places; those first that are in most of the newest messages that have any.
    """
    edits = edits_of(word)
    if not edits:
        return []
    query = SearchQuery()
    facts = Facts(connection, query)
    asked = Any(parts=tuple(Term(text=edit) for edit in sorted(edits)))
    candidates = Candidates(connection, query, facts, after=0, before=EVER, asked=asked)
    texts: list[str] = []
    for batch, _ in candidates.batches():
        facts.learn(batch)
        for one in batch:
            if facts.allow(one):
                texts += [one.text, *facts.texts_of_files(one)]
        if len(texts) >= _READ:
            break
    return most_frequent(counted_in(texts, edits), most)
