"""`synapse config`, as the installed program."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest
from config.test_shared_with_rust import EXAMPLE, active
from stores.sqlite import rust

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Ended = subprocess.CompletedProcess[str]


@pytest.fixture
def synapse(program: Path, home: Path) -> Callable[..., Ended]:
    def run(*words: str, stdin: str = "", **variables: str) -> Ended:
        return subprocess.run(
            [str(program), *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=os.environ | variables,
        )

    return run


@pytest.fixture
def file(home: Path) -> Path:
    path = home / ".config" / "synapse" / "config.toml"
    path.parent.mkdir(parents=True, mode=0o700)
    return path


def test_path_names_the_file_that_would_be_read(
    synapse: Callable[..., Ended], home: Path, tmp_path: Path
) -> None:
    assert synapse("config", "path").stdout == f"{home}/.config/synapse/config.toml\n"
    assert synapse("config", "path", "--config", "a.toml").stdout == "a.toml\n"
    assert synapse("--config", "a.toml", "config", "path").stdout == "a.toml\n"
    assert synapse("config", "path", SYNAPSE_CONFIG="~/b.toml").stdout == f"{home}/b.toml\n"
    assert not (home / ".config").exists()


@pytest.mark.parametrize("change", [str, active], ids=["as it stands", "all of it"])
def test_the_rust_program_s_file_is_right_but_for_notes(
    synapse: Callable[..., Ended], file: Path, change: Callable[[str], str]
) -> None:
    file.write_text(change(EXAMPLE))
    file.chmod(0o600)
    checked = synapse("config", "check")
    assert (checked.returncode, checked.stderr) == (0, f"No problems: {file}\n")
    notes = checked.stdout.splitlines()
    assert notes
    assert all(line.startswith("note: config.toml line ") for line in notes)
    listed = synapse("sessions", "list")
    assert (listed.returncode, listed.stdout) == (0, "")
    assert "sk-0123456789abcdef" not in synapse("config", "show").stdout
    # changing another option keeps what is that program's
    assert synapse("config", "set", "max_tokens", "9").returncode == 0
    assert "[mcp]" in file.read_text()


def test_limits_that_destroy_in_the_rust_program_are_told_where_it_is_about(
    synapse: Callable[..., Ended], file: Path
) -> None:
    file.write_text('provider = "echo"\n[session]\nmax_sessions = 0\n')
    synapse("sessions", "list")
    assert synapse("config", "check").stdout == ""
    assert "Rust" not in synapse("doctor").stdout
    rust.Rust(file.parent / "sessions.db").close()
    note = (
        "config.toml line 3: session.max_sessions: 0 is no limit here; "
        "the Rust Synapse deletes every session: write 1000000"
    )
    checked = synapse("config", "check")
    assert checked.returncode == 0
    assert f"note: {note}\n" in checked.stdout
    diagnosed = synapse("doctor")
    assert diagnosed.returncode == 1
    assert f"!!  configuration: {note}\n" in diagnosed.stdout
    file.write_text('provider = "echo"\n[session]\nmax_sessions = 1000000\n')
    assert synapse("doctor").returncode == 0


def test_a_look_at_the_database_for_a_note_makes_none(
    synapse: Callable[..., Ended], file: Path
) -> None:
    file.write_text("[mcp]\n")
    assert synapse("config", "check").returncode == 0
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


def test_a_key_at_the_top_is_not_set_by_an_argument(
    synapse: Callable[..., Ended], file: Path
) -> None:
    refused = synapse("config", "set", "api_key", "sk-canary")
    assert refused.returncode == 2
    assert "synapse keys set PROVIDER" in refused.stderr
    file.write_text('api_key = "sk-canary-0123456789"\n')
    file.chmod(0o600)
    assert synapse("config", "get", "api_key").stdout == "…6789\n"
    assert synapse("keys", "list").stdout == "deepseek\tapi_key\t…6789\n"
    assert synapse("config", "unset", "api_key").returncode == 0


def test_show_tells_every_value_and_its_origin(
    synapse: Callable[..., Ended], file: Path, home: Path
) -> None:
    file.write_text('model = "m"\n[providers.x]\napi_key = "sk-canary-0123456789"\n')
    file.chmod(0o600)
    ended = synapse("config", "show", SYNAPSE_MAX_WIDTH="60", DATABASE_URL="~/s.db")
    assert ended.returncode == 0
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in ended.stdout.splitlines()}
    assert rows["model"] == ["m", f"{file}:1", "SYNAPSE_MODEL"]
    assert rows["ui.max_width"] == ["60", "SYNAPSE_MAX_WIDTH", "SYNAPSE_MAX_WIDTH"]
    assert rows["session.max_sessions"] == ["100", "default", "SYNAPSE_MAX_SESSIONS"]
    assert rows["session.database_url"][:2] == [f"sqlite:{home}/s.db", "DATABASE_URL"]
    assert rows["providers.x.api_key"] == ["…6789", f"{file}:3", ""]
    assert "canary" not in ended.stdout + ended.stderr
    assert synapse("config").stdout == synapse("config", "show").stdout


def test_show_has_a_json_form_with_typed_values(synapse: Callable[..., Ended], file: Path) -> None:
    file.write_text("[session]\nauto_cleanup = false\n")
    shown = json.loads(
        synapse("config", "show", "--json", "--db", "postgresql://u:hunter2@h/d").stdout
    )
    options = {option["key"]: option for option in shown["options"]}
    assert shown["schema"] == 1
    assert shown["file"] == str(file)
    assert options["session.auto_cleanup"]["value"] is False
    assert options["session.database_url"] == {
        "key": "session.database_url",
        "value": "postgresql://u:***@h/d",
        "origin": "flag",
        "variable": "DATABASE_URL",
    }


def test_show_can_leave_out_the_defaults(synapse: Callable[..., Ended], file: Path) -> None:
    file.write_text('model = "m"\n')
    assert synapse("config", "show", "--set").stdout == f"model\tm\t{file}:1\tSYNAPSE_MODEL\n"


def test_get_prints_one_value_for_scripts(synapse: Callable[..., Ended], file: Path) -> None:
    file.write_text('model = "m"\n[parameters]\nstop = ["a", "b"]\n')
    assert synapse("config", "get", "model").stdout == "m\n"
    assert synapse("config", "get", "parameters.stop").stdout == '["a", "b"]\n'
    assert synapse("config", "get", "session.auto_cleanup").stdout == "true\n"
    nothing = synapse("config", "get", "provider")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (1, "", "")


@pytest.mark.parametrize("command", ["get", "set"])
def test_an_unknown_option_is_refused_with_a_suggestion(
    synapse: Callable[..., Ended], command: str
) -> None:
    value = ["x"] if command == "set" else []
    ended = synapse("config", command, "sesion.max_sessions", *value)
    assert ended.returncode == 2
    assert 'did you mean "session.max_sessions"?' in ended.stderr
    ended = synapse("config", command, "ui.colour", *value)
    assert 'did you mean "ui.color"?' in ended.stderr


def test_set_and_unset_change_the_file_and_nothing_else_in_it(
    synapse: Callable[..., Ended], file: Path
) -> None:
    file.write_text('# mine\nprovider = "echo" # offline\n')
    ended = synapse("config", "set", "session.max_sessions", "7")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr == f"Set session.max_sessions to 7 in {file}\n"
    assert synapse("config", "get", "session.max_sessions").stdout == "7\n"
    assert file.read_text().startswith('# mine\nprovider = "echo" # offline\n')
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert synapse("config", "unset", "session.max_sessions").returncode == 0
    assert synapse("config", "get", "session.max_sessions").stdout == "100\n"
    again = synapse("config", "unset", "session.max_sessions")
    assert again.returncode == 1
    assert "is not set in" in again.stderr


def test_set_refuses_a_value_of_the_wrong_kind(synapse: Callable[..., Ended], file: Path) -> None:
    for words in (["ui.color", "pink"], ["max_tokens", "many"], ["model", "a", "b"]):
        ended = synapse("config", "set", *words)
        assert ended.returncode == 2, words
        assert ended.stderr.startswith(f"error: {words[0]} ")
    assert not file.exists()


def test_set_takes_several_words_as_a_list(synapse: Callable[..., Ended]) -> None:
    synapse("config", "set", "parameters.stop", "END", "STOP")
    assert synapse("config", "get", "parameters.stop").stdout == '["END", "STOP"]\n'


def test_set_takes_no_key_from_an_argument(synapse: Callable[..., Ended], file: Path) -> None:
    ended = synapse("config", "set", "providers.openai.api_key", "sk-canary")
    assert ended.returncode == 2
    assert "synapse keys set openai" in ended.stderr
    assert "canary" not in ended.stderr
    assert not file.exists()


def test_set_says_when_something_else_wins(synapse: Callable[..., Ended]) -> None:
    ended = synapse("config", "set", "model", "m", SYNAPSE_MODEL="other")
    assert ended.returncode == 0
    assert "warning: SYNAPSE_MODEL is set as well, and wins" in ended.stderr


def test_check_tells_all_problems_and_that_there_are_some(
    synapse: Callable[..., Ended], file: Path
) -> None:
    file.write_text('modle = "x"\n[ui]\ncolor = 1\n')
    ended = synapse("config", "check")
    assert ended.returncode == 1
    assert ended.stdout == (
        'config.toml line 1: unknown key "modle"; did you mean "model"?\n'
        'config.toml line 3: ui.color must be "auto", "always" or "never", not 1\n'
    )
    assert ended.stderr == "2 problems. Fix it:  synapse config edit\n"


def test_check_looks_at_what_the_values_stand_for(
    synapse: Callable[..., Ended], file: Path
) -> None:
    file.write_text('provider = "opnai"\n[providers.x]\nkind = "openai"\n')
    ended = synapse("config", "check")
    assert ended.returncode == 1
    assert len(ended.stdout.splitlines()) == 2
    assert "openai" in ended.stdout


@pytest.mark.parametrize("text", [None, "", 'provider = "echo"\n'])
def test_check_finds_nothing_wrong_with_what_is_right(
    synapse: Callable[..., Ended], file: Path, text: str | None
) -> None:
    if text is not None:
        file.write_text(text)
    ended = synapse("config", "check")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr.startswith("No problems: ")


def test_a_broken_configuration_stops_every_other_command(
    synapse: Callable[..., Ended], file: Path, home: Path
) -> None:
    file.write_text('modle = "x"\n')
    for words in (["-p", "echo", "hi"], ["sessions", "list"], ["config", "show"]):
        ended = synapse(*words)
        assert ended.returncode == 7, words
        assert ended.stdout == ""
        assert ended.stderr == (
            'error: config.toml line 1: unknown key "modle"; did you mean "model"?\n'
            "  Fix it:  synapse config edit      (1 problem; nothing was sent)\n"
        )
    assert not (home / ".config/synapse/sessions.db").exists()


def editor(tmp_path: Path, script: str) -> str:
    path = tmp_path / "my editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return f"'{path}'"


def test_edit_opens_the_editor_and_checks(
    synapse: Callable[..., Ended], file: Path, tmp_path: Path
) -> None:
    append = editor(tmp_path, 'printf \'broken\' >> "$1"; chmod 644 "$1"')
    ended = synapse("config", "edit", EDITOR=append)
    assert ended.returncode == 1
    assert "not TOML" in ended.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    mend = editor(tmp_path, 'echo \'model = "m"\' > "$1"')
    ended = synapse("config", "edit", VISUAL=mend, EDITOR="false")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert synapse("config", "get", "model").stdout == "m\n"


def test_edit_begins_with_every_option(synapse: Callable[..., Ended], file: Path) -> None:
    assert synapse("config", "edit", EDITOR="true").returncode == 0
    assert "#max_sessions = 100\n" in file.read_text()


def test_edit_without_an_editor_says_so(synapse: Callable[..., Ended], file: Path) -> None:
    assert synapse("config", "edit").returncode == 2
    assert synapse("config", "edit", "--no-input", EDITOR="true").returncode == 2
    ended = synapse("config", "edit", EDITOR="no-such-editor")
    assert ended.returncode == 2
    assert "no-such-editor can't be started" in ended.stderr


def test_init_writes_a_file_to_start_from_and_never_over_one(
    synapse: Callable[..., Ended], file: Path
) -> None:
    ended = synapse("config", "init", "--provider", "echo", "--model", "m")
    assert ended.returncode == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert '\nprovider = "echo"\n' in file.read_text()
    assert "#max_sessions = 100\n" in file.read_text()
    assert synapse("config", "check").returncode == 0
    file.write_text("# precious\n")
    ended = synapse("config", "init", "-p", "echo")
    assert ended.returncode == 2
    assert "--force" in ended.stderr
    assert file.read_text() == "# precious\n"
    assert synapse("config", "init", "-p", "echo", "--force").returncode == 0
    assert synapse("config", "get", "provider").stdout == "echo\n"


def test_init_takes_the_key_from_standard_input(
    synapse: Callable[..., Ended], file: Path, home: Path
) -> None:
    words = ["config", "init", "-p", "openai", "--key-stdin"]
    ended = synapse(*words, stdin="sk-canary-0123456789\n")
    assert ended.returncode == 0
    assert "canary" not in ended.stdout + ended.stderr + file.read_text()
    assert "sk-canary" in (home / ".config/synapse/keys.toml").read_text()


def test_init_with_an_unknown_provider_writes_nothing(
    synapse: Callable[..., Ended], file: Path
) -> None:
    ended = synapse("config", "init", "-p", "opnai")
    assert ended.returncode == 2
    assert "did you mean 'openai'?" in ended.stderr
    assert not file.exists()
