"""Values out of other programs' JSON, where anything may stand: what is of another type is nothing.

An importer that asks for a field by these never fails over a null, a number where a text belongs,
or a field that is missing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def fields(value: object) -> dict[str, Any]:
    """The object; an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The list; an empty one for what is none."""
    return value if isinstance(value, list) else []


def objects(value: object) -> Iterator[dict[str, Any]]:
    """The objects in a list; nothing else that stands there."""
    return (each for each in items(value) if isinstance(each, dict))


def text(value: object) -> str:
    """The text; an empty one for what is none."""
    return value if isinstance(value, str) else ""


def first_text(*values: object) -> str:
    """The first of these that is a text and not empty; else an empty one."""
    return next((value for value in values if isinstance(value, str) and value), "")


def key(value: object) -> str:
    """An id as a text: that of a number, too; an empty one for what can be no id."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 1 << 64 else ""
    return text(value)


def others(value: object, taken: Iterable[str]) -> dict[str, Any]:
    """What stands in an object beside the fields that were taken: kept, though nobody knows it.
    Fields that hold nothing are left out.
    """
    known = frozenset(taken)
    return {
        name: field
        for name, field in fields(value).items()
        if name not in known and field is not None and field != "" and field != [] and field != {}
    }
