"""Files of many JSON values: an array, a line each, or simply one after the other."""

from __future__ import annotations

from synapse.formats.reading.json_values import (
    Entry,
    Malformed,
    broken,
    concatenated,
    entries,
    parsed,
    unreadable,
)
from synapse.formats.reading.limits import LARGEST_ITEM
from synapse.formats.reading.shapes import Form, shape_of
from synapse.formats.reading.texts import lines, utf8

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.ports import ImportSource


def records(source: ImportSource) -> Iterator[Entry]:
    """Its values, whatever lies between them. Raises ImportFailed if it can't be read further."""
    form = shape_of(source).form
    if form is Form.ARRAY:
        yield from entries(source)
    elif form is Form.LINES:
        yield from json_lines(source)
    else:
        yield from _values(source)


def json_lines(source: ImportSource) -> Iterator[Entry]:
    """The value of each line; blank ones are left out. `key` is the line's number. Raises
    ImportFailed if the file can't be read further.
    """
    for number, offset, value, error in line_values(source):
        yield JsonLine(key=number, offset=offset, value=value, error=error)


def line_values(source: ImportSource) -> Iterator[tuple[int, int, Any, str]]:
    """As `json_lines`, without an object for each: its number, where it begins, its value, and why
    there is none.
    """
    try:
        with source.open() as file:
            for number, offset, line, is_too_long in lines(file):
                content = line.strip()
                if is_too_long:
                    yield number, offset, None, f"longer than {LARGEST_ITEM >> 20} MiB"
                elif content:
                    yield number, offset, *_value(content)
    except (OSError, EOFError) as error:
        raise unreadable(source, error) from error


def _value(content: bytes) -> tuple[Any, str]:
    try:
        return parsed(content), ""
    except ValueError as error:
        return None, str(error)


class JsonLine(Entry):
    """The value of a line."""

    @property
    def place(self) -> str:
        """For messages."""
        return f"line {self.key:,}"


def _values(source: ImportSource) -> Iterator[Entry]:
    try:
        with source.open() as file:
            yield from concatenated(utf8(file))
    except Malformed as error:
        raise broken(source, error) from error
    except (OSError, EOFError) as error:
        raise unreadable(source, error) from error
