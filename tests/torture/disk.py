"""A disk between SQLite and the real one: it fails when told to, and forgets what was not synced.

A VFS that is SQLite's default as long as it stands, so that the code under test opens its files
as ever. Shared memory is not seen: it is memory, and gone after a power cut.
"""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, Any, Self

import apsw

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

_numbers = itertools.count()
_SECTOR = 512


class Operation:
    """One change of a file: `write` (at, data), `truncate` (at), `delete` or `sync`."""

    def __init__(self, kind: str, path: str, at: int = 0, data: bytes = b"") -> None:
        self.kind = kind
        self.path = path
        self.at = at
        self.data = data

    def __repr__(self) -> str:
        return f"{self.kind} {os.path.basename(self.path)} {self.at}+{len(self.data)}"


def full(operation: Operation) -> apsw.Error:
    """No room; of a sync, an error all the same."""
    return apsw.FullError("injected") if operation.kind == "write" else failing(operation)


def failing(operation: Operation) -> apsw.Error:
    """What SQLite's own VFS reports when the system call fails."""
    error = apsw.IOError("injected")
    error.extendedresult = {  # type: ignore[attr-defined]  # what apsw reads
        "write": apsw.SQLITE_IOERR_WRITE,
        "sync": apsw.SQLITE_IOERR_FSYNC,
        "truncate": apsw.SQLITE_IOERR_TRUNCATE,
        "delete": apsw.SQLITE_IOERR_DELETE,
    }[operation.kind]
    return error


class Disk(apsw.VFS):
    """Records every operation; may fail one, or every one from some point on."""

    def __init__(self, *, syncs: bool = True) -> None:
        self.title = f"disk-{next(_numbers)}"
        super().__init__(self.title, "unix", makedefault=True)
        self.log: list[Operation] = []
        self.syncs = syncs
        """False for a disk that says that it has synced, and has not."""
        self._fail_at = -1
        self._for_ever = False
        self._error: Callable[[Operation], apsw.Error] = failing
        self._torn = False
        self.failures = 0

    def fail(
        self,
        number: int,
        error: Callable[[Operation], apsw.Error],
        *,
        for_ever: bool = False,
        torn: bool = False,
    ) -> None:
        """Fail operation `number` from now, counted from 0; a torn write gets half-way."""
        self._fail_at = len(self.log) + number
        self._error, self._for_ever, self._torn = error, for_ever, torn

    def heal(self) -> None:
        """Fail no more."""
        self._fail_at = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        apsw.set_default_vfs("unix")
        self.unregister()

    def record(self, operation: Operation, tear: Callable[[], object] = lambda: None) -> None:
        """Put down an operation, or raise what it fails with."""
        self.log.append(operation)
        number = len(self.log) - 1
        if self._fail_at >= 0 and (
            number == self._fail_at or (self._for_ever and number > self._fail_at)
        ):
            self.failures += 1
            if self._torn:
                tear()
            raise self._error(operation)

    def excepthook(self, kind: Any, error: Any, trace: Any) -> bool:
        """Injected errors reach nobody else."""
        return True

    def xOpen(  # noqa: N802
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> apsw.VFSFile:
        return _File(self, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        self.record(Operation("delete", name, int(syncdir)))
        super().xDelete(name, syncdir)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""

    def excepthook(self, kind: Any, error: Any, trace: Any) -> bool:
        """Injected errors reach nobody else."""
        return True

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        data = bytes(data)
        self._disk.record(
            Operation("write", self._path, offset, data),
            lambda: super(_File, self).xWrite(data[: len(data) // 2], offset),
        )
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        if self._disk.syncs:
            self._disk.record(Operation("sync", self._path))
        super().xSync(flags)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.record(Operation("truncate", self._path, size))
        super().xTruncate(size)


class Files:
    """The content of files on a disk that remembers which changes may still be lost."""

    def __init__(self, content: dict[str, bytes]) -> None:
        self._durable: dict[str, bytearray] = {
            path: bytearray(data) for path, data in content.items()
        }
        self._pending: dict[str, list[Operation]] = {}
        self._synced: set[str] = set()

    def apply(self, operation: Operation) -> None:
        """The next operation of the log."""
        if not operation.path:
            return  # a temporary file, whose name SQLite does not even know
        if operation.kind == "sync":
            if operation.path not in self._synced:
                self._sync_folder()
            self._synced.add(operation.path)
            for waiting in self._pending.pop(operation.path, []):
                _do(self._durable, waiting)
        elif operation.kind == "delete" and operation.at:  # the folder is synced
            self._pending.pop(operation.path, None)
            self._durable.pop(operation.path, None)
            self._synced.discard(operation.path)
        else:
            if operation.kind == "delete":
                self._synced.discard(operation.path)
            self._pending.setdefault(operation.path, []).append(operation)

    def _sync_folder(self) -> None:
        """SQLite's VFS for Unix does so at the first sync of a journal or a WAL that it made."""
        for path, waiting in self._pending.items():
            while any(operation.kind == "delete" for operation in waiting):
                if waiting.pop(0).kind == "delete":
                    self._durable.pop(path, None)

    def after_power_loss(self, random: Random) -> dict[str, bytes]:
        """What may be found when the power is back: of each file's un-synced changes none, all,
        the first few, or any of them in pieces.
        """
        content = {path: bytearray(data) for path, data in self._durable.items()}
        for path in sorted(self._pending):
            for operation in _survivors(self._pending[path], random):
                _do(content, operation)
        return {path: bytes(data) for path, data in content.items()}


def _survivors(pending: list[Operation], random: Random) -> list[Operation]:
    luck = random.choice(["none", "all", "first", "any", "torn", "torn"])
    if luck == "none":
        return []
    if luck == "all":
        return pending
    if luck == "first":
        return pending[: random.randint(0, len(pending))]
    some = [operation for operation in pending if random.random() < 0.6]
    if luck == "any":
        return some
    return [piece for operation in some for piece in _pieces(operation, random)]


def _pieces(operation: Operation, random: Random) -> list[Operation]:
    """Some of the sectors that a write covers."""
    if operation.kind != "write" or random.random() < 0.5:
        return [operation]
    start, data = operation.at, operation.data
    bounds = [0, *range(_SECTOR - start % _SECTOR, len(data), _SECTOR), len(data)]
    return [
        Operation("write", operation.path, start + low, data[low:high])
        for low, high in itertools.pairwise(bounds)
        if random.random() < 0.5
    ]


def _do(content: dict[str, bytearray], operation: Operation) -> None:
    if operation.kind == "delete":
        content.pop(operation.path, None)
        return
    data = content.setdefault(operation.path, bytearray())
    end = operation.at + len(operation.data)
    if operation.kind == "truncate":
        del data[operation.at :]
    elif len(data) < operation.at:
        data.extend(bytes(operation.at - len(data)))
    if operation.kind == "write":
        data[operation.at : end] = operation.data
