"""The engine that keeps conversations in an SQLite file, with apsw.

Of `collections`, apsw wants `collections.abc.Mapping` alone, which Python has at hand in
`_collections_abc`. The whole package costs a list of sessions 7 million instructions, a tenth. So
apsw is lent that module while it is imported. Nobody else can meet what is lent: a program that
has threads has imported `collections`, as `threading` does.
"""

import _collections_abc
import sys

from synapse.light.modules import import_module

_LENT = ("collections", "collections.abc")


def _load_driver() -> None:
    if "apsw" in sys.modules or any(name in sys.modules for name in _LENT):
        return
    sys.modules.update(dict.fromkeys(_LENT, _collections_abc))
    try:
        import_module("apsw")
    except (AttributeError, ImportError):
        pass  # a release that wants more, or none at all: who uses it imports it again
    finally:
        for name in _LENT:
            if sys.modules.get(name) is _collections_abc:
                del sys.modules[name]


_load_driver()
