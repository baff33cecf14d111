"""What a file looks like by its beginning."""

from __future__ import annotations

import json

import pytest

from formats.reading.given import given
from synapse.formats.reading.limits import HEAD
from synapse.formats.reading.shapes import Form, shape_of


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"[]", Form.ARRAY),
        (b" \r\n[\n {", Form.ARRAY),
        (b"\xef\xbb\xbf[1]", Form.ARRAY),
        ('[{"a": 1}]'.encode("utf-16"), Form.ARRAY),
        (b'{"a": 1}', Form.OBJECT),
        (b'{\n "a": 1\n}\n', Form.OBJECT),
        (b'{"a": 1}\n{"a": 2}\n', Form.LINES),
        (b'\x00\x00{"a": 1}\n{"a": 2}\n', Form.LINES),
        (b'{"a": \n{"a": 2}\n', Form.LINES),
        (b"SQLite format 3\x00....", Form.SQLITE),
        (b"PK\x03\x04", Form.ZIP),
        (b"model: a\nmessages:\n", Form.TEXT),
        (b"[table]\nkey = 1\n", Form.TEXT),
        (b"", Form.EMPTY),
        (b"\n \n", Form.EMPTY),
        (bytes(range(256)) * 10, Form.BINARY),
    ],
)
def test_the_form_of_a_file(content: bytes, form: Form) -> None:
    assert shape_of(given(content)).form is form


def test_the_first_value_is_seen_though_the_head_ends_within_it() -> None:
    item = {"title": "A", "mapping": {"x": {"list": [1, {"a": "b"}], "text": "y" * HEAD}}}
    for content in (json.dumps([item]), json.dumps({"chats": [item]})):
        first = shape_of(given(content.encode())).first
        first = first["chats"][0] if "chats" in first else first
        assert first == {"title": "A", "mapping": {"x": {"list": [1, {"a": "b"}]}}}


def test_of_lines_the_first_twenty_are_seen() -> None:
    lines = [json.dumps({"n": number}) for number in range(50)]
    shape = shape_of(given("\n".join(lines).encode()))
    assert [value["n"] for value in shape.values] == list(range(20))


@pytest.mark.parametrize("content", [b"[" * 70_000, b'{"a":' * 20_000, b'["' + b"\\" * 70_000])
def test_hostile_beginnings_are_looked_at_without_harm(content: bytes) -> None:
    assert shape_of(given(content)).form in (Form.ARRAY, Form.OBJECT, Form.TEXT)
