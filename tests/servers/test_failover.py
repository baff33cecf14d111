"""The primary dies in the middle of turns, and its synchronous standby takes its place."""

from __future__ import annotations

import shutil
import signal
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from postgres_server import own_cluster, own_server
from servers import children
from servers.ledger import Ledger
from torture.campaign import LONG, randomness, report, times
from torture.processes import Child

from synapse.app import spill
from synapse.stores import open_store, set_up

if TYPE_CHECKING:
    from pathlib import Path

    from postgres_cluster import Cluster

WRITERS = 3
SYNCHRONOUS = {"synchronous_standby_names": "*", "fsync": "on", "full_page_writes": "on"}


def url_of(clusters: list[Cluster]) -> str:
    """Of the database, wherever it takes changes."""
    hosts = quote(",".join(str(cluster.folder) for cluster in clusters), "")
    ports = ",".join(str(cluster.port) for cluster in clusters)
    where = f"host={hosts}&port={ports}&target_session_attrs=read-write"
    return f"postgresql://synapse@/archive?{where}"


def follow(standby: Cluster, primary: Cluster) -> None:
    """Make a standby anew, and have the primary wait for it at each COMMIT."""
    shutil.rmtree(standby.data, ignore_errors=True)
    standby.standby_of(primary, name=f"standby_{time.monotonic_ns()}")
    standby.settings = {"fsync": "on", "full_page_writes": "on"}
    standby.start()
    for name, value in SYNCHRONOUS.items():
        primary.execute(f"ALTER SYSTEM SET {name} TO '{value}'")
    primary.execute("SELECT pg_reload_conf()")
    state = "SELECT sync_state FROM pg_stat_replication"
    while primary.execute(state) != [("sync",)]:
        time.sleep(0.02)


@pytest.mark.timeout(0 if LONG else 120)
def test_a_standby_takes_over_and_nothing_is_lost(tmp_path: Path) -> None:
    random = randomness("failover")
    failovers = times(1, 20, "FAILOVERS")
    ledger, back, spilled = Ledger(), [], 0
    with own_server(18) as primary, own_cluster(18) as standby:
        primary.make_roles(["synapse"])
        primary.execute("CREATE DATABASE archive OWNER synapse")
        set_up(primary.url("archive", "synapse"))
        for number in range(failovers):
            follow(standby, primary)
            url = url_of([primary, standby] if number % 2 == 0 else [standby, primary])
            writers = [
                Child(children.converse, url, f"{number} {name}", str(tmp_path))
                for name in range(WRITERS)
            ]
            for writer in writers:
                writer.wait_for("done")
            writers[0].read_for(random.uniform(0, 0.5))
            primary.stop(signal.SIGKILL)
            standby.promote()
            promoted = time.monotonic_ns()
            standby.execute("ALTER SYSTEM RESET synchronous_standby_names")
            standby.execute("SELECT pg_reload_conf()")
            for writer in writers:
                while writer.wait_for("done")[1] <= promoted:
                    pass
                back.append((writer.events[-1][1] - promoted) / 1e9)
                writer.kill_after(0)
                ledger.enter(writer)
            with open_store(url) as store:
                spilled += spill.recover(store, str(tmp_path))
                ledger.check(store)
            primary, standby = standby, primary
    assert ledger.turns > failovers * WRITERS
    report(
        "failovers",
        failovers=failovers,
        turns=ledger.turns,
        lost=0,
        doubled=0,
        kept_in_a_file=spilled,
        refused=len(ledger.refused),
        back_after_at_most=f"{max(back):.2f} s",
    )
    assert not LONG or max(back) < 5
