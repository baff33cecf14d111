"""How long a work is interrupted that others have to wait for."""

from __future__ import annotations

GAP = 0.004
"""Seconds between two transactions: longer than a waiting writer sleeps between two attempts, or it
would find the database locked every time it looks."""
