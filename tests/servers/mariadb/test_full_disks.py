"""The disk under MariaDB is full, in a turn and in commands that write much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import postgres_cluster
from mariadb_cluster import MariadbServer
from servers import full_disks
from small_disk import SmallDisk, apart
from torture.campaign import report

from synapse.app import saving
from synapse.stores import set_up

_MEBIBYTES = 128
_SETTINGS = {"innodb-autoextend-increment": "1"}  # mebibytes at once; else 64


def on_a_small_disk(spills: str) -> dict[str, Any]:
    """Everything that is tried; in a process of its own."""
    saving._UNREACHABLE_SECONDS = 0.5
    folder = postgres_cluster.new_folder("synapse-my-")
    with SmallDisk(folder, _MEBIBYTES) as disk, MariadbServer(folder, _SETTINGS) as server:
        server.start()
        server.execute("CREATE DATABASE test_full")
        url = server.url("test_full") + "&statement_timeout=5"
        set_up(url)

        def revive() -> None:
            assert server.process is not None
            if server.process.poll() is not None:
                server.start()

        turn = full_disks.fill_in_a_turn(url, disk, revive, Path(spills))
        there = full_disks.fill_in_commands(url, disk, revive, Path(spills))
        return {"turn": turn, **there}


def test_nothing_is_lost_and_it_goes_on_when_there_is_room(home: Path, tmp_path: Path) -> None:
    figures = apart(on_a_small_disk, str(tmp_path))
    report("MariaDB's disk was full", **figures)
