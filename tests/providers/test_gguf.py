"""The reader of GGUF headers, which gets whatever file a user names."""

from __future__ import annotations

import contextlib
import os
import struct
import tempfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse.providers.local_model.gguf import Header, NotGguf, read_header

if TYPE_CHECKING:
    from pathlib import Path

STRING, ARRAY = 8, 9
NUMBERS = {4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 12: "<d"}


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def pair(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def gguf(*pairs: bytes, version: int = 3) -> bytes:
    return struct.pack("<4sIQQ", b"GGUF", version, 0, len(pairs)) + b"".join(pairs)


ARCHITECTURE = pair("general.architecture", STRING, text("qwen3"))
WINDOW = pair("qwen3.context_length", 4, struct.pack("<I", 40960))
VOCABULARY = pair(
    "tokenizer.ggml.tokens",
    ARRAY,
    struct.pack("<IQ", STRING, 3) + text("a") + text("b") + text("日本"),
)
SCORES = pair("scores", ARRAY, struct.pack("<IQ3f", 6, 3, 1, 2, 3))


def read(data: bytes) -> Header:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return read_header(file)


@pytest.mark.parametrize("version", [2, 3])
def test_it_finds_architecture_and_window(version: int) -> None:
    assert read(gguf(ARCHITECTURE, WINDOW, version=version)) == Header(
        architecture="qwen3", context_length=40960
    )


def test_the_order_of_the_pairs_does_not_matter() -> None:
    assert read(gguf(VOCABULARY, SCORES, WINDOW, ARCHITECTURE)).context_length == 40960


def test_a_model_without_a_window_is_a_model() -> None:
    assert read(gguf(ARCHITECTURE, VOCABULARY)) == Header(architecture="qwen3")


def test_it_reads_no_further_than_it_must(tmp_path: Path) -> None:
    assert read(gguf(ARCHITECTURE, WINDOW, b"what follows is not read")).context_length == 40960


@given(
    st.dictionaries(
        st.text(max_size=9),
        st.sampled_from(sorted(NUMBERS)).flatmap(
            lambda kind: st.tuples(st.just(kind), st.integers(0, 1))
        ),
        max_size=9,
    )
)
def test_numbers_of_every_type_are_passed_over(numbers: dict[str, tuple[int, int]]) -> None:
    pairs = [
        pair(f"x{key}", kind, struct.pack(NUMBERS[kind], value))
        for key, (kind, value) in numbers.items()
    ]
    assert read(gguf(*pairs, ARCHITECTURE, WINDOW)).context_length == 40960


@given(st.integers(0, len(gguf(VOCABULARY, SCORES, ARCHITECTURE, WINDOW)) - 1))
def test_a_file_that_ends_too_early_is_refused(length: int) -> None:
    with pytest.raises(NotGguf):
        read(gguf(VOCABULARY, SCORES, ARCHITECTURE, WINDOW)[:length])


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_give_a_header_or_one_kind_of_error(data: bytes, begins_well: bool) -> None:
    with contextlib.suppress(NotGguf):
        assert isinstance(read(gguf(ARCHITECTURE)[:24] + data if begins_well else data), Header)


@given(st.data())
def test_a_changed_byte_gives_a_header_or_one_kind_of_error(data: st.DataObject) -> None:
    whole = bytearray(gguf(VOCABULARY, SCORES, ARCHITECTURE, WINDOW))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(NotGguf):
        assert isinstance(read(bytes(whole)), Header)


def test_a_length_beyond_the_file_is_not_read_into_memory() -> None:
    endless = text("general.architecture") + struct.pack("<IQ", STRING, 1 << 62)
    with pytest.raises(NotGguf, match="ends within its header"):
        read(gguf(endless))


def test_a_pipe_is_no_model() -> None:
    read_end, write_end = os.pipe()
    os.close(write_end)
    with open(read_end, "rb") as pipe, pytest.raises((NotGguf, OSError)):
        read_header(pipe)
