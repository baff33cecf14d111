"""What every test gets: a home of its own, a clean environment, and no way out of this machine.

Set up when pytest loads this file, before any test module is imported, and inherited by every
program that a test starts.
"""

from __future__ import annotations

import atexit
import importlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PULL = "synapse models pull local"
"""The command that gets the weights of the local model."""

WEIGHTS_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"

# Names that a test may inherit; an allowlist, because any other may be a key or a setting of
# the person who runs the tests.
_KEPT = {"PATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "CI"}
_KEPT_PREFIXES = ("PYTEST_", "PYTHON", "HYPOTHESIS_", "SYNAPSE_TEST_", "COV_", "COVERAGE_")

_FIXED = {
    "HOME": "/dev/null/a-test-without-the-home-fixture",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    # libcurl's connections can't be watched from Python. Whatever is not loopback goes to a proxy
    # that does not exist, and whose name is the message.
    "all_proxy": "http://tests-must-stay-on-loopback.invalid:1",
    "no_proxy": "localhost,127.0.0.0/8,::1,.invalid",
}


def _real_home() -> Path:
    """The home of whoever runs the tests, though HOME may say otherwise by now."""
    return Path(os.environ.setdefault("SYNAPSE_TEST_REAL_HOME", str(Path.home())))


def _real_weights() -> Path:
    """Where the weights are: SYNAPSE_TEST_WEIGHTS, or the cache of whoever runs the tests."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(cache) if cache.startswith("/") else _real_home() / ".cache"
    default = folder / "synapse" / "models" / WEIGHTS_NAME
    return Path(os.environ.setdefault("SYNAPSE_TEST_WEIGHTS", str(default)))


# The order matters: both functions read what is cleaned away next. Workers of pytest-xdist
# inherit the answers as SYNAPSE_TEST_….
REAL_HOME = _real_home()
WEIGHTS = _real_weights()
_PRIVATE = tuple(
    str(REAL_HOME / folder / "synapse") for folder in (".config", ".local/state", ".local/share")
)


def _own_temporary_folder() -> Path:
    """A folder for this process and what it starts, removed at its end. In the one that everybody
    shares, what another program left (a spilled answer) would be found by the programs under test.

    Its path is short: the paths of sockets have room for a hundred bytes.
    """
    # pytest keeps the folders of failed tests, for whoever wants to look at them.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="synapse-t-", dir=os.environ["PYTEST_DEBUG_TEMPROOT"]))
    atexit.register(_remove, folder, os.getpid())
    tempfile.tempdir = str(folder)
    return folder


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked child ends here, too
        shutil.rmtree(folder, ignore_errors=True)


TEMPORARY = _own_temporary_folder()
RUN = Path(os.environ.setdefault("SYNAPSE_TEST_RUN", str(TEMPORARY)))
"""The folder that all processes of this run have in common: that of the one that began it."""
_numbers = itertools.count()


def _clean_environment() -> None:
    for name in list(os.environ):
        if name not in _KEPT and not name.startswith(_KEPT_PREFIXES):
            del os.environ[name]
    os.environ.update(_FIXED, TMPDIR=str(TEMPORARY))


def _is_loopback(host: object) -> bool:
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    return text in {"", "localhost", "::1", "0.0.0.0", "::"} or text.startswith("127.")


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: sees what Python code does, in every thread, whatever a test patches."""
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            pytest.fail(
                f"this test reached for {address[0]}; tests stay on loopback. "
                "Serve what it needs on 127.0.0.1, port 0."
            )
    elif event in {"open", "os.mkdir", "os.listdir", "os.scandir", "os.remove", "os.rename"}:
        path = arguments[0]
        if isinstance(path, str) and path.startswith(_PRIVATE):
            pytest.fail(
                f"this test reached for {path}, which belongs to whoever runs it. "
                "Take paths from the `home` fixture, and compute them when they are needed, "
                "not at import."
            )


def _hear_signals() -> None:
    """Of the signals that are ignored here, as a shell ignores Ctrl-C for what it starts in the
    background, nothing is inherited: the programs under test are sent them.
    """
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda number, frame: None)  # a handler ends with exec


_clean_environment()
_hear_signals()
sys.addaudithook(_guard)

# A slow moment of the machine is no finding.
hypothesis.settings.register_profile(
    "synapse",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("synapse")


def _found_by(script: str) -> str:
    """What a script of ours finds on this machine; empty if there is none. Nothing is fetched."""
    finder = str(Path(__file__).parents[1] / "scripts" / script)
    environ = {**os.environ, "HOME": str(REAL_HOME)}
    found = subprocess.run(
        [finder, "--no-fetch"], env=environ, capture_output=True, text=True, check=False
    )
    return found.stdout.strip()


def _mounts() -> bool:
    """Whether a process may have mounts of its own: for root, but not in every container."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    trying = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(trying, capture_output=True, check=False).returncode == 0


BROWSER = os.environ.setdefault("SYNAPSE_TEST_BROWSER", _found_by("browser"))
MARIADB = os.environ.setdefault("SYNAPSE_TEST_MARIADB", _found_by("mariadb"))

_LEFT_OUT: dict[str, str] = {}
"""Tests that need what this machine doesn't have, and why."""
if not os.environ.get("SYNAPSE_TEST_AIMOCK"):
    _LEFT_OUT["providers/test_aimock.py"] = (
        "needs Node and @copilotkit/aimock in the folder that SYNAPSE_TEST_AIMOCK names"
    )
if not BROWSER and os.environ.get("CI") != "true":
    _LEFT_OUT["formats/test_html_in_chromium.py"] = "needs a Chromium: scripts/browser fetches one"
if not MARIADB and os.environ.get("CI") != "true":
    _LEFT_OUT["servers/mariadb"] = "needs a MariaDB: scripts/mariadb fetches one"
if not _mounts():
    _LEFT_OUT["servers/test_full_disks.py"] = "needs root and `unshare -m`, for disks that are full"
    _LEFT_OUT["servers/mariadb/test_full_disks.py"] = "needs the same"
collect_ignore = list(_LEFT_OUT)


def pytest_report_header() -> list[str]:
    """What is left out of this run, and why."""
    return [f"not run: {file} {why}" for file, why in _LEFT_OUT.items()]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new, empty home folder, which HOME names; no XDG variable is set. TMPDIR is the test's
    own, too: what one test spills is not found by the next.

    Beside it, `tmp_path` is free for whatever else the test needs.
    """
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    temporary = TEMPORARY / str(next(_numbers))
    temporary.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return folder


@pytest.fixture(autouse=True)
def _databases_of_this_test() -> Iterator[None]:
    """What a test has made on a server goes with it."""
    yield
    for servers in ("postgres_server", "mariadb_server"):
        if servers in sys.modules:
            sys.modules[servers].drop_databases()


def pytest_unconfigure() -> None:
    """The servers of this run end with it."""
    if RUN == TEMPORARY and any(RUN.glob("*.lock")):
        importlib.import_module("shared_server").leave()


@pytest.fixture(autouse=True)
def _ids_of_this_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids never go back within a process: a test with a clock of next year must not make those of
    the tests after it.
    """
    monkeypatch.setattr("synapse.ids._last_milliseconds", 0)


@pytest.fixture(autouse=True)
def _completions_in_their_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look for the tab key must not come to nothing while the machine has other work."""
    monkeypatch.setattr("synapse.stores._COMPLETION_SECONDS", 60.0)


@pytest.fixture(scope="session")
def program() -> Path:
    """The installed console script of the interpreter that runs the tests."""
    script = Path(sys.executable).with_name("synapse")
    if not script.exists():
        pytest.fail(f"{script} is missing; install the program first:  pip install -e '.[dev]'")
    return script


@pytest.fixture(scope="session")
def weights() -> Path:
    """The weights of the local model, which the tests don't fetch themselves."""
    if not WEIGHTS.exists():
        pytest.fail(f"{WEIGHTS} is missing; get it first (in your own environment):  {PULL}")
    return WEIGHTS


@pytest.fixture
def home_with_weights(home: Path, weights: Path) -> Path:
    """A home in which `synapse models pull local` has been run."""
    folder = home / ".cache" / "synapse" / "models"
    folder.mkdir(parents=True, mode=0o700)
    (folder / WEIGHTS_NAME).symlink_to(weights)
    return home
