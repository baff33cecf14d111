"""JSON one value at a time: whole ones, broken ones, cut ones, hostile ones."""

from __future__ import annotations

import io
import itertools
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

from formats.reading.given import Dripping, dripping, given
from synapse.errors import ImportFailed
from synapse.formats.reading import json_values
from synapse.formats.reading.json_values import Entry, entries, whole
from synapse.formats.reading.records import json_lines, records
from synapse.formats.reading.sources import StreamSource


def read(content: bytes, *path: str, piece: int = 1 << 20) -> tuple[list[Entry], str]:
    """The values, and how the file ended if it failed."""
    found: list[Entry] = []
    try:
        for entry in entries(StreamSource(dripping(content, piece), "FILE"), *path):
            found.append(entry)
    except ImportFailed as error:
        return found, error.message
    return found, ""


def values(content: bytes, *path: str) -> list[Any]:
    found, fault = read(content, *path)
    assert fault == ""
    return [entry.value for entry in found]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@examples(
    st.lists(JSON, max_size=6),
    st.integers(1, 9),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_every_array_comes_as_json_reads_it(
    items: list[Any], piece: int, indent: int | None, is_ascii: bool
) -> None:
    content = json.dumps(items, indent=indent, ensure_ascii=is_ascii)
    expected = json.loads(content.replace("\\u0000", "\\ufffd"))
    found, fault = read(content.encode(), piece=piece)
    assert (fault, [entry.value for entry in found]) == ("", expected)
    assert [entry.key for entry in found] == list(range(1, len(items) + 1))
    for entry, item in zip(found, items, strict=True):
        bytes_before = content.encode()[entry.offset :]
        assert bytes_before.startswith(json.dumps(item, ensure_ascii=is_ascii)[:1].encode())


@settings(max_examples=200, deadline=None)
@examples(st.lists(JSON, min_size=1, max_size=6), st.data())
def test_a_file_that_was_cut_gives_everything_before_the_cut(
    items: list[Any], data: st.DataObject
) -> None:
    content = json.dumps(items, ensure_ascii=False).encode()
    cut = data.draw(st.integers(1, len(content) - 1))
    found, fault = read(content[:cut])
    assert "cut short" in fault
    assert f"{cut:,}" in fault
    clean = json.loads(json.dumps(items).replace("\\u0000", "\\ufffd"))
    got = [entry.value for entry in found]
    assert got == clean[: len(got)] or got[:-1] == clean[: len(got) - 1]  # a number may be cut


def test_a_value_that_makes_no_sense_costs_no_other_one() -> None:
    content = b'[{"a":1}, {"a":nope}, {"a":"\x01\t"}, {"b":[1,2}]'
    found, fault = read(content)
    assert [entry.value for entry in found] == [{"a": 1}, None, {"a": "\x01\t"}]
    assert "expecting value" in found[1].error
    assert found[1].place == "conversation 2, byte 10"
    assert fault == "FILE: a '}' that closes nothing at byte " + str(content.rindex(b"}"))


def test_numbers_that_json_does_not_know_stay_texts() -> None:
    content = b"[NaN, -Infinity, 1e400, " + b"9" * 5000 + b", 1.5, " + b"9" * 40 + b"]"
    expected = ["NaN", "-Infinity", "1e400", "9" * 5000, 1.5, int("9" * 40)]
    assert values(content) == expected


def test_half_a_pair_and_nul_become_the_replacement() -> None:
    content = b'[{"\\ud83d": ["\\ude00", "\\ud83d\\ude00", "\\u0000", "\x00", "\\\\ud83d"]}]'
    assert values(content) == [{"\ufffd": ["\ufffd", "😀", "\ufffd", "\ufffd", "\\ud83d"]}]


def test_of_duplicate_keys_the_last_counts() -> None:
    assert values(b'[{"a": 1, "a": 2}]') == [{"a": 2}]


def test_bytes_that_are_no_utf_8_become_the_replacement() -> None:
    assert values(b'["a\xffb"]') == ["a\ufffdb"]


def test_depth_is_bounded_without_ending_the_file() -> None:
    deep = b"[" * 401 + b"]" * 401
    fine = b"[" * 400 + b"]" * 400
    found, fault = read(b"[" + deep + b"," + fine + b',{"a":1}]')
    assert found[0].error == "more than 400 levels within each other"
    assert found[1].error == ""
    assert (found[2].value, fault) == ({"a": 1}, "")


def test_a_depth_bomb_ends_the_file() -> None:
    found, fault = read(b"[" * 3_000_000)
    assert (found, fault) == ([], "FILE: more levels than anybody could need at byte 1,000,002")


@pytest.mark.parametrize("filling", [b'"' + b"x" * 5000 + b'"', b"[" + b"1," * 2500 + b"1]"])
def test_a_value_that_is_too_large_is_passed_by(
    filling: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_values, "LARGEST_ITEM", 1000)
    monkeypatch.setattr(json_values, "CHUNK", 100)
    found, fault = read(b"[1," + filling + b',{"a":1}]')
    assert [entry.value for entry in found] == [1, None, {"a": 1}]
    assert "larger than" in found[1].error
    assert fault == ""


def test_a_long_string_is_not_read_again_and_again() -> None:
    """20 MB in pieces of 64 KiB: read again from its beginning each time, it would take minutes."""
    content = b'["' + b'a\\"' * 7_000_000 + b'"]'
    found, fault = read(content, piece=1 << 16)
    assert (len(found[0].value), fault) == (14_000_000, "")


def test_a_path_leads_to_what_lies_deeper() -> None:
    content = b'{"x": {"list": [1]}, "y": [{"list": "]"}], "data": {"s": 1, "list": [{"a": 2}, 3]}}'
    assert values(content, "data", "list") == [{"a": 2}, 3]
    assert values(content, "data", "nothing") == []
    assert values(content, "y", "list") == []


def test_of_an_object_come_the_members_that_are_wanted() -> None:
    source = given(b'{"settings": {"key": "sk-1"}, "session:1": {"a": 1}, "session:2": [2]}')
    found = list(entries(source, wanted=lambda key: key.startswith("session:")))
    assert [(entry.key, entry.value) for entry in found] == [
        ("session:1", {"a": 1}),
        ("session:2", [2]),
    ]


@pytest.mark.parametrize("content", [b"", b"  ", b"\x00"])
def test_nothing_holds_nothing(content: bytes) -> None:
    assert values(content) == []


@pytest.mark.parametrize("content", [b"[]", b"[ ]", b"{}", b"17", b'"x"', b"\xef\xbb\xbf[]"])
def test_empty_containers_and_other_values_hold_nothing(content: bytes) -> None:
    assert values(content) == []


def test_trailing_commas_do_no_harm() -> None:
    assert values(b"[1,,2,]") == [1, 2]


def test_a_pipe_flows() -> None:
    """The first value comes before the second has been asked for."""
    pipe = Dripping(b'[{"a":1},' + b" " * 100_000 + b'{"a":2}]', 65_536)
    source = StreamSource(pipe, "-")  # type: ignore[arg-type]
    first = next(iter(entries(source)))
    assert (first.value, pipe.taken) == ({"a": 1}, 65_536)


def test_a_whole_document_is_one_value() -> None:
    assert whole(given(b' {"a": [1, 2]}\n')) == {"a": [1, 2]}
    with pytest.raises(ImportFailed, match=r"FILE: the file was cut short at byte 8"):
        whole(given(b'{"a": [1'))


def test_lines_fail_each_for_itself() -> None:
    content = b'{"a":1}\r\n\r\n{"a":\n\x00\x00\x00\n{"a":2}\n{"a":3'
    found = list(json_lines(given(content)))
    assert [(entry.key, entry.value) for entry in found] == [
        (1, {"a": 1}),
        (3, None),
        (5, {"a": 2}),
        (6, None),
    ]
    assert found[1].place == "line 3"


@pytest.mark.parametrize(
    "content",
    [
        b'[{"a":1},{"a":2}]',
        b'{"a":1}\n{"a":2}\n',
        b'{"a":\n1}\n{"a":\n2}',
        '{"a":1}\r\n{"a":2}'.encode("utf-16"),
    ],
)
def test_records_are_read_whatever_lies_between_them(content: bytes) -> None:
    assert [entry.value for entry in records(given(content))] == [{"a": 1}, {"a": 2}]


def test_damage_in_the_middle_of_a_zip_is_a_failure_of_the_file() -> None:
    class Damaged(io.BytesIO):
        def read1(self, size: int | None = -1) -> bytes:
            piece = super().read1(size)
            if not piece:
                raise OSError("damaged in the zip: Bad CRC-32")
            return piece

    with pytest.raises(ImportFailed, match="FILE: can't be read any further: damaged"):
        list(entries(StreamSource(Damaged(b'[{"a": 1},'), "FILE")))


class Endless(io.RawIOBase):
    """An array of so many equal items, made as it is read."""

    def __init__(self, item: bytes, count: int) -> None:
        self._pieces = itertools.chain((b"[",), itertools.repeat(item + b",", count), (b"0]",))
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self._rest = self._rest or next(self._pieces, b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def test_memory_does_not_grow_with_the_file() -> None:
    """10 MB, of which no more than an item is held: a few pieces of the reader, and the values."""
    item = json.dumps({"words": ["word"] * 1_000}).encode()
    count = 10_000_000 // len(item)
    source = StreamSource(Endless(item, count), "FILE")  # type: ignore[arg-type]
    tracemalloc.start()
    try:
        assert sum(1 for _ in entries(source)) == count + 1
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000
