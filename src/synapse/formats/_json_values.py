"""Values of an object of JSON that can't be trusted to have the types that they should have."""

from __future__ import annotations

import re

from synapse.timestamps import from_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


class Malformed(ValueError):
    """An object that is no session, or no message: why, as the rest of a sentence."""


def told(**fields: Any) -> dict[str, Any]:
    """Those fields that say something."""
    return {name: value for name, value in fields.items() if value is not None}


def text_of(fields: Mapping[str, Any], name: str) -> str | None:
    """A text, or None if there is none. Raises Malformed, as all of these."""
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise Malformed(f'"{name}" is no text')
    return value


def id_of(fields: Mapping[str, Any], name: str) -> str:
    """A UUID that has to be there."""
    value = fields.get(name)
    if not isinstance(value, str):
        raise Malformed(f'no "{name}"')
    if not UUID(value):
        raise Malformed(f'"{name}" is no UUID')
    return value


def moment_of(fields: Mapping[str, Any], name: str) -> datetime:
    """A time that has to be there."""
    value = fields.get(name)
    if not isinstance(value, str):
        raise Malformed(f'no "{name}"')
    return readable(value, name)


def readable(value: str, name: str) -> datetime:
    """A time; `name` is what it is called in the file."""
    try:
        return from_text(value)
    except (ValueError, OverflowError):
        raise Malformed(f'"{name}" is no time: {value[:40]!r}') from None


def list_of(fields: Mapping[str, Any], name: str) -> list[Any]:
    """A list, which is empty if there is none."""
    value = fields.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Malformed(f'"{name}" is no list')
    return value


def words_of(fields: Mapping[str, Any], name: str) -> list[str]:
    """A list of words without white space."""
    found = list_of(fields, name)
    if not all(
        isinstance(word, str) and word and not any(map(str.isspace, word)) for word in found
    ):
        raise Malformed(f'"{name}" are no words')
    return found
