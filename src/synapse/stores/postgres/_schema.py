"""Which schema this program knows, and where it is."""

from __future__ import annotations

SCHEMA = 4
"""The number of the newest file in `schema/`."""
NAMESPACE = "synapse"
"""The schema of the database, in PostgreSQL's sense, that holds all tables of ours."""
OLDEST_SERVER = 140000
"""PostgreSQL 14, in the form of `server_version_num`. Older ones are no longer maintained."""
