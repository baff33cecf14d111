"""The statements of an engine: the common ones, its own in their place, with its placeholders.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os

from synapse.stores import _queries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COMMON = os.path.dirname(__file__)
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz_")


class Statements(dict[str, str]):
    """By name; each is made ready when it is first asked for."""

    def __init__(self, texts: Mapping[str, str], ready: Callable[[str], str]) -> None:
        super().__init__()
        self._texts = texts
        self._ready = ready

    def __missing__(self, name: str) -> str:
        self[name] = found = self._ready(self._texts[name])
        return found


def load(file: str, own_folder: str, ready: Callable[[str], str]) -> Statements:
    """Those of `FILE.sql` here and in the engine's folder, each after `ready`."""
    texts: dict[str, str] = {}
    for folder in (_COMMON, own_folder):
        path = os.path.join(folder, f"{file}.sql")
        if os.path.exists(path):
            texts |= _queries.load(path)
    return Statements(texts, ready)


def with_placeholders(sql: str, placeholder: Callable[[str], str]) -> str:
    """The statement without comments and final semicolon, each `:name` as the driver wants it, each
    `%` doubled.

    A colon before a letter is always that of a name: a cast is written CAST(… AS …).
    """
    lines = [line for line in sql.split("\n") if line and not line.lstrip().startswith("--")]
    text, *rest = "\n".join(lines).rstrip().rstrip(";").replace("%", "%%").split(":")
    parts = [text]
    for part in rest:
        length = next((n for n, sign in enumerate(part) if sign not in _LETTERS), len(part))
        parts.append(placeholder(part[:length]) if length else ":")
        parts.append(part[length:])
    return "".join(parts)
