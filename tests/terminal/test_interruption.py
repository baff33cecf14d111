"""Which writes are abandoned once the user wants to leave: only those in which nothing moves."""

from __future__ import annotations

import os
import signal
from _thread import get_ident
from typing import TYPE_CHECKING

import pytest

from synapse.ports import Cancellation
from synapse.terminal.interruption import Interruption, OutputStopped
from synapse.terminal.streams import Output

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def full() -> Iterator[tuple[int, Output]]:
    """The reading end of a full pipe, and an output that is in a write into it."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        pass
    output = Output(writing, "a pipe")
    output._writer = get_ident()
    yield reading, output
    os.close(reading)
    os.close(writing)


def looking(output: Output) -> Interruption:
    return Interruption(Cancellation(), (output,), lambda: None)


def test_a_write_that_is_where_it_was_is_abandoned(full: tuple[int, Output]) -> None:
    _, output = full
    interruption = looking(output)
    interruption._look_at_writes(signal.SIGALRM, None)
    with pytest.raises(OutputStopped):
        interruption._look_at_writes(signal.SIGALRM, None)


def test_a_write_that_moves_is_not(full: tuple[int, Output]) -> None:
    reading, output = full
    interruption = looking(output)
    for _ in range(5):  # full each time, but of other bytes
        interruption._look_at_writes(signal.SIGALRM, None)
        output.written += len(os.read(reading, 4096))
        os.write(output.descriptor, b"y" * 4096)
    os.read(reading, 65536)
    for _ in range(5):
        interruption._look_at_writes(signal.SIGALRM, None)


def test_nothing_is_raised_outside_a_write_or_for_that_of_another_thread(
    full: tuple[int, Output],
) -> None:
    _, output = full
    interruption = looking(output)
    for writer in (None, get_ident() + 1):
        output._writer = writer
        for _ in range(3):
            interruption._look_at_writes(signal.SIGALRM, None)


def test_what_is_set_is_put_back() -> None:
    before = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)]
    cancellation = Cancellation()
    with Interruption(cancellation, (Output(1, "out"),), lambda: None) as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.status == 143
        assert cancellation
        assert signal.getitimer(signal.ITIMER_REAL)[1] > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert before == [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)]
