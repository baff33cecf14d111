"""A conversation that branches, as sessions: the one that was shown, and its forks."""

from __future__ import annotations

from synapse.formats._trees import paths
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
) -> Iterator[ArchivedSession]:
    """One session for each way through the tree (`paths`), branches as forks of what they branch
    off; a further root, which is a first question that was edited, as a fork of the first way that
    shares nothing with it.

    `begin` makes the session: it is given None for the one that was shown, and for a branch the
    node at which it begins, which tells it apart for good, however the branch goes on. `add`
    appends the messages of a node, none for one that says nothing. A way that adds no message to
    what it shares is left out.
    """
    built: list[_Built] = []
    for path in paths(parents, current):
        branch = path.nodes[path.shared] if built and path.shared < len(path.nodes) else None
        builder = begin(branch)
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


class _Built(Record):
    """A way, and where in which session its nodes end."""

    session: SessionBuilder | None
    counts: list[int]
