"""`--output FILE`: the answer goes into a file, which is there whole or not at all."""

from __future__ import annotations

import os
import stat

from synapse.errors import StorageError, UsageError
from synapse.private_files import NewFile
from synapse.terminal.streams import Output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from synapse.cli.context import Context


class OutputFile:
    """While it is entered, standard output is the file (mode 0600, or that of the file which it
    replaces). It gets its name by `commit`; otherwise nothing is left of it. Into a FIFO, a device
    like /dev/null and a stream like /dev/stdout the answer is written as it comes.
    """

    def __init__(self, context: Context, path: str, *, force: bool) -> None:
        """Raises UsageError for a file that is there, unless `force`."""
        self._context = context
        self._path = path
        self._target = os.path.realpath(os.path.expanduser(path))
        self._force = force
        self._stdout = context.stdout
        self._passes_on = _passes_on(context, path)
        self._passing = -1
        self._mode = 0o600
        if self._passes_on is None:
            self._check()
        self._file = NewFile(self._target, replace=force)

    def _check(self) -> None:
        if os.path.isdir(self._target):
            raise UsageError(f"{self._path} is a folder")
        if os.path.exists(self._target) and not self._force:
            raise self._exists()
        if os.path.exists(self._target):
            if not os.path.isfile(self._target):
                raise UsageError(f"{self._path} is not a regular file; it can't be replaced")
            self._mode = stat.S_IMODE(os.stat(self._target).st_mode) & 0o777

    def _exists(self) -> UsageError:
        return UsageError(f"{self._path} exists already", "Overwrite it:  --force")

    def __enter__(self) -> Self:
        try:
            if self._passes_on is not None:
                descriptor = self._passing = _opened(self._passes_on)
            else:
                self._file.__enter__()
                descriptor = self._file.descriptor
        except OSError as error:
            raise UsageError(f"can't write {self._path}: {error.strerror}") from error
        self._context.stdout = Output(descriptor, self._path)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._context.stdout = self._stdout
        if self._passes_on is not None:
            os.close(self._passing)
        else:
            self._file.__exit__()

    def commit(self) -> None:
        """Give the file its name. Raises UsageError if another has it by now, StorageError."""
        if self._passes_on is not None:
            return
        size = os.fstat(self._file.descriptor).st_size
        try:
            os.fchmod(self._file.descriptor, self._mode)
            self._file.commit()
        except FileExistsError:
            raise self._exists() from None
        except OSError as error:
            raise StorageError(f"can't write {self._path}: {error.strerror}") from error
        if not self._context.quiet:
            self._context.say(f"Wrote {self._path} ({size:,} bytes).")


def _opened(target: int | str) -> int:
    if isinstance(target, int):
        return os.dup(target)
    return os.open(target, os.O_WRONLY | os.O_CLOEXEC)


def _passes_on(context: Context, path: str) -> int | str | None:
    """What takes an answer and keeps no file of it: a descriptor, or the path of a FIFO or of a
    character device; None for what is to be a file.
    """
    absolute = os.path.abspath(os.path.expanduser(path))
    streams = {"/dev/stdout": context.stdout.descriptor, "/dev/stderr": context.stderr.descriptor}
    if absolute in streams:
        return streams[absolute]
    folder, name = os.path.split(absolute)
    if folder in ("/dev/fd", "/proc/self/fd") and name.isdecimal():
        return int(name)
    try:
        mode = os.stat(absolute).st_mode
    except OSError:
        return None
    return absolute if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) else None
