"""PostgreSQL is killed in the middle of an answer, and comes back, or does not."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from postgres_server import own_server
from servers import deaths

from synapse.app import saving
from synapse.stores import set_up

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_an_answer_survives_the_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # the server dies with the thread that has started it
    with ThreadPoolExecutor(1) as starter, own_server(18) as own:
        own.make_roles(["synapse"])
        own.execute("CREATE DATABASE archive OWNER synapse")
        url = own.url("archive", "synapse")
        set_up(url)

        def kill() -> None:
            own.stop(signal.SIGQUIT)  # SIGKILL would leave shared memory behind

        def start() -> None:
            starter.submit(own.start).result()

        monkeypatch.setattr(saving, "_UNREACHABLE_SECONDS", 60.0)
        deaths.die_and_come_back(url, kill, start)
        monkeypatch.setattr(saving, "_UNREACHABLE_SECONDS", 0.1)
        deaths.die_for_good(url, kill, start)
