"""Copies of a database file: consistent while others write, private, whole or not at all."""

from __future__ import annotations

import os

import apsw

from synapse.errors import DatabaseError, DatabaseFull
from synapse.stores.sqlite._driver_errors import translate
from synapse.stores.sqlite._files import is_headless, open_raw, size, wal_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = 2
"""Automatic backups that stay: the newest ones."""
_STEP_PAGES = 2000
"""Pages (8 MB) between two looks at the progress; the source is not locked in between."""


def backups(path: str) -> list[str]:
    """The automatic backups beside a database, the oldest first."""
    folder, name = os.path.split(path)
    found = [
        os.path.join(folder, other)
        for other in os.listdir(folder)
        if other.startswith(f"{name}.bak-") and not other.endswith(_PARTIAL)
    ]
    return sorted(found, key=lambda backup: (os.stat(backup).st_mtime_ns, backup))


def back_up_before(
    path: str,
    version: int,
    progress: Callable[[str, int, int], object] = lambda backup, done, total: None,
) -> str:
    """Keep the file as it is before schema `version` is left: `PATH.bak-VERSION`.

    `progress` hears the name of the backup, bytes done and in all.

    An older backup of that version is kept under another name; of all, the newest two stay.
    Raises DatabaseError if the copy can't be made.
    """
    target = f"{path}.bak-{version}"
    number = 1
    while os.path.exists(target):
        number += 1
        target = f"{path}.bak-{version}.{number}"
    copy(path, target, progress=lambda done, total: progress(target, done, total))
    for old in backups(path)[:-_KEPT]:
        os.unlink(old)
    return target


def copy(
    source: str,
    target: str,
    *,
    replace: bool = False,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> None:
    """Copy the database at `source`, with what its WAL holds, to the file `target` (mode 0600).

    Others may write meanwhile: the copy is the state of one moment. `progress` hears bytes done
    and in all. Raises DatabaseError, also if `target` exists and `replace` is false; a copy that
    fails leaves nothing behind.
    """
    if not replace and os.path.exists(target):
        raise DatabaseError(f"{target} exists already")
    if size(wal_of(target)):
        raise DatabaseError(
            f"{target} is a database in use, or the rest of one: {wal_of(target)} is beside it",
            "Name another file",
        )
    partial = f"{target}.{os.getpid()}{_PARTIAL}"
    try:
        _remove_leftovers(target)
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        origin = open_raw(source)
        try:
            _copy_pages(origin, partial, progress)
        finally:
            origin.close()
        _sync(partial)
        os.rename(partial, target)
        _sync(os.path.dirname(target) or ".")
    except apsw.Error as error:
        raise translate(error, target) from error
    except OSError as error:
        kind = DatabaseFull if error.errno in (28, 122) else DatabaseError
        raise kind(f"the backup {target} can't be written: {error.strerror}") from error
    finally:
        for leftover in (partial, f"{partial}-journal", f"{partial}-wal", f"{partial}-shm"):
            try:
                os.unlink(leftover)
            except FileNotFoundError:
                pass


_PARTIAL = ".partial"


def _remove_leftovers(target: str) -> None:
    """Unfinished copies for `target` whose process was killed."""
    folder, name = os.path.split(target)
    for other in os.listdir(folder or "."):
        pid = other.removeprefix(f"{name}.").partition(_PARTIAL)[0]
        if not other.startswith(f"{name}.") or _PARTIAL not in other or not pid.isdecimal():
            continue
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            os.unlink(os.path.join(folder, other))
        except (OverflowError, PermissionError):
            pass


def copy_to_free_name(origin: apsw.Connection, path: str) -> str:
    """Copy what a connection has open to a new file, `PATH-NUMBER`; its name. Raises
    DatabaseError, apsw.Error.
    """
    target = _free(path)
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        _copy_pages(origin, target, lambda done, total: None)
        _sync(target)
    except OSError as error:
        raise DatabaseError(f"{target} can't be written: {error.strerror}") from error
    return target


def _copy_pages(
    origin: apsw.Connection, target: str, progress: Callable[[int, int], object]
) -> None:
    copied = apsw.Connection(target, flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        # one moment of a file that others write: without it, each of their commits starts it anew
        origin.execute("BEGIN; SELECT 1 FROM sqlite_schema").fetchall()
        page_size = int(origin.pragma("page_size"))
        with copied.backup("main", origin, "main") as backup:
            while not backup.done:
                backup.step(_STEP_PAGES)
                done = backup.page_count - backup.remaining
                progress(done * page_size, backup.page_count * page_size)
        # a file of its own, that can be moved about: no WAL beside it
        copied.pragma("journal_mode", "DELETE")
    finally:
        copied.close()
        if origin.in_transaction:
            origin.execute("ROLLBACK")


def _sync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_by(source: str, path: str) -> str | None:
    """Make the database at `path` a copy of `source`; the path of what was there, kept first.

    A sound database is overwritten page by page under SQLite's own lock, so that processes that
    have it open see the new content. A damaged one is moved aside with its journals, as is a WAL
    without a main file. Raises DatabaseError.
    """
    if not os.path.exists(path) and not is_headless(path):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        copy(source, path)
        return None
    if not is_headless(path) and _is_sound(path):
        kept = _free(f"{path}.before-restore")
        copy(path, kept)
        try:
            _overwrite(source, path)
        except apsw.Error as error:
            raise translate(error, path) from error
        return kept
    kept = _free(f"{path}.damaged")
    for suffix in ("-wal", "-shm", ""):
        try:
            os.rename(path + suffix, kept + suffix)
        except FileNotFoundError:
            pass
    copy(source, path)
    return kept


def _free(path: str) -> str:
    number = 1
    while os.path.exists(f"{path}-{number}"):
        number += 1
    return f"{path}-{number}"


def _is_sound(path: str) -> bool:
    try:
        connection = open_raw(path)
        try:
            return connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
        finally:
            connection.close()
    except apsw.BusyError:
        raise
    except apsw.Error:
        return False


def _overwrite(source: str, path: str) -> None:
    origin, target = open_raw(source), open_raw(path)
    try:
        target.execute("PRAGMA synchronous = FULL")
        with target.backup("main", origin, "main") as backup:
            backup.step(-1)
        target.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
    finally:
        target.close()
        origin.close()
