"""`--output FILE`: the answer goes into a file, which is there whole or not at all."""

from __future__ import annotations

import os

from synapse.errors import StorageError, UsageError
from synapse.private_files import NewFile
from synapse.terminal.streams import Output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from synapse.cli.context import Context


class OutputFile:
    """While it is entered, standard output is the file (mode 0600). It gets its name by `keep`;
    otherwise nothing is left of it.
    """

    def __init__(self, context: Context, path: str, *, force: bool) -> None:
        """Raises UsageError for a file that is there, unless `force`."""
        self._context = context
        self._path = path
        self._target = os.path.realpath(os.path.expanduser(path))
        self._force = force
        self._file = NewFile(self._target, replace=force)
        self._stdout = context.stdout
        self._check()

    def _check(self) -> None:
        if os.path.isdir(self._target):
            raise UsageError(f"{self._path} is a folder")
        if os.path.exists(self._target) and not self._force:
            raise self._exists()
        if os.path.exists(self._target) and not os.path.isfile(self._target):
            raise UsageError(f"{self._path} is no file that could be replaced")

    def _exists(self) -> UsageError:
        return UsageError(f"{self._path} exists already", "Overwrite it:  --force")

    def __enter__(self) -> Self:
        try:
            self._file.__enter__()
        except OSError as error:
            raise UsageError(f"can't write {self._path}: {error.strerror}") from error
        self._context.stdout = Output(self._file.descriptor, self._path)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._context.stdout = self._stdout
        self._file.__exit__()

    def keep(self) -> None:
        """Give the file its name. Raises UsageError if another has it by now, StorageError."""
        size = os.fstat(self._file.descriptor).st_size
        try:
            self._file.keep()
        except FileExistsError:
            raise self._exists() from None
        except OSError as error:
            raise StorageError(f"can't write {self._path}: {error.strerror}") from error
        if not self._context.quiet:
            self._context.say(f"Wrote {self._path} ({size:,} bytes).")
