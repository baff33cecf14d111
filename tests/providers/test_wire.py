"""JSON that may be hostile, and text that comes in halves."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse.ports import Finished, TextDelta
from synapse.providers._wire import Collector, Malformed, count, decode, encode, string

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON)
def test_what_is_encoded_is_decoded_to_the_same(value: object) -> None:
    assert decode(encode(value)) == value


@given(st.binary())
def test_bytes_are_decoded_as_json_does_or_refused(data: bytes) -> None:
    try:
        expected = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        with pytest.raises(Malformed):
            decode(data)
    else:
        assert repr(decode(data)) == repr(expected)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"  ",
        b"{",
        b'{"a": 1} {"b": 2}',
        b"nul",
        b"<html>",
        b"[" * 200_000,
        b'{"a":' * 200_000,
    ],
    ids=lambda data: f"{data[:12]!r}+{len(data)}",
)
def test_what_is_no_json_is_refused_without_a_crash(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode(data)


def test_a_number_that_python_refuses_to_read_is_read_past() -> None:
    assert decode(b'{"n": ' + b"9" * 5000 + b', "t": "text"}') == {"n": float("inf"), "t": "text"}


def test_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    assert decode(b'"a\xffb"') == "a\ufffdb"


def test_lone_surrogates_can_be_sent() -> None:
    assert encode("a\ud800b") == b'"a?b"'


@pytest.mark.parametrize(
    ("value", "number"),
    [(7, 7), ("7", 7), (7.0, 7), (True, None), (None, None), (-1, None), ("x", None), ([], None)],
)
def test_a_count_is_understood_however_a_server_writes_it(value: object, number: object) -> None:
    assert count(value) == number


def test_numbers_are_taken_where_text_belongs() -> None:
    values: list[object] = [5, "x", 1.5, None, True, {}]
    assert [string(value) for value in values] == ["5", "x", "1.5", None, None, None]


def collected(*pieces: tuple[str, bool]) -> list[object]:
    collector = Collector()
    for text, reasoning in pieces:
        collector.say(text, reasoning=reasoning)
    collector.end()
    return list(collector.take())


def test_neighbouring_texts_of_one_kind_become_one_event() -> None:
    assert collected(("a", True), ("b", True), ("c", False), ("d", False), ("e", True)) == [
        TextDelta("ab", reasoning=True),
        TextDelta("cd"),
        TextDelta("e", reasoning=True),
    ]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.data())
def test_text_split_between_surrogates_is_whole_again(text: str, data: st.DataObject) -> None:
    raw = text.encode("utf-16-le")
    units = [raw[at : at + 2].decode("utf-16-le", "surrogatepass") for at in range(0, len(raw), 2)]
    collector, events = Collector(), []
    for unit in units:
        collector.say(unit, reasoning=False)
        if data.draw(st.booleans()):
            events += collector.take()
    collector.end()
    events += collector.take()
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == text


@given(st.lists(st.text(st.characters()), max_size=5))
def test_nothing_that_is_given_holds_a_lone_surrogate(texts: list[str]) -> None:
    for event in collected(*((text, False) for text in texts)):
        assert isinstance(event, TextDelta)
        event.text.encode()


def test_half_a_character_before_another_event_is_replaced() -> None:
    collector = Collector()
    collector.say("a\ud83d", reasoning=False)
    collector.add(Finished(reason="stop"))
    assert collector.take() == [TextDelta("a\ufffd"), Finished(reason="stop")]
