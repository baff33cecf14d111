"""The installed program on a bad day: its configuration, its database, its streams."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import apsw
import pytest
from program import Installed, Terminal, messages, run, sessions, without_privileges

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def synapse(program: Path) -> Installed:
    return Installed(program)


@pytest.fixture
def folder(home: Path) -> Path:
    """The folder of configuration and database."""
    path = home / ".config" / "synapse"
    path.mkdir(parents=True, mode=0o700)
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def assert_one_clear_error(err: str) -> None:
    assert err.startswith("error: ")
    assert err.count("error: ") == 1
    assert "Traceback" not in err
    assert 1 <= len(err.splitlines()) <= 5


# --------------------------------------------------------------------------------- configuration


def test_all_faults_of_a_configuration_are_named_at_once(synapse: Installed, folder: Path) -> None:
    (folder / "config.toml").write_text(
        'modle = "x"\nmax_tokens = "many"\n[session]\nmax_sessions = -1\n'
    )
    ran = synapse("-p", "echo", "hi")
    assert (ran.status, ran.out) == (7, b"")
    assert_one_clear_error(ran.err)
    assert all(f"line {line}" in ran.err for line in (1, 2, 4))
    assert 'did you mean "model"?' in ran.err
    assert not (folder / "sessions.db").exists()


def test_help_and_version_work_whatever_the_configuration_says(
    synapse: Installed, folder: Path
) -> None:
    (folder / "config.toml").write_text("nonsense")
    for argv in (["--version"], ["--help"], ["ask", "-h"], ["help", "refs"]):
        assert synapse(*argv).status == 0


def test_a_configuration_that_is_a_folder(synapse: Installed, folder: Path) -> None:
    (folder / "config.toml").mkdir()
    ran = synapse("-p", "echo", "hi")
    assert ran.status == 7
    assert_one_clear_error(ran.err)


def test_a_configuration_that_can_not_be_read(synapse: Installed, folder: Path) -> None:
    path = folder / "config.toml"
    path.write_text('provider = "echo"\n')
    path.chmod(0)
    ran = synapse("hi", wrapper=without_privileges())
    assert ran.status == 7
    assert_one_clear_error(ran.err)


def test_a_named_configuration_that_does_not_exist(synapse: Installed, tmp_path: Path) -> None:
    ran = synapse("--config", str(tmp_path / "none.toml"), "-p", "echo", "hi")
    assert ran.status == 7
    assert_one_clear_error(ran.err)


# -------------------------------------------------------------------------------------- database

COMMANDS = (("-p", "echo", "hi"), ("sessions", "list"), ("sessions", "show", "@1"))


@pytest.mark.parametrize("argv", COMMANDS)
def test_a_database_that_is_a_folder(
    argv: tuple[str, ...], synapse: Installed, folder: Path
) -> None:
    (folder / "sessions.db").mkdir()
    ran = synapse(*argv)
    assert (ran.status, ran.out) == (6, b"")
    assert_one_clear_error(ran.err)


@pytest.mark.parametrize("argv", COMMANDS)
def test_a_database_that_is_no_database(
    argv: tuple[str, ...], synapse: Installed, folder: Path
) -> None:
    path = folder / "sessions.db"
    path.write_text("These are my notes, and not a database.\n" * 200)
    before = digest(path)
    ran = synapse(*argv)
    assert (ran.status, ran.out) == (6, b"")
    assert_one_clear_error(ran.err)
    assert digest(path) == before


def test_a_database_of_another_program(synapse: Installed, folder: Path) -> None:
    path = folder / "sessions.db"
    connection = apsw.Connection(str(path))
    connection.execute("create table invoices(id, amount); insert into invoices values(1, 2)")
    connection.close()
    before = digest(path)
    ran = synapse("-p", "echo", "hi")
    assert ran.status == 6
    assert_one_clear_error(ran.err)
    assert digest(path) == before


def test_a_database_of_a_newer_version(synapse: Installed, folder: Path) -> None:
    synapse("-p", "echo", "hi")
    path = folder / "sessions.db"
    connection = apsw.Connection(str(path))
    connection.execute("pragma user_version = 9999; pragma wal_checkpoint(truncate)")
    connection.close()
    ran = synapse("-c", "more")
    assert (ran.status, ran.out) == (6, b"")
    assert_one_clear_error(ran.err)
    assert "9999" in ran.err


def test_an_empty_database_file_becomes_a_database(synapse: Installed, folder: Path) -> None:
    (folder / "sessions.db").touch(0o600)
    assert synapse("-p", "echo", "hi").status == 0
    assert len(sessions()) == 1


def test_a_read_only_database_is_listed_but_not_written(synapse: Installed, folder: Path) -> None:
    synapse("-p", "echo", "hi")
    (folder / "sessions.db").chmod(0o400)
    folder.chmod(0o500)
    ran = synapse("-c", "more", wrapper=without_privileges())
    assert (ran.status, ran.out) == (6, b"")
    assert_one_clear_error(ran.err)
    folder.chmod(0o700)
    assert len(messages()) == 2


def test_a_database_in_a_folder_that_can_not_be_made(synapse: Installed, home: Path) -> None:
    home.chmod(0o500)
    ran = synapse("-p", "echo", "hi", wrapper=without_privileges())
    home.chmod(0o700)
    assert (ran.status, ran.out) == (6, b"")
    assert_one_clear_error(ran.err)


def test_a_full_disk_before_the_question_is_sent(synapse: Installed) -> None:
    ran = synapse("-p", "echo", "hi", wrapper=["sh", "-c", 'ulimit -f 0; exec "$0" "$@"'])
    assert (ran.status, ran.out) == (6, b"")
    assert_one_clear_error(ran.err)


def test_a_database_that_another_process_keeps_locked(synapse: Installed, folder: Path) -> None:
    synapse("-p", "echo", "hi")
    connection = apsw.Connection(str(folder / "sessions.db"))
    connection.execute("begin immediate")
    ran = synapse("-c", "more", environ={"SYNAPSE_BUSY_TIMEOUT": "0.2"})
    connection.close()
    assert (ran.status, ran.out) == (6, b"")
    assert_one_clear_error(ran.err)
    assert len(messages()) == 2


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "mysql+pymysql"])
def test_a_foreign_database_url_is_not_taken_for_a_file(
    scheme: str, synapse: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    url = f"{scheme}://me:s3cret-canary@127.0.0.1:1/shop"
    ran = synapse("-p", "echo", "hi", environ={"DATABASE_URL": url})
    assert (ran.status, ran.out) == (6, b"")
    assert_one_clear_error(ran.err)
    assert "s3cret" not in ran.err
    assert "DATABASE_URL" in ran.err
    assert set(tmp_path.iterdir()) == before


def test_a_database_named_by_a_flag_wins(synapse: Installed, tmp_path: Path) -> None:
    path = tmp_path / "mine.db"
    environ = {"DATABASE_URL": f"sqlite:{tmp_path}/other.db"}
    assert synapse("--db", str(path), "-p", "echo", "hi", environ=environ).status == 0
    assert len(synapse("sessions", "--db", f"sqlite:{path}").rows) == 1
    assert not (tmp_path / "other.db").exists()


def test_files_are_for_their_owner_alone(synapse: Installed, folder: Path) -> None:
    wrapper = ["sh", "-c", 'umask 000; exec "$0" "$@"']
    synapse("-p", "echo", "hi", wrapper=wrapper)
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


# --------------------------------------------------------------------------------------- streams

EVERY = [
    ["-p", "echo", "hi"], ["sessions", "list"], ["sessions", "show", "@1"], ["--help"], ["models"],
    ["config", "show"], ["keys", "list"], ["sessions", "list", "--json"],
]  # fmt: skip


@pytest.mark.parametrize("argv", EVERY, ids=" ".join)
@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_closed_streams_do_no_harm(closed: str, argv: list[str], program: Path, home: Path) -> None:
    run("-p", "echo", "before")
    before = len(sessions())
    ended = subprocess.run(
        ["sh", "-c", f'exec "$0" "$@" {closed}', program, *argv], capture_output=True, check=False
    )
    assert ended.returncode == 0
    assert b"Traceback" not in ended.stderr
    assert [p for p in home.rglob("*") if p.is_file() and b"usage" in p.read_bytes()] == []
    assert len(sessions()) == before + ("hi" in argv)


@pytest.mark.parametrize("argv", EVERY, ids=" ".join)
def test_piped_output_has_no_escape_sequences(argv: list[str], synapse: Installed) -> None:
    run("-p", "echo", "**bold** `code`")
    ran = synapse(*argv)
    assert ran.status == 0
    assert b"\x1b" not in ran.out + ran.err.encode()


def test_a_full_disk_under_the_output_is_an_error_and_the_answer_is_kept(program: Path) -> None:
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [program, "-p", "echo", "hi"], stdin=subprocess.DEVNULL, stdout=full,
            stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert ended.returncode == 6
    assert ended.stderr == b"error: can't write to standard output: No space left on device\n"
    assert messages()[1]["content"] == "hi"


def test_head_gets_its_lines_and_the_program_is_silent(program: Path) -> None:
    for number in range(20):
        run("-p", "echo", f"question {number} " + "x" * 5000)
    ended = subprocess.run(
        ["bash", "-c", f"{program} sessions show @1 --json | head -c 1; echo ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended.stdout[0], ended.stderr) == ("{", "")
    assert ended.stdout[1:].strip() in ("0", "141")  # the pipe may take it all at once


def test_a_pipe_that_does_not_block_loses_nothing(program: Path) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    text = "x" * 500_000
    process = subprocess.Popen(
        [program, "-p", "echo", "--no-save"], stdin=subprocess.PIPE, stdout=writing
    )
    os.close(writing)
    assert process.stdin is not None
    process.stdin.write(text.encode())
    process.stdin.close()
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == text.encode() + b"\n"
    assert process.wait(60) == 0


def test_standard_input_that_is_a_socket_is_read(program: Path) -> None:
    import socket

    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = subprocess.Popen(
            [program, "-p", "echo"], stdin=theirs.fileno(), stdout=subprocess.PIPE
        )
        ours.sendall(b"by socket")
        ours.shutdown(socket.SHUT_WR)
        assert process.communicate(timeout=60)[0] == b"by socket\n"


def test_an_endless_input_is_refused(synapse: Installed, program: Path) -> None:
    ended = subprocess.run(
        ["bash", "-c", f"yes | {program} -p echo"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "the limit is 1,048,576" in ended.stderr
    assert sessions() == []


# -------------------------------------------------------------------------------- at a terminal


def test_a_question_is_answered_with_yes_or_with_anything_else(program: Path) -> None:
    ids = [run("-p", "echo", "--json", "hi").json()["session"]["id"] for _ in range(6)]
    for keys, status, left in (("\n", 1, 6), ("\x04", 1, 6), ("\x03", 1, 6), ("y\n", 0, 0)):
        with Terminal([str(program), "sessions", "delete", *ids]) as terminal:
            terminal.expect("Move 6 sessions (12 messages) to the trash? [y/N] ")
            assert "… and 1 more" in terminal.text
            terminal.type(keys)
            assert terminal.end() == status
        assert len(sessions()) == left


def test_no_input_never_asks(program: Path) -> None:
    ids = [run("-p", "echo", "--json", "hi").json()["session"]["id"] for _ in range(2)]
    with Terminal([str(program), "sessions", "delete", "--no-input", *ids]) as terminal:
        assert terminal.end() == 2
    assert "--yes" in terminal.text


def test_a_table_on_a_terminal_is_coloured_unless_told_otherwise(program: Path) -> None:
    run("-p", "echo", "hi")
    command = [str(program), "sessions", "list"]
    with Terminal(command) as terminal:
        terminal.end()
    assert terminal.seen.startswith(b"\x1b[1mID ")
    for environ in ({"TERM": "dumb"},):
        with Terminal(command, environ=environ) as terminal:
            terminal.end()
        assert b"\x1b" not in terminal.seen


def test_hostile_names_and_previews_can_not_act_on_the_terminal(program: Path, home: Path) -> None:
    run("-p", "echo", "evil\x1b[2J\x07 \u202e preview \x9b31m")
    for argv in (["sessions"], ["sessions", "show", "@1"], ["sessions", "show", "@1", "--raw"],
                 ["sessions", "show", "@1", "--json"], ["sessions", "delete", "@1"]):  # fmt: skip
        with Terminal([str(program), *argv]) as terminal:
            assert terminal.end() == 0
        assert b"\x1b[2J" not in terminal.seen
        assert b"\x07" not in terminal.seen
        assert not {"\x9b", "\u202e"} & set(terminal.seen.decode())


def test_long_output_goes_through_the_pager(program: Path, tmp_path: Path) -> None:
    run("-p", "echo", "\n\n".join(f"paragraph {number}" for number in range(60)))
    environ = {"SYNAPSE_PAGER": f"cat > {tmp_path}/paged; echo paged"}
    with Terminal([str(program), "sessions", "show", "@1"], environ=environ) as terminal:
        assert terminal.end() == 0
    assert terminal.text == "paged\n"
    assert "paragraph 59" in (tmp_path / "paged").read_text()
    with Terminal([str(program), "sessions"], environ=environ) as terminal:
        assert terminal.end() == 0
    assert "paged" not in terminal.text
    with Terminal(
        [str(program), "sessions", "show", "@1", "--no-pager"], environ=environ
    ) as terminal:
        assert terminal.end() == 0
    assert "paragraph 59" in terminal.text


def test_of_what_is_paged_the_beginning_is_there_before_the_end_is_made(
    program: Path, tmp_path: Path
) -> None:
    run("-p", "echo", "\n\n".join(f"paragraph {number}" for number in range(60)))
    database = tmp_path / "home" / ".config" / "synapse" / "sessions.db"
    connection = apsw.Connection(str(database))
    connection.execute(
        "INSERT INTO messages (id, session_id, role, content, timestamp)"
        " WITH numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)"
        " SELECT 'm' || n, session_id, 'assistant', content, timestamp"
        " FROM numbers, messages WHERE role = 'user'"
    )
    connection.close()
    environ = {"PAGER": "head -n 3; echo that is enough"}
    with Terminal([str(program), "sessions", "show", "@1"], environ=environ) as terminal:
        assert terminal.end() == 0
    assert terminal.text.endswith("that is enough\n")


def test_a_question_is_shown_as_it_was_typed(program: Path) -> None:
    typed = "Why?\n  File 'a.py', line 1\n*oops*\n\n\x1b[2Jx"
    run("-p", "echo", typed)
    with Terminal([str(program), "sessions", "show", "@1"]) as terminal:
        assert terminal.end() == 0
    assert "Why?\n  File 'a.py', line 1\n*oops*\n\n\ufffd[2Jx\n" in terminal.text
    assert b"\x1b[2J" not in terminal.seen


def test_a_pager_that_is_not_there_is_done_without(program: Path) -> None:
    run("-p", "echo", "\n\n".join(f"paragraph {number} " + "x" * 300 for number in range(900)))
    environ = {"PAGER": "no-such-pager"}
    with Terminal([str(program), "sessions", "show", "@1"], environ=environ) as terminal:
        assert terminal.end() == 0
    assert terminal.text.count("paragraph 500") == 2
    assert terminal.text.count("paragraph 899") == 2


def test_a_pager_that_is_left_early_is_no_error(program: Path) -> None:
    run("-p", "echo", "\n\n".join(f"paragraph {number} " + "x" * 3000 for number in range(60)))
    environ = {"PAGER": "head -c 10"}
    with Terminal([str(program), "sessions", "show", "@1"], environ=environ) as terminal:
        assert terminal.end() == 0


# ---------------------------------------------------------------------------- what nobody foresaw

BUG = """
import sys
from synapse.cli.command_line import routing
def broken(argv): raise ZeroDivisionError("with canary-KEY-7781 in it")
routing.find_command = broken
sys.argv[0] = "synapse"
from synapse.cli.app import main
main()
"""


@pytest.mark.parametrize("debug", [False, True])
def test_a_bug_is_one_line_and_a_report_for_its_owner_alone(debug: bool, home: Path) -> None:
    environ = {**os.environ, "MY_API_KEY": "canary-KEY-7781", "SYNAPSE_DEBUG": str(int(debug))}
    ended = subprocess.run(
        [sys.executable, "-c", BUG, "my very private prompt"],
        capture_output=True, text=True, env=environ, check=False,
    )  # fmt: skip
    assert ended.returncode == 70
    assert ("Traceback" in ended.stderr) == debug
    assert "canary-KEY" not in ended.stderr
    reports = list((home / ".local" / "state" / "synapse").glob("*"))
    assert len(reports) == (0 if debug else 1)
    for path in reports:
        text = path.read_text()
        assert str(path) in ended.stderr
        assert path.stat().st_mode & 0o777 == 0o600
        assert "ZeroDivisionError" in text
        assert "canary-KEY" not in text
        assert "private prompt" not in text
