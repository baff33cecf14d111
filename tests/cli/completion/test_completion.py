"""`synapse __complete WORDS…`: what may stand in place of the last word."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import apsw
import pytest
from program import Ran, run, sessions

from synapse.cli.commands import COMMANDS
from synapse.config.options import OPTIONS
from synapse.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def complete(line: str, *more: str) -> dict[str, str]:
    """Candidates and descriptions for the last word of a line; `more` words may hold blanks."""
    ran = run("__complete", *line.split(" "), *more)
    assert (ran.status, ran.err) == (0, "")
    return dict(([*row.split("\t"), ""])[:2] for row in ran.text.splitlines())


def values(line: str) -> list[str]:
    return [*complete(line)]


@pytest.fixture
def talked(home: Path) -> Path:
    """Some sessions; the file they are in."""
    run("-p", "echo", "--name", "docker-volumes", "Explain volumes")
    run("-p", "echo", "東京 旅行\tの計画 $(rm -rf /)")
    run("-p", "echo", "--name", "two words", "A name that needs quotes")
    return home / ".config" / "synapse" / "sessions.db"


def handle(beginning: str) -> str:
    [found] = [s["handle"] for s in sessions() if s["preview"].startswith(beginning)]
    return str(found)


# ---------------------------------------------------------------------------------- commands


def test_the_first_word_is_a_command_with_its_help() -> None:
    found = complete("")
    assert found == {name: command.summary for name, command in COMMANDS.items()}
    assert values("mod") == ["models"]


def test_subcommands_are_those_of_their_group_whatever_stands_before() -> None:
    expected = [*COMMANDS["sessions"].subcommands]
    assert values("sessions ") == expected
    assert values("session ") == expected
    assert values("--db x.db -q sessions ") == expected
    assert values("sessions re") == [name for name in expected if name.startswith("re")]


def test_a_question_has_no_candidates() -> None:
    assert values("What is a mo") == []
    assert values("ask ses") == []
    assert values("-- ses") == []


def test_options_come_with_their_help_and_not_twice() -> None:
    found = complete("ask --no-s")
    assert found["--no-save"] == "store nothing at all"
    assert {"--no-save", "--no-stdin", "--no-stream"} == set(found)
    assert "--no-save" not in values("ask --no-save --no")
    assert "--file" in values("ask --file x --f")
    assert values("--vers") == ["--version"]
    assert values("sessions sh --") == []


def test_options_of_a_group_are_those_of_its_default() -> None:
    assert "--named" in values("sessions --n")


def test_nothing_is_an_option_behind_two_dashes() -> None:
    assert values("ask -- --no") == []


# ------------------------------------------------------------------------------------ values


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--format j", ["json", "jsonl"]),
        ("ask -F j", ["json", "jsonl"]),
        ("ask --format=j", ["--format=json", "--format=jsonl"]),
        ("--color ", ["auto", "always", "never"]),
        ("-p deep", ["deepseek", "deepinfra"]),
        ("keys set ant", ["anthropic"]),
        ("config get ui.co", ["ui.color", "ui.cost"]),
        ("config set ui.color n", ["never"]),
        ("config set ui.accessible ", ["true", "false"]),
        ("config set provider ech", ["echo"]),
        ("ask --param to", ["top_p=", "top_k="]),
        ("ask --param max", ["max_tokens="]),
        ("completion z", ["zsh"]),
        ("help exit", ["exit-codes"]),
        ("help sessions fo", ["fork"]),
        ("-f ", [":files"]),
        ("--config ", [":files"]),
        ("--config=x", [":files"]),
        ("db backup ", [":files"]),
        ("db backup there.db ", []),
        ("sessions rename x ", []),
    ],
)
def test_values_are_known_by_what_help_calls_them(line: str, expected: list[str]) -> None:
    assert values(line) == expected


def test_all_providers_and_all_keys_are_candidates() -> None:
    assert set(values("-p ")) == set(PROVIDERS)
    assert set(values("config get ")) == {option.key for option in OPTIONS}


def test_a_prompt_can_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "system.md").write_text("x")
    monkeypatch.chdir(tmp_path)
    assert values("-S @sys") == ["@system.md"]


def test_models_are_configured_ones_defaults_and_remembered_ones(home: Path) -> None:
    config = home / ".config" / "synapse" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        '[aliases]\nfast = "groq/small"\n[providers.mine]\nbase_url = "http://localhost:1"\n'
        'model = "qwen3:8b"\n'
    )
    cache = home / ".cache" / "synapse"
    cache.mkdir(parents=True)
    rows = [{"id": "gpt-x", "context_window": 1000}, {"id": "bad name"}, {"id": "o-mini"}]
    (cache / "models-openai.json").write_text(json.dumps({"models": rows}))
    (cache / "models-broken.json").write_text("{")
    found = complete("-m ")
    assert found["fast"] == "= groq/small"
    assert found["mine/qwen3:8b"] == "configured"
    assert found["openai/gpt-x"] == "1,000 tokens"
    assert "openai/bad name" not in found
    assert values("-m openai/g")[0] == f"openai/{PROVIDERS['openai'].default_model}"
    assert "gpt-x" in values("-p openai -m gpt")
    assert values("-m o-mi") == ["openai/o-mini"]


# ---------------------------------------------------------------------------------- sessions


def test_sessions_are_inserted_by_name_or_handle_the_last_used_first(talked: Path) -> None:
    found = complete("-s ")
    assert [*found] == [handle("A name"), handle("東京"), "docker-volumes"]
    assert found["docker-volumes"].startswith(f"{handle('Explain')} · Explain volumes · 20")
    assert found[handle("東京")].startswith("東京 旅行 の計画")


def test_sessions_match_by_name_title_handle_and_id(talked: Path) -> None:
    [session] = [s for s in sessions() if s["name"] == "docker-volumes"]
    for typed in ("docker", "DOCK", "volumes", "Explain v", session["handle"][:4]):
        [(value, _)] = complete("-s", typed).items()
        assert value in ("docker-volumes", session["handle"])
    assert values(f"sessions show {session['id'][:20]}") == [session["id"]]
    assert values(f"sessions show {session['handle'][:5]}") == [session["handle"]]


def test_what_is_searched_for_is_taken_literally(talked: Path) -> None:
    assert values("-s %") == []
    assert values("-s _") == []
    assert values("-s $(") == [handle("東京")]


def test_a_session_that_is_named_already_is_no_candidate(talked: Path) -> None:
    assert "docker-volumes" not in values("sessions delete docker-volumes ")
    assert len(values("sessions delete docker-volumes ")) == 2


def test_only_the_trash_can_be_restored(talked: Path) -> None:
    run("sessions", "delete", "docker-volumes")
    assert values("sessions restore ") == ["docker-volumes"]
    assert values("sessions list --deleted") == ["--deleted"]
    assert values("sessions show --deleted ") == ["docker-volumes"]
    assert "docker-volumes" not in values("-s ")


def test_the_database_of_the_command_line_is_looked_at(talked: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    run("--db", str(other), "-p", "echo", "--name", "elsewhere", "hi")
    assert values(f"--db {other} -s ") == ["elsewhere"]
    assert values(f"-s x --db={other} sessions show ") != ["elsewhere"]  # a question
    assert values(f"sessions --db={other} show ") == ["elsewhere"]


# --------------------------------------------------------------------- it leaves no trace at all


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All files below a folder, with their contents and times."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(params=["pending", "moved", "nothing beside it"])
def at_rest(request: pytest.FixtureRequest, talked: Path) -> Path:
    """The database with its WAL in the states in which processes leave it."""
    connection = apsw.Connection(str(talked))
    if request.param == "pending":  # as a process leaves it that was killed
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.execute("UPDATE sessions SET pinned = 1")
        connection.close()
    else:
        connection.execute("SELECT 1 FROM sessions").fetchall()
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(request.param == "moved"))
        connection.close()
    wal = talked.with_name("sessions.db-wal")
    assert (wal.exists() and wal.stat().st_size > 0) == (request.param == "pending")
    return talked


def test_nothing_is_written_and_nothing_created(at_rest: Path, home: Path) -> None:
    before = everything(home)
    assert "docker-volumes" in values("-s ")
    assert everything(home) == before


def test_without_a_database_none_is_made(home: Path) -> None:
    assert values("-s ") == []
    assert [*home.iterdir()] == []


def test_another_process_may_write_meanwhile(talked: Path) -> None:
    writer = apsw.Connection(str(talked))
    writer.execute("BEGIN IMMEDIATE; UPDATE sessions SET name = 'half-done' WHERE name IS NULL")
    try:
        assert "docker-volumes" in values("-s ")
        assert "half-done" not in values("-s ")
    finally:
        writer.execute("ROLLBACK")
        writer.close()


def newer(path: Path) -> Iterator[None]:
    """A later version has migrated it."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    yield


def damaged(path: Path) -> Iterator[None]:
    """It is no database at all."""
    for file in path.parent.glob("sessions.db*"):
        file.unlink()
    path.write_bytes(b"rubbish" * 10_000)
    yield


def foreign(path: Path) -> Iterator[None]:
    """Another program has made it."""
    for file in path.parent.glob("sessions.db*"):
        file.unlink()
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE sessions (id TEXT)")
    connection.close()
    yield


def a_folder(path: Path) -> Iterator[None]:
    """A folder stands in its place."""
    for file in path.parent.glob("sessions.db*"):
        file.unlink()
    path.mkdir()
    yield


def broken_configuration(path: Path) -> Iterator[None]:
    """The configuration can't be read."""
    path.with_name("config.toml").write_text("[[[")
    yield


def test_a_value_that_is_attached_to_a_short_option_is_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chart-one.png").write_bytes(b"")
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "two.png").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    assert values("-fch") == ["-fchart-one.png", "-fcharts/"]
    assert values(f"-f{tmp_path}/charts/t") == [f"-f{tmp_path}/charts/two.png"]
    assert values("-fnosuch/x") == []
    assert values("-pech") == ["-pecho"]
    assert values("-pecho -m") == values("-p echo -m")
    assert values("-pnosuch") == []
    assert values("-- -fch") == values("-- -f")


@pytest.mark.parametrize("trouble", [newer, damaged, foreign, a_folder, broken_configuration])
def test_a_trouble_means_no_candidates_and_no_word(talked: Path, trouble: object) -> None:
    assert callable(trouble)
    for _ in trouble(talked):
        assert values("-s ") == []
        assert "sessions" in values("")


@pytest.mark.parametrize("words", [[], ['""'], ["\udcff"], ["--db"], ["--db", ""], ["--", "-"]])
def test_odd_lines_are_no_trouble(words: list[str]) -> None:
    ran = run("__complete", *words)
    assert (ran.status, ran.err) == (0, "")


def test_no_parser_is_built_and_little_is_loaded(talked: Path) -> None:
    script = (
        "import sys; sys.argv = ['synapse', '__complete', 'sessions', 'show', 'do']\n"
        "import os; leave = os._exit\n"
        "def tell(status):\n"
        "    print(*sys.modules, file=sys.stderr); sys.stderr.flush(); leave(status)\n"
        "os._exit = tell\n"
        "from synapse.cli.app import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert ended.stdout.startswith("docker-volumes\t")
    heavy = {
        "argparse",
        "json",
        "threading",
        "pycurl",
        "pycurl._pycurl",
        "typing",
        "synapse.config.reader",
    }
    assert heavy & set(ended.stderr.split()) == set()


# --------------------------------------------------------------------------------- the scripts


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("bash", ".local/share/bash-completion/completions/synapse"),
        ("zsh", ".local/share/zsh/site-functions/_synapse"),
        ("fish", ".config/fish/completions/synapse.fish"),
        ("powershell", ".config/powershell/synapse.ps1"),
    ],
)
def test_scripts_are_printed_and_installed(home: Path, shell: str, place: str) -> None:
    printed = run("completion", shell)
    assert (printed.status, printed.err) == (0, "")
    assert "synapse __complete" in printed.text or "__complete @before" in printed.text
    for _ in range(2):
        installed = run("completion", shell, "--install")
        assert (installed.status, installed.out) == (0, b"")
    assert (home / place).read_bytes() == printed.out
    assert installed.err.splitlines()[0] == f"Wrote {home / place}"
    assert sorted(p.name for p in (home / place).parent.iterdir()) == [(home / place).name]


def test_a_script_that_can_not_be_installed_is_an_error(home: Path) -> None:
    (home / ".config").write_text("no folder")
    ran: Ran = run("completion", "fish", "--install")
    assert ran.status == 6
    assert "synapse.fish" in ran.err


def test_an_unknown_shell_is_an_error_of_usage() -> None:
    assert run("completion", "tcsh").status == 2
    assert run("completion").status == 2
