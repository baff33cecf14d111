"""Samples in which something is missing or of another type: no importer may break over any."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from imported import SAMPLES, Imported, Memory, recognizes

from synapse.errors import ImportFailed
from synapse.formats import IMPORTERS, importer
from synapse.formats.reading.limits import DEEPEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRONG: tuple[Any, ...] = (
    None,
    7,
    "x",
    [],
    {},
    True,
    -1.5e300,
    [None, 7, "x", [[]], {"x": {}}],
    {"x": [None], "id": {}, "type": [], "text": 7, "content": {"parts": 1}},
    10**30,
    "\ud83d\x00",
    "2025-13-45T99:99:99Z",
    "data:image/png;base64,%%%",
)
PROGRAMS = sorted(folder.name for folder in SAMPLES.iterdir() if folder.name in IMPORTERS)
FILES = [
    path
    for program in PROGRAMS
    for path in sorted((SAMPLES / program).iterdir())
    if path.suffix in (".json", ".jsonl") and recognizes(program, path)
]
MOST_LINES = 16
"""Of a long file: the others are like these."""
TEXTS = [
    b"",
    b"\n",
    b"[]",
    b"{}",
    b"null",
    b"7",
    b'"x"',
    b"[null]",
    b"[[]]",
    b"[{}]",
    b"{}\n{}\n",
    b"[]\n[]\n",
    b"\x00" * 3000,
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"{",
    b'{"a": [1, 2',
    b"[" * 100_000,
    b'{"a":' * 1000 + b"1" + b"}" * 1000,
    b"PK\x03\x04",
    b"SQLite format 3\x00" + b"\x00" * 500,
    b"\xff" * 100,
    b"not JSON at all\n" * 20,
]


def test_there_are_samples() -> None:
    assert len(FILES) >= 10


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to everything in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inner:
        yield (*way, key)
        if isinstance(each, (dict, list)):
            yield from places(each, (*way, key))


def changed(value: Any, way: tuple[Any, ...], new: Any, *, removed: bool = False) -> Any:
    """A copy with something else in that place, or nothing."""
    whole = copy.deepcopy(value)
    inner = whole
    for key in way[:-1]:
        inner = inner[key]
    if removed:
        del inner[way[-1]]
    else:
        inner[way[-1]] = new
    return whole


def raw(value: Any, path: Path) -> bytes:
    """As the file has it: a value a line, or one."""
    if path.suffix == ".jsonl":
        return b"".join(json.dumps(each).encode() + b"\n" for each in value)
    return json.dumps(value).encode()


def mutated(value: Any) -> Iterator[Any]:
    """With each part wrong in one way, each in another, and with each part missing."""
    for number, way in enumerate(places(value)):
        yield changed(value, way, WRONG[number % len(WRONG)])
        if number % 2:
            yield changed(value, way, None, removed=True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_wrong_or_missing_part_breaks_nothing(path: Path) -> None:
    program = path.parent.name
    content = path.read_bytes()
    value = json.loads(content) if path.suffix == ".json" else None
    if value is None:
        value = [json.loads(line) for line in content.splitlines()[:MOST_LINES]]
    assert Imported(program, Memory(raw(value, path), path.name)).sessions
    count = 0
    for each in mutated(value):
        source = Memory(raw(each, path), path.name)
        count += 1
        assert importer(program).recognizes(source) in (True, False)
        try:
            found = Imported(program, source)
        except ImportFailed:
            continue
        for archived in found.sessions:
            assert archived.session.id
            json.dumps(archived.extra)
            for message in archived.messages:
                assert isinstance(message.message.content, str)
                json.dumps(message.extra)
    assert count > 20


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("content", TEXTS, ids=lambda content: repr(content[:12]))
def test_what_is_no_file_of_the_program_breaks_nothing(program: str, content: bytes) -> None:
    for name in ("memory", "rollout-1.jsonl", "conversation.json"):
        source = Memory(content, name)
        assert importer(program).recognizes(source) is False
        try:
            assert Imported(program, source).sessions == []
        except ImportFailed as error:
            assert name in error.message  # noqa: PT017


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_that_was_cut_anywhere_breaks_nothing(path: Path) -> None:
    content = path.read_bytes()
    for end in range(0, len(content), max(1, len(content) // 60)):
        source = Memory(content[:end], path.name)
        importer(path.parent.name).recognizes(source)
        try:
            Imported(path.parent.name, source)
        except ImportFailed:
            continue


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_deep_values_within_the_limit_are_read_and_kept(path: Path) -> None:
    """Of the depth that is allowed, everything that is done with a value must bear it."""
    lines = path.read_bytes().splitlines() if path.suffix == ".jsonl" else [path.read_bytes()]
    deep: Any = "x"
    for _ in range(DEEPEST - 30):
        deep = [deep]
    value = [json.loads(line) for line in lines]
    for way in list(places(value))[1::7]:
        new = changed(value, way, deep)
        source = Memory(raw(new if path.suffix == ".jsonl" else new[0], path), path.name)
        try:
            for archived in Imported(path.parent.name, source).sessions:
                json.dumps([message.extra for message in archived.messages])
        except ImportFailed:
            continue
