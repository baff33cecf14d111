"""Searching an SQLite file: FTS5 names the messages that may match, their texts decide.

The index is derived data in the same file, written late (`catching_up`), in tables that no trigger
names (`index`); what is not in it is read instead (`searching`).
"""

from __future__ import annotations

import os

from synapse.stores import _queries

QUERIES = _queries.load(os.path.join(os.path.dirname(__file__), "search.sql"))
"""The statements of search.sql."""
