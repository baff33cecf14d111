"""Server-sent events: the same bytes give the same events, however they are split."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse.providers.traffic import sse
from synapse.providers.traffic.sse import EventParser, TooLong

Events = list[tuple[bytes, bytes]]


def parse(*pieces: bytes) -> Events:
    parser = EventParser()
    return [event for piece in pieces for event in parser.feed(piece)] + parser.close()


def by_the_book(stream: bytes) -> Events:
    """The standard's algorithm, said as plainly as possible, on the whole stream at once."""
    events: Events = []
    kind = b""
    data: list[bytes] = []
    lines = re.split(rb"\r\n|\n|\r", stream.removeprefix(b"\xef\xbb\xbf"))
    for line in [*lines, b""]:  # the end of the stream counts as an empty line
        if line == b"":
            if data:
                events.append((kind, b"\n".join(data)))
            kind, data = b"", []
            continue
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            kind = value
    return events


LINES = st.sampled_from(
    [
        b"data: one",
        b"data:two",
        b"data:  three",
        b"data",
        b"data:",
        "data: für 日本 😀".encode(),
        b"event: ping",
        b"event",
        b": keep-alive",
        b":",
        b"id: 7",
        b"retry: 10000",
        b"unknown: field",
        b"\xef\xbb\xbfdata: not a BOM here",
        b"",
        b"",
    ]
)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
STREAMS = st.builds(
    lambda bom, lines, last: bom + b"".join(line + end for line, end in lines) + last,
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(st.tuples(LINES, ENDS), max_size=20),
    st.sampled_from([b"", b"data: [DONE]", b"data: cut o", b"ev"]),
)


@given(STREAMS, st.data())
def test_every_split_gives_the_events_of_the_standard(stream: bytes, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8).map(sorted))
    edges = [0, *cuts, len(stream)]
    pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]
    assert parse(*pieces) == by_the_book(stream)


@given(st.binary(max_size=200), st.integers(1, 7))
def test_arbitrary_bytes_give_the_same_events_whole_and_in_pieces(data: bytes, size: int) -> None:
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert parse(*pieces) == parse(data) == by_the_book(data)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_stream_is_the_same_at_every_split_position(end: bytes) -> None:
    stream = "\ufeff: hi\nevent: a\ndata: ü😀\ndata: 2\n\ndata: [DONE]\n\n".encode()
    stream = stream.replace(b"\n", end)
    expected = [(b"a", "ü😀\n2".encode()), (b"", b"[DONE]")]
    for at in range(len(stream) + 1):
        assert parse(stream[:at], stream[at:]) == expected


def test_an_event_is_given_as_soon_as_its_empty_line_has_come() -> None:
    parser = EventParser()
    assert parser.feed(b"data: x\r\n\r") == [(b"", b"x")]
    assert parser.feed(b"\ndata: y\n\n") == [(b"", b"y")]


def test_the_type_of_an_event_does_not_last_beyond_it() -> None:
    assert parse(b"event: a\n\ndata: x\n\n") == [(b"", b"x")]


def test_a_line_without_end_is_given_up_before_memory_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LONGEST_EVENT", 1000)
    parser = EventParser()
    with pytest.raises(TooLong):
        feed_again(parser, b"x" * 11)


def test_an_event_of_endless_data_lines_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LONGEST_EVENT", 1000)
    parser = EventParser()
    with pytest.raises(TooLong):
        feed_again(parser, b"data: 0123456789\n")


def feed_again(parser: EventParser, piece: bytes) -> None:
    for _ in range(200):
        parser.feed(piece)


def test_a_long_line_in_many_pieces_costs_time_in_proportion_to_its_length() -> None:
    """A parser that joined what it has at every piece would copy 32 GB here."""
    parser = EventParser()
    parser.feed(b"data: ")
    for _ in range(4000):
        assert parser.feed(b"x" * 4000) == []
    ((_, data),) = parser.feed(b"\n\n")
    assert len(data) == 16_000_000
