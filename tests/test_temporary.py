"""No run of the tests, of a benchmark or of a recording sees what others left among the temporary
files: every one has a folder of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from program import run

from synapse import paths

ROOT = Path(__file__).parents[1]


def test_what_another_program_spilled_changes_no_test(tmp_path: Path) -> None:
    """The house test counts the modules of a start; a spilled answer that is found adds some."""
    shared = tmp_path / "shared"
    spilled = shared / f"synapse-{os.getuid()}"
    spilled.mkdir(mode=0o700, parents=True)
    (spilled / "answer-0199.json").write_text("{}")
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/test_house.py",
            "-k",
            "a_list_of_sessions",
        ],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(shared)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert "1 passed" in ended.stdout
    assert list(shared.iterdir()) == [spilled]  # and it took its own folder away


def test_each_test_has_a_temporary_folder_of_its_own(home: Path) -> None:
    own = Path(os.environ["TMPDIR"])
    assert Path(tempfile.gettempdir()) == own
    assert list(own.iterdir()) == []
    assert Path(paths.temporary_dir(os.environ)).parent == own
    assert run("-p", "echo", "Hello").status == 0
    assert len(os.fsencode(own)) < 60  # a socket's path has room for a hundred bytes
    (own / "left behind").touch()


def test_the_next_test_does_not_see_it(home: Path) -> None:
    assert list(Path(os.environ["TMPDIR"]).iterdir()) == []


def test_benchmarks_and_recordings_have_one_too() -> None:
    for name in ("benchmarks/measure.py", "benchmarks/keys.py", "scripts/record.py"):
        assert "TMPDIR" in (ROOT / name).read_text(), name
