"""Clients of MariaDB are killed in the middle of their turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mariadb_server import prepared_database
from servers import children, kills
from torture.campaign import LONG, times

from synapse.stores import _owner, set_up

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.timeout(0 if LONG else 120)
@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_no_acknowledged_turn_is_lost(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_owner, "LEASE_SECONDS", children.LEASE)
    url = prepared_database(set_up)
    kills.kill_clients(url, where, times(2, 100, "KILLS_CLIENTS"), tmp_path)
