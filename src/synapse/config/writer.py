"""Files for one pair of eyes: written whole or not at all, mode 0600 in a folder of mode 0700."""

from __future__ import annotations

import os
from contextlib import contextmanager

from synapse.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def write_private(path: str, text: str) -> None:
    """Replace the file's content. Raises ConfigError; the old content is then untouched.

    A symbolic link stays one: the file that it names is replaced.
    """
    target = os.path.realpath(path)
    temporary = f"{target}.{os.getpid()}.tmp"
    try:
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        _write_durably(temporary, text.encode())
        os.replace(temporary, target)
        _sync_folder(os.path.dirname(target))
    except OSError as error:
        raise ConfigError(f"can't write {path}: {_reason(error)}") from error
    finally:
        try:
            os.unlink(temporary)
        except OSError:
            pass  # it has become the target, or was never made


@contextmanager
def sole_editor(path: str) -> Iterator[None]:
    """Keep other processes from editing the file meanwhile: two edits at once are both kept.

    The lock is on the folder; one on the file would be lost when the file is replaced.
    """
    folder = os.path.dirname(os.path.realpath(path))
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ConfigError(f"can't write {path}: {_reason(error)}") from error
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _write_durably(path: str, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        from fcntl import LOCK_EX, flock

        flock(descriptor, LOCK_EX)
    except (ImportError, OSError):
        pass  # no locks here (Windows, some network file systems): the write itself is atomic


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
