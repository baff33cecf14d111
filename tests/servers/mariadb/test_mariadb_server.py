"""The MariaDB server that the tests run on is what it is taken for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from mariadb_cluster import PROGRAMS
from mariadb_server import fresh_database, own_server, server
from program import wait_until

_SCRIPT = Path(__file__).parents[3] / "scripts" / "mariadb"


def test_a_fresh_database_is_empty_and_its_account_is_an_ordinary_one() -> None:
    url = fresh_database()
    name = url.partition("?")[0].rpartition("/")[2]
    ((version,),) = server().execute("SELECT version()")
    assert tuple(map(int, version.split(".")[:2])) >= (10, 11)
    tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = "
    assert server().execute(f"{tables}'{name}'") == [(0,)]
    granted = [row[0] for row in server().execute("SHOW GRANTS FOR 'synapse'@'localhost'")]
    assert any("ON `test%`.*" in grant for grant in granted)
    assert not any("ON *.*" in grant and "USAGE" not in grant for grant in granted)
    assert url != fresh_database()


def test_a_server_of_ones_own_keeps_what_it_has_acknowledged() -> None:
    with own_server({"innodb-flush-log-at-trx-commit": "1"}) as own:
        own.execute("CREATE DATABASE test_kept")
        own.execute("CREATE TABLE kept (number int) ENGINE=InnoDB", database="test_kept")
        own.execute("INSERT INTO kept VALUES (1)", database="test_kept")
        own.stop(signal.SIGKILL)
        own.start()
        assert own.execute("SELECT number FROM kept", database="test_kept") == [(1,)]


def test_no_server_outlives_those_who_used_it(tmp_path: Path) -> None:
    """Not even if they are killed: the keeper sees it."""
    run = tmp_path / "run"
    run.mkdir()
    script = (
        "import time; from mariadb_server import server;"
        "print(server().folder, flush=True); time.sleep(600)"
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
    assert (folder / "socket").exists()
    user.kill()
    user.wait()
    wait_until(lambda: not folder.parent.exists())
    assert server().execute("SELECT 1") == [(1,)]  # that of others is not touched


def test_the_script_says_where_it_is_and_why_there_is_none(tmp_path: Path) -> None:
    def run(**environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", _SCRIPT], env=environ, capture_output=True, text=True, check=False
        )

    named = run(PATH="/usr/bin:/bin", SYNAPSE_TEST_MARIADB=PROGRAMS)
    assert (named.returncode, named.stdout) == (0, f"{PROGRAMS}\n")
    without = run(PATH=str(tmp_path), HOME=str(tmp_path))
    assert (without.returncode, without.stdout) == (1, "")
    assert without.stderr == (
        "scripts/mariadb: no MariaDB here, and no apt-get to fetch Debian's packages with.\n"
    )
