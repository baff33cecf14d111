"""A spill file of another database is told by its first bytes: a start pays next to nothing."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from contract.builders import a_session, an_answer
from program import run
from test_house import loaded_by

from synapse.app.spill import spill_answer
from synapse.app.spill_owner import may_belong_to
from synapse.domain import Status
from synapse.errors import DatabaseFull

ELSEWHERE = "/somewhere/else/sessions.db"


def a_spill(folder: Path, location: str) -> Path:
    """The file that a program with its database there leaves."""
    answer = an_answer(a_session(), "shown, not saved").replace(status=Status.COMPLETE)
    error = spill_answer(answer, location, str(folder), DatabaseFull("no room"))
    assert error.path is not None
    return Path(error.path)


@pytest.mark.parametrize(
    ("written", "asked", "may_be"),
    [
        ("/a/s.db", "/a/s.db", True),
        ("/a/s.db", "/a/s.db2", False),
        ("/a/s.db2", "/a/s.db", False),
        ("/a/s.db", "/b/s.db", False),
        ("/ä/s.db", "/a/s.db", False),
        ("/a\\b.db", "/a/b.db", False),
        # what JSON would escape is not compared here, but by who reads the file
        ("/a/s.db", "/ä/s.db", True),
        ("/ä/s.db", "/ä/s.db", True),
        ('/a"/s.db', '/a"/s.db', True),
        ("/a/" + "x" * 4000, "/a/" + "x" * 4000, True),
        ("/a/" + "x" * 4000, "/a/" + "x" * 3999, False),
    ],
)
def test_the_beginning_tells_whose_it_is(
    tmp_path: Path, written: str, asked: str, may_be: bool
) -> None:
    assert may_belong_to(str(a_spill(tmp_path, written)), asked) is may_be


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'{"location": "/else", "format": "synapse-spill"}',
        b'{"format": "other", "version": 1, "location": "/else"}',
        b'{"format": "synapse-spill", "version": 1, "location": 5}',
        b'{"format": "synapse-spill", "version": 1, "location": "/el',
        b'{"format": "synapse-spill", "version": {"x": "yyyyyyyyyyyyy"}, "location": "/else"}',
    ],
)
def test_whatever_is_unclear_is_left_to_who_reads_the_file(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "answer-x.json"
    file.write_bytes(content)
    assert may_belong_to(str(file), "/a/s.db")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "answer-x")
    os.symlink("/dev/zero", tmp_path / "answer-y")
    asked: list[bool] = []
    thread = threading.Thread(
        target=lambda: asked.extend(
            may_belong_to(str(tmp_path / name), "/a")
            for name in ("answer-x", "answer-y", "answer-z")
        ),
        daemon=True,
    )
    thread.start()
    thread.join(30)
    assert asked == [True, True, True]


def test_a_start_loads_nothing_for_one_of_another_database(home: Path) -> None:
    loaded_by("-p", "echo", "Hello")
    folder = home / ".local" / "state" / "synapse"
    file = a_spill(folder, ELSEWHERE)
    modules, _ = loaded_by("sessions", "list")
    assert not modules & {"json", "synapse.app.spill"}
    assert file.exists()
    # and one of ours beside it is brought in all the same
    listed = run("sessions", "list", "--json").json()
    ours = a_spill(folder, run("db", "path").out.decode().strip())
    document = json.loads(ours.read_text())
    document["answer"]["session_id"] = listed["sessions"][0]["id"]
    ours.write_text(json.dumps(document))
    assert "Brought in 1 answer" in run("sessions", "list").err
    assert file.exists()
    assert not ours.exists()
