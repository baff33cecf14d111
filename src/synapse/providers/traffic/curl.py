"""libcurl's extension module, `pycurl`, without the package that later releases wrap around it.

From 7.47 on, the extension is `pycurl._pycurl`, and the package imports asyncio before it: 66
million instructions, more than the rest of a question. Nothing of what the package adds is used.
"""

from __future__ import annotations

import os
import sys

from synapse.light.modules import without_collections

__all__ = ["pycurl"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    import pycurl

_INNER = "pycurl._pycurl"


def load() -> ModuleType:
    """`pycurl`, or the extension that is inside it: the names are the same, and so are the types
    if somebody imports the package afterwards. Raises ImportError if neither can be loaded.
    """
    if _INNER in sys.modules:
        return sys.modules[_INNER]
    lent = _lend_datetime()
    flags = sys.getdlopenflags()
    # Of what libcurl and its companions call each other, little is called: names are looked up
    # when they are, as for any program. Python's way of looking up all at once is 4 million.
    sys.setdlopenflags(os.RTLD_LAZY)
    try:
        return _load_extension() or _import()
    finally:
        sys.setdlopenflags(flags)
        if lent and sys.modules.get("datetime") is sys.modules["_datetime"]:
            del sys.modules["datetime"]


def _lend_datetime() -> bool:
    """Up to Python 3.11 `datetime` runs through its whole Python version before it takes the C
    version's names: six million instructions. The extension wants the C version; who should
    import `datetime` in another thread meanwhile gets its names, too.
    """
    if sys.version_info >= (3, 12) or "datetime" in sys.modules or "_datetime" not in sys.modules:
        return False
    sys.modules["datetime"] = sys.modules["_datetime"]
    return True


def _load_extension() -> ModuleType | None:
    """The extension that is inside the package; None before 7.47, or in an unknown layout."""
    package = _find("pycurl", None) if "pycurl" not in sys.modules else None
    if package is None or not package.submodule_search_locations:
        return None
    inner = _find(_INNER, package.submodule_search_locations)
    if inner is None or inner.loader is None:
        return None
    create = inner.loader.create_module
    # it makes types of named tuples, of which nothing is used here
    module = without_collections(lambda: create(inner))
    if module is None:  # no extension: that makes its own module
        return None
    module.__spec__ = inner
    inner.loader.exec_module(module)
    return sys.modules.setdefault(_INNER, module)


def _find(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        spec = finder.find_spec(name, path)
        if spec is not None:
            return spec
    return None


def _import() -> ModuleType:
    import pycurl  # where its extension can not be loaded alone

    return pycurl


if not TYPE_CHECKING:
    pycurl = load()
