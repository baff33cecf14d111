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


_CANCELLED = """
import os, sys
from loopback.asking import Asking, opened
asking = Asking(opened(sys.argv[1], timeout=3600.0, connect_timeout=3600.0))
assert os.read(int(sys.argv[2]), 1)
asking.cancellation.cancel()
outcome = asking.outcome(20)
assert (outcome.events, outcome.error) == ([], None)
print("cancelled")
"""
_OUT_OF_TIME = """
import sys
from loopback.asking import ask
outcome = ask(sys.argv[1], connect_timeout=0.1, attempts=2)
print(outcome.error.message.partition(";")[0])
"""
_ANSWERED = """
import sys
from loopback.asking import ask
print(ask(sys.argv[1]).text)
"""


def _run_without_a_name_server(library: Path, program: str, url: str, **environ: str) -> str:
    """What it prints, run to its end in a process that must not wait for the look-up either."""
    read_end, write_end = os.pipe()
    folders = [str(path) for path in sys.path if path]
    done = subprocess.run(
        [sys.executable, "-c", program, url, str(read_end)],
        env={
            **os.environ,
            "LD_PRELOAD": str(library),
            "PYTHONPATH": os.pathsep.join(folders),
            "LOOKUP_BEGAN": str(write_end),
            "all_proxy": "",
            **environ,
        },
        pass_fds=[read_end, write_end],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(read_end)
    os.close(write_end)
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout


# what stands in for the resolver has to be a library in C: only where there is a compiler
if shutil.which("cc"):

    def test_while_a_name_server_does_not_answer_and_the_program_ends_then(
        hanging_lookup: Path,
    ) -> None:
        url = "https://never.invalid/v1"
        assert _run_without_a_name_server(hanging_lookup, _CANCELLED, url) == "cancelled\n"

    def test_a_look_up_that_took_too_long_does_not_hold_up_the_end_of_the_program(
        hanging_lookup: Path,
    ) -> None:
        printed = _run_without_a_name_server(
            hanging_lookup, _OUT_OF_TIME, "https://never.invalid/v1"
        )
        assert printed == "no connection to never.invalid within 0.1 s\n"

    def test_a_name_server_that_says_nothing_of_ipv6_holds_up_neither_answer_nor_end(
        hanging_lookup: Path,
    ) -> None:
        """From libcurl 8.20 on each family of addresses is looked up for itself."""
        with Loopback(openai.answer("Paris")) as server:
            printed = _run_without_a_name_server(
                hanging_lookup,
                _ANSWERED,
                f"http://half.invalid:{server.port}/v1",
                LOOKUP_OF_IPV4_ANSWERS="1",
            )
        assert printed == "Paris\n"
