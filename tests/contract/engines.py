"""How a test gets an empty database of each engine in the STORES table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synapse.stores import STORES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FRESH: dict[str, Callable[[Path], str]] = {
    "sqlite": lambda folder: f"sqlite:{folder}/sessions.db",
}


def fresh_url(engine: str, folder: Path) -> str:
    """The URL of a database that does not exist yet, in `folder` if the engine keeps files."""
    return _FRESH[engine](folder)


ENGINES = tuple(STORES)
