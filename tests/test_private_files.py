"""Files that are there whole or not at all: killed, refused, raced for, and on plain systems."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from synapse import private_files

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = b"old " * 5000, b"new " * 9000

KILLED = """
import os, signal, sys
from synapse import private_files

last, replace, nameless, path = int(sys.argv[1]), sys.argv[2] == "replace", sys.argv[3], sys.argv[4]
if nameless == "named":
    private_files._NAMELESS = 0
steps = 0

def dying(call):
    def step(*words, **more):
        global steps
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1
        return call(*words, **more)
    return step

write = os.write
os.write = lambda descriptor, data: write(descriptor, data[:8000])  # in several pieces
for name in ("open", "close", "write", "fsync", "link", "replace", "unlink", "listdir", "mkdir"):
    setattr(os, name, dying(getattr(os, name)))
private_files.make_folder(os.path.dirname(path))
private_files.write(path, b"new " * 9000, replace=replace)
"""


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.exists() else []


@pytest.mark.parametrize("replace", ["replace", "free"])
@pytest.mark.parametrize("nameless", ["nameless", "named"])
def test_killed_at_any_step_it_is_whole_or_as_before_and_nothing_stays(
    tmp_path: Path, replace: str, nameless: str
) -> None:
    status, step, left_over = -signal.SIGKILL, 0, 0
    while status == -signal.SIGKILL:
        folder = tmp_path / f"{step}" / "folder"
        target = folder / "file.toml"
        if replace == "replace":
            folder.mkdir(parents=True)
            target.write_bytes(OLD)
        words = [sys.executable, "-c", KILLED, str(step), replace, nameless, str(target)]
        status = subprocess.run(words, check=False).returncode
        if target.exists():
            assert target.read_bytes() in ((OLD, NEW) if replace == "replace" else (NEW,))
        pieces = [name for name in names(folder) if name != "file.toml"]
        left_over += len(pieces)
        assert len(pieces) <= 1
        private_files.make_folder(str(folder))
        private_files.write(str(target), b"later")
        assert names(folder) == ["file.toml"]
        assert target.read_bytes() == b"later"
        step += 1
    assert status == 0
    assert step > 8
    if nameless == "nameless" and private_files._NAMELESS:
        # A complete file that takes a place has a name of its own for two calls.
        assert left_over == (2 if replace == "replace" else 0)


@pytest.mark.parametrize("nameless", [private_files._NAMELESS, 0])
def test_for_its_owner_alone_and_where_a_link_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: int
) -> None:
    monkeypatch.setattr(private_files, "_NAMELESS", nameless)
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(OLD)
    real.chmod(0o644)
    link.symlink_to(real)
    private_files.write(str(link), NEW)
    assert link.is_symlink()
    assert real.read_bytes() == NEW
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    private_files.make_folder(str(tmp_path / "a" / "b"))
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a", tmp_path / "a" / "b")]
    assert modes == [0o700, 0o700]


@pytest.mark.parametrize("nameless", [private_files._NAMELESS, 0])
def test_a_name_that_is_taken_stays_with_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: int
) -> None:
    monkeypatch.setattr(private_files, "_NAMELESS", nameless)
    for taken in (tmp_path / "file", tmp_path / "dangling"):
        if taken.name == "file":
            taken.write_bytes(OLD)
        else:
            taken.symlink_to(tmp_path / "nowhere")
        with pytest.raises(FileExistsError):
            private_files.write(str(taken), NEW, replace=False)
    assert (tmp_path / "file").read_bytes() == OLD
    assert set(names(tmp_path)) - {"home"} == {"file", "dangling"}


@pytest.mark.parametrize("nameless", [private_files._NAMELESS, 0])
def test_of_several_writers_each_writes_whole_and_none_sweeps_the_others_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: int
) -> None:
    monkeypatch.setattr(private_files, "_NAMELESS", nameless)
    target, failed = tmp_path / "file", []

    def write(letter: str) -> None:
        try:
            for _ in range(60):
                private_files.write(str(target), letter.encode() * 3000)
        except BaseException as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failed == []
    content = target.read_text()
    assert content == content[0] * 3000
    assert set(names(tmp_path)) - {"home"} == {"file"}


def test_a_name_of_the_greatest_length_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("ü" * 127)
    private_files.write(str(target), OLD)
    private_files.write(str(target), NEW)
    assert target.read_bytes() == NEW


@pytest.mark.parametrize("nameless", [private_files._NAMELESS, 0])
def test_a_write_that_is_given_up_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: int
) -> None:
    monkeypatch.setattr(private_files, "_NAMELESS", nameless)
    with private_files.NewFile(str(tmp_path / "x")) as file:
        file.write(NEW)
    assert set(names(tmp_path)) - {"home"} == set()


@pytest.mark.parametrize("nameless", [private_files._NAMELESS, 0])
def test_content_is_on_the_disk_before_its_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: int
) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        calls.append("folder" if is_folder else "content")
        fsync(descriptor)

    def noted_replace(source: str, target: str) -> None:
        calls.append("name")
        replace(source, target)

    monkeypatch.setattr(private_files, "_NAMELESS", nameless)
    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    private_files.write(str(tmp_path / "x"), NEW)
    assert calls == ["content", "name", "folder"]
    calls.clear()
    with private_files.NewFile(str(tmp_path / "y"), durable=False) as file:  # that can be lost
        file.write(NEW)
        file.commit()
    assert calls == ["name"]
    assert (tmp_path / "y").read_bytes() == NEW


def test_without_hard_links_a_free_name_is_taken_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(private_files, "_NAMELESS", 0)
    monkeypatch.setattr(os, "link", refused)
    private_files.write(str(tmp_path / "x"), NEW, replace=False)
    assert (tmp_path / "x").read_bytes() == NEW
    with pytest.raises(FileExistsError):
        private_files.write(str(tmp_path / "x"), OLD, replace=False)
    assert (tmp_path / "x").read_bytes() == NEW
    assert set(names(tmp_path)) - {"home"} == {"x"}
