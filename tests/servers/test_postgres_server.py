"""The servers that the tests run on are what they are taken for."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
from postgres_cluster import PASSWORD, VERSIONS, Cluster, execute, new_folder, programs
from postgres_server import fresh_database, own_cluster, own_server, server
from program import wait_until


@pytest.mark.parametrize("version", VERSIONS)
def test_a_fresh_database_is_empty_and_its_role_is_an_ordinary_one(version: int) -> None:
    url = fresh_database(version)
    ((number, role, encoding, superuser),) = execute(
        url,
        "SELECT current_setting('server_version_num')::int / 10000, current_user,"
        " current_setting('server_encoding'), current_setting('is_superuser')",
    )
    assert (number, role, encoding, superuser) == (version, "synapse", "UTF8", "off")
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname NOT LIKE %s AND schemaname <> %s"
    assert execute(url, tables, "pg\\_%", "information_schema") == [(0,)]
    execute(url, "CREATE SCHEMA its_own")
    assert url != fresh_database(version)


@pytest.mark.parametrize("version", VERSIONS)
def test_over_tcp_the_password_is_asked_for(version: int) -> None:
    url = fresh_database(version, tcp=True)
    assert execute(url, "SELECT inet_server_addr()::text") == [("127.0.0.1/32",)]
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        execute(url.replace("p%40ss", "pass"), "SELECT 1")
    assert PASSWORD not in url  # it is quoted


def test_a_role_can_be_who_runs_the_tests() -> None:
    url = fresh_database(18, role="by_name")
    assert execute(url, "SELECT current_user") == [("by_name",)]


def test_a_server_of_ones_own_keeps_what_it_has_acknowledged_and_a_standby_follows_it() -> None:
    settings = {"fsync": "on", "full_page_writes": "on", "synchronous_standby_names": "b"}
    with own_server(18) as primary, own_cluster(18, {"fsync": "on"}) as standby:
        standby.standby_of(primary, name="b")
        standby.start()
        primary.stop(signal.SIGINT)
        primary.settings = settings
        primary.start()
        primary.execute("CREATE TABLE kept (number int)")
        primary.execute("INSERT INTO kept VALUES (1)")
        primary.stop(signal.SIGKILL)
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            standby.execute("INSERT INTO kept VALUES (2)")
        standby.promote()
        standby.execute("INSERT INTO kept VALUES (3)")
        assert standby.execute("SELECT number FROM kept") == [(1,), (3,)]


@pytest.mark.parametrize("version", VERSIONS)
def test_programs_that_another_user_cannot_reach_are_copied(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = programs(version, tmp_path).parents[1]
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, hidden / part.name, symlinks=True)
    monkeypatch.syspath_prepend(hidden)
    folder = new_folder("synapse-pg-")
    try:
        found = programs(version, folder)
        assert found.is_relative_to(folder if os.geteuid() == 0 else hidden)
        assert programs(version, folder) == found
        with Cluster(found, folder / "one") as cluster:
            cluster.initialize()
            cluster.start()
            assert cluster.execute("SELECT 1") == [(1,)]
            cluster.call("psql", "-c", "SELECT 1", cluster.url("postgres"))
    finally:
        shutil.rmtree(folder)


def test_no_server_outlives_those_who_used_it(tmp_path: Path) -> None:
    """Not even if they are killed: the keeper sees it."""
    run = tmp_path / "run"
    run.mkdir()
    script = (
        "import time; from postgres_server import server;"
        "print(server(18).folder.parent, flush=True); time.sleep(600)"
    )
    user = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "SYNAPSE_TEST_RUN": str(run), "PYTHONPATH": ":".join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert user.stdout is not None
    with user.stdout:
        folder = Path(user.stdout.readline().strip())
    assert (folder / "shared" / "data" / "postmaster.pid").exists()
    postmaster = int((folder / "shared" / "data" / "postmaster.pid").read_text().split()[0])
    user.kill()
    user.wait()
    wait_until(lambda: not folder.exists() and not Path(f"/proc/{postmaster}").exists())
    assert server(18).execute("SELECT 1") == [(1,)]  # that of others is not touched
