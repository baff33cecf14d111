"""The REPL, used as people use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from contract.builders import a_finished_turn, a_session
from program import Installed, messages, run, sessions, wait_until
from prompt import (
    ALT_ENTER,
    ALT_M,
    BACKSPACE,
    CTRL_C,
    CTRL_D,
    CTRL_J,
    CTRL_O,
    CTRL_R,
    CTRL_Z,
    DOWN,
    ENTER,
    ESCAPE,
    PASTE_BEGIN,
    PASTE_END,
    TAB,
    UP,
    Prompt,
    contents,
    echo,
    here,
)
from window import Window

from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from speaker import Speaker


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


def test_a_text_higher_than_the_screen_is_whole_once_it_is_sent(program: Path) -> None:
    with echo(program, rows=8) as window:
        window.ready().type("".join(f"line {number}{CTRL_J}" for number in range(20)) + "end")
        window.shows("  end")
        window.type(ENTER)
        window.shows("tokens")
        asked = window.lines[window.lines.index("❯ line 0") :]
        assert asked[1:21] == [*(f"  line {number}" for number in range(1, 20)), "  end"]
        assert window.quit() == 0


def test_a_long_paste_is_folded_and_sent_and_shown_whole(program: Path) -> None:
    pasted = "\n".join(f"line {number}" for number in range(200))
    with echo(program) as window:
        window.ready().type(f"Look: {PASTE_BEGIN}{pasted}{PASTE_END} and {PASTE_BEGIN}")
        window.type("x" * 3000 + PASTE_END)
        window.shows("❯ Look: [pasted 200 lines] and [pasted 3,000 characters]")
        assert not any("line 7" in line for line in window.lines)
        window.type(BACKSPACE)
        window.offers("Look: [pasted 200 lines] and")
        window.type(f"so on{ENTER}")
        window.shows("tokens")
        assert window.lines.count("❯ Look: line 0") == 1
        assert [window.lines.count(f"  line {number}") for number in range(1, 199)] == [1] * 198
        assert not any("[pasted" in line for line in window.lines)
        window.type(UP)
        window.shows("  line 199 and so on")
        window.type(CTRL_C)
        assert window.quit() == 0
    assert contents()[0] == f"Look: {pasted} and so on"


def test_a_folded_paste_is_shown_whole_on_demand(program: Path) -> None:
    pasted = "\n".join(f"line {number}" for number in range(15))
    with echo(program) as window:
        window.ready().type(f"{PASTE_BEGIN}{pasted}{PASTE_END}")
        window.shows("❯ [pasted 15 lines]")
        window.type(CTRL_O)
        window.shows("  line 14")
        window.type(f"!{ENTER}")
        assert window.quit() == 0
    assert contents()[0] == f"{pasted}!"


def test_what_is_typed_ahead_is_queued_and_stays_apart(program: Path, speaker: Speaker) -> None:
    with here(program) as window:
        window.enter("first")
        speaker.say("An answer")
        window.shows("An answer")
        window.type(f"second{ENTER}/title Two of them{ENTER}thi")
        window.shows("queued: second · /title Two of them · thi")
        speaker.say(" to it.")
        speaker.end()
        window.shows("❯ second")
        window.shows("queued: /title Two of them · thi")
        speaker.say("Second.")
        speaker.end()
        window.shows('The title is "Two of them".')
        window.offers("thi")
        assert not any("queued" in line for line in window.lines)
        window.type(CTRL_C)
        assert window.quit() == 0
    assert contents() == ["first", "An answer to it.", "second", "Second."]


def test_what_comes_in_one_piece_with_a_question_waits_in_its_order(
    program: Path, speaker: Speaker
) -> None:
    with here(program) as window:
        window.ready().type(f"first{ENTER}second{ENTER}")
        window.shows("queued: second")
        window.type(f"third{ENTER}/title All{ENTER}")
        window.shows("queued: second · third · /title All")
        for number in (1, 2, 3):
            speaker.say(f"Answer {number}.")
            speaker.end()
        window.shows('The title is "All".')
        assert window.quit() == 0
    assert contents()[::2] == ["first", "second", "third"]


def test_what_waits_behind_a_stopped_answer_is_not_sent_by_itself(
    program: Path, speaker: Speaker
) -> None:
    with here(program) as window:
        window.enter("first")
        speaker.say("An answer")
        window.shows("An answer")
        window.type(f"second{ENTER}third{ENTER}")
        window.shows("queued: second · third")
        window.type(CTRL_C)
        window.shows("Stopped.")
        window.shows("Not sent yet; queued: third")
        window.offers("second")
        wait_until(lambda: not speaker.is_heard)
        speaker.say("Second.")
        speaker.end()
        speaker.say("Third.")
        speaker.end()
        window.type(ENTER)
        window.shows("Third.")
        assert window.quit() == 0
    assert contents() == ["first", "An answer", "second", "Second.", "third", "Third."]


def test_lines_that_are_pasted_while_an_answer_comes_are_one_message(
    program: Path, speaker: Speaker
) -> None:
    with here(program) as window:
        window.enter("first")
        speaker.say("An answer")
        window.shows("An answer")
        window.type(f"{PASTE_BEGIN}one\rtwo{PASTE_END}{ENTER}")
        window.shows("queued: one two")
        speaker.end()
        speaker.say("Second.")
        speaker.end()
        window.shows("Second.")
        assert window.quit() == 0
    assert contents() == ["first", "An answer", "one\ntwo", "Second."]


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
        window.offers("Run @program")
        window.type("\x7f" * len("@program") + "it" + ENTER)
        window.ready()
        assert window.quit() == 0
    assert contents() == ["Run it", "Run it"]


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
        window.until(lambda lines: lines[-1].startswith("❮ one two three "), "no sign")
        assert window.lines[-1].endswith(" normal")
        window.type("bdwx")
        window.until(lambda lines: lines[-1].split()[:-1] == ["❮", "one", "two"], "vi did nothing")
        assert window.seen.rfind(b"\x1b[2 q") > window.seen.rfind(b"\x1b[6 q")  # a block
        window.type("R")
        window.until(lambda lines: lines[-1].endswith(" replace"), "no sign")
        window.type(f"{ESCAPE}A")
        window.offers("one two")
        window.type(ENTER)
        window.shows("tokens")
        window.ready().type(ESCAPE)
        window.until(lambda lines: lines[-1].startswith("❮"), "no sign")
        window.type(ESCAPE + ESCAPE)
        window.shows('Took back #1 "one two"')
        window.offers("one two")
        window.type(CTRL_C)
        assert window.quit() == 0


def test_a_terminal_that_never_says_where_the_cursor_is_is_not_asked(program: Path) -> None:
    with echo(program) as window:
        window.enter("one")
        window.shows("tokens")
        window.ready().type(CTRL_C)
        window.shows("Ctrl-D or Ctrl-C again to quit")
        window.type(CTRL_D)
        assert window.end() == 0
    assert b"\x1b[6n" not in window.seen


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
    with here(program, SYNAPSE_MAX_TOKENS="4096") as window:
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
        window.offers("Hello?")
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
