"""Encodings, and lines of any length."""

from __future__ import annotations

import io

import pytest

from synapse.formats.reading import texts
from synapse.formats.reading.texts import clean, lines, utf8

TEXT = '{"a": "Größe 😀"}\n'


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
    ],
)
def test_what_a_shell_writes_is_read_as_utf_8(content: bytes) -> None:
    assert utf8(io.BytesIO(content)).read().decode() == TEXT


def test_half_a_character_of_utf_16_becomes_the_replacement() -> None:
    content = b"\xff\xfe" + "a".encode("utf-16-le") + b"\x3d\xd8" + "b".encode("utf-16-le")
    assert utf8(io.BytesIO(content)).read().decode() == "a\ufffdb"


def test_lines_know_their_numbers_and_places() -> None:
    found = list(lines(io.BytesIO(b"\xef\xbb\xbfa\r\n\n\x00\x00bc\nd")))
    assert [(line.number, line.offset, line.content) for line in found] == [
        (1, 0, b"a"),
        (2, 3, b""),
        (3, 4, b"bc"),
        (4, 9, b"d"),
    ]


def test_a_line_that_is_too_long_is_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "LARGEST_ITEM", 10)
    found = list(lines(io.BytesIO(b"x" * 1_000_000 + b"\nabc\n" + b"y" * 11)))
    assert [(line.number, line.offset, line.content, line.is_too_long) for line in found] == [
        (1, 0, b"", True),
        (2, 1_000_001, b"abc", False),
        (3, 1_000_005, b"", True),
    ]


def test_a_clean_text_can_be_stored() -> None:
    assert clean("a\x00b\ud83d \ud83d\ude00") == "a\ufffdb\ufffd 😀"
