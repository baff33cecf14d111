"""Files that a question names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from synapse.cli.context import Context
from synapse.cli.repl.mentions import mentioned, sent_along_line, unfinished
from synapse.errors import UsageError
from synapse.terminal.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def context(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    (tmp_path / "notes.txt").write_text("Buy milk.")
    (tmp_path / "two words.md").write_text("# Two")
    (tmp_path / "odd,name.").write_text("odd")
    (tmp_path / "folder").mkdir()
    (home / "diary").write_text("Dear diary")
    monkeypatch.chdir(tmp_path)
    opened = Context(Streams(0, 1, 2), os.environ)
    yield opened
    opened.close()


def names(question: str, context: Context) -> list[str]:
    return [file.name for file in mentioned(question, context)]


@pytest.mark.parametrize(
    ("question", "files"),
    [
        ("What does @notes.txt say?", ["notes.txt"]),
        ("@notes.txt", ["notes.txt"]),
        ("Is it in @notes.txt, or in @~/diary?", ["notes.txt", "diary"]),
        ("Compare (see\n@notes.txt) with @./notes.txt and (@notes.txt).", ["notes.txt"]),
        ('Read @"two words.md" and @odd,name..', ["two words.md", "odd,name."]),
        ("@two words.md", []),
        ("Who is @notes, and what is @property?", []),
        ("Look into @folder and mail me@notes.txt", []),
        ("`@notes.txt` is code, and so is\n```\n@notes.txt\n```\n", []),
        ("What is @ and @@ and @\"\"?", []),
    ],
)  # fmt: skip
def test_a_file_that_is_there_goes_along(context: Context, question: str, files: list[str]) -> None:
    assert names(question, context) == files


def test_its_content_is_that_of_an_attached_file(context: Context) -> None:
    [file] = mentioned("See @notes.txt", context)
    assert (file.data, file.media_type, file.source) == (b"Buy milk.", "text/plain", "file")
    assert sent_along_line((file,)) == "notes.txt goes with the question."
    assert sent_along_line((file, file)) == "notes.txt, notes.txt go with the question."


def test_what_can_not_be_sent_is_an_error(context: Context, tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(b"\x7fELF\0\0")
    with pytest.raises(UsageError, match="neither a text nor"):
        mentioned("Run @program", context)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("what says @no", ("no", False)),
        ("@", ("", False)),
        ('@"two wo', ("two wo", True)),
        ("mail me@no", None),
        ("@notes.txt and", None),
    ],
)
def test_a_path_that_is_being_typed_is_known(text: str, path: tuple[str, bool] | None) -> None:
    assert unfinished(text) == path
