"""psycopg2's extension module, `psycopg2._psycopg`, without the package around it.

The package imports `decimal`, `re` and `datetime` for adapters of which nothing is used here, and
the extension asks for `ssl`, so that Python's copy of an old OpenSSL and libpq's are set up once:
its wheel brings an OpenSSL of its own, and since 1.1 none needs that. Together they are 99 of the
136 million instructions that `import psycopg2` takes.

Nobody else can meet what is lent: it is only done while the process has one thread.
"""

from __future__ import annotations

import os
import sys
from _thread import _count as count_threads

__all__ = ["driver"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    import psycopg2._psycopg as driver

_PACKAGE = "psycopg2"
_INNER = "psycopg2._psycopg"


def load() -> ModuleType:
    """The extension; whoever imports the package afterwards gets the same. Raises ImportError if
    there is none.
    """
    if _INNER in sys.modules:
        return sys.modules[_INNER]
    if count_threads() == 0 and _PACKAGE not in sys.modules:
        package = _find(_PACKAGE, None)
        inner = package and _find(_INNER, package.submodule_search_locations)
        if package is not None and inner is not None:
            return _load_extension(package, inner)
    return _import()


def _load_extension(package: ModuleSpec, inner: ModuleSpec) -> ModuleType:
    lent: dict[str, ModuleType | None] = {_PACKAGE: type(sys)(_PACKAGE), "ssl": None}
    lent[_PACKAGE].__path__ = package.submodule_search_locations  # type: ignore[union-attr]
    if sys.version_info < (3, 12) and "_datetime" in sys.modules:
        # up to 3.11, `datetime` runs through its whole Python version before it takes the C version
        lent["datetime"] = sys.modules["_datetime"]
    lent = {name: module for name, module in lent.items() if name not in sys.modules}
    sys.modules.update(lent)  # type: ignore[arg-type]  # None: it can't be imported
    flags = sys.getdlopenflags()
    # of what libpq and its companions call each other, little is called: names are looked up then
    sys.setdlopenflags(os.RTLD_LAZY)
    try:
        assert inner.loader is not None
        module = inner.loader.create_module(inner)
        assert module is not None
        module.__spec__ = inner
        inner.loader.exec_module(module)
    finally:
        sys.setdlopenflags(flags)
        for name, stand_in in lent.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
    return sys.modules.setdefault(_INNER, module)


def _find(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        spec = finder.find_spec(name, path)
        if spec is not None:
            return spec
    return None


def _import() -> ModuleType:
    import psycopg2._psycopg  # where the extension can not be loaded alone

    return psycopg2._psycopg


if not TYPE_CHECKING:
    driver = load()
