"""Ctrl-C in every phase: the provider returns although the server never would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, openai, scripts, unanswered_address
from loopback.asking import Asking, Outcome, opened, request
from loopback.server import wait_for_hangup

from synapse.ports import Cancellation

if TYPE_CHECKING:
    from pathlib import Path

    from loopback import Exchange

PATIENT: dict[str, Any] = {"timeout": 3600.0, "connect_timeout": 3600.0}
"""Limits so long that only the cancellation can be what ended a request."""


def test_while_a_connection_is_not_answered() -> None:
    with unanswered_address() as (host, port):
        asking = Asking(opened(f"http://{host}:{port}/v1", **PATIENT))
        asking.cancellation.cancel()
        outcome = asking.outcome()
    assert (outcome.events, outcome.error) == ([], None)


def test_while_a_tls_hello_is_not_answered() -> None:
    with Loopback(connected=wait_for_hangup) as server:
        asking = Asking(opened(f"https://127.0.0.1:{server.port}/v1", **PATIENT))
        server.wait_for(lambda s: s.connections == 1)
        asking.cancellation.cancel()
        outcome = asking.outcome()
        server.wait_for(lambda s: s.open_connections == 0)
    assert (outcome.events, outcome.error) == ([], None)


def test_while_headers_do_not_come() -> None:
    with Loopback(scripts.never) as server:
        asking = Asking(opened(server.url, **PATIENT))
        server.wait_for(lambda s: len(s.requests) == 1)
        asking.cancellation.cancel()
        outcome = asking.outcome()
        server.wait_for(lambda s: s.open_connections == 0)
    assert (outcome.events, outcome.error) == ([], None)


def test_while_the_body_does_not_begin() -> None:
    with Loopback(scripts.stall_after()) as server:
        asking = Asking(opened(server.url, **PATIENT))
        server.wait_for(lambda s: len(s.requests) == 1)
        asking.cancellation.cancel()
        assert asking.outcome().error is None


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_while_the_body_stalls(tls: bool, tmp_path: Path) -> None:
    stall = scripts.stall_after(*openai.stream_of(["Paris"])[:2])
    with Loopback(stall, tls=tls) as server:
        environ = {"SSL_CERT_FILE": str(server.write_ca_file(tmp_path))} if tls else {}
        asking = Asking(opened(server.url, environ=environ, **PATIENT))
        assert asking.first.wait(20)
        asking.cancellation.cancel()
        outcome = asking.outcome()
        server.wait_for(lambda s: s.open_connections == 0)
    assert (outcome.text, outcome.error, outcome.finish) == ("Paris", None, None)


def test_while_it_waits_for_the_next_attempt() -> None:
    busy = openai.error(429, "slow", headers={"Retry-After": "59"})
    with Loopback(busy) as server:
        asking = Asking(opened(server.url, **PATIENT))
        assert asking.first.wait(20)
        asking.cancellation.cancel()
        outcome = asking.outcome()
        assert len(server.requests) == 1
    assert outcome.error is None
    assert [retry.delay for retry in outcome.retries] == [59]


def test_while_an_answer_that_is_not_streamed_does_not_come() -> None:
    with Loopback(scripts.never) as server:
        asking = Asking(opened(server.url, **PATIENT), request(stream=False))
        server.wait_for(lambda s: len(s.requests) == 1)
        asking.cancellation.cancel()
        assert asking.outcome().error is None


def test_while_an_endless_answer_rushes_in() -> None:
    def endless(exchange: Exchange) -> None:
        exchange.start(200, scripts.EVENT_STREAM)
        while not exchange.stopped.is_set():
            exchange.send(openai.chunk({"content": "x"}) * 100)

    with Loopback(endless) as server:
        asking = Asking(opened(server.url, **PATIENT))
        assert asking.first.wait(20)
        asking.cancellation.cancel()
        assert asking.outcome().error is None


def test_before_anything_was_sent_nothing_is_sent() -> None:
    with Loopback(openai.answer("a")) as server:
        cancellation = Cancellation()
        cancellation.cancel()
        outcome = Outcome(opened(server.url).stream(request(), cancellation))
        assert server.requests == []
    assert (outcome.events, outcome.error) == ([], None)


def test_a_reader_that_goes_away_ends_the_connection() -> None:
    with Loopback(scripts.stall_after(*openai.stream_of(["Paris"])[:2])) as server:
        events = opened(server.url, **PATIENT).stream(request(), Cancellation())
        next(iter(events))
        events.close()  # type: ignore[attr-defined]
        server.wait_for(lambda s: s.open_connections == 0)


_IN_A_LOOKUP = """
import sys
from loopback.asking import Asking, opened
asking = Asking(opened("https://never.invalid/v1", timeout=3600.0, connect_timeout=3600.0))
asking.cancellation.cancel()
outcome = asking.outcome(20)
assert (outcome.events, outcome.error) == ([], None)
print("returned")
"""


# what stands in for the resolver has to be a library in C: only where there is a compiler
if shutil.which("cc"):

    def test_while_a_name_server_does_not_answer_and_the_program_ends_then(
        hanging_lookup: Path,
    ) -> None:
        """In a program of its own: the end of the process must not wait for the look-up either."""
        folders = [str(path) for path in sys.path if path]
        environ = {
            **os.environ,
            "LD_PRELOAD": str(hanging_lookup),
            "PYTHONPATH": os.pathsep.join(folders),
            "all_proxy": "",
        }
        done = subprocess.run(
            [sys.executable, "-c", _IN_A_LOOKUP],
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.stdout, done.stderr, done.returncode) == ("returned\n", "", 0)
