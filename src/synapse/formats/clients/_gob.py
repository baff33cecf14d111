"""Go's gob encoding: the first value of a stream, by the type definitions that come before it.

https://pkg.go.dev/encoding/gob. Fields are known by their names alone, zero values are left out.
Structs become objects, byte slices bytes, maps objects with their keys as texts.
"""

from __future__ import annotations

import struct

from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BOOL, _INT, _UINT, _FLOAT, _BYTES, _STRING, _COMPLEX, _INTERFACE = range(1, 9)
_DEEPEST = 64
"""Levels of values within each other: a chat has four."""


class GobError(ValueError):
    """What was read is no gob, or not a whole one."""


class _Type(Record):
    """One defined type."""

    kind: str
    """`struct`, `slice`, `array`, `map`, or `opaque` for one with an encoding of its own."""
    fields: tuple[tuple[str, int], ...] = ()
    """Of a struct: names and types."""
    element: int = 0
    key: int = 0


def gob_value(content: bytes) -> Any:
    """The value. Raises GobError."""
    reader = _Reader(content)
    try:
        return reader.value()
    except (IndexError, struct.error, UnicodeDecodeError, OverflowError) as error:
        raise GobError("it ends too early") from error
    except RecursionError as error:
        raise GobError("too many levels within each other") from error


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._place = 0
        self._types: dict[int, _Type] = {}

    def value(self) -> Any:
        """The first value, behind the definitions of its types."""
        while True:
            if self._place >= len(self._content):
                raise GobError("no value")
            end = self._length() + self._place
            id = self._integer()
            if id < 0:
                self._types[-id] = self._definition()
            else:
                if id not in self._types or self._types[id].kind != "struct":
                    self._unsigned()  # a zero stands before what is no struct
                return self._of(id, 0)
            if self._place != end:
                raise GobError(f"a definition of another length at byte {self._place:,}")

    def _of(self, id: int, depth: int) -> Any:
        if depth > _DEEPEST:
            raise GobError("too many levels within each other")
        basic = self._basic(id)
        if basic is not _NONE:
            return basic
        type = self._types.get(id)
        if type is None:
            raise GobError(f"a type that was not defined, {id}, at byte {self._place:,}")
        if type.kind == "struct":
            return self._struct(type, depth)
        if type.kind == "opaque":
            return self._bytes()
        count = self._length()
        if type.kind == "map":
            return {
                str(self._of(type.key, depth + 1)): self._of(type.element, depth + 1)
                for _ in range(count)
            }
        return [self._of(type.element, depth + 1) for _ in range(count)]

    def _basic(self, id: int) -> Any:
        if id == _BOOL:
            return self._unsigned() != 0
        if id == _INT:
            return self._integer()
        if id == _UINT:
            return self._unsigned()
        if id == _FLOAT:
            return self._float()
        if id == _BYTES:
            return self._bytes()
        if id == _STRING:
            return self._bytes().decode("utf-8", "replace")
        if id == _COMPLEX:
            return [self._float(), self._float()]
        if id == _INTERFACE:
            raise GobError("an interface, which no chat holds")
        return _NONE

    def _struct(self, type: _Type, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for number in self._field_numbers():
            if number >= len(type.fields):
                raise GobError(f"a field that was not defined at byte {self._place:,}")
            name, id = type.fields[number]
            found[name] = self._of(id, depth + 1)
        return found

    def _definition(self) -> _Type:
        """A value of Go's `wireType`, whose own definition every reader knows."""
        found: _Type | None = None
        for number in self._field_numbers():
            if number == 0:
                found = self._container("array", ("common", "element", "length"))
            elif number == 1:
                found = self._container("slice", ("common", "element"))
            elif number == 2:
                found = self._structure()
            elif number == 3:
                found = self._container("map", ("common", "key", "element"))
            elif number <= 6:
                found = self._container("opaque", ("common",))
            else:
                raise GobError(f"an unknown kind of type at byte {self._place:,}")
        if found is None:
            raise GobError("an empty definition")
        return found

    def _container(self, kind: str, names: tuple[str, ...]) -> _Type:
        given: dict[str, int] = {}
        for number in self._field_numbers():
            name = names[number]
            if name == "common":
                self._common()
            else:
                given[name] = self._integer()
        return _Type(kind=kind, element=given.get("element", 0), key=given.get("key", 0))

    def _structure(self) -> _Type:
        members: list[tuple[str, int]] = []
        for number in self._field_numbers():
            if number == 0:
                self._common()
            elif number == 1:
                members += [self._member() for _ in range(self._length())]
            else:
                raise GobError(f"an unknown part of a type at byte {self._place:,}")
        return _Type(kind="struct", fields=tuple(members))

    def _member(self) -> tuple[str, int]:
        name, id = "", 0
        for number in self._field_numbers():
            if number == 0:
                name = self._bytes().decode("utf-8", "replace")
            else:
                id = self._integer()
        return name, id

    def _common(self) -> None:
        for number in self._field_numbers():
            if number == 0:
                self._bytes()
            else:
                self._integer()

    def _field_numbers(self) -> Any:
        """The numbers of the fields that follow, from 0; each is told as the distance to the one
        before it, and 0 ends them.
        """
        number = -1
        while step := self._unsigned():
            number += step
            yield number

    def _length(self) -> int:
        """A length or a count, which can't be more than the bytes that are left."""
        length = self._unsigned()
        if length > len(self._content) - self._place:
            raise GobError(f"cut short, or damaged at byte {self._place:,}")
        return length

    def _bytes(self) -> bytes:
        length = self._length()
        self._place += length
        return self._content[self._place - length : self._place]

    def _float(self) -> float:
        bits = self._unsigned().to_bytes(8, "little")
        (number,) = struct.unpack(">d", bits)
        return float(number)

    def _integer(self) -> int:
        number = self._unsigned()
        return ~(number >> 1) if number & 1 else number >> 1

    def _unsigned(self) -> int:
        first = self._content[self._place]
        self._place += 1
        if first < 0x80:
            return first
        size = 0x100 - first
        if size > 8 or size > len(self._content) - self._place:
            raise GobError(f"no number at byte {self._place - 1:,}")
        self._place += size
        return int.from_bytes(self._content[self._place - size : self._place])


_NONE = object()
