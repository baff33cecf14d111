"""What an app's message or conversation has beside what was taken: fields that nobody knows."""

from __future__ import annotations

from synapse.formats._attachments import without_data
from synapse.formats._fields import fields, others

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def kept(value: object, taken: Iterable[str]) -> dict[str, Any]:
    """The fields that were not taken, without the bytes of pictures, which are attachments."""
    return fields(without_data(others(value, taken)))
