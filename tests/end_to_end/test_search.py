"""The installed program searches a hundred thousand messages that no index knows."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from large_archive import RARE, write_large_archive
from program import Installed, Terminal, read_until

from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES = 100_000


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database. Nobody writes to it but the index."""
    path = tmp_path_factory.mktemp("archive") / "sessions.db"
    write_large_archive(path, MESSAGES)
    return path


def search(program: Path, archive: Path, *words: str) -> list[list[str]]:
    ended = Installed(program)("--db", f"sqlite:{archive}", "sessions", "search", *words)
    assert ended.status in (0, 1), ended
    return ended.rows


def expected(*kinds: int) -> list[str]:
    """The newest twenty messages of these kinds: the numbers by which they end."""
    numbers = (n for n in range(MESSAGES - 1, 0, -1) if n % 10 in kinds)
    return [str(next(numbers)) for _ in range(20)]


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("disk", (0,)),
        ("said number", (1,)),
        ('"ISO dates"', (2,)),
        ("旅行", (3,)),
        ("학교", (4,)),
        ("strasse KOLN", (5,)),
        ("файл", (6,)),
        ("σισυφος", (7,)),
        ("ช่องว่าง", (8,)),
        ("فارسی", (9,)),
        ("disk OR 設定 OR 설정", (0, 4)),
        ("number -docker", (2,)),
        ("role:user disk", (0,)),
        ("fuhr* OR brüc*", (5,)),
    ],
)
def test_what_was_said_in_any_language_is_found_the_newest_first(
    query: str, kinds: tuple[int, ...], program: Path, archive: Path
) -> None:
    told = [row[4] for row in search(program, archive, query)]
    assert [number_of(text) for text in told] == expected(*kinds)


def number_of(text: str) -> str:
    """Which message it is: the number that stands in it."""
    return next(word for word in reversed(text.split()) if word.isdecimal())


def test_the_oldest_message_is_found_and_one_that_is_not_there_is_not(
    program: Path, archive: Path
) -> None:
    [row] = search(program, archive, "needle")
    assert (row[1], row[4]) == ("1", RARE)
    assert search(program, archive, "nowhere-to-be-found") == []
    assert len(search(program, archive, "disk", "-n", "25")) == 25


def test_an_index_changes_nothing_of_what_is_found(program: Path, archive: Path) -> None:
    queries = (
        "disk",
        "旅行",
        "학교",
        "needle",
        "number 99991",
        "-number role:assistant",
        "nothing",
    )
    before = {query: search(program, archive, query) for query in queries}
    with open_store(f"sqlite:{archive}") as store:
        assert store.catch_up_search(everything=True) == 0
    assert {query: search(program, archive, query) for query in queries} == before


def test_two_search_at_once(program: Path, archive: Path) -> None:
    installed = Installed(program)
    words = ("--db", f"sqlite:{archive}", "sessions", "search", "needle OR disk", "-n", "0")
    both = [installed.start(*words, "--count") for _ in range(2)]
    assert [each.communicate(timeout=120)[0] for each in both] == [b"10000\n"] * 2
    assert [each.returncode for each in both] == [0, 0]


def test_whoever_reads_a_few_rows_ends_it(program: Path, archive: Path) -> None:
    words = ("--db", f"sqlite:{archive}", "sessions", "search", "number", "-n", "0")
    with Installed(program).start(*words) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        read_until(process.stdout, b"\n")
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == b""


# ---------------------------------------------------------------------- what no index knows yet


@pytest.fixture
def unindexed(tmp_path: Path) -> Path:
    """Some thousand messages that are read one by one."""
    path = tmp_path / "fresh.db"
    write_large_archive(path, 30_000)
    return path


def test_the_newest_are_shown_before_the_oldest_are_read_and_ctrl_c_ends_it(
    program: Path, unindexed: Path
) -> None:
    query = ["--db", f"sqlite:{unindexed}", "sessions", "search", "-n", "0", "server"]
    with Installed(program).start(*query) as process:
        assert process.stdout is not None
        first = read_until(process.stdout, b"\n")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == -signal.SIGINT
        assert first.split(b"\t")[4].startswith(b"The disk of server 29990 is full")


def test_the_index_is_made_once_all_is_shown(program: Path, unindexed: Path) -> None:
    command = [str(program), "--db", f"sqlite:{unindexed}", "sessions", "search", "-n", "1", "disk"]
    with Terminal(command) as terminal:
        assert terminal.end() == 0
        assert "29990" in terminal.text
    with open_store(f"sqlite:{unindexed}") as store:
        assert store.catch_up_search() == 0
    assert len(search(program, unindexed, "needle")) == 1


def test_wherever_ctrl_c_comes_while_the_index_is_made_the_next_search_goes_on(
    program: Path, unindexed: Path
) -> None:
    command = [str(program), "--db", f"sqlite:{unindexed}", "sessions", "search", "-n", "1", "disk"]
    with Terminal(command) as terminal:
        terminal.expect("29990")
        terminal.type("\x03")
        assert terminal.end() in (0, -signal.SIGINT)
    assert len(search(program, unindexed, "needle")) == 1
    with Terminal(command) as terminal:
        assert terminal.end() == 0


def test_an_archive_that_can_not_be_written_is_searched_all_the_same(
    program: Path, unindexed: Path
) -> None:
    os.chmod(unindexed, 0o400)
    os.chmod(unindexed.parent, 0o500)
    try:
        assert len(search(program, unindexed, "needle")) == 1
    finally:
        os.chmod(unindexed.parent, 0o700)
