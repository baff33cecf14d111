"""The newest time of each few hundred messages: what tells where to look first.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.stores.sqlite.search import QUERIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    import apsw

BLOCK = 512
"""Row numbers that share one time."""
_BLOCKS = 128
"""Of a chunk."""
_LAYOUT = f"<{_BLOCKS}q"
_NONE = -1


def newest_first(read: Callable[[str], list[tuple[Any, ...]]]) -> Iterator[tuple[int, int]]:
    """The newest time and the number of every block that holds anything, the newest first; of those
    of a chunk nothing is made before one of them is due.
    """
    from _heapq import heappop, heappush
    from _struct import unpack

    chunks = []
    for chunk, packed in read(QUERIES["times"]):
        if isinstance(packed, bytes) and len(packed) == _BLOCKS * 8:
            times = unpack(_LAYOUT, packed)
            chunks.append((max(times), chunk, times))
    chunks.sort()
    due: list[tuple[int, int]] = []
    while chunks or due:
        while chunks and (not due or chunks[-1][0] >= -due[0][0]):
            _, chunk, times = chunks.pop()
            for block, time in enumerate(times, chunk * _BLOCKS):
                if time != _NONE:
                    heappush(due, (-time, -block))
        if due:
            time, block = heappop(due)
            yield -time, -block


def note(raw: apsw.Connection, times: Iterable[tuple[int, int]]) -> None:
    """In a write transaction: that at these places there are messages of these times."""
    from _struct import pack, unpack

    newest: dict[int, int] = {}
    for place, time in times:
        block = place // BLOCK
        newest[block] = max(time, newest.get(block, _NONE))
    chunks: dict[int, list[int]] = {}
    for block, time in newest.items():
        chunk, number = divmod(block, _BLOCKS)
        if chunk not in chunks:
            rows = raw.execute(QUERIES["newest"], {"chunk": chunk}).fetchall()
            packed = rows[0][0] if rows else None
            if isinstance(packed, bytes) and len(packed) == _BLOCKS * 8:
                chunks[chunk] = [*unpack(_LAYOUT, packed)]
            else:
                chunks[chunk] = [_NONE] * _BLOCKS
        chunks[chunk][number] = max(time, chunks[chunk][number])
    for chunk, times_of_chunk in chunks.items():
        values = {"chunk": chunk, "newest": pack(_LAYOUT, *times_of_chunk)}
        raw.execute(QUERIES["set_newest"], values)
