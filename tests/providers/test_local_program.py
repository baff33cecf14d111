"""The local model behind the installed program: what a newcomer sees of it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synapse.providers.local_model import weights as known

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTION = "What is the capital of France?"
STORY = "Write a very long story."


def synapse(program: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program), *words], capture_output=True, text=True, timeout=60, check=False
    )


def last_answer(program: Path) -> dict[str, object]:
    shown = json.loads(synapse(program, "sessions", "show", "@1", "--json").stdout)
    answer: dict[str, object] = shown["messages"][-1]
    return answer


def engines() -> list[int]:
    """The engine processes of this test's home that run."""
    mark = f"HOME={os.environ['HOME']}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes()
            if b"local_model/engine" in command and mark in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except (OSError, ValueError):
            continue
    return found


def wait_until_no_engine_runs() -> None:
    deadline = time.monotonic() + 30
    while engines():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """`tmp_path` is too long for the name of a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        yield Path(folder)


def test_it_answers_without_key_server_or_configuration(
    program: Path, home_with_weights: Path
) -> None:
    ended = synapse(program, QUESTION)
    assert (ended.returncode, ended.stdout) == (0, "The capital of France is Paris.\n"), (
        ended.stderr
    )
    answer = last_answer(program)
    assert (answer["provider"], answer["model"]) == ("local", known.MODEL)
    assert (answer["status"], answer["finish_reason"]) == ("complete", "stop")
    assert answer["content"] == "The capital of France is Paris."
    wait_until_no_engine_runs()


def test_the_conversation_goes_on(program: Path, home_with_weights: Path) -> None:
    synapse(program, "-p", "local", "My name is Zebulon. Remember it.")
    ended = synapse(program, "-c", "What is my name?")
    assert "Zebulon" in ended.stdout


def test_a_model_is_used_by_its_path(program: Path, home: Path, weights: Path) -> None:
    ended = synapse(
        program, "-p", "local", "-m", str(weights), "--param", "temperature=0",
        "-S", "You are a helpful assistant. Answer briefly and factually.", QUESTION,
    )  # fmt: skip
    assert "Paris" in ended.stdout, ended.stderr


@pytest.mark.parametrize("model", [known.MODEL, "/nowhere/model.gguf"])
def test_a_model_that_is_not_there_leaves_no_session(program: Path, home: Path, model: str) -> None:
    ended = synapse(program, "-p", "local", "-m", model, QUESTION)
    assert ended.returncode == 5
    assert ended.stderr.startswith("error: ")
    assert synapse(program, "sessions", "list").stdout == ""


def test_a_conversation_that_is_too_long_says_so_with_the_figures(
    program: Path, home_with_weights: Path
) -> None:
    ended = synapse(program, "-p", "local", "word " * 9000)
    assert ended.returncode == 5
    assert ended.stdout == ""
    assert "the conversation takes about 9,0" in ended.stderr
    assert "the window of smollm2-135m-instruct has 8,192" in ended.stderr


@pytest.mark.parametrize("phase", ["loading", "answering"])
def test_ctrl_c_stops_it_and_keeps_what_came(
    program: Path, home_with_weights: Path, phase: str, short_folder: Path
) -> None:
    process = subprocess.Popen(
        [str(program), "-p", "local", STORY],
        env={**os.environ, "TMPDIR": str(short_folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout is not None
    with process:
        if phase == "answering":
            first = process.stdout.read(20)
        else:
            first = b""
            while not engines():
                assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        rest = process.stdout.read()
        process.wait(10)
    assert process.returncode == -signal.SIGINT
    answer = last_answer(program)
    assert answer["status"] == "interrupted"
    assert answer["content"] == (first + rest).decode().removesuffix("\n")
    assert bool(answer["content"]) == (phase == "answering")
    assert list(short_folder.iterdir()) == []
    wait_until_no_engine_runs()


def test_a_terminal_is_told_that_it_is_a_small_demo_model(
    program: Path, home_with_weights: Path
) -> None:
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    command = [str(program), "-p", "local", QUESTION]
    with subprocess.Popen(
        command, env=environment, stderr=slave, stdout=subprocess.PIPE
    ) as process:
        os.close(slave)
        said = b""
        try:
            while piece := os.read(master, 65536):
                said += piece
        except OSError:  # Linux: nobody holds the other end any longer
            pass
        os.close(master)
    assert process.returncode == 0
    assert "small demo model" in said.decode()
