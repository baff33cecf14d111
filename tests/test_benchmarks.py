"""The benchmarks end in a line that says what to do, not in a traceback, when they can't run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(
    path.name
    for path in (ROOT / "benchmarks").glob("*.py")
    if 'if __name__ == "__main__"' in path.read_text()
)
WRONG = {
    "archive.py": [
        [],
        ["x.db"],
        ["x.db", "many"],
        ["x.db", "0"],
        ["/dev/null/x.db", "5"],
        [__file__, "5"],
    ],
    "bulk.py": [["many"], ["5", "x"], ["-1"]],
    "contention.py": [["x"], ["0"]],
    "keys.py": [[], ["no-such-program"], ["false"], ["true", "x"]],
    "long_conversation.py": [["x"], ["--turns", "many"], ["--turns", "0"], ["--window", "7"]],
    "render.py": [["x"], ["--rate", "x"]],
    "peers.py": [["x"], ["5"]],
    "startup.py": [["x"], ["0"], ["--messages", "many"], ["--python", "/no/python", "10"]],
    "scale.py": [["x"], ["--llm"], ["1"]],
    "transfer.py": [["x"], ["0"]],
    "search.py": [
        ["x"],
        ["10"],
        ["--in"],
        ["--in", "x.db", "many"],
        ["--in", "/dev/null/x.db"],
        ["--llm"],
    ],
}


def run(
    script: str, *words: str, python: tuple[str, ...] = (sys.executable,), path: str = ""
) -> str:
    """Start a benchmark that can't go on; what it says."""
    ended = subprocess.run(
        [*python, f"benchmarks/{script}", *words],
        cwd=ROOT,
        env={**os.environ, "PATH": path or os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode in (1, 2), ended
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.stderr


@pytest.mark.parametrize("script", SCRIPTS)
def test_without_its_libraries_it_names_the_environment_that_has_them(script: str) -> None:
    said = run(script, python=(sys.executable, "-S"))
    assert "is not installed for" in said
    assert said.endswith(f".venv-test/bin/python benchmarks/{script}\n")


@pytest.mark.parametrize(
    ("script", "words"), [(script, words) for script, lines in WRONG.items() for words in lines]
)
def test_what_it_is_given_wrongly_is_said(script: str, words: list[str]) -> None:
    said = run(script, *words)
    assert script in said
    assert len(said.splitlines()) <= 6


def test_a_tool_that_is_missing_is_named() -> None:
    said = run("wire.py", path="/nothing")
    assert said == "benchmarks/wire.py: valgrind, curl, openssl: needed and not installed\n"


def test_a_fault_of_the_benchmark_itself_keeps_its_traceback() -> None:
    program = "import sys; sys.path.insert(0, 'benchmarks'); import command_line; 1 / 0"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "ZeroDivisionError" in ended.stderr
    assert "Traceback" in ended.stderr
