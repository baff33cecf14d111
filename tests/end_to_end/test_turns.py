"""The installed program against a real HTTP server: whole turns, and turns that break off."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest
from launching import with_constant
from loopback import Loopback, openai, scripts
from program import (
    SIGNALS,
    Installed,
    Terminal,
    messages,
    read_until,
    run,
    sessions,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from loopback import Script
    from loopback.server import Exchange

KEY = "sk-canary-7d0f31"


@pytest.fixture
def synapse(program: Path) -> Installed:
    return Installed(program)


@pytest.fixture
def configure(home: Path) -> Callable[[Loopback], None]:
    """Make the loopback server the provider `here`."""

    def write(server: Loopback, **options: object) -> None:
        folder = home / ".config" / "synapse"
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        lines = "".join(f"{name} = {value!r}\n" for name, value in options.items())
        (folder / "config.toml").write_text(
            'provider = "here"\n[providers.here]\n'
            f'base_url = "{server.url}/v1"\nmodel = "loopback-1"\napi_key_env = "HERE_KEY"\n{lines}'
        )

    return write


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE_KEY", KEY)


def pause_after(*texts: str) -> tuple[Script, threading.Event]:
    """An answer that stops after some tokens until the event is set, or the client leaves."""
    go_on = threading.Event()

    def answer(exchange: Exchange) -> None:
        exchange.start(200, {**scripts.EVENT_STREAM, "Transfer-Encoding": "chunked"})
        for text in texts:
            exchange.chunk(openai.chunk({"content": text}))
        while not go_on.wait(0.02):
            if exchange.stopped.is_set():
                return
        exchange.chunk(openai.chunk({"content": " Done."}))
        exchange.chunk(openai.chunk(finish="stop"))
        exchange.chunk(openai.DONE)
        exchange.end_chunks()

    return answer, go_on


# --------------------------------------------------------------------------------- whole turns


def test_a_question_is_answered_stored_and_continued(
    synapse: Installed, configure: Callable[..., None]
) -> None:
    with Loopback(openai.answer("Rust is", " a language.\n")) as server:
        configure(server)
        first = synapse("What is Rust?")
        assert (first.status, first.out, first.err) == (0, b"Rust is a language.\n\n", "")
        [session] = sessions()
        second = synapse("-s", session["id"], "And Go?")
        assert second.status == 0
        sent = server.requests[1].json()["messages"]
    assert [message["content"] for message in sent] == [
        "What is Rust?", "Rust is a language.\n", "And Go?",
    ]  # fmt: skip
    [session] = sessions()
    assert (session["provider"], session["message_count"]) == ("here", 4)
    usage = messages()[1]["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (7, 3)


def test_reasoning_is_stored_but_not_printed(
    synapse: Installed, configure: Callable[..., None]
) -> None:
    with Loopback(openai.answer("Four.", reasoning=["two", " and two"])) as server:
        configure(server)
        assert synapse("2 + 2?").out == b"Four.\n"
    assert messages()[1]["reasoning"] == "two and two"


def test_an_answer_that_hit_the_limit_says_so(
    synapse: Installed, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNAPSE_MAX_TOKENS", "4096")
    ours = openai.answer("Once upon", finish="length", usage=(7, 4090))
    theirs = openai.answer("Once upon", finish="length", usage=(7, 1024))
    for script, limit in ((ours, "max_tokens (4,096)"), (theirs, "the provider's limit of tokens")):
        with Loopback(script) as server:
            configure(server)
            ran = synapse("A story")
        assert (ran.status, ran.out) == (0, b"Once upon\n")
        assert ran.err == f'The answer hit {limit}. Go on:  synapse -c "continue"\n'


def test_a_retry_is_announced_and_the_answer_comes(
    synapse: Installed, configure: Callable[..., None]
) -> None:
    busy = openai.error(429, "slow down", headers={"Retry-After-Ms": "20"})
    with Loopback(busy, openai.answer("Here.")) as server:
        configure(server)
        ran = synapse("Hello")
    assert (ran.status, ran.out) == (0, b"Here.\n")
    assert "trying again now (2/3) — Ctrl-C stops" in ran.err


# -------------------------------------------------------------------------- what servers can do

HALF = openai.chunk({"content": "Half a"})
FELL_OVER = openai.event({"error": openai.error_object("the model fell over", "server_error")})

BROKEN: dict[str, tuple[Script, str]] = {
    "ends the stream early": (scripts.unended(HALF), "Half a"),
    "cuts a chunk off": (scripts.cut_chunks(HALF), "Half a"),
    "sends an error in the stream": (scripts.stream(HALF, FELL_OVER), "Half a"),
    "refuses to answer": (openai.answer("Half a", finish="content_filter"), "Half a"),
    "sends garbage": (scripts.stream(b"data: {nonsense\n\n"), ""),
    "is no API": (scripts.status(200, "<html>Log in</html>", {"Content-Type": "text/html"}), ""),
    "fails inside": (openai.error(500, "oops"), ""),
    "knows no such model": (openai.error(404, "no such model", name="model_not_found"), ""),
    "resets": (scripts.reset_after(), ""),
}
"""What a server does, and the text that came before."""


@pytest.mark.parametrize("what", BROKEN)
def test_a_server_that(what: str, synapse: Installed, configure: Callable[..., None]) -> None:
    script, came = BROKEN[what]
    with Loopback(script) as server:
        configure(server, attempts=1)
        ran = synapse("A question")
    handle = sessions()[0]["handle"]
    assert (ran.status, ran.text.rstrip("\n")) == (5, came)
    assert ran.err.count("error: ") == 1
    assert handle in ran.err
    assert "Traceback" not in ran.err
    assert KEY not in ran.err
    asked, answer = messages()
    assert asked["content"] == "A question"
    assert (answer["content"], answer["status"]) == (came, "failed")
    assert answer["error"]


def test_a_server_that_refuses_connections(
    synapse: Installed, configure: Callable[..., None]
) -> None:
    with Loopback(openai.answer("x")) as server:
        configure(server, attempts=1)
    ran = synapse("A question")
    assert ran.status == 5
    assert [message["status"] for message in messages()] == ["complete", "failed"]


def test_a_server_that_rejects_the_key(synapse: Installed, configure: Callable[..., None]) -> None:
    with Loopback(openai.error(401, f"Incorrect API key provided: {KEY}")) as server:
        configure(server)
        ran = synapse("A question")
    assert ran.status == 4
    assert KEY not in ran.err
    assert KEY not in str(messages())


def test_a_server_that_stalls_is_given_up(
    synapse: Installed, configure: Callable[..., None]
) -> None:
    with Loopback(scripts.stall_after(openai.chunk({"content": "Half"}))) as server:
        configure(server)
        ran = synapse("--timeout", "0.3", "A question")
    assert (ran.status, ran.out) == (5, b"Half\n")
    assert messages()[1]["content"] == "Half"


def test_json_of_a_failed_turn_holds_what_came(
    synapse: Installed, configure: Callable[..., None]
) -> None:
    with Loopback(BROKEN["ends the stream early"][0]) as server:
        configure(server)
        whole = synapse("--json", "A question")
        lines = synapse("-F", "jsonl", "A question")
    assert whole.status == lines.status == 5
    assert whole.json()["message"]["content"] == "Half a"
    assert whole.json()["message"]["status"] == "failed"
    *_, delta, last = lines.text.splitlines()
    assert '"delta"' in delta
    assert '"error"' in last
    assert '"answer_cut_short"' in last


# ----------------------------------------------------------------------------- how people stop it


def test_ctrl_c_during_the_answer_saves_it_and_dies_of_the_signal(
    synapse: Installed, configure: Callable[..., None]
) -> None:
    script, _ = pause_after("Half an ", "answer")
    with Loopback(script) as server:
        configure(server)
        process = synapse.start("A question")
        read_until(process.stdout, b"Half an answer")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert out == b"\n"
    assert err.decode() == (
        "Stopped. The partial answer (14 characters) is saved. Go on:  synapse -c\n"
    )
    answer = messages()[1]
    assert (answer["content"], answer["status"]) == ("Half an answer", "interrupted")


def test_a_ctrl_c_that_arrives_twice_counts_once(configure: Callable[..., None]) -> None:
    script, _ = pause_after("Half")
    with Loopback(script) as server:
        configure(server)
        moment = "synapse.terminal.interruption._SAME_KEY_SECONDS"
        process = subprocess.Popen(
            with_constant(moment, 60, "A question"),
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        read_until(process.stdout, b"Half")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert (messages()[1]["content"], messages()[1]["status"]) == ("Half", "interrupted")


def test_a_second_ctrl_c_ends_the_program_even_while_the_answer_can_not_be_saved(
    synapse: Installed, configure: Callable[..., None], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNAPSE_BUSY_TIMEOUT", "25")
    with Loopback(scripts.stall_after(openai.chunk({"content": "Half"}))) as server:
        configure(server)
        process = synapse.start("A question")
        read_until(process.stdout, b"Half")
        other = apsw.Connection(str(home / ".config" / "synapse" / "sessions.db"))
        other.execute("begin immediate")
        process.send_signal(signal.SIGINT)
        # The stream is given up at once; the answer waits for the database.
        server.wait_for(lambda server: server.open_connections == 0)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        other.close()
    assert process.returncode == -signal.SIGINT
    assert messages()[1]["status"] == "incomplete"


def test_ctrl_c_before_the_first_token_keeps_the_question(
    synapse: Installed, configure: Callable[..., None]
) -> None:
    with Loopback(scripts.never) as server:
        configure(server)
        process = synapse.start("A question")
        server.wait_for(lambda server: bool(server.requests))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (-signal.SIGINT, b"")
    assert "Your question is saved" in err.decode()
    assert [m["content"] for m in messages()] == ["A question", ""]


def test_ctrl_c_before_anything_is_asked_leaves_nothing(program: Path, home: Path) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen([program, "-p", "echo", "hi"], stdin=reading, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        read_until(process.stderr, b"reading standard input")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        os.close(reading)
        os.close(writing)
    assert process.returncode == -signal.SIGINT
    assert sessions() == []


def test_a_silent_pipe_beside_a_prompt_is_announced_and_then_read(program: Path) -> None:
    process = subprocess.Popen(
        [program, "-p", "echo", "and this:"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    said = read_until(process.stderr, b"\n").decode()
    assert said == "reading standard input… (Ctrl-D ends, --no-stdin skips)\n"
    out, _ = process.communicate(b"late", timeout=60)
    assert out == b"and this:\n\nlate\n"


LOOPS = {
    'while read -r q; do synapse -p echo "Q: $q"; done < FILE': "Q: one\nQ: two\nQ: three\n",
    'cat FILE | while read -r q; do synapse -p echo --no-stdin "Q: $q"; done': (
        "Q: one\nQ: two\nQ: three\n"
    ),
    "{ read -r q; synapse -p echo -f - First: $q; } < FILE": "First: one\n\ntwo\nthree\n\n",
    "{ read -r q; synapse -p echo; } < FILE": "two\nthree\n",
    "synapse -p echo All: < FILE": "All:\n\none\ntwo\nthree\n",
    "{ read -r q; synapse -p echo $q; cat; } < FILE": "one\ntwo\nthree\n",
}
"""What shell lines print that share their standard input with the program."""


@pytest.mark.parametrize("shell", ["bash", "sh"])
@pytest.mark.parametrize("line", LOOPS)
def test_a_file_that_a_loop_reads_is_left_to_the_loop(
    line: str, shell: str, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    (tmp_path / "questions").write_text("one\ntwo\nthree\n")
    ran = subprocess.run(
        [shell, "-c", line.replace("FILE", str(tmp_path / "questions"))], capture_output=True
    )
    assert (ran.returncode, ran.stderr.decode(), ran.stdout.decode()) == (0, "", LOOPS[line])


@pytest.mark.parametrize(("name", "status"), [("TERM", 143), ("HUP", 129)])
def test_other_signals_save_the_answer_too(
    name: str, status: int, synapse: Installed, configure: Callable[..., None]
) -> None:
    script, _ = pause_after("Half")
    with Loopback(script) as server:
        configure(server)
        process = synapse.start("A question")
        read_until(process.stdout, b"Half")
        process.send_signal(SIGNALS[name])
        process.communicate(timeout=60)
    assert process.returncode == status
    assert (messages()[1]["content"], messages()[1]["status"]) == ("Half", "interrupted")


def test_a_hang_up_that_was_ignored_stays_ignored(
    program: Path, configure: Callable[..., None]
) -> None:
    script, go_on = pause_after("Half")
    with Loopback(script) as server:
        configure(server)
        process = subprocess.Popen(
            ["sh", "-c", 'trap "" HUP; exec "$0" "A question"', program],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        read_until(process.stdout, b"Half")
        process.send_signal(signal.SIGHUP)
        go_on.set()
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, b" Done.\n")
    assert messages()[1]["status"] == "complete"


def test_a_reader_that_goes_away_ends_the_answer_silently(
    synapse: Installed, configure: Callable[..., None]
) -> None:
    script, _ = pause_after(*(f"line {number}\n" for number in range(50_000)))
    with Loopback(script) as server:
        configure(server)
        process = synapse.start("A question")
        assert process.stdout is not None
        process.stdout.read(16)
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait(60) == 141
    answer = messages()[1]
    assert answer["content"].startswith("line 0\nline 1\n")
    assert answer["status"] == "interrupted"


def test_ctrl_c_works_while_nobody_reads_the_pipe(
    synapse: Installed, configure: Callable[..., None]
) -> None:
    texts = [f"line {number}\n" for number in range(50_000)]
    script, _ = pause_after(*texts)
    with Loopback(script) as server:
        configure(server)
        process = synapse.start("A question")
        assert process.stdout is not None
        wait_until(lambda: _is_blocked_in_a_write(process.pid))
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == -signal.SIGINT
        process.communicate()
    assert messages()[1]["status"] == "interrupted"


def _is_blocked_in_a_write(pid: int) -> bool:
    return "pipe_write" in Path(f"/proc/{pid}/wchan").read_text() or (
        Path(f"/proc/{pid}/syscall").read_text().startswith("1 ")
    )


def test_what_was_on_the_screen_survives_kill_minus_nine(
    synapse: Installed, configure: Callable[..., None], home: Path
) -> None:
    script, _ = pause_after("Half an answer")
    database = home / ".config" / "synapse" / "sessions.db"
    with Loopback(script) as server:
        configure(server)
        process = synapse.start("A question")
        read_until(process.stdout, b"Half an answer")
        # 250 ms is the promise; what counts is that it gets there without the answer going on.
        wait_until(lambda: b"Half an answer" in _bytes_of(database))
        process.kill()
        process.communicate()
    listed = run("sessions", "list", "--json").json()["sessions"][0]
    assert listed["last_status"] == "incomplete"
    answer = messages()[1]
    assert (answer["content"], answer["status"]) == ("Half an answer", "incomplete")
    text = run("sessions", "show", "@1").text
    assert "## assistant (incomplete, 14 characters)" in text


def _bytes_of(database: Path) -> bytes:
    files = [database, database.with_name(database.name + "-wal")]
    return b"".join(path.read_bytes() for path in files if path.exists())


def test_a_second_terminal_can_not_write_into_a_session_that_is_being_answered(
    synapse: Installed, configure: Callable[..., None]
) -> None:
    script, go_on = pause_after("Half")
    with Loopback(script) as server:
        configure(server)
        process = synapse.start("A question")
        read_until(process.stdout, b"Half")
        second = synapse("-c", "Another one")
        go_on.set()
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, b" Done.\n")
    assert (second.status, second.out) == (6, b"")
    assert f"is answering in another terminal (pid {process.pid}" in second.err
    assert "--fork" in second.err
    assert "--wait" in second.err
    assert len(messages()) == 2


@pytest.mark.parametrize("home_is_full", [False, True])
def test_an_answer_that_can_not_be_saved_is_kept_and_brought_in_by_the_next_start(
    synapse: Installed,
    configure: Callable[..., None],
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    home_is_full: bool,
) -> None:
    folder = home / ".local" / "state" / "synapse"
    if home_is_full:
        folder.parent.mkdir(parents=True)
        folder.touch()  # so that nothing can be written there
        folder = tmp_path / f"synapse-{os.getuid()}"
        monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("SYNAPSE_BUSY_TIMEOUT", "0.2")
    script, go_on = pause_after("Half.")
    with Loopback(script) as server:
        configure(server)
        process = synapse.start("A question")
        read_until(process.stdout, b"Half.")
        other = apsw.Connection(str(home / ".config" / "synapse" / "sessions.db"))
        other.execute("begin immediate")
        go_on.set()
        out, err = process.communicate(timeout=60)
        other.close()
    assert (process.returncode, out) == (6, b" Done.\n")
    [spill] = folder.glob("answer-*")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert str(spill) in err.decode()
    assert spill.stat().st_mode & 0o777 == 0o600
    listed = synapse("sessions", "list")
    assert listed.err == "Brought in 1 answer that could not be saved earlier.\n"
    assert not spill.exists()
    assert (messages()[1]["content"], messages()[1]["status"]) == ("Half. Done.", "complete")


def test_thirty_two_questions_at_once_are_all_kept(
    synapse: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNAPSE_BUSY_TIMEOUT", "100")  # a busy machine is not what this is about
    started = [synapse.start("-p", "echo", f"question {number}") for number in range(32)]
    ended = [process.communicate(timeout=100) for process in started]
    assert [err for _, err in ended if err] == []
    assert [out.decode() for out, _ in ended] == [f"question {number}\n" for number in range(32)]
    assert {session["preview"] for session in sessions()} == {f"question {n}" for n in range(32)}


# --------------------------------------------------------------------------------- on a terminal


def test_a_terminal_gets_a_footer_and_nothing_that_acts_on_it(
    program: Path, configure: Callable[..., None]
) -> None:
    hostile = "safe \x1b]52;c;aGk=\x07\x1b[2J\x9b31m\u202eend"
    with Loopback(openai.answer(hostile)) as server:
        configure(server)
        with Terminal([str(program), "A question"]) as terminal:
            assert terminal.end() == 0
    assert b"\x1b]52" not in terminal.seen
    assert b"\x1b[2J" not in terminal.seen
    assert "\x9b".encode() not in terminal.seen
    assert "safe �]52;c;aGk=��[2J�31m<U+202E>end\n" in terminal.text
    handle = sessions()[0]["handle"]
    assert f"{handle} · loopback-1 · 7 → 3 tokens · " in terminal.text
    assert 'continue: synapse -c "…"' in terminal.text
    assert messages()[1]["content"] == hostile


def test_a_waiting_line_stands_until_the_first_token(
    program: Path, configure: Callable[..., None]
) -> None:
    speak = threading.Event()

    def answer(exchange: Exchange) -> None:
        speak.wait(60)
        openai.answer("Here.")(exchange)

    with Loopback(answer) as server:
        configure(server)
        with Terminal([str(program), "A question"]) as terminal:
            terminal.expect("loopback-1 …")
            terminal.expect("loopback-1 …  1 s")
            speak.set()
            assert terminal.end() == 0
    before, _, after = terminal.seen.partition(b"Here.")
    assert before.endswith(b"\x1b[G\x1b[K")
    assert b"\xe2\x80\xa6  " not in after


def test_ctrl_c_on_a_terminal_stops_and_a_second_one_is_not_needed(
    program: Path, configure: Callable[..., None]
) -> None:
    script, _ = pause_after("Half an answer")
    with Loopback(script) as server:
        configure(server)
        with Terminal([str(program), "A question"]) as terminal:
            terminal.expect("Half an answer")
            terminal.type("\x03")
            assert terminal.end() == -signal.SIGINT
    assert "Stopped. The partial answer (14 characters) is saved." in terminal.text
    assert messages()[1]["status"] == "interrupted"


def test_a_closed_window_saves_the_answer(program: Path, configure: Callable[..., None]) -> None:
    script, _ = pause_after("Half an answer")
    with Loopback(script) as server:
        configure(server)
        with Terminal([str(program), "A question"]) as terminal:
            terminal.expect("Half an answer")
            terminal.close()
            assert terminal.process.wait(60) == 129
    assert (messages()[1]["content"], messages()[1]["status"]) == ("Half an answer", "interrupted")


def test_a_question_with_answer_in_a_pipe_still_has_its_footer_on_the_terminal(
    program: Path,
) -> None:
    reading, writing = os.pipe()
    with Terminal([str(program), "-p", "echo", "hi"], stdout=writing) as terminal:
        os.close(writing)
        assert terminal.end() == 0
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b"hi\n"
    assert "continue: synapse -c" in terminal.text


def test_a_conversation_that_fills_the_window_says_so(
    program: Path, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNAPSE_CONTEXT_WINDOW", "1000")
    with Loopback(openai.answer("Yes.", usage=(900, 10))) as server:
        configure(server)
        with Terminal([str(program), "Is there room?"]) as terminal:
            assert terminal.end() == 0
        assert terminal.text.endswith('context 91 % full · begin anew:  synapse "…"\n')
        with Terminal([str(program), "-c", "And now?"]) as terminal:
            assert terminal.end() == 0
    handle = sessions()[0]["handle"]
    warning = f"context 91 % full · go on from message N:  synapse -s {handle} --fork --at N\n"
    assert terminal.text.endswith(warning)


def test_quiet_leaves_the_footer_out(program: Path) -> None:
    with Terminal([str(program), "-q", "-p", "echo", "hi"]) as terminal:
        assert terminal.end() == 0
    assert terminal.text == "hi\n"


def test_without_a_prompt_and_with_nobody_to_read_there_are_two_examples(
    program: Path, tmp_path: Path
) -> None:
    with (
        (tmp_path / "out").open("wb") as elsewhere,
        Terminal([str(program)], stdout=elsewhere.fileno()) as terminal,
    ):
        assert terminal.end() == 2
    assert 'synapse "What is a monad?"' in terminal.text
