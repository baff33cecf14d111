"""By what messages are summed, the same on every engine."""

from __future__ import annotations

from synapse.errors import InvalidDataError

PERIODS = ("day", "week", "month")
GROUPINGS = (*PERIODS, "model", "role")


def check(by: str) -> None:
    """Raise InvalidDataError for what messages can't be grouped by."""
    if by not in GROUPINGS:
        raise InvalidDataError(f"there are no statistics by {by!r}", f"By:  {', '.join(GROUPINGS)}")
