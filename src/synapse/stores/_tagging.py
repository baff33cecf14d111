"""What is done with tags, the same on every engine.

In a row they are one text with a space around each; in another, in the same order, as they are
compared.
"""

from __future__ import annotations

from synapse.stores._text import folded, storable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Tags = dict[str, str]
    """As they are written, by their folded form."""


def putting_on(tags: Sequence[str]) -> Callable[[Tags], Tags]:
    """Makes the tags of a session what they are with these; what is there keeps its form."""
    new = {folded(tag): storable(tag) for tag in reversed(tags)}
    return lambda known: new | known


def taking_off(tags: Sequence[str]) -> Callable[[Tags], Tags]:
    """Makes the tags of a session what they are without these."""
    gone = set(map(folded, tags))
    return lambda known: {key: tag for key, tag in known.items() if key not in gone}


def columns(tags: Tags) -> dict[str, str | None]:
    """What stands in the two columns, in the order in which tags are compared."""
    ordered = sorted(tags)
    return {"tags": joined([tags[key] for key in ordered]), "tag_keys": joined(ordered)}


def joined(words: list[str]) -> str | None:
    """What such a column holds; None for no tag."""
    return f" {' '.join(words)} " if words else None


def counted_in(rows: Iterable[tuple[str, str]]) -> list[tuple[str, int]]:
    """Each tag of rows with the two columns of a session, by name; written as in the first row."""
    found: dict[str, tuple[str, int]] = {}
    for tags, keys in rows:
        for tag, key in zip(tags.split(), keys.split(), strict=False):
            word, count = found.get(key, (tag, 0))
            found[key] = word, count + 1
    return [found[key] for key in sorted(found)]
