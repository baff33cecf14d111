"""PostgreSQL for the tests: one server a version, shared by everything in a run of pytest.

url = fresh_database(18)                       # empty, gone after the test
url = fresh_database(17, role="synapse", tcp=True)
with own_server(18, {"fsync": "on"}) as server: server.stop(signal.SIGKILL)

The shared server is started by whoever needs it first (initdb takes seconds: once a run) and ends
with the last process that uses it, however that ended: shared_server.py.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING

import shared_server
from postgres_cluster import Cluster

from synapse.stores import set_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_numbers = itertools.count()
_made: list[tuple[Cluster, str]] = []
"""The databases of the test that runs."""


@functools.cache
def server(version: int) -> Cluster:
    """The running server that everybody shares: nobody may stop it or change its settings."""
    where = shared_server.join(f"postgres-{version}", "postgres_keeper.py", str(version))
    cluster = Cluster(Path(where["programs"]), Path(where["folder"], "shared"))
    cluster.port = where["port"]
    return cluster


def fresh_database(
    version: int = 18, *, role: str = "synapse", tcp: bool = False, template: str = "template0"
) -> str:
    """The URL of a new, empty database that belongs to `role`; it is dropped after the test.

    `template` is a database to copy instead, which nobody may be connected to.
    """
    cluster = server(version)
    name = f"test_{os.getpid()}_{next(_numbers)}"
    cluster.execute(f'CREATE DATABASE {name} OWNER "{role}" TEMPLATE {template}')
    _made.append((cluster, name))
    return cluster.url(name, role, tcp=tcp)


def fresh_archive(version: int = 18, *, role: str = "synapse", tcp: bool = False) -> str:
    """The URL of a new database in which `synapse db init` has been run by `role`."""
    return fresh_database(version, role=role, tcp=tcp, template=_template(version, role))


@functools.cache
def _template(version: int, role: str) -> str:
    """The name of a database with the tables of ours, which are `role`'s; made once in a run."""
    cluster = server(version)
    name = f"template_{role}"
    with shared_server.alone(f"postgres-{version}"):
        if not cluster.execute("SELECT 1 FROM pg_database WHERE datname = %s", name):
            cluster.execute(f'CREATE DATABASE {name} OWNER "{role}"')
            set_up(cluster.url(name, role))
    return name


def drop_databases() -> None:
    """Drop the databases of the test that has ended, whoever is still connected to them."""
    while _made:
        cluster, name = _made.pop()
        cluster.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextlib.contextmanager
def own_server(version: int = 18, settings: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """A server that a test has for itself, and may stop, freeze or fill; it runs."""
    with own_cluster(version, settings) as cluster:
        cluster.copy_from(server(version).folder.parent / "pristine")
        cluster.start()
        yield cluster


@contextlib.contextmanager
def own_cluster(version: int = 18, settings: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """A server without data that does not run, such as a standby in the making."""
    shared = server(version)
    name = f"own-{os.getpid()}-{next(_numbers)}"
    with Cluster(shared.programs, shared.folder.parent / name, settings or {}) as cluster:
        yield cluster
