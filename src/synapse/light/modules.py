"""`importlib.import_module`. The package imports `warnings`: a million.

Some extension modules want nothing of `collections` but its abstract classes, which Python has at
hand in `_collections_abc`. The whole package is 7 million, a tenth of a list of sessions.
"""

from __future__ import annotations

import _collections_abc
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

_LENT = ("collections", "collections.abc")


def import_module(name: str) -> ModuleType:
    """The module of this whole name. Raises whatever its import raises."""
    __import__(name)
    return sys.modules[name]


def import_without_collections(name: str) -> ModuleType:
    """As `import_module`, for an extension that wants no more of `collections` than the abstract
    classes: it is lent these meanwhile. One that wants more gets the package.

    Nobody else can meet what is lent: a program that has threads has imported `collections`, as
    `threading` does, and that one is left in its place.
    """
    if name in sys.modules or any(lent in sys.modules for lent in _LENT):
        return import_module(name)
    sys.modules.update(dict.fromkeys(_LENT, _collections_abc))
    try:
        return import_module(name)
    except (AttributeError, ImportError):
        pass
    finally:
        for lent in _LENT:
            if sys.modules.get(lent) is _collections_abc:
                del sys.modules[lent]
    return import_module(name)
