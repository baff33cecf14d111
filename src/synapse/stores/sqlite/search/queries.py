"""The statements of search.sql."""

from __future__ import annotations

import os

from synapse.stores import _queries

QUERIES = _queries.load(os.path.join(os.path.dirname(__file__), "search.sql"))
