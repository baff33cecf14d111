"""The connection to PostgreSQL breaks at every message that passes, one after the other.

Whatever the moment: what was asked for is done once, or a single message says that it is not; and
nothing that was acknowledged or shown is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from postgres_proxy import PostgresProxy
from postgres_server import fresh_archive, server
from servers import cuts
from torture.campaign import LONG, report

from synapse.app import saving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


STEP = 1 if LONG else 4
"""Messages from one break to the next."""


@pytest.fixture
def archive() -> str:
    """The URL of a database with our tables, past the proxy."""
    return fresh_archive()


@pytest.fixture
def proxy() -> Iterator[PostgresProxy]:
    with PostgresProxy(server(18)) as started:
        yield started


def through(proxy: PostgresProxy, archive: str) -> str:
    return proxy.url(urlsplit(archive).path[1:])


@pytest.mark.timeout(0 if LONG else 120)
def test_two_turns(proxy: PostgresProxy, archive: str, tmp_path: Path) -> None:
    seen = cuts.two_turns(proxy, through(proxy, archive), archive, tmp_path, step=STEP)
    report("turns whose connection broke", **seen)
    assert seen["saved"] * STEP > 100


@pytest.mark.timeout(0 if LONG else 120)
def test_a_turn_whose_server_does_not_come_back(
    proxy: PostgresProxy, archive: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "_UNREACHABLE_SECONDS", 0.05)
    seen = cuts.a_turn_without_a_server(proxy, through(proxy, archive), archive, tmp_path, step=1)
    report("turns whose server did not come back", **seen)
    assert min(seen["saved"], seen["kept in a file"], seen["not sent"]) > 0


@pytest.mark.timeout(0 if LONG else 120)
def test_commands_that_read(home: Path, proxy: PostgresProxy, archive: str) -> None:
    seen = cuts.readers(proxy, through(proxy, archive), archive, step=9)
    report("commands that read, whose connection broke", **seen)
    assert min(seen["answered"], seen["a line and status 6"]) > 0
