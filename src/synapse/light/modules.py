"""`importlib.import_module`. The package imports `warnings`: a million.

Extension modules that want little of `collections` are lent that little: the whole package is 7
million, a tenth of a list of sessions.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import _collections_abc
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import TypeVar

    T = TypeVar("T")

_LENT = ("collections", "collections.abc")


def import_module(name: str) -> ModuleType:
    """The module of this whole name. Raises whatever its import raises."""
    __import__(name)
    return sys.modules[name]


def without_collections(load: Callable[[], T]) -> T:
    """What `load` returns, which loads an extension module. It is lent the abstract classes, which
    Python has at hand, and plain named tuples; one that wants more gets the package.

    Nobody else can meet what is lent: a program that has threads has imported `collections`, as
    `threading` does, and that one is left in its place.
    """
    if any(name in sys.modules for name in _LENT):
        return load()
    package = type(sys)("collections")
    vars(package).update(abc=_collections_abc, namedtuple=_named_tuple)
    lent = dict(zip(_LENT, (package, _collections_abc), strict=True))
    sys.modules.update(lent)
    try:
        return load()
    except (AttributeError, ImportError, TypeError):
        pass
    finally:
        for name, module in lent.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
    return load()


def without_modules(names: Iterable[str], load: Callable[[], T]) -> T:
    """What `load` returns, for which none of the modules can be imported that is not there yet."""
    kept_away = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(kept_away))  # type: ignore[arg-type]  # None: not importable
    try:
        return load()
    finally:
        for name in kept_away:
            if sys.modules.get(name) is None:
                sys.modules.pop(name, None)


def _named_tuple(name: str, fields: str) -> type:
    from _operator import itemgetter

    def new(cls: type[tuple[object, ...]], *values: object) -> tuple[object, ...]:
        return tuple.__new__(cls, values)

    names = fields.split()
    getters = {field: property(itemgetter(at)) for at, field in enumerate(names)}
    return type(
        name, (tuple,), {"__slots__": (), "_fields": tuple(names), "__new__": new} | getters
    )
