"""Named SQL statements, kept in one `queries.sql` an engine."""

from __future__ import annotations

_MARK = "-- name: "


def load(path: str) -> dict[str, str]:
    """The statements of a file by their names.

    A statement begins with a line `-- name: NAME`, goes on with comment lines that say what it
    does, and ends where the next begins.
    """
    with open(path, encoding="utf-8") as file:
        parts = file.read().split(_MARK)[1:]
    return {name.strip(): text for name, _, text in (part.partition("\n") for part in parts)}
