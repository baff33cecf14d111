"""Zips that anybody may have made."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from synapse.errors import ImportFailed
from synapse.formats.reading import zips
from synapse.formats.reading.sources import FileSource
from synapse.formats.reading.zips import ZipArchive

if TYPE_CHECKING:
    from pathlib import Path

PACKED = zipfile.ZIP_DEFLATED


def archive(path: Path, members: dict[str, bytes], method: int = PACKED) -> ZipArchive:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2026, 3, 4, 5, 6, 8))
            info.filename = name  # as it is: ZipInfo mends some
            file.writestr(info, content, compress_type=method)
    return ZipArchive(FileSource(path))


def refusals(zipped: ZipArchive) -> dict[str, str]:
    return {one.place.partition(": ")[2]: one.reason for one in zipped.refused}


def test_members_are_sources_that_know_each_other(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    members = {"in/a.json": b"[1]", "in/pictures/b.png": b"b", "c": b"c", "__MACOSX/in/._a": b""}
    first, second, third = archive(path, members).sources()
    assert (first.name, second.name) == (f"{path}: c", f"{path}: in/a.json")
    assert second.open().read() == second.head() == b"[1]"
    assert list(second.neighbours()) == ["a.json", "pictures/b.png"]
    neighbour = second.neighbour("pictures/b.png")
    assert neighbour is not None
    assert (neighbour.name, neighbour.open().read()) == (third.name, b"b")
    assert second.neighbour("../c") is None
    assert second.neighbour("nothing") is None
    assert second.modified_at is not None
    assert second.modified_at.isoformat() == "2026-03-04T05:06:08+00:00"


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "a/../../b", "C:/x", "..\\..\\x", "a\\b"]
)
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    zipped = archive(tmp_path / "x.zip", {name: b"[]", "ok.json": b"[]"})
    assert refusals(zipped) == {repr(name): "its name leads out of the zip"}
    assert list(zipped.names()) == ["ok.json"]


def test_links_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as file:
        info = zipfile.ZipInfo("conversations.json")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(info, "/etc/passwd")
    zipped = ZipArchive(FileSource(path))
    assert refusals(zipped) == {"'conversations.json'": "a link, or no ordinary file"}
    assert list(zipped.sources()) == []


def test_encrypted_members_and_zips_in_zips_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    archive(path, {"a.json": b"[]", "b.ZIP": b"PK\x03\x04"}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    path.write_bytes(content)
    assert refusals(ZipArchive(FileSource(path))) == {
        "'a.json'": "encrypted",
        "'b.ZIP'": "a zip in a zip",
    }


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="looks like a zip bomb"):
        archive(tmp_path / "x.zip", {"a.json": bytes(17 << 20)})


def test_a_bomb_beside_other_files_is_refused(tmp_path: Path) -> None:
    members = {"a.json": bytes(17 << 20), "b.png": os.urandom(1 << 20)}
    zipped = archive(tmp_path / "x.zip", members)
    assert list(zipped.names()) == ["b.png"]
    assert "looks like a zip bomb" in zipped.refused[0].reason


def test_a_member_that_lies_about_its_size_gives_no_more_than_it_says(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    archive(path, {"a.json": bytes(10 << 20)})
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<L", 100)
    path.write_bytes(content)
    (source,) = ZipArchive(FileSource(path)).sources()
    with pytest.raises(OSError, match="damaged in the zip: Bad CRC-32"):
        source.open().read()


def test_a_wrong_check_sum_is_an_error_of_reading(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    archive(path, {"a.json": b"[12345]"}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"[12345]", b"[12945]"))
    (source,) = ZipArchive(FileSource(path)).sources()
    with pytest.raises(OSError, match="damaged in the zip"):
        source.head()


@pytest.mark.parametrize("cut", [10, 100, -1, -22, -60])
def test_a_zip_that_was_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "x.zip"
    archive(path, {"a.json": os.urandom(300)})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ImportFailed, match="no complete zip"):
        ZipArchive(FileSource(path))


def test_a_directory_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.zip"
    archive(path, {f"{number}.json": b"[]" for number in range(100)})
    monkeypatch.setattr(zips, "LARGEST_DIRECTORY", 1000)
    with pytest.raises(ImportFailed, match=r"its directory alone has \d,\d{3} bytes"):
        ZipArchive(FileSource(path))


def test_the_directory_of_a_large_zip_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as file:
        for number in range(70_000):  # more than the short form can count
            file.writestr(f"{number}", b"")
    with path.open("rb") as opened, zipfile.ZipFile(path) as file:
        assert zips._directory_size(opened) == path.stat().st_size - 98 - file.start_dir


def test_damage_anywhere_raises_nothing_else(tmp_path: Path) -> None:
    """Every byte of a small zip changed in turn."""
    path = tmp_path / "x.zip"
    archive(path, {"a.json": b"[1, 2, 3]" * 20, "b/c.json": b"{}"})
    content = path.read_bytes()
    read = 0
    for place in range(len(content)):
        for change in (0x01, 0x80, 0xFF):
            damaged = bytearray(content)
            damaged[place] ^= change
            path.write_bytes(damaged)
            try:
                for source in ZipArchive(FileSource(path)).sources():
                    read += 1
                    source.head()
                    io.BytesIO(source.open().read())
            except (ImportFailed, OSError):
                pass
    assert read > len(content)
