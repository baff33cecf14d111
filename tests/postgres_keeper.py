"""The process that keeps a PostgreSQL server as long as somebody uses it: server_keeper.py."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import postgres_cluster
import server_keeper
from postgres_cluster import Cluster

ROLES = ("synapse", "by_name")
"""Roles that every shared server has; `by_name` is known by the name of whoever runs the tests."""


def _start(version: int, folder: Path) -> dict[str, Any]:
    cluster = Cluster(postgres_cluster.programs(version, folder), folder / "shared")
    cluster.initialize()
    cluster.copy_to(folder / "pristine")  # servers that a test has for itself begin with it
    cluster.start()
    cluster.make_roles(ROLES)
    return {"folder": str(folder), "programs": str(cluster.programs), "port": cluster.port}


if __name__ == "__main__":
    version = int(sys.argv[1])
    server_keeper.keep(f"postgres-{version}", Path(sys.argv[2]), lambda at: _start(version, at))
