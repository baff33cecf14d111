"""Packages of others: the recipe in CONTRIBUTING, followed as it stands, and what can go wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bare import bare_environment
from program import Installed
from transcripts import ROOT

_FENCE = re.compile(r"^```(?:toml|python)\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def write_package(folder: Path) -> None:
    """What the recipe says, file by file."""
    files = _FENCE.findall((ROOT / "CONTRIBUTING.md").read_text())
    assert [name for name, _ in files] == [
        "pyproject.toml",
        "shouting/provider.py",
        "shouting/store.py",
    ]
    for name, text in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "shouting" / "__init__.py").write_text("")


@pytest.fixture(scope="module")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The program of an environment into which pip has installed the package."""
    folder = tmp_path_factory.mktemp("packages")
    write_package(folder / "source")
    python = bare_environment(folder / "env")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run([*pip, *options, str(folder / "source")], check=True)
    return Installed(python.with_name("synapse"))


def test_the_provider_of_the_recipe_answers(synapse: Installed, home: Path) -> None:
    ran = synapse("-p", "shout", "hello", "there")
    assert (ran.status, ran.text, ran.err) == (0, "HELLO THERE \n", "")
    assert synapse("models", "-p", "shout").rows == [["shout", "loud", "", "", "default"]]
    ran = synapse("-p", "shout", "--param", "temperature=1", "hello")
    assert (ran.status, ran.out) == (2, b"")
    assert "shout takes no parameter 'temperature'" in ran.err
    (session,) = synapse("sessions", "list", "--json").json()["sessions"]
    assert (session["provider"], session["model"]) == ("shout", "loud")
    assert synapse("-c", "again").text == "AGAIN \n"


def test_the_provider_of_the_recipe_can_be_the_configured_one(synapse: Installed) -> None:
    assert synapse("config", "set", "provider", "shout").status == 0
    assert synapse("hello").text == "HELLO \n"
    assert synapse("config", "check").status == 0
    assert synapse("config", "set", "providers.shout.model", "louder").status == 0
    assert synapse("hello", "--json").json()["message"]["model"] == "louder"


def test_the_store_of_the_recipe_keeps_conversations(synapse: Installed, home: Path) -> None:
    for words in (["-p", "echo", "hello"], ["-c", "again"]):
        assert synapse("--db", "attic:old", *words).status == 0
    listed = synapse("sessions", "list", "--json", environ={"DATABASE_URL": "attic:old"}).json()
    assert [session["message_count"] for session in listed["sessions"]] == [4]
    assert (home / "old.attic").exists()
    assert not (home / ".config" / "synapse" / "sessions.db").exists()
    ran = synapse("--db", "attic:old", "db", "check")
    assert ran.status == 7
    assert "can only be inspected with its own tools" in ran.err


def test_the_library_finds_them(synapse: Installed, home: Path) -> None:
    script = """
from synapse import Conversation, create_storage, open_provider
with create_storage("attic:old") as store:
    conversation = Conversation(store, open_provider("shout"))
    print(conversation.ask("hello").text(), store.location)
"""
    python = Path(synapse.program).with_name("python")
    ended = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == f"HELLO  {home}/old.attic\n"


STORE = """
class Store:
    location = "behind the URL"
    has_replaced_text = False
    def __init__(self, url, *, busy_timeout):
        {init}
    def __enter__(self): return self
    def __exit__(self, *failure): pass
    def close(self): pass
    def list_sessions(self, **which):
        {method}
    count_sessions = list_sessions
"""


@pytest.mark.parametrize(
    ("source", "status", "said"),
    [
        ("import no_such_library", 7, "ModuleNotFoundError: No module named 'no_such_library'"),
        ("Stor = 1", 7, "has no attribute 'Store'"),
        (STORE.format(init="raise OSError('no ' + url)", method="return []"), 7, "OSError: no "),
        (STORE.format(init="pass", method="raise KeyError('row')"), 6, "KeyError: 'row'"),
        (STORE.format(init="pass", method="self.no_such"), 6, "no attribute 'no_such'"),
    ],
    ids=["library", "name", "opening", "reading", "mistyped"],
)
def test_the_fault_of_a_store_is_said_to_be_its_packages(
    program: Path, tmp_path: Path, source: str, status: int, said: str
) -> None:
    metadata = tmp_path / "cellar-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: cellar\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[synapse.stores]\ncellar = cellar:Store\n")
    (tmp_path / "cellar.py").write_text(source)
    environ = {"PYTHONPATH": str(tmp_path), "DATABASE_URL": "cellar://me:pass%20word@host/d"}
    ran = Installed(program)("sessions", "list", environ={**os.environ, **environ})
    assert ran.status == status, ran.err
    assert "the store \"cellar\", from the package 'cellar'," in ran.err
    assert said in ran.err
    assert "pass%20word" not in ran.err
    assert "its authors can mend it" in ran.err
    assert "Traceback" not in ran.err


def test_a_scheme_that_no_package_brings_is_refused(program: Path) -> None:
    ran = Installed(program)("--db", "attik:old", "sessions", "list")
    assert ran.status == 7
    assert "attik" in ran.err
