"""Clients of PostgreSQL are killed in the middle of their turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from postgres_server import fresh_archive
from servers import children, kills
from torture.campaign import LONG, times

from synapse.stores import _owner

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.timeout(0 if LONG else 120)
@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_no_acknowledged_turn_is_lost(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_owner, "LEASE_SECONDS", children.LEASE)
    kills.kill_clients(fresh_archive(), where, times(5, 100, "KILLS_CLIENTS"), tmp_path)
