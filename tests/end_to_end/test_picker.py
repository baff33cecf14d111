"""Choosing a session by hand."""

from __future__ import annotations

import contextlib
import importlib.resources
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from program import Installed, run, sessions
from window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTER, CTRL_C, ESCAPE, DOWN = "\r", "\x03", "\x1b", "\x1b[B"


@pytest.fixture(autouse=True)
def archive() -> None:
    for name, question in (
        ("docker", "Explain bind mounts"),
        ("rust", "What is borrowing?"),
        ("tea", "How long for green tea?"),
    ):
        run("-p", "echo", "--name", name, question)


def show(program: Path, *options: str, columns: int = 100, **environ: str) -> Window:
    command = [str(program), "sessions", "show", "--no-pager", *options]
    return Window(command, columns=columns, environ=environ)


def test_a_session_is_found_by_letters_of_its_words(program: Path) -> None:
    with show(program) as window:
        window.shows("How long for green tea?")
        window.type("bnd mnt")
        window.hides("borrowing")
        window.type(ENTER)
        assert window.end() == 0
        assert any("docker" in line for line in window.lines)


def test_the_list_begins_with_the_last_used_and_is_walked_with_arrows(program: Path) -> None:
    with show(program) as window:
        window.until(
            lambda lines: any(line.startswith("❯ ") and "tea" in line for line in lines), ""
        )
        window.type(DOWN)
        window.until(
            lambda lines: any(line.startswith("❯ ") and "rust" in line for line in lines), ""
        )
        window.type(ENTER)
        assert window.end() == 0
        assert any(line.split() == ["name", "rust"] for line in window.lines)


@pytest.mark.parametrize("key", [ESCAPE, CTRL_C])
def test_nothing_is_chosen_and_nothing_is_left_on_the_screen(key: str, program: Path) -> None:
    with show(program) as window:
        window.shows("green tea")
        window.type(key)
        assert window.end() == 130
        assert window.lines == []


def test_a_wide_window_shows_what_was_said(program: Path) -> None:
    with show(program, columns=100) as window:
        window.shows("│ ❯ How long for green tea?")
        window.type(ESCAPE)
        assert window.end() == 130
    with show(program, columns=80) as window:
        window.shows("How long for green tea?")
        assert not any("│" in line for line in window.lines)
        window.type(ESCAPE)
        assert window.end() == 130


def test_an_age_tells_sessions_apart_that_begin_alike_in_any_width(program: Path) -> None:
    for columns in (40, 90, 100, 160):
        with show(program, columns=columns) as window:
            lines = window.shows("tea · How")
            [line] = [line for line in lines if "tea · How" in line]
            assert "now" in line.partition("│")[0]
            window.type(ESCAPE)
            assert window.end() == 130


def test_it_is_said_how_many_match_and_which_keys_there_are(program: Path) -> None:
    for columns in (100, 80, 40):
        with show(program, columns=columns) as window:
            window.until(lambda lines: "".join(lines[:1]).endswith(" 3 of 3"), "no count")
            [keys] = [line for line in window.lines if "Enter choose" in line]
            assert "Up/Down · Enter choose · Esc cancel" in keys
            assert keys == window.lines[-1]
            window.type("borrow")
            window.until(lambda lines: "".join(lines[:1]).endswith(" 1 of 3"), "not counted again")
            window.type("zzz")
            window.until(lambda lines: "".join(lines[:1]).endswith(" 0 of 3"), "not counted again")
            window.type(ESCAPE)
            assert window.end() == 130
            assert window.lines == []
            assert b"\x1b[6n" not in window.seen  # a terminal may never answer


def test_it_is_said_that_nothing_matches(program: Path) -> None:
    with show(program, columns=100) as window:
        window.shows("green tea")
        window.type("zzz")
        window.shows("nothing matches")
        window.until(lambda lines: not any("│" in line for line in lines), "still a preview")
        window.type(ENTER)
        window.type(ESCAPE)
        assert window.end() == 130


def test_the_answer_goes_on_in_the_session_that_was_picked(program: Path) -> None:
    with Window([str(program), "--pick", "And", "then?"], columns=100) as window:
        window.shows("green tea")
        window.type(f"rust{ENTER}")
        assert window.end() == 0
    assert sessions()[0]["name"] == "rust"
    assert sessions()[0]["message_count"] == 4


def test_a_session_is_picked_and_named(program: Path) -> None:
    with Window([str(program), "sessions", "rename"], columns=100) as window:
        window.shows("green tea")
        window.type(f"borrow{ENTER}")
        window.shows("Name for ")
        window.type("ownership\n")
        assert window.end() == 0
    assert sorted(session["name"] for session in sessions()) == ["docker", "ownership", "tea"]


def test_the_prompt_opens_what_is_picked(program: Path) -> None:
    with Window([str(program), "-p", "echo"], columns=100) as window:
        window.until(lambda lines: lines[-1:] == ["❯"], "no prompt")
        window.type(f"/sessions dock{ENTER}")
        window.shows("│ ❯ Explain bind mounts")
        window.type(ENTER)
        window.shows('"docker" · echo')
        window.until(lambda lines: lines[-1:] == ["❯"], "no prompt")
        window.type("\x04")
        assert window.end() == 0


def test_screen_readers_get_a_numbered_list(program: Path) -> None:
    with show(program, SYNAPSE_ACCESSIBLE="1") as window:
        window.shows("3. ")
        window.type("borrowing\n")
        window.until(lambda lines: sum("1. " in line for line in lines) == 2, "no shorter list")
        window.type("1\n")
        assert window.end() == 0
        assert any("rust" in line for line in window.lines)
        assert b"\x1b[?" not in window.seen


def with_fzf(program: Path, *options: str) -> Window:
    path = f"{importlib.resources.files('iterfzf')}:{sys.prefix}/bin:/usr/bin:/bin"
    return show(program, *options, SYNAPSE_PICKER="fzf", PATH=path)


def test_fzf_is_used_where_it_is_wanted(program: Path) -> None:
    with with_fzf(program) as window:
        window.shows("How long for green tea?")
        window.type("docker")
        window.hides("borrowing")
        window.shows("── you · #1")
        window.type(ENTER)
        assert window.end() == 0
        assert any(line.split() == ["name", "docker"] for line in window.lines)


def test_the_command_line_of_fzf_does_not_name_the_database(program: Path, home: Path) -> None:
    other = str(home / "other.db")
    run("--db", other, "-p", "echo", "Is this the other one?")
    with with_fzf(program, "--db", other) as window:
        window.shows("── you · #1")
        window.shows("Is this the other one?")
        lines = [words for words in command_lines() if b"--preview=" in words]
        assert any(str(program).encode() in words for words in lines)
        assert not any(other.encode() in words for words in lines)
        window.type(ESCAPE)
        window.end()


def command_lines() -> Iterator[bytes]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.read_bytes()


@pytest.mark.parametrize("key", [ESCAPE, CTRL_C])
def test_fzf_that_is_left_leaves_the_command(program: Path, key: str) -> None:
    with with_fzf(program) as window:
        window.shows("green tea")
        window.type(key)
        assert window.end() == 130


@pytest.mark.parametrize(
    "words", [["sessions", "show"], ["sessions", "fork"], ["sessions", "rename"], ["--pick", "Hi"]]
)
def test_without_a_terminal_the_ref_must_be_named(words: list[str], program: Path) -> None:
    ran = Installed(program)(*words)
    assert ran.status == 2
    assert "Name it:  synapse " in ran.err


def test_there_must_be_something_to_pick(program: Path, home: Path) -> None:
    with show(program, "--db", str(home / "empty.db")) as window:
        assert window.end() == 2
        assert window.lines[0] == "error: there are no sessions yet"
