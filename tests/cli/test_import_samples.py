"""Files of other programs brought in by the command: once, again, and when they have grown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from imported import SAMPLES, recognizes, sample
from program import run

from synapse.formats import IMPORTERS

if TYPE_CHECKING:
    from pathlib import Path

GROWING = [
    path
    for program in ("claude-code", "codex", "gemini-cli", "gptme", "jan")
    for path in sorted((SAMPLES / program).iterdir())
    if path.suffix == ".jsonl"
]
PROGRAMS = sorted(
    folder.name
    for folder in SAMPLES.iterdir()
    if folder.name in IMPORTERS and any(recognizes(folder.name, file) for file in folder.iterdir())
)
CANARY = "sk-canary-0123456789"


def brought_in(database: Path, *paths: Path) -> dict[str, Any]:
    """What came of it; a file in which nothing was asked yet brings nothing, and ends with 1."""
    ran = run("--db", str(database), "sessions", "import", "--json", *map(str, paths))
    result: dict[str, Any] = ran.json()
    came = result["imported"] + result["updated"] + result["unchanged"]
    assert ran.status == (0 if came else 1), ran.err
    return result


def exported(database: Path) -> list[Any]:
    ran = run("--db", str(database), "sessions", "export", "--all", "-F", "jsonl")
    assert ran.status == 0, ran.err
    return sorted((json.loads(line) for line in ran.text.splitlines()), key=json.dumps)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_same_again_changes_nothing_and_no_key_is_in_the_database(
    program: str, tmp_path: Path
) -> None:
    database = tmp_path / "synapse.db"
    paths = [each for each in (SAMPLES / program).iterdir() if recognizes(program, each)]
    first = brought_in(database, *paths)
    assert first["imported"] > 0
    assert first["failed"] == 0
    before = exported(database)
    again = brought_in(database, *paths)
    assert (again["imported"], again["updated"], again["messages"]) == (0, 0, 0)
    assert exported(database) == before
    everything = run("--db", str(database), "sessions", "export", "--all", "-F", "jsonl").out
    elsewhere = tmp_path / "elsewhere.db"
    ran = run("--db", str(elsewhere), "sessions", "import", "-", stdin=everything)
    assert ran.status == 0, ran.err
    assert exported(elsewhere) == before
    for file in tmp_path.glob("synapse.db*"):
        assert CANARY.encode() not in file.read_bytes()


@pytest.mark.parametrize("path", GROWING, ids=lambda path: f"{path.parent.name}/{path.name[-16:]}")
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_that_has_grown_brings_what_is_new(path: Path, share: float, tmp_path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    whole, grown = tmp_path / "whole.db", tmp_path / "grown.db"
    file = tmp_path / path.parent.name / path.name
    file.parent.mkdir()
    file.write_bytes(b"".join(lines[: int(len(lines) * share)]))
    if recognizes(path.parent.name, file):
        brought_in(grown, file)
    file.write_bytes(b"".join(lines))
    brought_in(grown, file)
    brought_in(whole, file)
    assert exported(grown) == exported(whole)


def test_what_an_agent_keeps_in_its_home_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "codex"))
    folder = tmp_path / "codex" / "sessions" / "2026"
    folder.mkdir(parents=True)
    (folder / sample("codex").name).write_bytes(sample("codex").read_bytes())
    ran = run("--db", str(tmp_path / "synapse.db"), "sessions", "import", "--scan", "--json")
    (found,) = ran.json()["found"]
    assert (found["program"], found["sessions"], found["new"]) == ("codex", 1, 1)
