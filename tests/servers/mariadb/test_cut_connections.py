"""The connection to MariaDB breaks at messages that pass; in a long campaign, at every one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mariadb_proxy import MariadbProxy
from mariadb_server import prepared_database, server
from servers import cuts
from torture.campaign import LONG, report

from synapse.app import saving
from synapse.stores import set_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def archive() -> str:
    """The URL of a database with our tables, past the proxy."""
    return prepared_database(set_up)


@pytest.fixture
def proxy() -> Iterator[MariadbProxy]:
    with MariadbProxy(server()) as started:
        yield started


def through(proxy: MariadbProxy, archive: str) -> str:
    return proxy.url(archive.partition("?")[0].rpartition("/")[2])


@pytest.mark.timeout(0 if LONG else 120)
def test_two_turns(proxy: MariadbProxy, archive: str, tmp_path: Path) -> None:
    seen = cuts.two_turns(proxy, through(proxy, archive), archive, tmp_path, step=37)
    report("turns whose connection to MariaDB broke", **seen)
    assert seen["saved"] > 5


@pytest.mark.timeout(0 if LONG else 120)
def test_a_turn_whose_server_does_not_come_back(
    proxy: MariadbProxy, archive: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "_UNREACHABLE_SECONDS", 0.05)
    seen = cuts.a_turn_without_a_server(proxy, through(proxy, archive), archive, tmp_path, step=19)
    report("turns whose MariaDB did not come back", **seen)
    assert min(seen["kept in a file"], seen["not sent"]) > 0


@pytest.mark.timeout(0 if LONG else 120)
def test_commands_that_read(home: Path, proxy: MariadbProxy, archive: str) -> None:
    seen = cuts.readers(proxy, through(proxy, archive), archive, step=29)
    report("commands that read, whose connection to MariaDB broke", **seen)
    assert seen["answered"] > 0
