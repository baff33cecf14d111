"""The wheel that pip builds, installed without an index: the command, the man page, the scripts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from bare import bare_environment

ROOT = Path(__file__).parents[1]


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """Built as pip builds it, by the backend of pyproject.toml."""
    program = "import sys; from flit_core import buildapi; buildapi.build_wheel(sys.argv[1])"
    folder = tmp_path / "dist"
    folder.mkdir()
    subprocess.run([sys.executable, "-c", program, folder], cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_all_that_the_program_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as package:
        names = set(package.namelist())
    data = [
        path.relative_to(ROOT / "src")
        for path in (ROOT / "src" / "synapse").rglob("*")
        if path.is_file() and path.suffix not in {".pyc"}
    ]
    assert len(data) > 100
    assert {str(path) for path in data} <= names


def test_it_is_installed_with_its_man_page(wheel: Path, tmp_path: Path) -> None:
    python = bare_environment(tmp_path / "env", without=("synapse_chat", "synapse"))
    python.with_name("synapse").unlink()
    # The pip of this environment installs into the other one, from the file alone.
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run(
        [*pip, "--no-index", "--no-deps", "--disable-pip-version-check", str(wheel)], check=True
    )
    from synapse import __version__

    ended = subprocess.run(
        [python.with_name("synapse"), "--version"], capture_output=True, text=True, check=True
    )
    assert ended.stdout == f"synapse {__version__}\n"
    page = tmp_path / "env" / "share" / "man" / "man1" / "synapse.1"
    assert page.read_text() == (ROOT / "docs" / "synapse.1").read_text()
    if shutil.which("man"):  # which looks beside each folder of PATH
        environ = {**os.environ, "PATH": f"{python.parent}:{os.environ['PATH']}", "LC_ALL": "C"}
        found = subprocess.run(
            ["man", "-w", "synapse"], env=environ, capture_output=True, text=True, check=False
        )
        assert found.stdout.strip() == str(page)


def test_the_readme_names_what_there_is() -> None:
    """Its commands for installing can't be run without an index; what they name can be seen."""
    import tomllib

    readme = (ROOT / "README.md").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "pip install -c constraints.txt '.[local]'" in readme
    assert "local" in project["optional-dependencies"]
    assert (ROOT / "constraints.txt").exists()
    assert f"pipx uninstall {project['name']}" in readme
    assert f"uv tool uninstall {project['name']}" in readme
