"""TOML as most people write it, read without `tomllib`.

`tomllib` costs a start-up 38 million instructions, a third of what a whole question costs. Lines
that hold a table's name, or a bare key with a plain text, number, true or false need none of it.
A part of a table's name may stand in plain quotes: `[prices."openai/gpt-6-luna"]`.
Anything else, whatever is wrong included, is left to `tomllib`: this never judges.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def parse(text: str) -> tuple[dict[str, Any], dict[tuple[str, ...], int]] | None:
    """The document and the line of every key and table header; None if it is not that simple."""
    document: dict[str, Any] = {}
    lines: dict[tuple[str, ...], int] = {}
    table = document
    path: tuple[str, ...] = ()
    headers: set[tuple[str, ...]] = set()
    for number, raw in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        line = raw.strip(" \t")
        if not line.isprintable():
            return None
        if not line or line[0] == "#":
            continue
        if line[0] == "[":
            inner = line[1:-1]
            path = _path(inner)
            found = (
                _table(document, path) if line[-1] == "]" and path and path not in headers else None
            )
            if found is None:
                return None
            headers.add(path)
            table = found
            for depth in range(len(path)):
                lines.setdefault(path[: depth + 1], number)
            continue
        key, _, rest = line.partition("=")
        key = key.rstrip(" ")
        value = _scalar(rest.lstrip(" "))
        if value is None or key in table or not is_bare(key):
            return None
        table[key] = value
        lines[(*path, key)] = number
    return document, lines


def is_bare(name: str) -> bool:
    """Whether a name may stand in a key without quotes."""
    return name.isascii() and name.replace("-", "a").replace("_", "a").isalnum()


def _path(header: str) -> tuple[str, ...]:
    """The parts of a table's name; none if it is not that simple."""
    if '"' in header:
        return split_quoted(header) or ()
    path = tuple(header.split("."))
    return path if all(map(is_bare, path)) else ()


def split_quoted(key: str) -> tuple[str, ...] | None:
    """The parts of a key some of which stand in double quotes; None if it is not that simple."""
    path: list[str] = []
    pieces = key.split('"')
    if len(pieces) % 2 == 0 or "\\" in key:
        return None
    for place, piece in enumerate(pieces):
        if place % 2:
            path.append(piece)
            continue
        first, last = place == 0, place == len(pieces) - 1
        bare = piece.split(".")
        if (not first and bare.pop(0)) or (not last and (not bare or bare.pop())):
            return None  # no dot between a quoted part and its neighbour
        if not all(map(is_bare, bare)):
            return None
        path += bare
    return tuple(path)


def _table(document: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any] | None:
    table = document
    for name in path:
        found = table.setdefault(name, {})
        if not isinstance(found, dict):
            return None
        table = found
    return table


def _scalar(text: str) -> str | int | float | bool | None:
    if text[:1] in ('"', "'"):
        quote = text[0]
        value, closed, rest = text[1:].partition(quote)
        is_plain = closed and (quote == "'" or "\\" not in value)
        return value if is_plain and _is_end(rest) else None
    word = text.partition("#")[0].rstrip(" ")
    if word in ("true", "false"):
        return word == "true"
    whole, point, fraction = word.partition(".")
    if not _is_number(whole) or (whole[0] == "0" and whole != "0"):
        return None
    if not point:
        return int(whole)
    return float(word) if _is_number(fraction) else None


def _is_end(rest: str) -> bool:
    return not rest or rest.lstrip(" ")[:1] in ("", "#")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
