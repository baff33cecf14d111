"""One answer has bounds: of memory, of bytes, and of silence."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, openai, scripts
from loopback.asking import ask as asked
from program import messages, run

from synapse import errors
from synapse.app.conversation import reply
from synapse.app.receiving import LARGEST_ANSWER
from synapse.domain import Session, Status
from synapse.ports import Cancellation, ChatRequest, TextDelta
from synapse.providers._endpoint import Endpoint
from synapse.providers.openai_compatible import ChunkReader
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loopback import Script
    from loopback.server import Exchange

    from synapse.domain import ModelInfo
    from synapse.ports import StreamEvent

MB = 1_000_000
ENDPOINT = Endpoint(provider="here", base_url="http://localhost/v1")


def configure(home: Path, server: Loopback, **options: object) -> None:
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    lines = "".join(f"{name} = {value!r}\n" for name, value in options.items())
    (folder / "config.toml").write_text(
        'provider = "here"\n[providers.here]\nkind = "openai"\n'
        f'base_url = "{server.url}/v1"\nmodel = "m"\nattempts = 1\n{lines}'
    )


def flood(piece: bytes, count: int, *, compressed: bool = False, status: int = 200) -> Script:
    """`count` times a piece, or until the client has enough; no end."""

    def run(exchange: Exchange) -> None:
        encoding = {"Content-Encoding": "gzip"} if compressed else {}
        exchange.start(status, {**scripts.EVENT_STREAM, **encoding, "Transfer-Encoding": "chunked"})
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        for _ in range(count):
            data = packer.compress(piece) if compressed else piece
            if data:
                exchange.chunk(data)
        if compressed:
            exchange.chunk(packer.flush())
        exchange.end_chunks()

    return run


# A small process between: one that is forked counts the memory of its parent as its own.
_MEASURE = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024)
"""


def measured(program: Path, **environ: str) -> tuple[int, int, str]:
    """Exit status, the most bytes of memory that the program had, and its standard error."""
    ended = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(program), "hi"],
        capture_output=True,
        text=True,
        env={**os.environ, **environ},
        timeout=120,
        check=True,
    )
    status, most = map(int, ended.stdout.split())
    return status, most, ended.stderr


def text_of(size: int) -> bytes:
    """Events with `size` bytes of text."""
    return openai.chunk({"content": "word " * 200}) * (size // 1000)


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
def test_a_long_answer_takes_a_few_times_its_text_up_to_the_limit(
    home: Path, program: Path, compressed: bool
) -> None:
    limit = 20 * MB
    with Loopback(flood(text_of(MB), 200, compressed=compressed)) as server:
        configure(home, server)
        status, most, said = measured(program, SYNAPSE_OUTPUT_MAX_BYTES=str(limit))
    assert status == 5
    assert f"more than {limit:,} bytes" in said
    assert "output.max_bytes" in said
    assert most < 5 * limit + 60 * MB, most
    answer = messages()[1]
    assert answer["status"] == "failed"
    assert answer["error"].startswith("answer_too_long: ")
    assert limit <= len(answer["content"]) < limit + 6 * MB
    assert set(answer["content"].split(" ")) == {"word", ""}


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (flood(b"a" * MB, 400, compressed=True), "a line of more than 16 MB"),
        (flood(b": " + b"c" * MB, 400, compressed=True), "a line of more than 16 MB"),
        (flood(b"data:\n" * 100_000, 400, compressed=True), "a line of more than 16 MB"),
        (flood(b"e" * MB, 400, compressed=True, status=500), "500"),
        (flood(b"x" * MB, 100), "a line of more than 16 MB"),
    ],
    ids=["no line", "a comment", "empty data", "an error", "no line, plain"],
)
def test_what_is_no_answer_takes_little_memory(
    home: Path, program: Path, script: Script, told: str
) -> None:
    with Loopback(script) as server:
        configure(home, server)
        status, most, said = measured(program)
    assert status == 5
    assert told in said
    assert most < 150 * MB, most


def test_headers_without_end_are_not_read_without_end(home: Path, program: Path) -> None:
    def headers(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\n")
        for number in range(100_000):
            exchange.send(b"X-%d: %b\r\n" % (number, b"h" * 990))

    with Loopback(headers) as server:
        configure(home, server)
        status, most, _ = measured(program)
    assert status == 5
    assert most < 100 * MB, most


def test_an_answer_in_one_piece_is_bounded_too(home: Path) -> None:
    def whole(exchange: Exchange) -> None:
        exchange.start(200, {"Content-Type": "application/json", "Transfer-Encoding": "chunked"})
        for _ in range(200):
            exchange.chunk(b" " * MB)

    with Loopback(whole) as server:
        configure(home, server)
        ran = run("--no-stream", "hi")
    assert ran.status == 5
    assert "more than 64 MB" in ran.err


COMMENTS = [
    b": keep-alive\n\n",
    b":\n",
    b"\n",
    b"\r\n",
    b"id: 7\n\n",
    b"retry: 5\n\n",
    b"event: x\n\n",
]


@pytest.mark.parametrize("comment", COMMENTS)
@pytest.mark.parametrize("fast", [True, False], ids=["fast", "slow"])
def test_comments_are_silence(comment: bytes, fast: bool) -> None:
    """The answer ends after the timeout, with what came; the server never stops."""

    def keep_alive(exchange: Exchange) -> None:
        exchange.start(200, {**scripts.EVENT_STREAM, "Transfer-Encoding": "chunked"})
        exchange.chunk(openai.chunk({"content": "BegunTurn."}))
        while not exchange.stopped.wait(0 if fast else 0.05):
            exchange.chunk(comment * (1000 if fast else 1))

    with Loopback(keep_alive) as server:
        outcome = asked(server.url, timeout=2)
        server.wait_for(lambda s: s.open_connections == 0)
    assert outcome.text == "BegunTurn."
    assert isinstance(outcome.error, errors.NetworkError)
    assert "sent nothing for 2 s" in outcome.said


LIVING = [
    openai.chunk({"content": "."}),
    openai.chunk({}),
    b'event: ping\ndata: {"type": "ping"}\n\n',
    b": a comment before it\n" + openai.chunk({"content": "."}),
]


@pytest.mark.parametrize("piece", LIVING)
def test_events_and_parts_of_their_data_are_signs_of_life(piece: bytes) -> None:
    reader = ChunkReader(ENDPOINT, "m")
    for _ in range(3):
        reader.feed(piece)
        assert reader.has_progressed()
        reader.feed(b": keep-alive\n\n")
        reader.has_progressed()
        reader.feed(b": keep-alive\n\n")
        assert not reader.has_progressed()
    for at in range(10):
        reader.feed((b"data: " + b" " * 100)[10 * at : 10 * at + 10])
        assert reader.has_progressed()


class Endless:
    """A provider of its own kind that says one letter after the other, for ever."""

    name = "endless"

    def __init__(self, letter: str, reasoning: bool = False) -> None:
        self._letter = letter
        self._reasoning = reasoning

    def check(self, request: ChatRequest) -> None:
        pass

    def list_models(self) -> list[ModelInfo]:
        return []

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        while True:
            yield TextDelta(self._letter, reasoning=self._reasoning)


@pytest.mark.parametrize(("letter", "count"), [("a", 1000), ("é", 500), ("😀", 250), ("ab\0", 334)])
@pytest.mark.parametrize("reasoning", [False, True])
@pytest.mark.parametrize("saved", [True, False])
def test_the_limit_counts_bytes_of_text_and_thoughts(
    tmp_path: Path, letter: str, count: int, reasoning: bool, saved: bool
) -> None:
    session = Session.new("endless", "m")
    limit = 1000 if "\0" not in letter else 1670
    with open_store(f"sqlite:{tmp_path / 'sessions.db'}") as store:
        with pytest.raises(errors.AnswerTooLong) as caught:
            reply(
                store if saved else None,
                Endless(letter, reasoning),
                session,
                "?",
                create=True,
                max_bytes=limit,
            )
        answer: Any = caught.value.answer
        text = answer.reasoning if reasoning else answer.content
        assert text == letter.replace("\0", "\ufffd") * (count + 1)
        assert answer.status is Status.FAILED
        if saved:
            assert store.get_messages(session.id)[1] == answer


def test_the_limit_is_generous_and_written_where_options_are() -> None:
    shown = run("config", "get", "output.max_bytes")
    assert int(shown.text) == LARGEST_ANSWER >= 50 * MB
