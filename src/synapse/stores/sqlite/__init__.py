"""The engine that keeps conversations in an SQLite file, with apsw."""

from synapse.light.modules import import_without_collections

try:
    import_without_collections("apsw")
except ImportError:
    pass  # told by the module that uses it
