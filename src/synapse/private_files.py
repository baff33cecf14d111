"""Files that are there whole or not at all, durably, and for their owner alone.

What is written has no name until it is complete, so that a process that is killed leaves nothing
(Linux, on most file systems). Elsewhere, and for the moment in which a complete file takes the
place of another, it is called `.NAME.….part`; the next write of the same file removes what a
killed process left. File and folder are on the disk when a call returns, but for a NewFile that is
not to be `durable`.

Every function and method raises OSError: who calls knows what the file was for.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_ENDING = ".part"
_OPEN = os.O_RDWR | getattr(os, "O_CLOEXEC", 0)
_CREATE = _OPEN | os.O_CREAT | os.O_EXCL
_NAMELESS = getattr(os, "O_TMPFILE", 0)
_LONGEST_START = 40
"""Characters of a name that its pieces have, too: theirs must not become too long."""
_OWN_FILES = "/proc/self/fd"


def write(path: str, content: bytes, *, replace: bool = True, mode: int = 0o600) -> None:
    """Write a file whose folder is there.

    With `replace`, a file of that name is replaced, and a symbolic link stays one: the file that
    it names is. Otherwise a name that is taken is a FileExistsError. `mode` is narrowed by umask.
    """
    with NewFile(path, replace=replace, mode=mode) as file:
        file.write(content)
        file.commit()


def make_folder(path: str) -> None:
    """Make a folder of mode 0700, its parents too, durably; nothing if it is there."""
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path)
    if parent != path:
        make_folder(parent or ".")
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        if not os.path.isdir(path):
            raise
    _sync_folder(parent or ".")


class NewFile:
    """A file that gets its name by `commit`. If the block ends without it, nothing is left of the
    file.

    `durable` is False for one of thousands that can be made again: then nobody waits for the disk,
    nor looks through the folder for what killed processes left.
    """

    def __init__(
        self, path: str, *, replace: bool = True, mode: int = 0o600, durable: bool = True
    ) -> None:
        self._replace = replace
        self._durable = durable
        self._mode = mode
        self._target = os.path.realpath(path) if replace else os.path.abspath(path)
        self._folder, self._name = os.path.split(self._target)
        self._start = f".{self._name[:_LONGEST_START]}."
        piece = f"{self._start}{os.urandom(6).hex()}{_ENDING}"
        self._piece = os.path.join(self._folder, piece)
        self._has_piece = False
        self.descriptor = -1

    def __enter__(self) -> Self:
        if _NAMELESS and os.path.isdir(_OWN_FILES):
            try:
                self.descriptor = os.open(self._folder, _OPEN | _NAMELESS, self._mode)
                return self
            except OSError:
                pass  # a file system without; whatever else is wrong the next attempt says
        while not self._open_piece():
            pass
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)
        self._remove_piece()

    def write(self, content: bytes) -> None:
        """Add to the end."""
        view = memoryview(content)
        while view:
            view = view[os.write(self.descriptor, view) :]

    def commit(self) -> None:
        """Give the file its name. Raises FileExistsError if it is taken and not to be replaced."""
        if self._durable:
            os.fsync(self.descriptor)
        if self._replace:
            self._take_place()
        else:
            self._take_free_name()
        if self._durable:
            _sync_folder(self._folder)

    def _take_place(self) -> None:
        if self._durable:
            self._remove_leftovers()
        if not self._has_piece:
            _lock(self.descriptor)
            self._link(self._piece)
            self._has_piece = True
        os.replace(self._piece, self._target)
        self._has_piece = False

    def _take_free_name(self) -> None:
        try:  # unlike a rename, a link fails if the name is taken
            if self._has_piece:
                os.link(self._piece, self._target)
            else:
                self._link(self._target)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            os.close(os.open(self._target, _CREATE, self._mode))
            os.replace(self._piece, self._target)
            self._has_piece = False

    def _link(self, name: str) -> None:
        """Name the nameless file."""
        files = os.open(_OWN_FILES, os.O_RDONLY)
        try:
            # Given a folder, Python follows the link that stands for the file.
            os.link(str(self.descriptor), name, src_dir_fd=files, follow_symlinks=True)
        finally:
            os.close(files)

    def _open_piece(self) -> bool:
        """Open a file with a name for the time being; False if another process swept it away
        before it was locked.
        """
        self.descriptor = os.open(self._piece, _CREATE, self._mode)
        self._has_piece = True
        _lock(self.descriptor)
        if os.fstat(self.descriptor).st_nlink:
            return True
        os.close(self.descriptor)
        return False

    def _remove_piece(self) -> None:
        if self._has_piece:
            self._has_piece = False
            try:
                os.unlink(self._piece)
            except OSError:
                pass  # swept away, or the folder is gone

    def _remove_leftovers(self) -> None:
        """Remove what killed processes left of this file: whoever lives has a lock on his own."""
        for name in os.listdir(self._folder):
            if name.startswith(self._start) and name.endswith(_ENDING):
                path = os.path.join(self._folder, name)
                if path != self._piece or not self._has_piece:
                    _remove_abandoned(path)


def _remove_abandoned(path: str) -> None:
    try:
        descriptor = os.open(path, _OPEN | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return  # its owner has finished, or it is no file of ours
    try:
        if _lock(descriptor, wait=False):
            os.unlink(path)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, wait: bool = True) -> bool:
    """Whether this process holds the file's lock now."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock  # few runs take a lock

        flock(descriptor, LOCK_EX if wait else LOCK_EX | LOCK_NB)
    except (ImportError, OSError):
        return False  # another's, or no locks here (Windows, some network file systems)
    return True


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
