"""The slash commands of the REPL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from program import messages, run, sessions
from prompt import (
    CTRL_C,
    ENTER,
    ESCAPE,
    Prompt,
    contents,
    echo,
    here,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from speaker import Speaker


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
    from synapse.cli.repl.slash_commands import COMMANDS

    with echo(program, "--no-pager", columns=60, rows=60) as window:
        window.enter("/help")
        window.shows("a question that begins with a slash")
        window.ready()
        text = "\n".join(window.lines)
        first = window.lines.index("  /help                 these commands, and the keys")
        assert all(line.startswith("  ") for line in window.lines[first:-1] if line)
        assert all(f"  /{name}" in text for name in COMMANDS)
        assert window.quit() == 0


def test_help_fits_a_narrow_terminal(program: Path) -> None:
    with echo(program, "--no-pager", columns=40, rows=90) as window:
        window.enter("/help")
        window.shows("a question that begins with a")
        window.ready()
        first = next(n for n, line in enumerate(window.lines) if line.rstrip() == "  /help")
        last = max(n for n, line in enumerate(window.lines) if "a question that begins" in line)
        # a line that was too long would go on in the first column
        assert all(line[:2] == "  " for line in window.lines[first:last] if line)
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


def test_the_last_question_is_taken_back_and_put_right(program: Path) -> None:
    with echo(program) as window:
        window.enter("one")
        window.enter("two")
        window.enter("/undo")
        window.shows('Took back #3 "two" and its answer')
        window.offers("two")
        window.type(f" and a half{ENTER}")
        window.shows("two and a half")
        assert window.quit() == 0
    assert len(sessions()) == 1
    assert [(m["content"], m["superseded"]) for m in messages() if m["role"] == "user"] == [
        ("one", False),
        ("two", True),
        ("two and a half", False),
    ]


def test_what_was_taken_back_is_not_sent(program: Path, speaker: Speaker, home: Path) -> None:
    with here(program) as window:
        for number in (1, 2):
            window.enter(f"question {number}")
            speaker.say(f"Answer {number}.")
            speaker.end()
            window.shows(f"Answer {number}.")
        window.ready().type(ESCAPE + ESCAPE)
        window.offers("question 2")
        window.type(f"{CTRL_C}/undo{ENTER}")
        window.offers("question 1")
        window.type(f"{CTRL_C}/undo{ENTER}")
        window.shows("nothing has been asked here yet")
        window.ready().type(f"/retry{ENTER}")
        window.until(
            lambda lines: sum("nothing has been asked here yet" in line for line in lines) == 2, ""
        )
        assert window.quit() == 0
    speaker.say("Third.")
    speaker.end()
    assert run("-c", "question 3").out == b"Third.\n"
    assert all(m["superseded"] for m in messages()[:4])
    assert len(sessions()) == 1


def test_an_earlier_question_is_asked_differently(program: Path) -> None:
    with echo(program) as window:
        window.enter("one")
        window.enter("two")
        window.enter("/edit 3")
        window.offers("two")
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
        window.offers("Compare @mentioned.txt")
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
        window.offers("one")
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


def test_the_system_prompt_is_set_before_the_first_question_and_changed_later(
    program: Path,
) -> None:
    with echo(program) as window:
        window.enter("/system Be brief.")
        window.shows("The session will begin with it.")
        window.enter("one")
        window.enter("/system Be long.")
        window.shows("It holds from the next question on, and is kept with the session.")
        window.enter("/system")
        window.shows("Be long.")
        window.enter("two")
        window.enter("/system -")
        window.shows("No system prompt is sent")
        window.enter("/system")
        window.shows("There is no system prompt.")
        assert window.quit() == 0
    assert sessions()[0]["system_prompt"] == "Be brief."
    assert [(m["role"], m["content"]) for m in messages()] == [
        ("user", "one"),
        ("assistant", "one"),
        ("system", "Be long."),
        ("user", "two"),
        ("assistant", "two"),
        ("system", ""),
    ]


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


def test_any_block_of_code_is_sent_to_the_clipboard(program: Path) -> None:
    with echo(program) as window:
        window.ready().type("```\none\n```\nand\n```\ntwo\n```\r")
        window.shows("tokens")
        window.enter("/copy code 1")
        window.shows("Sent 4 characters")
        window.enter("/copy code 3")
        window.shows("holds 2 blocks of code; there is no")
        assert window.quit() == 0
    assert b"\x1b]52;c;b25lCg==\x07" in window.seen


def test_tokens_says_what_the_next_question_begins_with(program: Path) -> None:
    with echo(program, SYNAPSE_CONTEXT_WINDOW="1000") as window:
        window.enter("one two three")
        window.enter("/tokens")
        window.shows("Sent with the next question: 6 tokens, 1 % of 1,000.")
        assert window.quit() == 0


def test_tokens_says_what_the_session_cost(program: Path, home: Path) -> None:
    file = home / ".config" / "synapse" / "config.toml"
    file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    file.write_text('[prices."echo/echo"]\ninput = 100000\noutput = 1000000\n')
    with echo(program) as window:
        window.enter("one two three")
        window.enter("/tokens")
        window.shows("cost of the session: $3.30")  # three words each way
        assert window.quit() == 0


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
        window.offers("two")
        window.type(f"{CTRL_C}/undo{ENTER}")
        window.shows("Restored")
        window.enter("/undo")
        window.offers("one")
        window.type(CTRL_C)
        assert window.quit() == 0
    assert [session["message_count"] for session in sessions()] == [2, 2]


def test_words_that_leave_other_programs_offer_to_leave(program: Path) -> None:
    with echo(program) as window:
        for word in ("exit", "quit", ":q", "EXIT ", ":wq", "bye", "exit()"):
            window.ready().type(f"{word}{ENTER}")
            window.shows(f'"{word.strip()}" is not sent. Leave? [Y/n]')
            window.type(f"n{ENTER}")
            window.until(lambda lines: lines[-1].startswith("❯  "), "it does not stand there")
            assert window.lines[-1] == f"❯  {word.strip()}"
            window.type(CTRL_C)
        window.ready().type(f" exit{ENTER}")
        window.shows("tokens")
        window.ready().type(f"How do I exit vim?{ENTER}")
        window.until(lambda lines: sum("tokens" in line for line in lines) == 2, "not asked")
        window.ready().type(f":q{ENTER}")
        window.until(lambda lines: sum('":q" is not sent' in line for line in lines) == 2, "sent")
        window.type(ENTER)
        assert window.end() == 0
    assert contents()[::2] == ["exit", "How do I exit vim?"]


def test_the_output_of_a_command_goes_with_the_next_question(program: Path) -> None:
    with echo(program, columns=100, SHELL="/bin/sh") as window:
        window.enter("!echo a-$((40+2)); printf '\\033[31mred\\033[m'; exit 3")
        window.shows("a-42")
        window.shows("exit status 3")
        window.shows("2 lines of output go with the next question.")
        window.enter("/file")
        window.shows("exit 3 goes with the next question.")
        window.enter("Why?")
        window.until(lambda lines: sum("tokens" in line for line in lines) == 1, "not asked")
        window.enter("!echo unwanted")
        window.shows("1 line of output goes with the next question.")
        window.enter("/file -")
        window.enter("And?")
        window.until(lambda lines: sum("tokens" in line for line in lines) == 2, "not asked")
        window.enter("!true")
        window.shows("No output; nothing goes with the next question.")
        window.enter("!")
        window.shows("error: which command?")
        assert window.quit() == 0
    first, _, second, _ = messages()
    [attached] = first["attachments"]
    assert attached["source"] == "command"
    text = run("sessions", "show", "@1", "--message", "1", "--attachment", "1").out
    assert text == b"a-42\nred"
    assert (second["content"], second["attachments"]) == ("And?", [])


def test_of_a_long_output_the_end_is_offered(program: Path) -> None:
    with echo(program, SHELL="/bin/sh") as window:
        window.enter("!head -c 100000 /dev/zero | tr '\\0' x | fold -w 1000")
        window.shows("(64 of 97 kB) of output go with the next question.")
        assert window.quit() == 0


def test_ctrl_c_ends_the_command_alone(program: Path) -> None:
    with echo(program, SHELL="/bin/sh") as window:
        # What says it is what waits: a shell between two commands may miss the signal.
        window.enter("!printf 'be%s\\n' gun | cat - /dev/tty")
        window.shows("begun")
        window.type(CTRL_C)
        window.shows("1 line of output goes with the next question.")
        assert window.quit() == 0


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
