"""JSON of any size, one conversation at a time.

`json` reads whole documents only, and streaming parsers end at the first fault. Here the brackets
are followed through the file, and what lies between two of them is given to `json` for itself: a
conversation that makes no sense costs no other one, and of a file that was cut short everything
before the cut comes.
"""

from __future__ import annotations

import json
import re

from synapse.errors import ImportFailed
from synapse.formats.reading.limits import CHUNK, DEEPEST, LARGEST_ITEM, LONGEST_NUMBER
from synapse.formats.reading.texts import clean, utf8
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, BinaryIO

    from synapse.ports import ImportSource

_SPACE = re.compile(rb"[\s\x00]*+")
_BETWEEN = re.compile(rb"[\s\x00,]*+")
_TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
"""Ends at a bracket, at a string that is not whole yet, or where there are no more bytes."""
_IN_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\]}:]*+")
_TO_BE_CLEANED = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)|\x00")
_CLOSING = {ord("{"): ord("}"), ord("["): ord("]")}
_HOPELESS = 1_000_000
"""Levels at which a file is given up, before even counting them takes much memory."""


class Malformed(ValueError):
    """The structure around the values is broken, so that the next one can't be found."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"{reason} at byte {offset:,}")
        self.reason = reason
        self.offset = offset


class Entry(Record):
    """One value of an array, of an object, or of a file of many."""

    key: str | int
    """Its name in the object; in an array or a file, its number, from 1."""
    offset: int
    """Of its first byte, in the file as UTF-8 without a byte order mark."""
    value: Any = None
    error: str = ""
    """Why there is no value, as the rest of a sentence; empty if there is one."""

    @property
    def place(self) -> str:
        """For messages."""
        if isinstance(self.key, str):
            return f"{self.key!r}, byte {self.offset:,}"
        return f"conversation {self.key:,}, byte {self.offset:,}"


def parsed(raw: bytes | bytearray) -> Any:
    """The value of a JSON text. Duplicate keys: the last counts. A number that JSON does not know
    (NaN), that Python has no place for (1e999) or that has more than LONGEST_NUMBER digits stays
    the text that it is. Raises ValueError with the reason.
    """
    text = raw.decode("utf-8", "replace")
    try:
        if text.startswith("{") and text.endswith("}"):
            value, end = _DECODER.raw_decode(text)  # without a look for white space around it
            is_whole = end == len(text)
        else:
            is_whole = False
        if not is_whole:
            value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        words = error.msg[:1].lower() + error.msg[1:]
        raise ValueError(f"no JSON: {words} after {error.pos:,} characters") from None
    except RecursionError:
        raise ValueError("too many levels within each other") from None
    # most texts have neither, which is found out much faster than by an expression
    if (b"\\u" in raw or b"\x00" in raw) and _TO_BE_CLEANED.search(raw):
        return _cleaned(value)
    return value


def json_field(value: object) -> Any:
    """What a text holds as JSON; the text, or whatever else it is, if it is none."""
    if not isinstance(value, str):
        return value
    try:
        return parsed(value.encode("utf-8", "replace"))
    except ValueError:
        return value


def entries(
    source: ImportSource, *path: str, wanted: Callable[[str], bool] = lambda _: True
) -> Iterator[Entry]:
    """The values of the array, or of the object, that is found along the keys of `path`; none if
    there is no such thing. Those of an object whose name is not `wanted` are not read.

    Raises ImportFailed where the file ends too early, or the next value can't be found.
    """
    with source.open() as file:
        scanner = _Scanner(utf8(file))
        try:
            if scanner.descend(path):
                yield from scanner.entries(wanted)
        except Malformed as error:
            raise broken(source, error) from error
        except (OSError, EOFError) as error:
            raise unreadable(source, error) from error


def whole(source: ImportSource) -> Any:
    """The value that is all of the file: for formats of one conversation a file.

    Raises ImportFailed if there is none, or it is larger than LARGEST_ITEM.
    """
    with source.open() as file:
        scanner = _Scanner(utf8(file))
        try:
            scanner.skip(_SPACE)
            entry = scanner.entry(1)
        except Malformed as error:
            raise broken(source, error) from error
        except (OSError, EOFError) as error:
            raise unreadable(source, error) from error
    if entry.error:
        raise ImportFailed(f"{source.name}: {entry.error}")
    return entry.value


def concatenated(file: BinaryIO) -> Iterator[Entry]:
    """Values that follow each other, whatever white space is between them. Raises Malformed."""
    scanner = _Scanner(file)
    number = 0
    while scanner.skip(_BETWEEN):
        number += 1
        yield scanner.entry(number)


def broken(source: ImportSource, error: Malformed) -> ImportFailed:
    """What to say of a file that can't be read any further."""
    return ImportFailed(f"{source.name}: {error}", "What stands before that was read.")


def unreadable(source: ImportSource, error: BaseException) -> ImportFailed:
    """What to say of a file that the system, or a zip's check sum, does not let be read."""
    words = getattr(error, "strerror", None) or str(error) or "it ends too early"
    return ImportFailed(f"{source.name}: can't be read any further: {words}")


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def _fraction(digits: str) -> float | str:
    number = float(digits)
    return number if abs(number) <= 1e308 else digits


_DECODER = json.JSONDecoder(
    strict=False, parse_int=_integer, parse_float=_fraction, parse_constant=str
)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): _cleaned(item) for key, item in value.items()}
    return value


class _Scanner:
    """Follows the brackets of a file, and holds no more of it than the value that it is at."""

    def __init__(self, file: BinaryIO) -> None:
        # Not all that fits, but what is there: a pipe must flow.
        self._read: Callable[[int], bytes] = getattr(file, "read1", file.read)
        self._data = bytearray()
        self._position = 0
        self._base = 0  # of the data's first byte, in the file

    def skip(self, pattern: re.Pattern[bytes]) -> bool:
        """Go on to where the pattern ends; False at the end of the file."""
        while True:
            self._position = self._end_of(pattern, self._position)
            if self._position < len(self._data):
                return True
            if not self._more():
                return False

    def descend(self, path: tuple[str, ...]) -> bool:
        """Go on to the value that is found along these keys; False if there is none."""
        if not self.skip(_SPACE):
            return False
        for key in path:
            if self._byte() != ord("{"):
                return False
            self._position += 1
            if not any(name == key for name in self._names()):
                return False
        return True

    def entries(self, wanted: Callable[[str], bool]) -> Iterator[Entry]:
        """The values of the array or the object that begins here."""
        opening = self._byte()
        self._position += 1
        if opening == ord("{"):
            for name in self._names():
                if wanted(name):
                    yield self.entry(name)
        elif opening == ord("["):
            number = 0
            while self._goes_on(ord("]")):
                number += 1
                yield self.entry(number)

    def entry(self, key: str | int) -> Entry:
        """The value that begins here."""
        self._forget()
        offset = self._base
        raw, error = self._value()
        if not error:
            try:
                return Entry(key=key, offset=offset, value=parsed(raw))
            except ValueError as fault:
                error = str(fault)
        return Entry(key=key, offset=offset, error=error)

    def _names(self) -> Iterator[str]:
        """The names of an object's members; the scanner stands at the value. If it still stands
        there when the next is asked for, the value is skipped.
        """
        while self._goes_on(ord("}")):
            if self._byte() != ord('"'):
                raise self._malformed("no name")
            self._forget()
            raw, error = self._value()
            self.skip(_SPACE)
            if self._byte() != ord(":"):
                raise self._malformed("no colon")
            self._position += 1
            self.skip(_SPACE)
            here = self._base + self._position
            yield "" if error else str(parsed(raw))
            if self._base + self._position == here:
                self._value(keep=False)

    def _goes_on(self, closing: int) -> bool:
        """Whether another value comes before the bracket that closes this one."""
        self.skip(_BETWEEN)
        if self._byte() != closing:
            return True
        self._position += 1
        return False

    def _value(self, *, keep: bool = True) -> tuple[bytearray, str]:
        """Go on behind the value that begins here; its bytes, and why they are not to be used."""
        self._forget()
        first = self._byte()
        if first == ord('"'):
            self._position = 1
            keep = self._to_end_of_string(keep)
            error = "" if keep else _TOO_LARGE
        elif first in _CLOSING:
            keep, is_too_deep = self._to_end_of_brackets(keep)
            error = _TOO_DEEP if is_too_deep else "" if keep else _TOO_LARGE
        else:
            self._to_end_of_scalar()
            error = ""
        return (self._data[: self._position] if not error else bytearray()), error

    def _to_end_of_brackets(self, keep: bool) -> tuple[bool, bool]:
        opened = bytearray()
        is_too_deep = False
        while True:
            self._position = self._end_of(_TO_BRACKET, self._position)
            if self._position == len(self._data):
                keep = self._need_more(keep)
                continue
            byte = self._data[self._position]
            self._position += 1
            if byte == ord('"'):
                keep = self._to_end_of_string(keep)
            elif byte in _CLOSING:
                opened.append(_CLOSING[byte])
                if len(opened) > DEEPEST:
                    keep, is_too_deep = False, True
                    if len(opened) > _HOPELESS:
                        raise self._malformed("more levels than anybody could need")
            elif byte != opened.pop():
                self._position -= 1
                raise self._malformed(f"a {chr(byte)!r} that closes nothing")
            if not opened:
                return keep, is_too_deep

    def _to_end_of_string(self, keep: bool) -> bool:
        while True:
            self._position = self._end_of(_IN_STRING, self._position)
            if self._data[self._position : self._position + 1] == b'"':
                self._position += 1
                return keep
            keep = self._need_more(keep)

    def _to_end_of_scalar(self) -> None:
        while True:
            self._position = self._end_of(_SCALAR, self._position)
            if self._position < len(self._data) or not self._more():
                break
            if self._position > CHUNK:
                raise self._malformed("no value that JSON knows")
        if self._position == 0:
            raise self._malformed("no value")

    def _need_more(self, keep: bool) -> bool:
        """Read on within a value, which is no longer kept if it has become too large."""
        keep = keep and self._position <= LARGEST_ITEM
        if not keep:
            self._forget()
        if not self._more():
            raise Malformed("the file was cut short", self._base + len(self._data))
        return keep

    def _byte(self) -> int:
        if self._position == len(self._data) and not self._more():
            raise Malformed("the file was cut short", self._base + len(self._data))
        return self._data[self._position]

    def _more(self) -> bool:
        piece = self._read(CHUNK)
        self._data += piece
        return bool(piece)

    def _forget(self) -> None:
        del self._data[: self._position]
        self._base += self._position
        self._position = 0

    def _end_of(self, pattern: re.Pattern[bytes], start: int) -> int:
        match = pattern.match(self._data, start)
        return match.end() if match else start

    def _malformed(self, reason: str) -> Malformed:
        return Malformed(reason, self._base + self._position)


_TOO_LARGE = f"larger than {LARGEST_ITEM >> 20} MiB"
_TOO_DEEP = f"more than {DEEPEST} levels within each other"
