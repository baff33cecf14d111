"""A look that may take so long and no longer, as somebody waits for it with a key pressed."""

from __future__ import annotations

from _queue import Empty, SimpleQueue
from _thread import start_new_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Row = TypeVar("Row")


def run_with_deadline(seconds: float, look: Callable[[], list[Row]]) -> list[Row]:
    """What `look` finds; nothing if that takes longer, or fails."""
    told: SimpleQueue[list[Row]] = SimpleQueue()

    def work() -> None:
        try:
            told.put(look())
        except Exception:  # whoever is typing has asked for nothing
            told.put([])

    start_new_thread(work, ())
    try:
        return told.get(timeout=seconds)
    except Empty:
        return []
