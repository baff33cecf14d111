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
    try:
        with source.open() as file:
            for line in lines(file):
                content = line.content.strip()
                if line.is_too_long:
                    error = f"longer than {LARGEST_ITEM >> 20} MiB"
                    yield JsonLine(key=line.number, offset=line.offset, error=error)
                elif content:
                    yield _of_line(line.number, line.offset, content)
    except (OSError, EOFError) as error:
        raise unreadable(source, error) from error


class JsonLine(Entry):
    """The value of a line."""

    @property
    def place(self) -> str:
        """For messages."""
        return f"line {self.key:,}"


def _of_line(number: int, offset: int, content: bytes) -> JsonLine:
    try:
        return JsonLine(key=number, offset=offset, value=parsed(content))
    except ValueError as error:
        return JsonLine(key=number, offset=offset, error=str(error))


def _values(source: ImportSource) -> Iterator[Entry]:
    try:
        with source.open() as file:
            yield from concatenated(utf8(file))
    except Malformed as error:
        raise broken(source, error) from error
    except (OSError, EOFError) as error:
        raise unreadable(source, error) from error
