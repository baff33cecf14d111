"""Answers that are rendered while they come in, looked at on a real terminal."""

from __future__ import annotations

import fcntl
import select
import signal
import subprocess
import termios
from array import array
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, openai
from program import Installed, Terminal, messages, wait_until
from speaker import Speaker, use
from window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANSWER = "# Title\n\nSome **bold** words.\n\n- one\n- two\n"


def ask(program: Path, *options: str, **environ: str) -> Window:
    return Window([str(program), *options, "A question"], environ=environ)


# ----------------------------------------------------------------------------------- painting


def test_an_answer_is_rendered_while_it_grows(program: Path, speaker: Speaker) -> None:
    with ask(program) as window:
        speaker.say("Some **bo")
        window.shows("Some **bo")
        speaker.say("ld** words.\n\n- one\n- t")
        window.shows("Some bold words.")
        window.shows("• t")
        speaker.say("wo\n")
        speaker.end()
        assert window.end() == 0
        assert [line for line in window.lines if line][:3] == ["Some bold words.", "• one", "• two"]
        assert messages()[1]["content"] == "Some **bold** words.\n\n- one\n- two\n"


def test_the_terminal_is_quiet_while_the_answer_comes_and_as_before_afterwards(
    program: Path, speaker: Speaker
) -> None:
    with ask(program) as window:
        speaker.say("Words")
        window.shows("Words")
        assert not window.echoes
        assert not window.cursor_is_visible
        window.type("typed too early")
        speaker.say(" and words")
        window.shows("Words and words")
        speaker.end()
        window.shows("continue: synapse")
        wait_until(lambda: window.echoes)
        assert window.end() == 0
        assert window.cursor_is_visible
        assert not any("typed" in line for line in window.lines)


def test_what_is_waited_for_is_said_where_the_answer_will_begin(
    program: Path, speaker: Speaker
) -> None:
    with ask(program) as window:
        window.shows("loopback-1 …")
        window.shows("loopback-1 …  1 s")
        speaker.say("Here.")
        lines = window.shows("Here.")
        assert not any("loopback-1 …" in line for line in lines)
        speaker.end()
        assert window.end() == 0


def test_thinking_is_one_line_that_goes(program: Path, speaker: Speaker) -> None:
    with ask(program) as window:
        speaker.think("Let me see.")
        window.shows("thinking…")
        window.shows("thinking… 1 s")
        speaker.say("Four.")
        window.shows("Four.")
        window.hides("thinking")
        speaker.end()
        assert window.end() == 0
        assert not any("Let me see" in line for line in window.lines)


def test_thinking_is_shown_above_the_answer_if_asked_for(program: Path, speaker: Speaker) -> None:
    with ask(program, "--show-thinking") as window:
        speaker.think("Let me ")
        speaker.think("see.")
        window.shows("Let me see.")
        speaker.say("**Four.**")
        speaker.end()
        assert window.end() == 0
        assert window.lines[:3] == ["Let me see.", "", "Four."]


def test_a_retry_is_told_above_the_waiting_line(
    program: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HERE_KEY", "sk-test")
    busy = openai.error(429, "slow down", headers={"Retry-After-Ms": "1200"})
    with Loopback(busy, openai.answer("Here.")) as server:
        use(server, home)
        config = home / ".config" / "synapse" / "config.toml"
        config.write_text(config.read_text().replace("attempts = 1", "attempts = 3"))
        with ask(program) as window:
            window.shows("trying again in 1 s (2/3)")
            window.shows("Here.")
            assert window.end() == 0
            assert window.lines[0].endswith("Ctrl-C stops")
            assert window.lines[1] == "Here."


# ------------------------------------------------------------------------------------ endings


def test_ctrl_c_leaves_what_came_and_the_terminal_as_it_was(
    program: Path, speaker: Speaker
) -> None:
    with ask(program) as window:
        speaker.say("Half **an answer")
        window.shows("Half **an answer")
        window.type("\x03")
        assert window.end() == -signal.SIGINT
        text = "\n".join(window.lines)
        assert "Half **an answer" in text
        assert "^C" not in text
        assert "Stopped. The partial answer (16 characters) is saved." in text
        assert window.cursor_is_visible
    assert (messages()[1]["content"], messages()[1]["status"]) == (
        "Half **an answer",
        "interrupted",
    )


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_that_ends_the_program_restores_the_terminal(
    number: signal.Signals, status: int, program: Path, speaker: Speaker
) -> None:
    with ask(program) as window:
        speaker.say("Half")
        window.shows("Half")
        window.process.send_signal(number)
        window.until(lambda _: window.echoes, "the terminal does not echo")
        assert window.end() == status
        assert window.cursor_is_visible
    assert messages()[1]["status"] == "interrupted"


def test_a_second_ctrl_c_restores_the_terminal_too(
    program: Path, speaker: Speaker, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import apsw

    monkeypatch.setenv("SYNAPSE_BUSY_TIMEOUT", "25")
    with ask(program) as window:
        speaker.say("Half")
        window.shows("Half")
        other = apsw.Connection(str(home / ".config" / "synapse" / "sessions.db"))
        other.execute("begin immediate")
        window.type("\x03")
        wait_until(lambda: not speaker.is_heard)
        with pytest.raises(subprocess.TimeoutExpired):
            window.process.wait(0.3)  # it waits for the database
        window.type("\x03")
        assert window.end() == -signal.SIGINT
        other.close()
        assert window.cursor_is_visible


@pytest.fixture
def blocked(program: Path, speaker: Speaker) -> Iterator[Window]:
    """A window that nobody reads any longer, with more to show than fits into its buffers."""
    with ask(program, "--render", "raw") as window:
        speaker.say("Words")
        window.shows("Words")
        speaker.say("words " * 100_000)
        wait_until(lambda: is_full(window.master))
        yield window


def is_full(master: int) -> bool:
    """Whether a terminal's buffer holds much, and no more than a moment ago."""

    def held() -> int:
        buffer = array("i", [0])
        fcntl.ioctl(master, termios.FIONREAD, buffer)
        return buffer[0]

    before = held()
    select.poll().poll(100)
    return before > 1000 and held() == before


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_terminal_that_takes_nothing_does_not_hold_the_program(
    number: signal.Signals, status: int, blocked: Window
) -> None:
    blocked.process.send_signal(number)
    assert blocked.process.wait(60) == status
    assert messages()[1]["status"] == "interrupted"


def test_ctrl_c_stops_an_answer_that_the_terminal_is_slow_to_show(blocked: Window) -> None:
    blocked.type("\x03")
    assert blocked.end() == -signal.SIGINT
    assert any("Stopped." in line for line in blocked.lines)
    assert messages()[1]["status"] == "interrupted"


def test_a_stream_that_ends_early_is_shown_to_its_end(program: Path, speaker: Speaker) -> None:
    with ask(program) as window:
        speaker.say("Half a sentence")
        speaker.break_off()
        assert window.end() == 5
        assert window.lines[0] == "Half a sentence"
        assert window.lines[1].startswith("error: the connection closed")


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(
    program: Path, speaker: Speaker
) -> None:
    with Window(["bash", "--norc", "-i"], environ={"PS1": "$ "}) as window:
        window.type(f"{program} A question\n")
        speaker.say("One\n\nTwo")
        window.shows("Two")
        window.type("\x1a")
        window.shows("Stopped")
        window.until(lambda _: window.cursor_is_visible, "the cursor stays hidden")
        window.type("echo still; stty -a | tr ' ;' '\n\n' | grep -x -e echo -e icanon\n")
        window.until(lambda lines: {"icanon", "echo"} <= {*lines}, "the terminal is silent")
        speaker.say(" and three.\n")
        speaker.end()
        window.type("fg\n")
        window.shows("continue: synapse")
        assert "Two and three." in window.lines
        window.until(lambda _: window.cursor_is_visible, "the cursor stays hidden")
    assert messages()[1]["status"] == "complete"


def test_in_the_background_nothing_is_painted_before_the_end(
    program: Path, speaker: Speaker
) -> None:
    with Window(["bash", "--norc", "-i"], environ={"PS1": "$ "}) as window:
        window.type(f"{program} A question\n")
        speaker.say("One")
        window.shows("One")
        window.type("\x1a")
        window.shows("Stopped")
        window.type("bg\n")
        speaker.say(" and two.")
        window.type("echo here I am\n")
        assert not any("and two" in line for line in window.shows("here I am"))
        speaker.end()
        assert "One and two." in window.shows("continue: synapse")
        assert window.cursor_is_visible


# ---------------------------------------------------------------------------- other terminals


def test_a_window_that_changes_its_size_is_painted_anew(program: Path, speaker: Speaker) -> None:
    words = " ".join(f"word{number}" for number in range(30))
    with ask(program) as window:
        speaker.say(words)
        window.shows("word29")
        window.resize(60, 12)
        window.shows("word29")
        speaker.say(" more\n")
        speaker.end()
        assert window.end() == 0
        shown = [line for line in window.lines if line.startswith("word")]
        assert all(len(line) <= 60 for line in shown[-5:])


@pytest.mark.parametrize("render", ["blocks", "raw"])
def test_a_terminal_that_can_not_move_the_cursor_is_only_written_to(
    render: str, program: Path, speaker: Speaker
) -> None:
    environ = {"TERM": "dumb", "SYNAPSE_RENDER": render}
    with Terminal([str(program), "A question"], environ=environ) as terminal:
        speaker.say(ANSWER)
        speaker.end()
        assert terminal.end() == 0
    assert b"\x1b" not in terminal.seen
    assert ("**bold**" in terminal.text) == (render == "raw")


def test_markdown_is_asked_for_and_shown_as_it_is(program: Path, speaker: Speaker) -> None:
    with ask(program, "-F", "md") as window:
        speaker.say(ANSWER)
        speaker.end()
        assert window.end() == 0
        assert window.lines[: len(ANSWER.splitlines())] == ANSWER.splitlines()


def test_blocks_are_written_when_they_are_finished(program: Path, speaker: Speaker) -> None:
    with ask(program, "--render", "blocks") as window:
        speaker.say("One **bold** block.\n\nAn")
        speaker.say("other\n")
        window.shows("One bold block.")
        assert not any("An" in line for line in window.lines)
        speaker.say("one.\n")
        speaker.end()
        assert window.end() == 0
        assert window.lines[:3] == ["One bold block.", "", "Another one."]


def test_a_screen_reader_hears_everything_once_and_in_words(
    program: Path, speaker: Speaker
) -> None:
    environ = {"SYNAPSE_ACCESSIBLE": "1"}
    with Terminal([str(program), "A question"], environ=environ) as terminal:
        terminal.expect("Waiting for the answer.")
        speaker.say("One line.\n\nAnother line.\n")
        speaker.end()
        assert terminal.end() == 0
    assert "Answer finished, 3 lines." in terminal.text
    assert terminal.text.count("One line.") == 1
    assert b"\x1b[?25l" not in terminal.seen
    assert b"\r\x1b" not in terminal.seen


def test_no_color_keeps_what_is_bold(program: Path, speaker: Speaker) -> None:
    with Terminal([str(program), "A question"], environ={"NO_COLOR": "1"}) as terminal:
        speaker.say("# Title\n\n```python\nreturn 1\n```\n")
        speaker.end()
        assert terminal.end() == 0
    assert b"\x1b[1m" in terminal.seen
    assert b"\x1b[3" not in terminal.seen.replace(b"\x1b[3m", b"")


def test_a_pipe_gets_the_models_bytes_whatever_is_configured(
    program: Path, speaker: Speaker
) -> None:
    speaker.say(ANSWER)
    speaker.end()
    ran = Installed(program)("A question", environ={"SYNAPSE_RENDER": "live"})
    assert (ran.status, ran.text, ran.err) == (0, f"{ANSWER}\n", "")


def test_hostile_text_does_nothing_to_the_terminal(program: Path, speaker: Speaker) -> None:
    with ask(program) as window:
        speaker.say("a\x1b[2Jb\x1b]0;title\x07c")
        speaker.end()
        assert window.end() == 0
        assert window.lines[0].startswith("a�[2Jb")
        assert window.screen.title == ""
