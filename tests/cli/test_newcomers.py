"""What somebody meets who has just begun, or whose home is not as homes usually are."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import manual
import pytest
from loopback import Loopback, openai
from program import Installed, run, without_privileges

from synapse import paths
from synapse.errors import ConfigError

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

# ------------------------------------------------------------------ where the sessions are


def test_without_a_session_it_says_how_to_begin() -> None:
    ran = run("sessions", "list")
    assert (ran.status, ran.err) == (0, 'No sessions yet. Start one:  synapse "Hello"\n')
    assert "no sessions yet" in run("-p", "echo", "-c", "x").err
    assert (
        run("sessions", "stats", "-F", "table").err
    ) == 'No messages: no sessions yet. Start one:  synapse "Hello"\n'


def test_where_all_sessions_are_in_the_trash_it_says_so() -> None:
    run("-p", "echo", "one")
    run("sessions", "delete", "@1")
    said = "he only session is in the trash"
    assert run("sessions", "list").err == (
        f"T{said}. See what is there:  synapse sessions list --deleted\n"
    )
    for words in (["-c", "more"], ["retry"], ["sessions", "show", "@1"]):
        ran = run(*words, environ={"SYNAPSE_PROVIDER": "echo"})
        assert ran.status == 3, words
        assert f"t{said}" in ran.err
    assert said in run("sessions", "stats", "-F", "table").err
    run("-p", "echo", "two")
    run("sessions", "delete", "@1")
    assert run("sessions", "list").err.startswith("All 2 sessions are in the trash. ")


def test_what_a_clean_up_took_is_not_called_nothing(home: Path) -> None:
    """An archive of long ago, opened for the first time: all of it is too old."""
    import apsw

    run("-p", "echo", "long ago")
    database = home / ".config" / "synapse" / "sessions.db"
    connection = apsw.Connection(str(database))
    connection.execute("UPDATE sessions SET updated_at = '2020-01-01T00:00:00.000000+00:00'")
    connection.close()
    run("sessions", "list")
    ran = run("sessions", "list")
    assert ran.out == b""
    assert "No sessions yet" not in ran.err


# ------------------------------------------------------------------------------- documents


def test_the_man_page_changes_nothing_that_is_typed() -> None:
    page = manual.man_page().replace("\\-", "-")
    assert "temperature=0.2" in page
    assert "Temperature=0.2" not in page
    assert "bash, zsh, fish or powershell." in page
    for each in manual.pages():
        for argument in each.arguments:
            for choice in argument.choices:
                assert f"\n{choice.capitalize()}," not in page


def test_the_version_stands_in_every_help() -> None:
    for text in (run("--help").text, manual.man_page().replace("\\-", "-"), manual.commands_page()):
        assert "synapse --version" in text
    assert "--version" in run("__complete", "--").text


# ------------------------------------------------------------------------- models offline


def configure(home: Path, url: str) -> None:
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "config.toml").write_text(
        f'provider = "mine"\n[aliases]\nfast = "mine/small"\n[providers.mine]\n'
        f'base_url = "{url}/v1"\nmodel = "large"\nattempts = 1\n'
    )


def test_models_that_are_configured_are_shown_without_the_provider(home: Path) -> None:
    with Loopback(openai.models("large", "other")) as server:
        configure(home, server.url)
        assert [row[1] for row in run("models").rows] == ["large", "small", "other"]
    asked = run("models", "--refresh")  # of the provider: what is known is no answer
    assert (asked.status, asked.out) == (5, b"")
    assert "retry" not in asked.err
    (cached,) = (home / ".cache" / "synapse").glob("models-*.json")
    cached.unlink()
    ran = run("models")
    assert ran.status == 5
    assert [row[1] for row in ran.rows] == ["large", "small"]
    assert "refused the connection" in ran.err
    assert "retry" not in ran.err
    assert "Ask again:  synapse models" in ran.err
    as_json = run("models", "--json")
    assert as_json.status == 5
    assert [row["model"] for row in as_json.json()["models"]] == ["large", "small"]


def test_models_that_are_configured_are_shown_without_a_key(home: Path) -> None:
    ran = run("models", environ={"SYNAPSE_PROVIDER": "openai"})
    assert ran.status == 4
    assert [row[0] for row in ran.rows] == ["openai"]
    assert "keys set openai" in ran.err


# ---------------------------------------------------------------------------------- homes


def findings(ran: subprocess.CompletedProcess[str] | object) -> dict[str, dict[str, object]]:
    listed = json.loads(getattr(ran, "out", b""))["findings"]
    return {finding["subject"]: finding for finding in listed}


def test_doctor_sees_a_home_that_cannot_be_written(home: Path, program: Path) -> None:
    home.chmod(0o500)
    try:
        ran = Installed(program)("doctor", "--json", wrapper=without_privileges())
    finally:
        home.chmod(0o700)
    assert ran.status == 1
    found = findings(ran)
    for subject in ("settings and keys", "answers that can't be stored", "models"):
        assert not found[subject]["ok"]
        assert "can't be written" in str(found[subject]["text"])
        assert found[subject]["hint"] == f"See who may:  ls -ld {home}"


def test_doctor_finds_a_file_where_a_folder_should_be(home: Path) -> None:
    (home / ".cache").write_text("")
    ran = run("doctor", "--json")
    assert findings(ran)["models"]["text"] == f"{home}/.cache is no folder"
    assert ran.status == 1


def test_doctor_makes_nothing(home: Path) -> None:
    run("doctor")
    assert not (home / ".local").exists()
    assert not (home / ".cache").exists()


@pytest.mark.parametrize("value", ["", "relative/home"])
def test_a_home_that_is_none_is_looked_up(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    monkeypatch.setenv("HOME", value)
    assert paths.home({"HOME": value}) == pwd.getpwuid(os.getuid()).pw_dir
    assert paths.config_file({"HOME": value}).startswith("/")
    assert paths.expand("~/x", {"HOME": value}) == f"{pwd.getpwuid(os.getuid()).pw_dir}/x"


def test_without_any_home_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's user whom no user database knows."""
    monkeypatch.setattr(os, "getuid", lambda: 987_654)
    monkeypatch.setenv("HOME", "")
    for environ in ({"HOME": ""}, {}):
        with pytest.raises(ConfigError, match="has no home folder"):
            paths.home(environ)
    ran = run("sessions", "list", environ={"HOME": ""})
    assert ran.status == 7
    assert "Name one:  export HOME=/a/folder" in ran.err
    ran = run("doctor", environ={"HOME": ""})
    assert ran.status == 1
    assert "has no home folder" in ran.text
    assert run("--version", environ={"HOME": ""}).status == 0


# ------------------------------------------------------------------------------ completion


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "source '{home}/.local/share/bash-completion/completions/synapse'"),
        ("zsh", "fpath+=('{home}/.local/share/zsh/site-functions')"),
        ("powershell", ". '{quoted}/.config/powershell/synapse.ps1'"),
    ],
)
def test_lines_to_be_copied_survive_blanks_and_quotes(
    tmp_path: Path, shell: str, line: str
) -> None:
    from shlex import quote

    home = tmp_path / "a home; it's mine"
    home.mkdir()
    ran = run("completion", shell, "--install", environ={"HOME": str(home)})
    assert ran.status == 0
    if shell == "powershell":
        wanted = line.format(quoted=str(home).replace("'", "''"))
    else:
        place = line.partition("'")[2].rpartition("'")[0].format(home=home)
        wanted = line.partition("'")[0] + quote(place) + line.rpartition("'")[2]
    assert wanted in ran.err


# -------------------------------------------------------------------------------- plug-ins

PLUGIN = """
class Parrot:
    def __init__(self, options):
        {init}
    name = "parrot"
    def check(self, request):
        {check}
    def stream(self, request, cancellation):
        from synapse.ports import TextDelta, Finished
        yield TextDelta("Polly ")
        {stream}
        yield Finished("stop")
    def list_models(self):
        {models}
"""
GOOD = {"init": "pass", "check": "pass", "stream": "pass", "models": "return []"}


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, with the metadata of one that brings `parrot`."""
    folder = tmp_path / "packages"
    metadata = folder / "parrot-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: parrot\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[synapse.providers]\nparrot = parrot:Parrot\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder / "parrot.py"


@pytest.mark.parametrize(
    ("where", "words", "status", "said"),
    [
        ("init", ["hi"], 7, "can't be loaded: ZeroDivisionError: division by zero"),
        ("check", ["hi"], 5, "failed: ZeroDivisionError: division by zero"),
        ("stream", ["hi"], 5, "failed: ZeroDivisionError: division by zero"),
        ("models", ["models"], 5, "failed: ZeroDivisionError: division by zero"),
    ],
)
def test_the_exception_of_a_plug_in_is_not_called_our_bug(
    plugin: Path, program: Path, where: str, words: list[str], status: int, said: str
) -> None:
    plugin.write_text(PLUGIN.format(**{**GOOD, where: "1 / 0"}))
    line = [*words, "-p", "parrot"] if words[0] == "models" else ["-p", "parrot", *words]
    ran = (
        Installed(program)(*line, "-m", "x") if words[0] != "models" else Installed(program)(*line)
    )
    assert ran.status == status, ran.err
    assert "the provider \"parrot\", from the package 'parrot'," in ran.err
    assert said in ran.err
    assert "bug in synapse" not in ran.err
    assert "Traceback" not in ran.err
    assert "its authors can mend it" in ran.err


def test_what_a_plug_in_said_before_it_failed_is_kept(plugin: Path, program: Path) -> None:
    plugin.write_text(PLUGIN.format(**{**GOOD, "stream": "raise RuntimeError('gone')"}))
    synapse = Installed(program)
    assert synapse("-p", "parrot", "-m", "x", "hi").out == b"Polly \n"
    shown = synapse("sessions", "show", "@1", "--json").json()
    assert shown["messages"][-1]["content"] == "Polly "
    assert shown["messages"][-1]["status"] == "failed"


@pytest.mark.parametrize("source", ["import no_such_library", "syntax error here", "Parrot = 5"])
def test_a_plug_in_that_cannot_be_loaded_is_named(plugin: Path, program: Path, source: str) -> None:
    plugin.write_text(source)
    ran = Installed(program)("-p", "parrot", "-m", "x", "hi")
    assert ran.status == 7
    assert "can't be loaded" in ran.err
    assert "bug in synapse" not in ran.err
