"""The way to the modules of this package. Python's own asks three finders, thinks of six kinds of
files and works out each path twice: 300 thousand instructions for an empty module, half of them
before it is read. A question needs some 90 modules; this way to them saves 10 million.

It leads to the files that Python's leads to, and reads no other: the compiled file is taken if it
is that of the source as it stands now. All else is left to Python: no compiled file, or one of
another source, or one that is checked by a hash; a zipapp; `-O`, PYTHONPYCACHEPREFIX.

A module of this package never has the name of a folder beside it: Python would take the folder.
"""

from __future__ import annotations

import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

try:
    from _frozen_importlib_external import (
        MAGIC_NUMBER,
        SourceFileLoader,
        spec_from_file_location,
    )
    from posix import stat
except ImportError:  # another Python than CPython on a Unix: its own way is taken
    FINDS = False
else:
    FINDS = not (sys.flags.optimize or sys.pycache_prefix) and bool(sys.implementation.cache_tag)

_COMPILED = f".{sys.implementation.cache_tag}.pyc"

if FINDS:

    class _Loader(SourceFileLoader):
        """Reads a source file as it always is, but looks first at what it was compiled to."""

        def __init__(self, name: str, path: str, compiled: str, changed: float, size: int) -> None:
            super().__init__(name, path)
            self._compiled = compiled
            self._changed = changed
            self._size = size

        def get_code(self, fullname: str) -> CodeType | None:
            """The module's code. Raises what the original raises for one that can't be read."""
            return self._compiled_code() or super().get_code(fullname)

        def _compiled_code(self) -> CodeType | None:
            try:
                data = self.get_data(self._compiled)
            except OSError:
                return None
            # as importlib writes it: the mark of this Python, no flags, the source's time and size
            changed = (int(self._changed) & 0xFFFFFFFF).to_bytes(4, "little")
            size = (self._size & 0xFFFFFFFF).to_bytes(4, "little")
            if data[:16] != MAGIC_NUMBER + b"\0\0\0\0" + changed + size:
                return None
            try:
                code: CodeType = marshal.loads(memoryview(data)[16:])
            except (EOFError, TypeError, ValueError):
                return None
            return code if code.co_filename == self.path else None


class Finder:
    """Finds the modules of this package in its folders; everything else is none of its business."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where a module is, for Python's import; None if another finder has to look for it."""
        if not path or not name.startswith("synapse."):
            return None
        folder = path[0]
        stem = name[name.rindex(".") + 1 :]
        inner = None
        try:
            found = stat(f"{folder}/{stem}.py")
        except OSError:
            folder = f"{folder}/{stem}"
            inner = [folder]
            stem = "__init__"
            try:
                found = stat(f"{folder}/__init__.py")
            except OSError:
                return None
        source = f"{folder}/{stem}.py"
        compiled = f"{folder}/__pycache__/{stem}{_COMPILED}"
        loader = _Loader(name, source, compiled, found.st_mtime, found.st_size)
        spec = spec_from_file_location(
            name, source, loader=loader, submodule_search_locations=inner
        )
        if spec is not None:
            spec.cached = compiled
        return spec


def shorten() -> None:
    """Have modules of this package found this way from now on."""
    if FINDS and Finder not in sys.meta_path:
        sys.meta_path.insert(0, Finder)
