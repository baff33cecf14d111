"""Conversations that branch: the path that was shown, and what branches off it."""

from __future__ import annotations

from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Path(Record):
    """One way from a root to a leaf."""

    nodes: tuple[str, ...]
    """Ids of its nodes, from the root on."""
    shared: int = 0
    """How many of them are also the first nodes of the path that it branches off."""
    branches_off: int | None = None
    """The place of that path in the list; None for the main one and for further roots."""


def leaves(parents: Mapping[str, str | None]) -> list[str]:
    """The nodes without children, in the order of the file; of nothing but circles, the last."""
    has_children = {parent for parent in parents.values() if parent in parents}
    found = [node for node in parents if node not in has_children]
    return found or list(parents)[-1:]


def paths(
    parents: Mapping[str, str | None], current: str | None = None, *, most: int | None = None
) -> list[Path]:
    """All ways from roots to leaves, the one that ends at `current` first, the others in the order
    of their leaves. A branch comes behind what it branches off.

    `parents` maps each node to its parent, in the order of the file, and is the only truth: a
    parent that is not there makes a root, and a circle is cut where it closes. Without a `current`,
    the way to the last leaf is the main one. Behind the main one, those are left out with which
    all together would have more nodes than `most`.
    """
    ends = leaves(parents)
    main = current if current in parents else (ends[-1] if ends else None)
    found: list[Path] = []
    places: dict[str, tuple[int, int]] = {}
    total = 0
    for leaf in [main, *ends] if main is not None else ends:
        if leaf in places:
            continue
        nodes = _way_to(leaf, parents)
        total += len(nodes)
        if most is not None and total > most and found:
            break
        shared, origin = _shared(nodes, places)
        for place in range(shared, len(nodes)):
            places[nodes[place]] = (len(found), place)
        found.append(Path(nodes=nodes, shared=shared, branches_off=origin))
    return found


def _way_to(leaf: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    way: dict[str, None] = {}
    node: str | None = leaf
    while node is not None and node in parents and node not in way:
        way[node] = None
        node = parents[node]
    return tuple(reversed(way))


def _shared(nodes: Sequence[str], places: Mapping[str, tuple[int, int]]) -> tuple[int, int | None]:
    for count in range(len(nodes), 0, -1):
        if nodes[count - 1] in places:
            return count, places[nodes[count - 1]][0]
    return 0, None
