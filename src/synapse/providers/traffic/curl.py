"""libcurl's extension module, `pycurl`, without the package that later releases wrap around it.

From 7.47 on, the extension is `pycurl._pycurl`, and the package imports asyncio before it: 66
million instructions, more than the rest of a question. Nothing of what the package adds is used.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder

__all__ = ["pycurl"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    import pycurl

_INNER = "pycurl._pycurl"


def load() -> ModuleType:
    """`pycurl`, or the extension that is inside it: the names are the same, and so are the types
    if somebody imports the package afterwards. Raises ImportError if neither can be loaded.
    """
    if _INNER in sys.modules:
        return sys.modules[_INNER]
    package = PathFinder.find_spec("pycurl") if "pycurl" not in sys.modules else None
    if package is not None and package.submodule_search_locations:
        inner = PathFinder.find_spec(_INNER, package.submodule_search_locations)
        if inner is not None and inner.loader is not None:
            module = inner.loader.create_module(inner)
            if module is not None:  # an extension, which makes its own module
                module.__spec__ = inner
                inner.loader.exec_module(module)
                return sys.modules.setdefault(_INNER, module)
    # The extension itself (before 7.47), or a layout that we don't know.
    import pycurl

    return pycurl


if not TYPE_CHECKING:
    pycurl = load()
