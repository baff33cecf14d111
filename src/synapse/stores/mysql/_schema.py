"""Which schema this program knows, and which servers."""

from __future__ import annotations

SCHEMA = 2
"""The number of the newest file in `schema/`."""
OLDEST_MYSQL = (8, 0)
OLDEST_MARIADB = (10, 11)
