"""The engine that keeps conversations in an SQLite file, with apsw."""

from synapse.light.modules import import_module, without_collections

try:
    without_collections(lambda: import_module("apsw"))
except ImportError:
    pass  # told by the module that uses it
