"""JSON modes end in an object or an `error` event, whatever fails, and however early."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from cli.test_json import check, lines
from loopback import Loopback, openai
from program import Installed, Ran, bytes_in, run, wait_until

from synapse.cli.failing.json_faults import requested_format
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ECHO = ["-p", "echo"]

FAILURES: dict[str, tuple[list[str], int, str]] = {
    "an unknown option": (["--bogus", *ECHO, "hi"], 2, "usage"),
    "an option without its value": ([*ECHO, "hi", "--timeout"], 2, "usage"),
    "a value that is none": (["--timeout", "soon", *ECHO, "hi"], 2, "usage"),
    "options that contradict": (["-c", "-s", "x", *ECHO, "hi"], 2, "usage"),
    "no prompt": ([*ECHO], 2, "usage"),
    "a parameter that is none": ([*ECHO, "--param", "mood=9", "hi"], 2, "usage"),
    "a file that is not there": ([*ECHO, "-f", "/nowhere/x", "hi"], 2, "usage"),
    "an unknown provider": (["-p", "nobody", "hi"], 2, "usage"),
    "an unknown REF": (["-s", "nowhere", "hi"], 3, "no_such_session"),
    "nothing to go on with": (["-c", "hi"], 3, "no_such_session"),
    "no key": (["-p", "openai", "-m", "gpt-5", "hi"], 4, "credentials"),
    "a configuration that is none": (["--config", "{bad}", *ECHO, "hi"], 7, "config"),
    "a configuration that is not there": (["--config", "/nowhere/x", *ECHO, "hi"], 7, "config"),
    "a database that is none": (["--db", "{text}", *ECHO, "hi"], 6, "database_damaged"),
    "a database in a folder that is none": (["--db", "{text}/x.db", *ECHO, "hi"], 6, ""),
    "a conversation with JSON": (["-r", *ECHO], 2, "usage"),
}


@pytest.fixture
def fill(tmp_path: Path) -> Callable[[list[str]], list[str]]:
    """Puts paths where the words of a command line have a place for them."""
    (tmp_path / "bad.toml").write_text("provider = \n")
    (tmp_path / "text").write_text("no database at all " * 100)
    paths = {"bad": str(tmp_path / "bad.toml"), "text": str(tmp_path / "text")}
    return lambda words: [word.format(**paths) for word in words]


def failure_of(ran: Ran, format: str) -> Any:
    """What was printed last, held to the schema."""
    if format == "json":
        value = ran.json()
        check("failure", value)
    else:
        *_, value = lines(ran.text)
        check("event_error", value)
    message = value["error"]["message"]
    assert message in ran.err
    return value["error"]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_a_question_that_fails_before_it_is_asked(
    fill: Callable[[list[str]], list[str]], format: str, failure: str
) -> None:
    words, status, code = FAILURES[failure]
    ran = (
        run("--format", format, *fill(words)) if format == "jsonl" else run("--json", *fill(words))
    )
    assert ran.status == status, ran
    error = failure_of(ran, format)
    assert error["code"] == code or not code


@pytest.mark.parametrize("format", ["json", "jsonl"])
@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["retry"], 3),
        (["retry", "-s", "nowhere"], 3),
        (["retry", "--bogus"], 2),
        (["retry", "-p", "nobody"], 2),
        (["ask"], 2),
        (["ask", "-s", "nowhere", "hi"], 3),
        (["ask", "--no-stdin"], 2),
    ],
)
def test_retry_and_ask_alike(words: list[str], status: int, format: str) -> None:
    if words == ["retry", "-p", "nobody"]:
        run(*ECHO, "hi")
    ran = run(*words, "-F", format)
    assert ran.status == status, ran
    failure_of(ran, format)


@pytest.mark.parametrize("format", ["json", "jsonl"])
@pytest.mark.parametrize("given", [b"", b"\xff\xfe\x00", b" \n"])
def test_standard_input_that_is_no_question(format: str, given: bytes) -> None:
    ran = run(*ECHO, "-F", format, stdin=given)
    assert ran.status == 2, ran
    failure_of(ran, format)


@pytest.mark.parametrize(
    "words",
    [
        "sessions show nowhere --json",
        "sessions list --json --sort sideways",
        "sessions list --format jsonl --since never",
        "sessions stats --json --by century",
        "config show --json nothing.like.it",
        "models --json -p nobody",
        "keys list --json --bogus",
        "db info --json --bogus",
        "sessions nonsense --json",
    ],
)
def test_other_commands_alike(words: str) -> None:
    ran = run(*words.split())
    assert ran.status in (1, 2, 3, 7), ran
    failure_of(ran, "jsonl" if "jsonl" in words else "json")


def test_a_locked_database(home: Path) -> None:
    import apsw

    run(*ECHO, "hi")
    other = apsw.Connection(str(home / ".config" / "synapse" / "sessions.db"))
    other.execute("begin immediate")
    for format in ("json", "jsonl"):
        ran = run(*ECHO, "-F", format, "hi", environ={"SYNAPSE_BUSY_TIMEOUT": "0.05"})
        assert ran.status == 6, ran
        assert failure_of(ran, format)["code"] == "database_locked"
    other.close()


def test_a_turn_that_fails_has_its_answer_and_its_error(home: Path) -> None:
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    with Loopback(openai.error(401, "no such key")) as server:
        (folder / "config.toml").write_text(
            f'[providers.here]\nkind = "openai"\nbase_url = "{server.url}/v1"\nmodel = "m"\n'
        )
        ran = run("-p", "here", "--json", "hi")
        again = run("retry", "-F", "jsonl")
    assert (ran.status, again.status) == (4, 4)
    check("answer", ran.json())
    assert ran.json()["message"]["status"] == "failed"
    assert ran.json()["error"]["code"] == "credentials"
    check("event", *lines(again.text))
    assert [event["type"] for event in lines(again.text)] == ["start", "error"]


def test_a_busy_session(home: Path) -> None:
    from contract.builders import a_prompt, a_session, an_answer

    run(*ECHO, "hi")
    with open_store(f"sqlite:{home}/.config/synapse/sessions.db") as store:
        session = a_session()
        store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        for format in ("json", "jsonl"):
            ran = run("-s", session.id, *ECHO, "-F", format, "more")
            assert ran.status == 6
            assert failure_of(ran, format)["code"] == "session_busy"


@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_who_stops_a_wait_for_a_busy_session(home: Path, program: Path, format: str) -> None:
    from contract.builders import a_prompt, a_session, an_answer

    run(*ECHO, "hi")
    with open_store(f"sqlite:{home}/.config/synapse/sessions.db") as store:
        session = a_session()
        store.begin_turn(session, a_prompt(session), an_answer(session), create=True)
        words = ["-s", session.id, *ECHO, "--wait", "-F", format, "more"]
        process = Installed(program).start(*words)
        assert process.stderr is not None
        said = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 143
    assert b"waiting for it" in said
    [value] = lines(out.decode())
    assert value["error"]["code"] == "session_busy"


@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_ctrl_c_while_the_question_is_read(program: Path, format: str) -> None:
    given, ours = os.pipe()
    process = Installed(program).start(*ECHO, "-F", format, stdin=given)
    os.write(ours, b"half a question")
    # what has been read is no longer in the pipe: the program waits for the rest
    wait_until(lambda: bytes_in(given) == 0)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    for end in (given, ours):
        os.close(end)
    assert process.returncode == -signal.SIGINT
    [value] = lines(out.decode())
    assert value["error"]["code"] == "interrupted"


def test_an_answer_that_was_to_go_into_a_file_prints_nothing(tmp_path: Path) -> None:
    for words in (["-s", "nowhere"], ["--bogus"]):
        ran = run(*ECHO, "--json", "-o", str(tmp_path / "x"), *words, "hi")
        assert (ran.status in (2, 3), ran.out) == (True, b"")


def test_nothing_is_printed_twice_and_nothing_where_no_json_is_wanted(home: Path) -> None:
    assert run(*ECHO, "--bogus", "hi").out == b""
    assert run(*ECHO, "--bogus", "--", "--json").out == b""
    assert run(*ECHO, "--json", "-F", "text", "--bogus").out == b""
    ran = run(*ECHO, "--json", "hi")
    assert (ran.status, len(ran.text.splitlines())) == (0, 1)
    assert "error" not in json.loads(ran.out)


@pytest.mark.parametrize(
    ("words", "format"),
    [
        (["--json"], "json"),
        (["-F", "json"], "json"),
        (["-Fjsonl"], "jsonl"),
        (["-F=jsonl"], "jsonl"),
        (["--format", "jsonl"], "jsonl"),
        (["--format=json"], "json"),
        (["--json", "--format=md"], None),
        (["--format"], None),
        (["--", "--json"], None),
        (["-o", "x", "--json"], None),
        (["--json", "-o", "-"], "json"),
        (["--json", "--output=x"], None),
        ([], None),
    ],
)
def test_what_the_words_of_a_command_line_want(words: list[str], format: str | None) -> None:
    assert requested_format(words) == format
