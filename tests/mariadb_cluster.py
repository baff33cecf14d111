"""A MariaDB server of the tests' own, from the folder that `scripts/mariadb` makes.

with MariadbServer(folder) as server:
    server.start()
    server.execute("SELECT 1")
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import postgres_cluster
from postgres_cluster import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAMS = os.environ.get("SYNAPSE_TEST_MARIADB", "")
"""The folder that `scripts/mariadb` has made; empty if there is none."""

ACCOUNT = "synapse"
"""The account of the tests: it may do anything with databases whose names begin with `test`."""

_STARTING = 60.0
"""Seconds that the server may take to start or to stop; never a pause."""

_SETTINGS = {
    "bind-address": "127.0.0.1",
    "skip-name-resolve": "1",
    "innodb-log-file-size": "4M",
    "innodb-buffer-pool-size": "64M",
    "innodb-flush-log-at-trx-commit": "0",
    "innodb-doublewrite": "0",
    "innodb-file-per-table": "0",  # a new table costs no file, a dropped one no sync
    "innodb-temp-data-file-path": "ibtmp1:1M:autoextend",
    "sync-frm": "0",
    "max-connections": "200",
    # What a server may be set to, and the store has to set otherwise.
    "character-set-server": "latin1",
    "default-time-zone": "-05:00",
    "sql-mode": "",
    "transaction-isolation": "REPEATABLE-READ",
}
"""What is tested is not the disk."""


@dataclass
class MariadbServer:
    """One server, and the folder of its data and of its socket."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def socket(self) -> Path:
        """Where it listens beside its port."""
        return self.folder / "socket"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "log"

    def start(self) -> None:
        """Start it, on a port of its own that it keeps, and wait until it takes connections."""
        assert PROGRAMS, "there is no MariaDB here; to fetch one:  scripts/mariadb"
        new = not (self.folder / "data").exists()
        if new:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            shutil.copytree(Path(PROGRAMS, "data"), self.folder / "data")
            for path in (self.folder, *self.folder.rglob("*")):
                postgres_cluster.give(path)
        for _ in range(5):
            self.port = self.port or postgres_cluster.free_port()
            self._launch()
            if self._takes_connections():
                break
            self.stop()
            assert "Address already in use" in self.log.read_text(), self.log.read_text()
            self.port = 0
        if new:
            self._make_account()

    def _launch(self) -> None:
        usr = Path(PROGRAMS, "usr")
        settings = {
            "basedir": usr,
            "lc-messages-dir": usr / "share/mysql",
            "plugin-dir": usr / "lib/mysql/plugin",
            "datadir": self.folder / "data",
            "socket": self.socket,
            "tmpdir": self.folder,  # a server that starts clears its own of other servers' tables
            "port": self.port,
            **_SETTINGS,
            **self.settings,
        }
        user = postgres_cluster.other_user()
        if user is not None:
            settings["user"] = user.pw_name  # it starts as root, and goes on as this one
        self.log.write_bytes(b"")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    usr / "sbin/mariadbd",
                    "--no-defaults",
                    *(f"--{name}={value}" for name, value in settings.items()),
                ],
                cwd=self.folder,
                env={
                    "PATH": os.environ["PATH"],
                    "LC_ALL": "C.UTF-8",
                    "TZ": "UTC",
                    "LD_LIBRARY_PATH": ":".join(map(str, usr.glob("lib/*-linux-gnu*"))),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=postgres_cluster.die_with_parent,
            )

    def _takes_connections(self) -> bool:
        """Wait until it does; False if it ended instead."""
        assert self.process is not None
        deadline = time.monotonic() + _STARTING
        while self.process.poll() is None and time.monotonic() < deadline:
            # Its own word for it: connecting could meet another server at this port.
            if b"ready for connections" in self.log.read_bytes():
                return True
            time.sleep(0.01)
        return False

    def _make_account(self) -> None:
        for host in ("localhost", "127.0.0.1"):
            self.execute(f"CREATE USER '{ACCOUNT}'@'{host}' IDENTIFIED BY '{PASSWORD}'")
            self.execute(f"GRANT ALL ON `test%`.* TO '{ACCOUNT}'@'{host}'")

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it: SIGTERM in good order, SIGKILL as in a crash."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(how)
        try:
            self.process.wait(_STARTING)
        finally:
            self.process.kill()
            self.process = None

    def url(self, database: str, *, tcp: bool = False, scheme: str = "mysql") -> str:
        """The URL of a database: over the socket or over TCP, with the account's password."""
        who = f"{scheme}://{ACCOUNT}:{quote(PASSWORD, '')}"
        if tcp:
            return f"{who}@127.0.0.1:{self.port}/{database}"
        return f"{who}@localhost/{database}?socket={quote(str(self.socket), '')}"

    def execute(self, *statements: str, database: str = "") -> list[tuple[Any, ...]]:
        """Run statements as the server's administrator, on a connection of their own; the rows of
        the last one.
        """
        import pymysql

        connection = pymysql.connect(
            user="root",
            unix_socket=str(self.socket),
            database=database or None,
            ssl_disabled=True,
            autocommit=True,
        )
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())


def keep(folder: Path) -> dict[str, Any]:
    """What the process does that keeps the server which all tests share."""
    server = MariadbServer(folder / "shared")
    server.start()
    return {"folder": str(server.folder), "port": server.port}


if __name__ == "__main__":
    import server_keeper

    server_keeper.keep("mariadb", Path(sys.argv[1]), keep)
