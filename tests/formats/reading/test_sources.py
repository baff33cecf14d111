"""Files, folders and pipes."""

from __future__ import annotations

import io
import os
import threading
from typing import TYPE_CHECKING

import pytest

from formats.reading.given import Dripping
from synapse.errors import UsageError
from synapse.formats.reading.limits import HEAD
from synapse.formats.reading.sources import (
    FileSource,
    StreamSource,
    files_below,
    is_safe_name,
    on_disk,
    source_of,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_knows_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for name in ("a.json", "pictures/b.png", ".DS_Store", "._a.json"):
        (tmp_path / name).write_bytes(name.encode())
    source = FileSource(tmp_path / "a.json")
    assert list(source.neighbours()) == ["a.json", "pictures/b.png"]
    neighbour = source.neighbour("pictures/b.png")
    assert neighbour is not None
    assert neighbour.head() == b"pictures/b.png"


def test_no_link_leads_out(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("no")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "a.json").write_text("[]")
    (folder / "link").symlink_to(secret)
    (folder / "up").symlink_to(tmp_path)
    (folder / "circle").symlink_to(folder)
    source = FileSource(folder / "a.json")
    assert list(source.neighbours()) == ["a.json"]
    names = ["link", "up/secret", "../secret", str(secret), "", "a.json/x", "a\x00b", "x" * 5000]
    for name in names:
        assert source.neighbour(name) is None


@pytest.mark.parametrize("name", ["a", "a/b.png", "a b/ä.png", "..a/b..", "a/c:d"])
def test_a_safe_name_stays_below(name: str) -> None:
    assert is_safe_name(name)


@pytest.mark.parametrize(
    "name", ["", "/a", "a/../b", "..", "./a", "a//b", "C:/a", "c:a", "a\\b", "\\\\host\\a", "a\x00"]
)
def test_other_names_do_not(name: str) -> None:
    assert not is_safe_name(name)


def test_a_stream_is_read_once_though_it_was_looked_at() -> None:
    content = os.urandom(200_000)
    source = StreamSource(io.BytesIO(content))
    assert source.head() == content[:HEAD]
    assert source.open().read() == content
    with pytest.raises(UsageError, match="-: what comes from a pipe can be read only once"):
        source.open()


def test_a_stream_is_not_closed_and_not_read_ahead() -> None:
    pipe = Dripping(b"x" * 300_000, HEAD)
    source = StreamSource(pipe, "-")  # type: ignore[arg-type]
    with source.open() as file:
        assert file.read1(10)  # type: ignore[attr-defined]
        assert pipe.taken == HEAD
    assert not pipe.closed


def test_a_named_pipe_is_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(b"[1]"))
    writer.start()
    source = source_of(path)
    writer.join()
    assert source.path is None
    with source.open() as file:
        assert file.read() == b"[1]"


def test_a_copy_on_the_disk_is_private_and_goes_away() -> None:
    with on_disk(StreamSource(io.BytesIO(b"abc"))) as file:
        path = file.path
        assert path is not None
        assert (file.name, path.read_bytes()) == ("-", b"abc")
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert list(file.neighbours()) == []
    assert not path.exists()


def test_files_below_are_sorted_and_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("b/2", "b/10", "a", "c/d/e"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    os.mkfifo(tmp_path / "pipe")
    found = [path.relative_to(tmp_path).as_posix() for path in files_below(tmp_path)]
    assert found == ["a", "b/10", "b/2", "c/d/e"]
    monkeypatch.setattr("synapse.formats.reading.sources.MOST_FILES", 2)
    assert len(list(files_below(tmp_path))) == 2
