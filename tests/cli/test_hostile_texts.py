"""What others wrote can act on no terminal: not by what is printed for people, on any stream."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import apsw
import pytest
from cli.test_bad_texts import EVERY, path
from program import Terminal, run

from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["path"]

HOSTILE = "a\x1b[2Jb\x1b]52;c;cm0=\x07c\x07\x9b31m\u202ed\re\0f\x7f\u2066\b"
ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

FREE = [
    ("sessions", "name"), ("sessions", "title"), ("sessions", "provider"), ("sessions", "model"),
    ("sessions", "system_prompt"), ("sessions", "instructions"), ("sessions", "preview"),
    ("messages", "content"), ("messages", "reasoning"), ("messages", "finish_reason"),
    ("messages", "error"), ("messages", "provider"), ("messages", "model"),
    ("attachments", "name"), ("attachments", "media_type"), ("attachments", "source"),
]  # fmt: skip
PRINTING = [
    "sessions list",
    "sessions list --accessible",
    *(f"sessions list -F {format}" for format in ("table", "tsv", "id")),
    "sessions list -F table --full --color never",
    "sessions list -F tsv --deleted",
    "sessions show victim-not-there",
    "sessions show a",
    "sessions stats",
    *(f"sessions stats -F table --by {by}" for by in ("model", "provider", "role", "day")),
    "sessions stats -F tsv --by model",
    "sessions delete -n --all --yes",
    "sessions delete -n @1 @2",
    "sessions purge -n",
    "sessions prune -n --keep 1",
    "sessions rename @2 --title x",
    "sessions pin @1 @2",
    "sessions search role:user -C 2",
    "sessions search -l role:user OR a",
    "sessions search --rank a",
    "sessions unpin @1 @2",
    "sessions fork @2",
    "sessions delete @1 -y",
    "sessions restore --all",
    "models -p echo",
    "config show",
    "config check",
    "keys list",
    "db info",
    "db check",
    "doctor",
    "retry -p echo --verbose",
    "-c -p echo --verbose more",
]
CONTENT = ["sessions show @1", "sessions show @2", "sessions show @1 --rendered"]


def make_hostile(path: Path, *columns: tuple[str, str]) -> None:
    """Put the text into these columns of every row, a different one where it is to be unique."""
    raw = apsw.Connection(str(path))
    raw.execute("PRAGMA foreign_keys = OFF")
    for table, column in columns:
        row = "n" if table == "answer_chunks" else "rowid"
        raw.execute(f"UPDATE {table} SET {column} = ? || {row} || ?", (HOSTILE, HOSTILE))
    raw.close()


def assert_harmless(text: str) -> None:
    found = ACTS.search(text)
    assert found is None, (found, text)


@pytest.mark.parametrize("words", PRINTING)
def test_into_a_pipe(path: Path, words: str) -> None:
    make_hostile(path, *FREE)
    ran = run(*words.split(), environ={"OPENAI_API_KEY": "sk-canary"})
    assert ran.out or ran.err
    assert_harmless(ran.err)
    if not words.startswith(("retry", "-c")):  # an answer is the model's bytes
        assert_harmless(ran.text)


@pytest.mark.parametrize(("table", "column"), EVERY)
def test_each_column_alone(path: Path, table: str, column: str) -> None:
    make_hostile(path, (table, column))
    for words in ("list", "list -F table --full", "list --deleted", "list -F id", "stats", "show"):
        ran = run("sessions", *words.split(), *(["@1"] if words == "show" else []))
        assert_harmless(ran.err)
        if (words, column) != ("show", "content"):
            assert_harmless(ran.text)


def test_the_header_is_harmless_and_messages_are_exact(path: Path) -> None:
    make_hostile(path, *FREE)
    text = run("sessions", "show", "@1", "--json").json()["messages"][0]["content"]
    assert HOSTILE in text
    shown = run("sessions", "show", "@1").text
    assert text in shown
    for message in run("sessions", "show", "@1", "--json").json()["messages"]:
        shown = shown.replace(message["content"], "")
    assert_harmless(shown)
    assert run("sessions", "show", "@1", "--message", "1").text == text
    assert text in run("sessions", "show", "@1", "--raw").text


def test_json_is_exact(path: Path) -> None:
    make_hostile(path, ("sessions", "title"), ("sessions", "model"))
    [first, *_] = run("sessions", "list", "--json").json()["sessions"]
    assert HOSTILE in first["title"]
    assert HOSTILE in first["model"]


def test_a_row_of_tab_separated_values_can_be_read_back(path: Path) -> None:
    make_hostile(path, ("sessions", "model"))
    [row, *_] = run("sessions", "list", "-F", "tsv").rows
    with open_store(path) as store:
        assert row[3].encode().decode("unicode_escape") == store.list_sessions()[0].session.model


@pytest.mark.parametrize("words", [*PRINTING, *CONTENT])
def test_on_a_terminal(path: Path, program: Path, words: str) -> None:
    make_hostile(path, *FREE)
    with Terminal(
        [str(program), *words.split()], environ={"TERM": "dumb", "PAGER": "cat"}
    ) as terminal:
        terminal.end()
        assert terminal.seen
        assert_harmless(terminal.seen.decode().replace("\r\n", "\n"))
