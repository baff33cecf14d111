"""A disk of a test's own that can be full: a tmpfs which nobody else sees.

Where that is not possible, conftest.py leaves the tests out that need it.

figures = apart(work, url)           # in a process with mounts of its own

def work(url):
    with SmallDisk(folder, 96) as disk:     # mebibytes
        disk.fill()
        disk.free()
"""

from __future__ import annotations

import ctypes
import errno
import os
import traceback
from typing import TYPE_CHECKING, Any, Self

from torture.children import Teller
from torture.processes import Child

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

_CLONE_NEWNS, _MS_REC, _MS_PRIVATE, _MNT_DETACH = 0x20000, 1 << 14, 1 << 18, 2


def enter() -> None:
    """Have mounts of one's own from now on. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) or libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None):
        number = ctypes.get_errno()
        raise OSError(number, f"no mounts of our own: {os.strerror(number)}")


def apart(work: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """What the work returns in a process that has mounts of its own, and this one's environment."""
    child = Child(_work_apart, dict(os.environ), work, arguments)
    _, _, figures, failure = child.wait_for("ended", 300)
    child.join(30)
    assert not failure, failure
    found: dict[str, Any] = figures
    return found


def _work_apart(
    pipe: Connection, environ: dict[str, str], work: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    teller = Teller(pipe)
    os.environ.clear()
    os.environ.update(environ)
    try:
        enter()
        teller.tell("ended", work(*arguments), "")
    except BaseException:
        teller.tell("ended", None, traceback.format_exc())


class SmallDisk:
    """Mounted on a folder, whose owner and mode it takes, until it is left."""

    def __init__(self, folder: Path, mebibytes: int) -> None:
        self._folder = folder
        self._size = mebibytes
        self._ballast = folder / "ballast"
        self._libc = ctypes.CDLL(None, use_errno=True)

    def __enter__(self) -> Self:
        state = self._folder.stat()
        how = f"size={self._size}m,mode={state.st_mode & 0o777:o}"
        how += f",uid={state.st_uid},gid={state.st_gid}"
        place = os.fsencode(self._folder)
        if self._libc.mount(b"tmpfs", place, b"tmpfs", 0, how.encode()):
            raise OSError(ctypes.get_errno(), f"can't mount a tmpfs on {self._folder}")
        return self

    def __exit__(self, *_: object) -> None:
        self._libc.umount2(os.fsencode(self._folder), _MNT_DETACH)

    def fill(self) -> None:
        """Until nothing more goes in."""
        with self._ballast.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)
