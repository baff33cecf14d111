"""Which importer reads which file."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from synapse.errors import ImportFailed, UsageError
from synapse.formats.reading import detection
from synapse.formats.reading.databases import tables_of
from synapse.formats.reading.detection import Found, found_in
from synapse.formats.reading.shapes import shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.archived import ArchivedSession, Unreadable
    from synapse.ports import ImportSource


class Chats:
    """Knows objects with `chats`, and databases with a table of that name."""

    def recognizes(self, source: ImportSource) -> bool:
        return "chats" in shape_of(source).first or "chats" in tables_of(source)

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        raise NotImplementedError


class Others:
    """Knows whatever has `others`."""

    def recognizes(self, source: ImportSource) -> bool:
        return "others" in shape_of(source).first

    read = Chats.read


@pytest.fixture(autouse=True)
def _table(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"chats": Chats, "others": Others}
    monkeypatch.setattr(detection, "IMPORTERS", table)
    monkeypatch.setattr(detection, "importer", lambda name: table[name]())


def found(word: Path | str, stdin: bytes | None = None, program: str = "auto") -> list[str]:
    """`program name` of what is found, `! place: reason` of what can't be read."""
    return [
        f"{one.program} {one.source.name}"
        if isinstance(one, Found)
        else f"! {one.place}: {one.reason}"
        for one in found_in(str(word), None if stdin is None else io.BytesIO(stdin), program)
    ]


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def database(path: Path, table: str = "chats") -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TABLE {table} (a)")
    return path


def test_a_file_is_asked_for_in_the_order_of_the_table(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"others": [], "chats": []}')
    assert found(path) == [f"chats {path}"]
    assert found(path, program="others") == [f"others {path}"]


def test_a_program_that_is_named_is_not_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("{}")
    assert found(path, program="others") == [f"others {path}"]


def test_standard_input_of_every_kind(tmp_path: Path) -> None:
    assert found("-", b'{"chats": 1}') == ["chats -"]
    assert found("-", database(tmp_path / "a.db").read_bytes()) == ["chats -"]
    path = zipped(tmp_path / "a.zip", **{"x/b.json": b'{"others": 1}', "c": b"no"})
    assert found("-", path.read_bytes()) == ["others -: x/b.json"]
    with pytest.raises(UsageError, match="standard input can be read only once"):
        found("-")


def test_a_database_in_a_zip_is_looked_into(tmp_path: Path) -> None:
    content = database(tmp_path / "a.db").read_bytes()
    path = zipped(tmp_path / "a.zip", **{"b.db": content})
    assert found(path) == [f"chats {path}: b.db"]


def test_of_a_folder_everything_that_is_known_comes(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "a.json").write_text('{"chats": 1}')
    (tmp_path / "b.json").write_text('{"others": 1}')
    (tmp_path / "c.txt").write_text("no")
    zipped(tmp_path / "d.zip", **{"e": b'{"chats": 1}', "../f": b'{"chats": 1}'})
    zipped(tmp_path / "g.zip", h=b"no")
    (tmp_path / "i.zip").write_bytes(b"PK\x03\x04")
    database(tmp_path / "j.db")
    database(tmp_path / "k.db", "no")
    assert found(tmp_path) == [
        f"others {tmp_path}/b.json",
        f"! {tmp_path}/d.zip: '../f': its name leads out of the zip",
        f"chats {tmp_path}/d.zip: e",
        f"! {tmp_path}/i.zip: {tmp_path}/i.zip: no complete zip: File is not a zip file",
        f"chats {tmp_path}/j.db",
        f"chats {tmp_path}/deep/er/a.json",
    ]
    assert found(tmp_path, program="others") == [
        f"others {tmp_path}/b.json",
        f"! {tmp_path}/d.zip: '../f': its name leads out of the zip",
        f"! {tmp_path}/i.zip: {tmp_path}/i.zip: no complete zip: File is not a zip file",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7", "a PDF"),
        (b"\n<!doctype html>", "an HTML page"),
        (b'[{"a": 1, "b": 2}]', "a JSON array with the keys a, b"),
        (b'{"a": 1}\n{"a": 2}', "a JSON object on each line with the keys a"),
        (b"[]", "a JSON array"),
        (b"hello", "text"),
        (b"", "an empty file"),
        (bytes(range(200, 256)) * 9, "a binary file"),
    ],
)
def test_what_is_not_known_is_described(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(UsageError) as failed:
        found(path)
    assert failed.value.message == f"{path}: looks like {words}, which is not known"
    assert failed.value.hints == ("Known, with --from: chats, others.",)


def test_what_is_packed_is_to_be_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\x1f\x8b\x08")
    with pytest.raises(UsageError, match="looks like something packed with gzip") as failed:
        found(path)
    assert failed.value.hints == ("Unpack it first.",)


def test_an_unknown_database_is_described(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", "things")
    with pytest.raises(UsageError, match="a SQLite database with the tables things, which"):
        found(path)


def test_nothing_known_in_a_zip_or_a_folder_is_an_error(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", b=b"", c=b"")
    with pytest.raises(UsageError, match=r"a zip in which nothing is known; it has the files b, c"):
        found(path)
    with pytest.raises(UsageError, match="there is no file in it that is known"):
        found(tmp_path)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        found(tmp_path / "nothing")
    with pytest.raises(ImportFailed, match="can't be read"):
        found("a\x00b")
    with pytest.raises(ImportFailed, match="can't be read: File name too long"):
        found("x" * 5000)
