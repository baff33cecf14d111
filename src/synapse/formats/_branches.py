"""A conversation that branches, as sessions: the one that was shown, and its forks."""

from __future__ import annotations

from synapse.archived import Unreadable
from synapse.formats._trees import leaves, paths
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from synapse.archived import ArchivedSession
    from synapse.formats._building import SessionBuilder


def sessions(
    parents: Mapping[str, str | None],
    current: str | None,
    begin: Callable[[str | None], SessionBuilder],
    add: Callable[[SessionBuilder, str], None],
) -> Iterator[ArchivedSession | Unreadable]:
    """One session for each way through the tree (`paths`), branches as forks of what they branch
    off; a further root, which is a first question that was edited, as a fork of the first way that
    shares nothing with it.

    `begin` makes the session: it is given None for the one that was shown, and for a branch the
    node at which it begins, which tells it apart for good, however the branch goes on. `add`
    appends the messages of a node, none for one that says nothing. A way that adds no message to
    what it shares is left out. Branches beyond MOST_NODES are told, and left out, too.
    """
    built: list[_Built] = []
    name = ""
    ways = paths(parents, current, most=MOST_NODES)
    for path in ways:
        branch = path.nodes[path.shared] if built and path.shared < len(path.nodes) else None
        builder = begin(branch)
        name = name or builder.source_id
        counts: list[int] = []
        for node in path.nodes:
            add(builder, node)
            counts.append(len(builder))
        shared = counts[path.shared - 1] if path.shared else 0
        origin = built[path.branches_off or 0].session if built else None
        if len(builder) > shared:
            if origin is not None:
                before = built[path.branches_off or 0].counts
                builder.fork_of(origin, before[path.shared - 1] if path.shared else 0)
            built.append(_Built(session=builder, counts=counts))
            yield builder.finished()
        else:  # what branches off here branches off the origin
            built.append(_Built(session=origin, counts=counts))
    reached = {path.nodes[-1] for path in ways}
    more = sum(leaf not in reached for leaf in leaves(parents))
    if more:
        what = f"{more:,} of its branches: more than are taken of one conversation"
        yield Unreadable(place=f"conversation {name}", reason=what)


MOST_NODES = 50_000
"""Of all ways through one conversation together. Each branch repeats what it shares, so that a tree
which was made to do harm would become a thousand times as large as its file.
"""


class _Built(Record):
    """A way, and where in which session its nodes end."""

    session: SessionBuilder | None
    counts: list[int]
