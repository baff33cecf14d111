"""The disk under PostgreSQL is full, in a turn and in commands that write much."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg2
from postgres_server import own_cluster, server
from program import wait_until
from servers import full_disks
from small_disk import SmallDisk, apart
from torture.campaign import report

from synapse.app import saving
from synapse.stores import set_up

_MEBIBYTES = 128


def on_a_small_disk(spills: str) -> dict[str, Any]:
    """Everything that is tried; in a process of its own."""
    saving._UNREACHABLE_SECONDS = 0.5
    with own_cluster(18, {"min_wal_size": "32MB", "max_wal_size": "64MB"}) as cluster:
        cluster.make_folder()
        with SmallDisk(cluster.folder, _MEBIBYTES) as disk:
            cluster.copy_from(server(18).folder.parent / "pristine")
            cluster.start()
            cluster.make_roles(["synapse"])
            cluster.execute("CREATE DATABASE archive OWNER synapse")
            url = cluster.url("archive", "synapse")
            set_up(url)

            def revive() -> None:
                """It may have ended, or be about to start again by itself."""
                assert cluster.process is not None
                if cluster.process.poll() is not None:
                    cluster.start()
                wait_until(takes_connections)

            def takes_connections() -> bool:
                with suppress(psycopg2.OperationalError):
                    return bool(cluster.execute("SELECT 1"))
                return False

            turn = full_disks.fill_in_a_turn(url, disk, revive, Path(spills))
            there = full_disks.fill_in_commands(url, disk, revive, Path(spills))
            cluster.stop()
    return {"turn": turn, **there}


def test_nothing_is_lost_and_it_goes_on_when_there_is_room(home: Path, tmp_path: Path) -> None:
    figures = apart(on_a_small_disk, str(tmp_path))
    report("PostgreSQL's disk was full", **figures)
