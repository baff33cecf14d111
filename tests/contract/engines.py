"""How a test gets an empty database of each engine in the STORES table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from synapse.domain import Status
from synapse.stores.sqlite.search import index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from synapse.ports import SessionStore

_FRESH: dict[str, Callable[[Path], str]] = {
    "sqlite": lambda folder: f"sqlite:{folder}/sessions.db",
}


def fresh_url(engine: str, folder: Path) -> str:
    """The URL of a database that does not exist yet, in `folder` if the engine keeps files."""
    return _FRESH[engine](folder)


def index_all(store: SessionStore) -> None:
    """Index every text, even in an archive that is too small for its engine to do so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "FEW", -1)
        assert store.catch_up_search(everything=True) <= _unfinished(store)


def _unfinished(store: SessionStore) -> int:
    """Answers that are being received have to wait."""
    return sum(
        message.status is Status.STREAMING
        for summary in store.list_sessions()
        for message in store.get_messages(summary.session.id)
    )


ENGINES = ("sqlite",)
