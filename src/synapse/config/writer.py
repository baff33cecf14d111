"""The files of the configuration folder, keys among them: written whole, by one at a time."""

from __future__ import annotations

import os
from contextlib import contextmanager

from synapse import private_files
from synapse.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def write_private(path: str, text: str) -> None:
    """Replace the file's content. Raises ConfigError; the old content is then untouched."""
    target = os.path.realpath(path)
    try:
        private_files.make_folder(os.path.dirname(target))
        private_files.write(target, text.encode())
    except OSError as error:
        raise ConfigError(f"can't write {path}: {_reason(error)}") from error


@contextmanager
def exclusive_edit(path: str) -> Iterator[None]:
    """Keep other processes from editing the file meanwhile: two edits at once are both kept.

    The lock is on the folder; one on the file would be lost when the file is replaced.
    """
    folder = os.path.dirname(os.path.realpath(path))
    try:
        private_files.make_folder(folder)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ConfigError(f"can't write {path}: {_reason(error)}") from error
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        from fcntl import LOCK_EX, flock  # few runs take a lock

        flock(descriptor, LOCK_EX)
    except (ImportError, OSError):
        pass  # no locks here (Windows, some network file systems): the write itself is atomic


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
