"""What is said about installing: this very Python, the place that Synapse came from, no index."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from synapse import installing

ROOT = Path(__file__).parents[1]


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment of another maker: its prefix."""
    folder = tmp_path / "my-synapse"
    folder.mkdir()
    monkeypatch.setattr(sys, "prefix", str(folder))
    return folder


@pytest.fixture
def without_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "has_pip", lambda: False)


def came_from(monkeypatch: pytest.MonkeyPatch, folder: Path, told: object) -> None:
    """Put metadata in front of the real one: what pip writes beside an installation."""
    metadata = folder / "synapse_chat-9.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: synapse-chat\nVersion: 9\n")
    (metadata / "direct_url.json").write_text(told if isinstance(told, str) else json.dumps(told))
    monkeypatch.syspath_prepend(str(folder))


def test_pip_installs_into_this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/opt/my env/bin/python")
    python = "'/opt/my env/bin/python'"
    assert installing.install_hint("keyring") == f"Install it:  {python} -m pip install keyring"
    assert installing.install_hint("xllamacpp", again=True) == (
        f"Install it again:  {python} -m pip install xllamacpp --force-reinstall"
    )


def test_pipx_injects_into_its_environment(prefix: Path) -> None:
    (prefix / "pipx_metadata.json").touch()
    assert installing.install_hint("keyring") == "Install it:  pipx inject my-synapse keyring"
    assert installing.upgrade_hint() == "Upgrade:  pipx upgrade my-synapse"


def test_uv_installs_into_an_environment_without_pip(prefix: Path, without_pip: None) -> None:
    (prefix / "pyvenv.cfg").write_text("home = /usr/bin\nuv = 0.13.9\n")
    assert installing.install_hint("keyring") == (
        f"Install it:  uv pip install --python {sys.executable} keyring"
    )


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"url": "file:///home/me/a%20clone", "dir_info": {}}, "/home/me/a clone"),
        (
            {"url": "https://me:secret@host.example/s.git", "vcs_info": {"vcs": "git"}},
            "git+https://host.example/s.git",
        ),
        ({"url": "https://host.example/s.zip", "archive_info": {}}, "https://host.example/s.zip"),
    ],
)
def test_an_upgrade_comes_from_where_this_one_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: object, place: str
) -> None:
    came_from(monkeypatch, tmp_path, told)
    assert installing.origin() == place
    assert installing.upgrade_hint() == (
        f"Upgrade:  {sys.executable} -m pip install --upgrade {place}"
        if " " not in place
        else f"Upgrade:  {sys.executable} -m pip install --upgrade '{place}'"
    )


@pytest.mark.parametrize("told", ["", "nonsense", "[]", "{}", '{"url": 5}'])
def test_without_a_place_no_name_is_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    came_from(monkeypatch, tmp_path, told)
    assert installing.origin() is None
    assert installing.upgrade_hint() == "Upgrade Synapse the way it was installed."


def test_a_database_of_a_newer_version_says_how_to_upgrade(home: Path) -> None:
    import apsw
    from program import run

    run("-p", "echo", "x")
    path = home / ".config" / "synapse" / "sessions.db"
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 999)
    connection.close()
    ran = run("sessions", "list")
    assert ran.status == 6
    assert "  Upgrade:  " in ran.err
    assert str(ROOT) in ran.err  # this environment's Synapse was installed from here


SHARED_NAME = re.compile(
    r"""(pip|pip3|uv\s+pip|pipx|uv\s+tool|uvx)\s+(install|download|run|add|wheel)\s[^\n`]*
        (?<![\w/.-])synapse(-chat)?(?![\w/.-])(\[[\w,]+\])?
        | synapse-chat\[ | (?<![\w-])synapse\[""",
    re.VERBOSE,
)
"""A command that would fetch what somebody else may have registered as ours, or a name for it."""


def test_nothing_tells_anybody_to_install_our_name_from_an_index() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "src", "docs", "scripts", "*.md", "*.toml", "benchmarks"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    found = [
        f"{name}:{number}: {line.strip()}"
        for name in listed
        if name and name != "pyproject.toml" and (ROOT / name).suffix != ".svg"
        if (ROOT / name).exists()
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1)
        if SHARED_NAME.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "pip install 'synapse-chat[local]'",
        "pip install --upgrade synapse-chat",
        "python -m pip install synapse",
        "pipx install synapse-chat",
        "uv tool install synapse-chat",
        "the extra synapse-chat[keyring]",
        "(extra: synapse[browse])",
    ],
)
def test_such_a_command_would_be_found(line: str) -> None:
    assert SHARED_NAME.search(line)


@pytest.mark.parametrize(
    "line",
    [
        "pipx install '.[local]'",
        "uv tool install '.[local]'",
        "pip install -c constraints.txt '.[local]'",
        "pip install /home/me/synapse",
        "pip install git+https://host.example/synapse.git",
    ],
)
def test_a_place_is_no_name(line: str) -> None:
    assert SHARED_NAME.search(line) is None


def test_installing_is_not_loaded_at_the_start() -> None:
    program = "import sys; import synapse.cli.app, synapse.registry; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
    )
    assert "synapse.installing" not in ended.stdout.split()
