"""Answers that are stopped at the prompt of the REPL, and sessions that are resumed."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import apsw
import pytest
from launching import with_constant
from program import Installed, messages, run, sessions, wait_until
from prompt import (
    CTRL_C,
    CTRL_D,
    CTRL_L,
    CTRL_Z,
    ENTER,
    UP,
    Prompt,
    contents,
    echo,
    here,
)

if TYPE_CHECKING:
    from pathlib import Path

    from speaker import Speaker


# ------------------------------------------------------------------------------------ stopping


def test_ctrl_c_stops_the_answer_and_goes_back_to_the_prompt(
    program: Path, speaker: Speaker
) -> None:
    with here(program) as window:
        window.enter("A question")
        speaker.say("Half an answer")
        window.shows("Half an answer")
        window.type(CTRL_C)
        window.shows("Stopped. The partial answer (14 characters) is saved. Go on:  /continue")
        wait_until(lambda: not speaker.is_heard)
        window.enter("/continue")
        speaker.say("The rest.")
        speaker.end()
        window.shows("The rest.")
        assert window.quit() == 0
        assert not any("^C" in line for line in window.lines)
    assert contents() == ["A question", "Half an answer", "continue", "The rest."]


def test_ctrl_c_at_the_prompt_clears_the_line_and_keeps_it_in_the_history(program: Path) -> None:
    with echo(program) as window:
        window.ready().type("not this")
        window.shows("❯ not this")
        window.type(CTRL_C)
        window.hides("not this")
        window.type(UP)
        window.shows("❯ not this")
        window.type(CTRL_C)
        assert window.quit() == 0
    assert sessions() == []


def test_ctrl_c_twice_at_an_empty_prompt_quits() -> None:
    patient = with_constant("synapse.cli.repl.keyboard.TWICE_SECONDS", 60, "-p", "echo")
    with Prompt(patient) as window:
        window.ready().type(CTRL_C)
        window.shows("Ctrl-D or Ctrl-C again to quit")
        window.type(CTRL_C)
        assert window.end() == 0


def test_ctrl_c_once_is_forgotten_after_a_while(program: Path) -> None:
    with echo(program) as window:
        window.ready().type(CTRL_C)
        window.shows("Ctrl-D or Ctrl-C again to quit")
        window.hides("Ctrl-D or Ctrl-C again to quit")
        window.type(CTRL_C)
        window.shows("Ctrl-D or Ctrl-C again to quit")
        assert window.quit() == 0


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_at_the_prompt_restores_the_terminal(
    number: signal.Signals, status: int, program: Path
) -> None:
    with echo(program) as window:
        window.enter("one")
        window.ready()
        assert not window.echoes
        window.process.send_signal(number)
        window.until(lambda _: window.echoes, "the terminal does not echo")
        assert window.end() == status
        assert window.cursor_is_visible


def test_a_closed_window_saves_the_answer(program: Path, speaker: Speaker) -> None:
    with here(program) as window:
        window.enter("A question")
        speaker.say("Half an answer")
        window.shows("Half an answer")
        window.close()
        assert window.process.wait(60) == 129
    assert messages()[1]["status"] == "interrupted"


def test_a_window_that_is_closed_at_the_prompt_ends_the_program(program: Path) -> None:
    with echo(program) as window:
        window.enter("one")
        window.ready().close()
        assert window.process.wait(60) == 129
    assert len(messages()) == 2


def test_what_was_stopped_before_it_began_can_not_be_continued(
    program: Path, speaker: Speaker
) -> None:
    with here(program) as window:
        window.enter("A question")
        wait_until(lambda: speaker.is_heard)
        window.type(CTRL_C)
        lines = window.shows("Stopped. Your question is saved. Again:  /retry")
        assert not any("/continue" in line for line in lines)
        wait_until(lambda: not speaker.is_heard)
        window.enter("/continue")
        window.shows("error: the last question has no answer to go on with")
        assert window.quit() == 0
    assert len(messages()) == 2


def test_a_second_ctrl_c_leaves_even_while_the_answer_can_not_be_saved(
    program: Path, speaker: Speaker, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNAPSE_BUSY_TIMEOUT", "25")
    with here(program) as window:
        window.enter("A question")
        speaker.say("Half")
        window.shows("Half")
        other = apsw.Connection(str(home / ".config" / "synapse" / "sessions.db"))
        other.execute("begin immediate")
        window.type(CTRL_C)
        wait_until(lambda: not speaker.is_heard)
        with pytest.raises(subprocess.TimeoutExpired):
            window.process.wait(0.3)  # it waits for the database
        window.type(CTRL_C)
        assert window.end() == -signal.SIGINT
        other.close()
        assert window.cursor_is_visible


def test_the_screen_is_cleared(program: Path) -> None:
    with echo(program) as window:
        window.enter("one")
        window.ready().type(f"half{CTRL_L}")
        window.until(lambda lines: lines == ["❯ half"] or lines[-1:] == ["❯ half"], "")
        window.until(lambda _: not any("one" in row for row in window.screen.display), "not clear")
        window.type(CTRL_C)
        assert window.quit() == 0


def test_ctrl_z_suspends_the_prompt_and_fg_brings_it_back(program: Path) -> None:
    with Prompt(["bash", "--norc", "-i"], environ={"PS1": "$ "}) as window:
        window.type(f"{program} -p echo\n")
        window.ready().type("half a question")
        window.shows("❯ half a question")
        window.type(CTRL_Z)
        window.shows("Stopped")
        window.type("echo in between\n")
        window.shows("in between")
        window.type("fg\n")
        window.offers("half a question")
        window.type(f"!{ENTER}")
        window.shows("half a question!")
        window.ready()
    assert contents()[0] == "half a question!"


def test_an_answer_that_breaks_off_is_told_and_the_prompt_returns(
    program: Path, speaker: Speaker
) -> None:
    with here(program) as window:
        window.enter("A question")
        speaker.say("Half")
        speaker.break_off()
        window.shows("error: the connection closed before the answer was complete")
        window.shows("Go on:  /continue")
        assert window.quit() == 0


@pytest.mark.parametrize("reason", ["length", "MAX_TOKENS", "model_length"])
def test_an_answer_that_hit_the_limit_can_be_continued(
    program: Path, speaker: Speaker, reason: str
) -> None:
    with here(program, SYNAPSE_MAX_TOKENS="4096") as window:
        window.enter("A story")
        speaker.say("Once upon")
        speaker.end(reason)
        window.shows("The answer hit max_tokens (4,096). Go on:  /continue")
        assert window.quit() == 0


# ------------------------------------------------------------------------------------ resuming


def test_a_resumed_session_shows_the_last_exchange(program: Path) -> None:
    run("-p", "echo", "--name", "talk", "first question")
    run("-p", "echo", "-s", "talk", "**second** question")
    with echo(program, "-r", "-s", "talk") as window:
        window.ready()
        text = "\n".join(window.lines)
        assert "2 earlier messages: /show" in text
        assert "❯ **second** question\nsecond question\n" in text
        assert "first" not in text
        assert window.quit() == 0


def test_of_a_long_answer_the_end_is_shown(program: Path) -> None:
    run("-p", "echo", "\n".join(f"- item {number}" for number in range(1, 101)))
    with echo(program, "-r", "-c", rows=24) as window:
        window.ready()
        assert "⋮ 84 lines: /show" in window.lines
        assert "• item 100" in window.lines
        assert "• item 84" not in window.lines
        assert window.quit() == 0


def test_a_resumed_session_whose_answer_was_cut_off_says_so(
    program: Path, speaker: Speaker
) -> None:
    speaker.say("Half an answer")
    speaker.break_off()
    assert Installed(program)("A question").status == 5
    with here(program, "-c") as window:
        window.shows("⚠ the last answer was cut off (failed, 14 characters). /continue or /retry")
        assert window.quit() == 0


def test_a_resumed_session_whose_question_was_not_answered_says_so(
    program: Path, speaker: Speaker
) -> None:
    speaker.break_off()
    assert Installed(program)("A question").status == 5
    with here(program, "-c") as window:
        window.shows("⚠ the last question was not answered (failed). /retry")
        assert window.quit() == 0


def test_a_session_that_is_answering_elsewhere_is_left_alone(
    program: Path, speaker: Speaker
) -> None:
    other = Installed(program).start("A question")
    try:
        wait_until(lambda: speaker.is_heard)
        with here(program, "-r", "-c") as window:
            window.enter("Another")
            window.shows("is answering in another terminal")
            window.offers("Another")
            window.type(CTRL_C)
            assert window.quit() == 0
    finally:
        speaker.end()
        other.communicate(timeout=60)
    assert len(messages()) == 2


def test_an_answer_that_comes_in_elsewhere_appears_when_it_is_complete(
    program: Path, speaker: Speaker
) -> None:
    other = Installed(program).start("A question")
    try:
        wait_until(lambda: speaker.is_heard)
        speaker.say("Half of it")
        with here(program, "-r", "-c") as window:
            window.shows("is being answered in another terminal; the answer will appear here.")
            window.ready().type("half typed")
            window.shows("❯ half typed")
            assert window.lines.count("❯ A question") == 1
            assert not any("Half of it" in line for line in window.lines)
            speaker.say(" and the **rest**.")
            speaker.end()
            window.shows("Half of it and the rest.")
            window.offers("half typed")
            window.type(CTRL_C)
            assert window.quit() == 0
            assert any("· 0 new messages ·" in line for line in window.lines)
    finally:
        speaker.end()
        other.communicate(timeout=60)


def test_an_answer_that_breaks_off_elsewhere_is_told(program: Path, speaker: Speaker) -> None:
    other = Installed(program).start("A question")
    try:
        wait_until(lambda: speaker.is_heard)
        speaker.say("Half of it")
        with here(program, "-r", "-c") as window:
            window.shows("is being answered in another terminal")
            speaker.break_off()
            window.shows("⚠ the last answer was cut off (failed, 10 characters)")
            assert window.quit() == 0
    finally:
        speaker.end()
        other.communicate(timeout=60)


def test_where_the_cursor_can_not_be_moved_it_appears_too(program: Path, speaker: Speaker) -> None:
    other = Installed(program).start("A question")
    try:
        wait_until(lambda: speaker.is_heard)
        with Prompt([str(program), "-r", "-c"], environ={"TERM": "dumb"}) as window:
            window.shows("is being answered in another terminal")
            speaker.say("All of it.")
            speaker.end()
            window.shows("All of it.")
            window.until(lambda lines: lines[-1] == "You:", "no prompt")
            window.type(CTRL_D)
            assert window.end() == 0
    finally:
        speaker.end()
        other.communicate(timeout=60)


def test_what_another_terminal_has_added_meanwhile_is_told(program: Path) -> None:
    run("-p", "echo", "--name", "talk", "one")
    with echo(program, "-r", "-s", "talk") as window:
        window.enter("two")
        window.ready()
        run("-p", "echo", "-s", "talk", "from elsewhere")
        window.enter("three")
        window.shows("2 messages were added in another terminal: /show")
        window.enter("four")
        assert window.quit() == 0
        assert sum("added in another terminal" in line for line in window.lines) == 1
        assert any("· 6 new messages ·" in line for line in window.lines)
    assert contents()[4:6] == ["from elsewhere"] * 2


def test_a_session_that_another_terminal_deleted_comes_back_when_it_goes_on(
    program: Path,
) -> None:
    run("-p", "echo", "--name", "talk", "one")
    with echo(program, "-r", "-s", "talk") as window:
        window.ready()
        run("sessions", "delete", "talk")
        window.enter("two")
        window.shows("had been deleted in another terminal; it is restored and goes on.")
        assert window.quit() == 0
    assert contents("talk") == ["one", "one", "two", "two"]


def test_a_session_that_another_terminal_destroyed_is_not_begun_anew(program: Path) -> None:
    run("-p", "echo", "--name", "talk", "one")
    with echo(program, "-r", "-s", "talk") as window:
        window.ready()
        run("sessions", "delete", "talk")
        run("sessions", "purge", "--yes", "talk")
        window.enter("two")
        window.shows("has been destroyed by another terminal")
        window.shows("new session · echo")
        window.offers("two")
        window.type(ENTER)
        window.ready()
        assert window.quit() == 0
    assert contents() == ["two", "two"]
