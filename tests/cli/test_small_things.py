"""Places, encodings and spellings that are rarer than others, and are met all the same."""

from __future__ import annotations

import os
import stat
import threading
from typing import TYPE_CHECKING

import pytest
from program import run

if TYPE_CHECKING:
    from pathlib import Path

ECHO = ("-p", "echo")


def test_the_null_device_takes_an_answer() -> None:
    before = os.stat(os.devnull)
    ran = run(*ECHO, "-o", os.devnull, "hello")
    assert (ran.status, ran.out) == (0, b"")
    after = os.stat(os.devnull)
    assert (before.st_mode, before.st_ino) == (after.st_mode, after.st_ino)


def test_a_fifo_takes_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    assert run(*ECHO, "-o", str(path), "hello").status == 0
    reader.join(30)
    assert b"hello" in read[0]
    assert stat.S_ISFIFO(path.stat().st_mode)


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_standard_output_by_its_path(force: list[str]) -> None:
    ran = run(*ECHO, "-o", "/dev/stdout", *force, "hello")
    assert ran.status == 0
    assert b"hello" in ran.out


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "answer"
    path.write_text("old")
    path.chmod(mode)
    assert run(*ECHO, "-o", str(path), "--force", "hello").status == 0
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_with_its_mark_is_read(tmp_path: Path, encoding: str) -> None:
    mark = "" if encoding == "utf-16" else "\ufeff"
    data = f"{mark}Grüße, 世界".encode(encoding)
    assert "Grüße, 世界" in run(*ECHO, stdin=data).text
    (tmp_path / "a.txt").write_bytes(data)
    ran = run(*ECHO, "-f", str(tmp_path / "a.txt"), "read")
    assert ran.status == 0, ran
    assert (
        "Grüße"
        in run(*ECHO, "-S", f"@{tmp_path}/a.txt", "hi").text
        + run("sessions", "show", "@1", "--json").text
    )


@pytest.mark.parametrize("order", ["LE", "BE"])
def test_utf_16_without_its_mark_is_named(order: str) -> None:
    ran = run(*ECHO, stdin="a text of some length".encode(f"utf-16-{order}"))
    assert ran.status == 2
    assert f"iconv -f UTF-16{order} -t UTF-8" in ran.err


def test_variables_in_front_of_the_editor(tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "$FOO $BAR" > "$1"\n')
    editor.chmod(0o755)
    ran = run(*ECHO, "-e", environ={"EDITOR": f"FOO=1 BAR='2 3' {editor}"})
    assert "1 2 3" in ran.text, ran


def test_a_file_with_line_ends_of_windows_keeps_them(home: Path) -> None:
    path = home / ".config" / "synapse" / "config.toml"
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_bytes(b'# mine\r\nmodel = "a"\r\n')
    assert run("config", "set", "model", "b").status == 0
    assert run("config", "set", "ui.color", "never").status == 0
    data = path.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") > 3
    assert run("config", "get", "ui.color").text == "never\n"


def test_a_name_that_is_not_utf_8_is_said_to_be_none() -> None:
    ran = run(*ECHO, "--name", "caf\udce9", "hi")
    assert ran.status == 2
    assert "is not UTF-8" in ran.err


def test_a_value_that_begins_with_a_dash() -> None:
    ran = run(*ECHO, "--system", "-bad", "hi")
    assert (ran.status, "--system=-…" in ran.err) == (2, True)
    ran = run(*ECHO, "--name", "-bad", "hi")
    assert (ran.status, "--name bad" in ran.err) == (2, True)


def test_the_locale_c_gets_ascii() -> None:
    run(*ECHO, "word " * 90)
    ran = run("sessions", "list", "-F", "table", environ={"LC_ALL": "C"})
    assert ran.text.isascii()
    assert "..." in ran.text


def test_an_endless_model_name_does_not_widen_the_table(home: Path) -> None:
    import apsw

    run(*ECHO, "hi")
    raw = apsw.Connection(str(home / ".config" / "synapse" / "sessions.db"))
    raw.execute("UPDATE messages SET model = ?", ("m" * 10_000_000,))
    raw.close()
    ran = run("sessions", "stats", "-F", "table", "--by", "model")
    assert max(map(len, ran.text.splitlines())) < 250


@pytest.mark.parametrize("around", ["{} = 1", "[{}]\nx = 1", "model = {{ {} = 1 }}"])
def test_a_key_of_fifty_thousand_parts(tmp_path: Path, around: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(around.format(".".join(["a"] * 50_000)) + "\n")
    ran = run("--config", str(path), "config", "check")
    assert (ran.status, "nested too deeply" in ran.text) == (1, True)
