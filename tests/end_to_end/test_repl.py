"""The REPL, used as people use it: keys go in, and what matters is on the screen."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import apsw
import pytest
from contract.builders import a_finished_turn, a_session
from loopback import Loopback
from program import Installed, messages, run, sessions, wait_until
from speaker import Speaker, use
from window import Window

from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENTER, CTRL_C, CTRL_D, CTRL_J, CTRL_R, CTRL_Z = "\r", "\x03", "\x04", "\n", "\x12", "\x1a"
CTRL_L = "\x0c"
ALT_ENTER, ALT_M, UP, DOWN, TAB, ESCAPE = "\x1b\r", "\x1bm", "\x1b[A", "\x1b[B", "\t", "\x1b"
PASTE_BEGIN, PASTE_END = "\x1b[200~", "\x1b[201~"


@pytest.fixture
def speaker(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Speaker]:
    monkeypatch.setenv("HERE_KEY", "sk-test")
    mouth = Speaker()
    with Loopback(mouth) as server:
        use(server, home)
        yield mouth


class Prompt(Window):
    """A window in which the REPL waits for input."""

    def ready(self) -> Prompt:
        """Wait until the cursor stands at an empty prompt."""
        self.until(lambda lines: bool(lines) and lines[-1] in ("❯", ">"), "no empty prompt")
        return self

    def enter(self, text: str) -> Prompt:
        """Type a line and send it, once the prompt is there and shows it."""
        self.ready().type(text)
        self.shows(text.splitlines()[-1])
        self.type(ENTER)
        return self

    def quit(self) -> int:
        """Leave by Ctrl-D; the exit status."""
        self.ready().type(CTRL_D)
        return self.end()


def echo(program: Path, *options: str, columns: int = 80, rows: int = 24, **environ: str) -> Prompt:
    """The REPL with the provider that repeats."""
    return Prompt(
        [str(program), "-p", "echo", *options], columns=columns, rows=rows, environ=environ
    )


def here(program: Path, *options: str, **environ: str) -> Prompt:
    """The REPL with the provider whose mouth the test moves."""
    return Prompt([str(program), *options], environ=environ)


def contents(reference: str = "@1") -> list[str]:
    return [message["content"] for message in messages(reference)]


# ------------------------------------------------------------------------------------- talking


def test_a_conversation_goes_on_in_one_session(program: Path) -> None:
    with echo(program) as window:
        window.enter("one").shows("❯ one")
        window.enter("two")
        assert window.quit() == 0
        [session] = sessions()
        assert window.lines[-1] == (
            f"{session['handle']} · 4 new messages · resume: synapse -r -s {session['handle']}"
        )
    assert contents() == ["one", "one", "two", "two"]


def test_leaving_without_a_question_leaves_nothing(program: Path) -> None:
    with echo(program) as window:
        assert window.quit() == 0
        assert not any("resume" in line for line in window.lines)
    assert sessions() == []


def test_what_is_asked_before_the_prompt_is_the_first_question(program: Path) -> None:
    with echo(program, "-r", "first", "question") as window:
        window.shows("first question")
        window.enter("second")
        assert window.quit() == 0
    assert contents() == ["first question", "first question", "second", "second"]


def test_several_lines_are_typed_with_alt_enter_ctrl_j_and_backslash(program: Path) -> None:
    with echo(program) as window:
        window.ready().type(f"a{ALT_ENTER}b{CTRL_J}c\\{ENTER}d")
        window.shows("  d")
        window.type(ENTER)
        assert window.quit() == 0
    assert contents()[0] == "a\nb\nc\nd"


def test_enter_does_not_send_an_open_block_of_code(program: Path) -> None:
    with echo(program) as window:
        window.ready().type(f"```python{ENTER}print(1){ENTER}```")
        window.shows("  ```")
        window.type(ENTER)
        assert window.quit() == 0
    assert contents()[0] == "```python\nprint(1)\n```"


def test_pasted_lines_are_kept_and_not_sent(program: Path) -> None:
    with echo(program) as window:
        window.ready().type(f"{PASTE_BEGIN}one\r\ntwo\r\n{PASTE_END}three")
        window.shows("  three")
        assert sessions() == []
        window.type(ENTER)
        assert window.quit() == 0
    assert contents()[0] == "one\ntwo\nthree"


def test_of_a_text_higher_than_the_screen_it_is_said_where_the_rest_is(program: Path) -> None:
    text = "\n".join(f"line {number}" for number in range(100))
    with echo(program, rows=24) as window:
        window.ready().type(f"{PASTE_BEGIN}{text}{PASTE_END}")
        window.shows("  line 99")
        window.type(ENTER)
        window.shows("⋮ 76 more lines above: /show")
        window.enter("a short one")
        assert window.quit() == 0
        assert sum("more lines above" in line for line in window.lines) == 1
    assert contents()[0] == text


def test_what_is_typed_while_the_answer_comes_is_kept_for_the_next_prompt(
    program: Path, speaker: Speaker
) -> None:
    with here(program) as window:
        window.enter("first")
        speaker.say("An answer")
        window.shows("An answer")
        window.type("typed ahead\n")
        speaker.say(" to it.")
        lines = window.shows("An answer to it.")
        assert not any("typed ahead" in line for line in lines)
        speaker.end()
        window.shows("❯ typed ahead")
        speaker.say("Second.")
        speaker.end()
        window.type(ENTER)
        window.shows("Second.")
        assert window.quit() == 0
    assert contents() == ["first", "An answer to it.", "typed ahead", "Second."]


def test_what_is_typed_before_the_answer_is_stopped_is_kept_however_much(
    program: Path, speaker: Speaker
) -> None:
    pasted = "".join(f"{number} more line of what is pasted\n" for number in range(1_500))
    with here(program) as window:
        window.enter("first")
        speaker.say("An answer")
        window.shows("An answer")
        window.type(pasted)
        window.type(f"the end{CTRL_C}")
        window.shows("Stopped.")
        window.shows("the end")
        wait_until(lambda: not speaker.is_heard)
        window.type(ENTER)
        speaker.say("Second.")
        speaker.end()
        window.shows("Second.")
        assert window.quit() == 0
    assert contents() == ["first", "An answer", f"{pasted}the end", "Second."]


def test_what_is_typed_before_ctrl_z_is_not_typed_into_the_shell(
    program: Path, speaker: Speaker
) -> None:
    with Prompt(["bash", "--norc", "-i"], environ={"PS1": "$ "}) as window:
        window.type(f"{program}\n")
        window.enter("first")
        speaker.say("An answer")
        window.shows("An answer")
        window.type(f"echo for the model\n{CTRL_Z}")
        window.shows("Stopped")
        window.type("echo for the shell\n")
        window.shows("for the shell")
        window.type("fg\n")
        speaker.say(" to it.")
        speaker.end()
        lines = window.shows("❯ echo for the model")
        assert "for the model" not in lines


def test_tabs_are_shown_as_blanks(program: Path) -> None:
    with echo(program) as window:
        window.ready().type(f"{PASTE_BEGIN}if it:\n\tthat{PASTE_END}")
        window.shows("      that")
        window.type(ENTER)
        assert window.quit() == 0
    assert contents()[0] == "if it:\n\tthat"


# ------------------------------------------------------------------------------------- history


def test_the_questions_of_all_sessions_come_back_with_the_arrows(program: Path) -> None:
    for question in ("oldest", "older", "old"):
        run("-p", "echo", question)
    with echo(program) as window:
        window.ready().type(UP)
        window.shows("❯ old")
        window.type(UP)
        window.shows("❯ older")
        window.type(UP)
        window.shows("❯ oldest")
        window.type(DOWN)
        window.shows("❯ older")
        window.type(ENTER)
        assert window.quit() == 0
    assert contents()[0] == "older"


def test_the_arrows_recall_what_begins_as_typed(program: Path) -> None:
    for question in ("apples", "bananas", "cherries"):
        run("-p", "echo", question)
    with echo(program) as window:
        window.ready().type(f"ap{UP}")
        window.shows("❯ apples")
        window.type(CTRL_C)
        assert window.quit() == 0


def test_the_first_press_recalls_what_begins_as_typed_however_old(
    program: Path, home: Path
) -> None:
    run("-p", "echo", "What is it?")
    run("-p", "echo", "What else?")
    with open_store(f"sqlite:{home}/.config/synapse/sessions.db") as store:
        session = a_session()
        for number in range(400):
            a_finished_turn(store, session, f"newer {number}", create=number == 0)
    with echo(program) as window:
        window.ready().type(f"What{UP}")
        window.shows("❯ What else?")
        window.type(UP)
        window.shows("❯ What is it?")
        window.type(DOWN)
        window.shows("❯ What else?")
        window.type(CTRL_C)
        assert window.quit() == 0


def test_history_is_searched(program: Path) -> None:
    for question in ("tell me about volcanoes", "tell me about rivers"):
        run("-p", "echo", question)
    with echo(program) as window:
        window.ready().type(f"{CTRL_R}volc")
        window.shows("❯ tell me about volcanoes")
        window.type(ENTER)
        window.hides("search")
        window.type(ENTER)
        assert window.quit() == 0
    assert contents()[0] == "tell me about volcanoes"


# ---------------------------------------------------------------------------------- completion


def test_tab_completes_commands(program: Path) -> None:
    with echo(program) as window:
        window.ready().type(f"/hist{TAB}")
        window.shows("❯ /history")
        window.type(CTRL_C)
        assert window.quit() == 0


def test_tab_completes_sessions_by_words_of_their_titles(program: Path) -> None:
    run("-p", "echo", "--name", "docker-volumes", "Explain bind mounts")
    run("-p", "echo", "Something else")
    with echo(program) as window:
        window.ready().type(f"/open bind{TAB}")
        window.shows("❯ /open docker-volumes")
        window.type(ENTER)
        window.shows("Explain bind mounts")
        window.shows('"docker-volumes" · echo')
        assert window.quit() == 0


# ---------------------------------------------------------------------------- slash commands


def test_an_unknown_command_is_not_sent(program: Path) -> None:
    with echo(program) as window:
        window.enter("/retyr")
        window.shows("error: there is no command /retyr. Did you mean:  /retry")
        assert window.quit() == 0
    assert sessions() == []


def test_two_slashes_send_one(program: Path) -> None:
    with echo(program) as window:
        window.enter("//etc/passwd is what?")
        assert window.quit() == 0
    assert contents() == ["/etc/passwd is what?"] * 2


def test_a_leading_blank_sends_a_slash(program: Path) -> None:
    with echo(program) as window:
        window.enter(" /etc/passwd")
        assert window.quit() == 0
    assert contents() == ["/etc/passwd"] * 2


def test_help_lists_every_command(program: Path) -> None:
    from synapse.cli.repl.commands import COMMANDS

    with echo(program, "--no-pager", columns=60, rows=60) as window:
        window.enter("/help")
        window.shows("a question that begins with a slash")
        text = "\n".join(window.lines)
        first = window.lines.index("  /help                 these commands, and the keys")
        assert all(line.startswith("  ") for line in window.lines[first:-2] if line)
        assert all(f"  /{name}" in text for name in COMMANDS)
        assert window.quit() == 0


def test_a_new_session_is_begun_and_named(program: Path) -> None:
    with echo(program) as window:
        window.enter("one")
        window.enter("/new second")
        window.shows('new session "second"')
        window.enter("two")
        window.enter("/rename third")
        window.shows('"third" · echo')
        assert window.quit() == 0
    assert [session["name"] for session in sessions()] == ["third", None]
    assert contents("@1") == ["two", "two"]


def test_a_session_is_given_a_title_before_and_after_its_first_question(program: Path) -> None:
    with echo(program) as window:
        window.enter("/title")
        window.shows("There is no title:  /title TEXT")
        window.enter("/title Before")
        window.shows('The title is "Before".')
        window.enter("one")
        window.enter("/title")
        window.until(
            lambda lines: sum('The title is "Before".' in line for line in lines) == 2, "no title"
        )
        window.enter("/title What is asked, and why")
        window.shows('The title is "What is asked, and why".')
        window.enter("/new")
        window.enter("two")
        assert window.quit() == 0
    assert [s["title"] for s in sessions()] == [None, "What is asked, and why"]


def test_the_last_question_is_taken_back_in_a_branch(program: Path) -> None:
    with echo(program) as window:
        window.enter("one")
        window.enter("two")
        window.enter("/undo")
        window.shows("A branch with 2 messages")
        window.enter("three")
        assert window.quit() == 0
    assert contents("@1") == ["one", "one", "three", "three"]
    assert contents("@2") == ["one", "one", "two", "two"]


def test_an_earlier_question_is_asked_differently(program: Path) -> None:
    with echo(program) as window:
        window.enter("one")
        window.enter("two")
        window.enter("/edit 3")
        window.until(lambda lines: lines[-1] == "❯ two", "nothing to edit")
        window.type(f" and a half{ENTER}")
        assert window.quit() == 0
    assert contents("@1") == ["one", "one", "two and a half", "two and a half"]


def test_files_go_along_when_a_question_is_asked_differently(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("attached.txt", "mentioned.txt"):
        (tmp_path / name).write_text(name)
    monkeypatch.chdir(tmp_path)
    with echo(program) as window:
        window.enter("/file attached.txt")
        window.enter("Compare @mentioned.txt")
        (tmp_path / "attached.txt").unlink()
        window.enter("/edit 1")
        window.shows("What was said stays in")
        window.until(lambda lines: lines[-1] == "❯ Compare @mentioned.txt", "nothing to edit")
        window.type(f" again{ENTER}")
        assert window.quit() == 0
    names = [attached["name"] for attached in messages()[0]["attachments"]]
    assert names == ["attached.txt", "mentioned.txt"]
    assert contents()[0] == "Compare @mentioned.txt again"


def test_the_first_question_is_asked_differently_in_a_session_of_its_own(program: Path) -> None:
    run("-p", "echo", "-S", "Be brief.", "one")
    with Prompt([str(program), "-r", "-c"]) as window:
        window.enter("/edit 1")
        window.shows("new session · echo")
        window.until(lambda lines: lines[-1] == "❯ one", "nothing to edit")
        window.type(f"!{ENTER}")
        assert window.quit() == 0
    assert contents("@1") == ["one!", "one!"]
    assert {session["system_prompt"] for session in sessions()} == {"Be brief."}


def test_an_answer_is_asked_for_again(program: Path, speaker: Speaker) -> None:
    with here(program) as window:
        window.enter("A question")
        speaker.say("Bad.")
        speaker.end()
        window.shows("Bad.")
        window.enter("/retry")
        speaker.say("Good.")
        speaker.end()
        window.shows("Good.")
        assert window.quit() == 0
    assert [(m["content"], m["superseded"]) for m in messages()][1:] == [
        ("Bad.", True),
        ("Good.", False),
    ]


def test_another_model_answers_from_now_on(program: Path) -> None:
    with echo(program) as window:
        window.enter("/model echo/louder")
        window.shows("new session · echo/louder")
        window.enter("one")
        window.enter("/model softer")
        window.shows(" · echo/softer")
        window.enter("two")
        window.enter("/new")
        window.shows("new session · echo/softer")
        assert window.quit() == 0
    assert [message["model"] for message in messages()[1::2]] == ["louder", "softer"]


def test_a_model_that_can_not_answer_is_refused(program: Path) -> None:
    with echo(program) as window:
        window.enter("/model local/nonsense")
        window.shows("error: ")
        window.ready()
        assert not any("· local" in line for line in window.lines)
        assert window.quit() == 0


def test_the_system_prompt_is_set_before_the_first_question(program: Path) -> None:
    with echo(program) as window:
        window.enter("/system Be brief.")
        window.shows("The session will begin with it.")
        window.enter("one")
        window.enter("/system Be long.")
        window.shows("a session keeps the system prompt")
        assert window.quit() == 0
    assert sessions()[0]["system_prompt"] == "Be brief."


def test_an_answer_is_saved_to_a_new_file(program: Path, tmp_path: Path) -> None:
    path = tmp_path / "answer.md"
    with echo(program, columns=160) as window:
        window.enter("some text")
        window.enter(f"/save {path}")
        window.shows("Wrote")
        for given, message, hint in (
            (
                path,
                f"{path} is there already",
                f"Save it as another:  /save {tmp_path}/answer-2.md",
            ),
            (tmp_path, f"{tmp_path} is a folder", f"Name a file in it:  /save {path}"),
            (tmp_path / "no" / "x", f"there is no folder {tmp_path}/no", "here:  /save x"),
        ):
            window.ready().type(f"/save {given}{ENTER}")
            window.shows(f"error: {message}")
            window.shows(hint)
        assert window.quit() == 0
    assert path.read_text() == "some text\n"


def test_code_is_sent_to_the_clipboard(program: Path, speaker: Speaker) -> None:
    with here(program) as window:
        window.enter("A question")
        speaker.say("Look:\n\n```python\nprint(1)\n```\n\nThat is all.\n")
        speaker.end()
        window.shows("That is all.")
        window.enter("/copy code")
        window.shows("Sent 9 characters")
        assert window.quit() == 0
    assert b"\x1b]52;c;cHJpbnQoMSkK\x07" in window.seen


def test_a_deleted_session_is_in_the_trash(program: Path) -> None:
    with echo(program) as window:
        window.enter("one")
        window.enter("/delete")
        window.shows("(2 messages). Undo:  /undo")
        assert window.quit() == 0
    assert sessions() == []


def test_a_deleted_session_is_taken_back_and_gone_on_with(program: Path) -> None:
    with echo(program) as window:
        window.enter("/new talk")
        window.enter("one")
        window.enter("/delete")
        window.shows("Deleted")
        window.enter("/undo")
        window.shows("Restored")
        window.until(lambda lines: sum('"talk" · echo' in line for line in lines) == 3, "")
        window.enter("two")
        assert window.quit() == 0
    assert sessions()[0]["name"] == "talk"
    assert contents() == ["one", "one", "two", "two"]


def test_what_was_asked_after_a_deletion_is_taken_back_first(program: Path) -> None:
    with echo(program) as window:
        window.enter("one")
        window.enter("/delete")
        window.enter("two")
        window.enter("/undo")
        window.shows("What was said stays in")
        window.enter("/undo")
        window.shows("Restored")
        window.enter("/undo")
        window.until(lambda lines: sum("stays in" in line for line in lines) == 2, "not undone")
        assert window.quit() == 0
    assert [session["message_count"] for session in sessions()] == [2, 2]


def test_a_file_that_is_not_there_is_told_in_the_words_of_the_prompt(
    program: Path, tmp_path: Path
) -> None:
    with echo(program, columns=160) as window:
        window.enter(f"/file {tmp_path}/none")
        window.shows(f"error: /file {tmp_path}/none: No such file or directory")
        assert window.quit() == 0


def test_a_file_goes_with_the_next_question(program: Path, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("The colour is green.")
    with echo(program, columns=160) as window:
        window.enter(f"/file {path}")
        window.shows("notes.txt goes with the next question. Take back:  /file -")
        window.enter("/file -")
        window.shows("Nothing is attached:  /file PATH")
        window.enter(f"/file {path}")
        window.enter("What colour?")
        assert window.quit() == 0
    assert "The colour is green." in messages()[1]["content"]


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


def test_ctrl_c_twice_at_an_empty_prompt_quits(program: Path) -> None:
    with echo(program) as window:
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
        assert window.process.wait(20) == 129
    assert messages()[1]["status"] == "interrupted"


def test_a_window_that_is_closed_at_the_prompt_ends_the_program(program: Path) -> None:
    with echo(program) as window:
        window.enter("one")
        window.ready().close()
        assert window.process.wait(20) == 129
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
        window.until(lambda lines: lines[-1] == "❯ half a question", "the prompt did not return")
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


def test_an_answer_that_hit_the_limit_can_be_continued(program: Path, speaker: Speaker) -> None:
    with here(program) as window:
        window.enter("A story")
        speaker.say("Once upon")
        speaker.end("length")
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
            window.until(lambda lines: lines[-1] == "❯ Another", "the question is gone")
            window.type(CTRL_C)
            assert window.quit() == 0
    finally:
        speaker.end()
        other.communicate(timeout=20)
    assert len(messages()) == 2


def test_what_another_terminal_has_added_meanwhile_is_told(program: Path) -> None:
    run("-p", "echo", "--name", "talk", "one")
    with echo(program, "-r", "-s", "talk") as window:
        window.enter("two")
        window.ready()
        run("-p", "echo", "-s", "talk", "from elsewhere")
        window.enter("three")
        window.shows("2 messages were added elsewhere: /show")
        window.enter("four")
        assert window.quit() == 0
        assert sum("added elsewhere" in line for line in window.lines) == 1
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
        window.shows("had been deleted elsewhere; it goes on, and is restored.")
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
        window.until(lambda lines: lines[-1] == "❯ two", "the question is gone")
        window.type(ENTER)
        window.ready()
        assert window.quit() == 0
    assert contents() == ["two", "two"]


# ------------------------------------------------------------------------------ ways to be used


def test_nothing_is_stored_if_so_wished_and_still_the_model_remembers(
    program: Path, speaker: Speaker
) -> None:
    with here(program, "-r", "--no-save") as window:
        window.shows("not saved · here/loopback-1")
        for question in ("first", "second"):
            window.enter(question)
            speaker.say(f"To the {question}.")
            speaker.end()
            window.shows(f"To the {question}.")
        window.enter("/history")
        window.shows("#3  second")
        assert window.quit() == 0
    assert sessions() == []


def test_the_next_answers_are_shown_raw(program: Path) -> None:
    with echo(program) as window:
        window.ready().type(ALT_M)
        window.shows("The next answers are shown raw.")
        window.enter("**one**")
        window.until(lambda lines: lines.count("**one**") == 1, "it is not raw")
        window.enter("/raw")
        window.enter("**two**")
        window.until(lambda lines: "two" in lines, "it is not rendered")
        assert window.quit() == 0


def test_the_editor_writes_the_question(program: Path, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "written\\nelsewhere" >> "$1"\n')
    editor.chmod(0o755)
    with echo(program, EDITOR=str(editor), VISUAL="") as window:
        window.ready().type("as it was \x18\x05")
        window.until(lambda lines: lines[-1] == "  elsewhere", "no text came back")
        window.type(f"!{ENTER}")
        window.enter("/edit")
        window.until(lambda lines: lines[-1] == "  elsewhere", "no text came back")
        window.type(CTRL_C)
        assert window.quit() == 0
    assert contents()[0] == "as it was written\nelsewhere!"


def test_vi_keys_are_there_for_those_who_want_them(program: Path) -> None:
    with echo(program, SYNAPSE_REPL_KEYS="vi") as window:
        window.ready().type(f"one two three{ESCAPE}")
        window.shows("one two three")
        window.type("bdwx")
        window.until(lambda lines: lines[-1] == "❯ one two", "vi did nothing")
        assert window.seen.rfind(b"\x1b[2 q") > window.seen.rfind(b"\x1b[6 q")  # a block
        window.type(ENTER)
        assert window.quit() == 0


def test_a_terminal_that_can_not_move_the_cursor_gets_lines(program: Path) -> None:
    with Window([str(program), "-p", "echo"], environ={"TERM": "dumb"}) as window:
        window.shows("You:")
        window.type("one\\\ntwo\n")
        window.shows("... ")
        window.until(lambda lines: lines[-2:-1] != [] and "two" in lines, "no answer")
        window.type(CTRL_D)
        assert window.end() == 0
    assert contents()[0] == "one\ntwo"
    assert b"\x1b" not in window.seen


def test_nothing_is_changed_where_a_question_can_not_be_edited(program: Path) -> None:
    run("-p", "echo", "--name", "talk", "one")
    run("-p", "echo", "-s", "talk", "two")
    with Window([str(program), "-r", "-s", "talk"], environ={"TERM": "dumb"}) as window:
        window.shows("You:")
        for question, instead in ((1, "/new"), (3, "/fork 2")):
            window.type(f"/edit {question}\n")
            window.shows(f"Go back to before it:  {instead}")
        window.type("/edit\n")
        window.shows("this terminal can't open an editor")
        window.type("three\n")
        window.until(lambda lines: sum("tokens" in line for line in lines) == 1, "no answer")
        window.type(CTRL_D)
        assert window.end() == 0
    assert len(sessions()) == 1
    assert contents("talk")[-2:] == ["three", "three"]


def test_ctrl_c_twice_quits_where_the_cursor_can_not_be_moved_too(program: Path) -> None:
    with Window([str(program), "-p", "echo"], environ={"TERM": "dumb"}) as window:
        window.shows("You:")
        window.type(CTRL_C)
        window.shows("Ctrl-D or Ctrl-C again to quit")
        window.until(lambda lines: lines[-1] == "You:", "no prompt")
        window.type(CTRL_C)
        assert window.end() == 0


def test_a_parameter_that_can_not_be_set_is_refused_in_the_words_of_the_prompt(
    program: Path,
) -> None:
    with echo(program) as window:
        window.enter("/param temperature=9999")
        window.shows("error: /param temperature=9999: temperature must be")
        assert window.quit() == 0


def test_a_parameter_that_is_not_taken_is_refused_when_it_is_set(program: Path) -> None:
    with echo(program) as window:
        window.enter("/param temperature=1")
        window.shows('error: echo takes no parameter "temperature"')
        window.enter("one")
        assert window.quit() == 0
    assert contents() == ["one", "one"]


def test_a_parameter_is_set_and_taken_back(program: Path, speaker: Speaker) -> None:
    with here(program) as window:
        window.enter("/param temperature=0.5")
        window.shows("max_tokens=4096  temperature=0.5")
        window.enter("/param max_tokens=10")
        window.shows("max_tokens=10  temperature=0.5")
        window.enter("/param temperature=")
        window.until(lambda lines: "max_tokens=10" in lines, "it is still set")
        window.enter("/param max_tokens=")
        window.until(lambda lines: "max_tokens=4096" in lines, "it is still set")
        window.enter("/param nonsense=")
        window.shows('error: /param nonsense=: no parameter "nonsense"')
        assert window.quit() == 0


def test_without_a_key_the_user_is_welcomed_and_told_what_to_do(program: Path) -> None:
    with Prompt([str(program)]) as window:
        window.shows("No API key was found:  /key openai")
        window.enter("Hello?")
        window.shows("error: no provider is configured, and no API key was found")
        window.shows("  Store a key:    /key openai")
        window.enter("/model echo")
        window.shows("new session · echo")
        window.ready().type("H" + UP)
        window.until(lambda lines: lines[-1] == "❯ Hello?", "the question is gone")
        window.type(ENTER)
        assert window.quit() == 0
    assert contents() == ["Hello?"] * 2


@pytest.mark.usefixtures("home_with_weights")
def test_a_local_model_that_is_not_there_is_refused_at_once(program: Path) -> None:
    with Prompt([str(program), "-p", "local", "-m", "nonsense", "-r"]) as window:
        assert window.end() == 5
        assert any('local has no model "nonsense"' in line for line in window.lines)


def test_without_a_terminal_there_is_no_prompt(program: Path) -> None:
    for words in (("repl",), ("-r",)):
        ran = Installed(program)(*words)
        assert ran.status == 2
        assert "needs a terminal" in ran.err


def test_a_narrow_window_works(program: Path) -> None:
    with echo(program, columns=30, rows=8) as window:
        window.enter("one")
        window.enter("/fork 9")
        window.shows("error: there is no message 9")
        assert window.quit() == 0


def test_ascii_only(program: Path) -> None:
    with echo(program, SYNAPSE_ASCII="1") as window:
        window.enter("one")
        assert window.quit() == 0
        assert any(line.startswith("> one") for line in window.lines)
        assert not any("·" in line for line in window.lines)


# ------------------------------------------------------------------------------- files by name


def test_a_file_that_a_question_names_goes_with_it(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "two words.txt").write_text("Buy milk.")
    monkeypatch.chdir(tmp_path)
    with echo(program) as window:
        window.ready().type("Read @two")
        window.type(TAB)
        window.shows('@"two words.txt')
        window.type('"' + ENTER)
        window.shows("two words.txt goes with the question.")
        assert window.quit() == 0
    [attached] = messages()[0]["attachments"]
    assert (attached["name"], messages()[0]["content"]) == (
        "two words.txt",
        'Read @"two words.txt"',
    )


def test_a_question_that_could_not_be_sent_stands_at_the_prompt_again(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "program").write_bytes(b"\0")
    monkeypatch.chdir(tmp_path)
    with echo(program) as window:
        window.enter("Run @program")
        window.shows("error: program is neither a text nor")
        window.until(lambda lines: lines[-1] == "❯ Run @program", "the question is gone")
        window.type("\x7f" * len("@program") + "it" + ENTER)
        window.ready()
        assert window.quit() == 0
    assert contents() == ["Run it", "Run it"]
