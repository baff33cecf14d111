"""How a test gets an empty database of each engine in the STORES table."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

import postgres_server
import pytest

from synapse.domain import Status
from synapse.stores import set_up
from synapse.stores.sqlite.search import index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from synapse.ports import SessionStore


def _postgres(version: int) -> str:
    return postgres_server.fresh_database(version, template=_postgres_template(version))


@functools.cache
def _postgres_template(version: int) -> str:
    """The name of a database of this process with Synapse's tables: to copy it is the cheapest way
    to one more.
    """
    cluster = postgres_server.server(version)
    name = f"template_{os.getpid()}"
    cluster.execute(f"CREATE DATABASE {name} OWNER synapse TEMPLATE template0")
    set_up(cluster.url(name, "synapse"))
    return name


def _mysql() -> str:
    import mariadb_server  # not everybody has one

    return mariadb_server.prepared_database(set_up)


_FRESH: dict[str, Callable[[Path], str]] = {
    "sqlite": lambda folder: f"sqlite:{folder}/sessions.db",
    "postgres": lambda folder: _postgres(18),
    "postgres17": lambda folder: _postgres(17),
    "mysql": lambda folder: _mysql(),
}


def fresh_url(engine: str, folder: Path) -> str:
    """The URL of a database that holds nothing: of a file in `folder` that does not exist yet; on a
    server, of one that has been set up.
    """
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


ENGINES = tuple(os.environ.get("SYNAPSE_TEST_ENGINES", "sqlite,postgres").split(","))
"""Those that a run tries; SYNAPSE_TEST_ENGINES names others, such as postgres17 or mysql: to try
all in each run would take too long.
"""
