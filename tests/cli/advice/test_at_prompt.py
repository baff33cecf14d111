"""What is told at the prompt after an error: only what can be typed there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from program import run

from synapse.advice import (
    ASK,
    CHOOSE_MODEL,
    CONTINUE,
    RETRY,
    RUN,
    SET_VARIABLE,
    TAKE_BACK_PARAMETER,
    Advice,
)
from synapse.cli.advice.as_command import hint_lines
from synapse.cli.advice.at_prompt import hint_lines_at_prompt
from synapse.cli.context import Context
from synapse.terminal.streams import Streams

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    (
        Advice("Store one:      ", "keys set", "openai", after=" (or change X)"),
        "Store one:      synapse keys set openai (or change X)",
        "Store one:      /key openai",
    ),
    (
        Advice("or for now:     ", SET_VARIABLE, "OPENAI_API_KEY", "…"),
        "or for now:     export OPENAI_API_KEY=…",
        None,
    ),
    (
        Advice("Try it without: ", ASK, "hello", provider="echo"),
        'Try it without: synapse -p echo "hello"',
        "Try it without: /model echo",
    ),
    (
        Advice("The usual reason is too little memory. Again:  ", RETRY),
        "The usual reason is too little memory. Again:  synapse retry",
        "The usual reason is too little memory. Again:  /retry",
    ),
    (
        Advice("Add credit, or:  ", RETRY, session="4c38", model="mine/small"),
        "Add credit, or:  synapse retry -s 4c38 -m mine/small",
        "Add credit, or:  /retry mine/small",
    ),
    (
        Advice("See what is wrong:  ", "doctor"),
        "See what is wrong:  synapse doctor",
        "See what is wrong:  !synapse doctor",
    ),
    (
        Advice("List them:  ", "sessions list"),
        "List them:  synapse sessions list",
        "List them:  /sessions",
    ),
    (
        Advice("See them:  ", "sessions list", deleted=True),
        "See them:  synapse sessions list --deleted",
        "See them:  !synapse sessions list --deleted",
    ),
    (
        Advice("Restore it:  ", "sessions restore", "4c38"),
        "Restore it:  synapse sessions restore 4c38",
        "Restore it:  !synapse sessions restore 4c38",
    ),
    (
        Advice("See it:  ", "sessions show", "4c38"),
        "See it:  synapse sessions show 4c38",
        "See it:  /open 4c38",
    ),
    (
        Advice("Did you mean: ", "sessions search", "disk full"),
        "Did you mean: synapse sessions search 'disk full'",
        "Did you mean: /search disk full",
    ),
    (
        Advice("more: ", "sessions search", "disk", "-n", "50"),
        "more: synapse sessions search disk -n 50",
        "more: !synapse sessions search disk -n 50",
    ),
    (
        Advice("Undo:  ", "sessions restore", all=True),
        "Undo:  synapse sessions restore --all",
        "Undo:  !synapse sessions restore --all",
    ),
    (
        Advice("Go on with it:  ", ASK, session="my notes", after=" …"),
        "Go on with it:  synapse -s 'my notes' …",
        "Go on with it:  /open my notes",
    ),
    (
        Advice("Change:  ", CHOOSE_MODEL),
        "Change:  synapse config init",
        "Change:  /model",
    ),
    (
        Advice("Go on:  ", CONTINUE, "continue", go_on=True),
        'Go on:  synapse -c "continue"',
        "Go on:  /continue",
    ),
    (
        Advice("Ask:  ", ASK, "Summarise this", file="FILE"),
        'Ask:  synapse -f FILE "Summarise this"',
        "Ask:  /file FILE",
    ),
    (
        Advice("or the demo model:  ", ASK, provider="local", model="small", after=" …"),
        "or the demo model:  synapse -p local -m small …",
        "or the demo model:  /model local/small",
    ),
    (
        Advice("Go on from there:  ", ASK, "…", go_on=True, fork=True, at="N"),
        'Go on from there:  synapse -c --fork --at N "…"',
        "Go on from there:  /fork N",
    ),
    (
        Advice("Use another file:  ", ASK, database="FILE", after=" …"),
        "Use another file:  synapse --db FILE …",
        None,
    ),
    (Advice("Start one:  ", ASK, "Hello"), 'Start one:  synapse "Hello"', "Start one:  /new"),
    (Advice("Go on:  ", CONTINUE), None, "Go on:  /continue"),
    (Advice("Take it back:  ", TAKE_BACK_PARAMETER, "seed"), None, "Take it back:  /param seed="),
    (
        Advice("Fix it:  ", RUN, "chmod 600 'a b'"),
        "Fix it:  chmod 600 'a b'",
        "Fix it:  !chmod 600 'a b'",
    ),
    (
        Advice("Fix it:  ", "config edit", after="  (2 problems)", config="my own.toml"),
        "Fix it:  synapse --config 'my own.toml' config edit  (2 problems)",
        "Fix it:  !synapse --config 'my own.toml' config edit",
    ),
    ("It takes none.", "It takes none.", "It takes none."),
]


@pytest.mark.parametrize(("hint", "on_the_command_line", "at_the_prompt"), ROWS)
def test_every_advice_is_told_in_the_words_of_where_it_is_read(
    hint: str | Advice, on_the_command_line: str | None, at_the_prompt: str | None
) -> None:
    assert hint_lines([hint]) == ((on_the_command_line,) if on_the_command_line else ())
    assert hint_lines_at_prompt([hint]) == ((at_the_prompt,) if at_the_prompt else ())


def test_a_program_that_prints_an_advice_prints_no_command_line() -> None:
    text = str(Advice("Name one:   ", ASK, provider="openai", model="MODEL"))
    assert text == "Name one (ask, provider openai, model MODEL)"
    assert "synapse" not in text


def test_a_database_and_a_configuration_that_were_named_are_named_again() -> None:
    given = {"database": "other.db", "config": "my own.toml"}
    undo = Advice("Undo:  ", "sessions restore", "4c38")
    command = "synapse --db other.db --config 'my own.toml' sessions restore 4c38"
    assert hint_lines([undo], given) == (f"Undo:  {command}",)
    assert hint_lines_at_prompt([undo], given) == (f"Undo:  !{command}",)
    assert hint_lines_at_prompt([Advice("", "sessions list")], given) == ("/sessions",)


def test_what_is_said_of_a_run_goes_on_with_the_database_of_that_run(tmp_path: Path) -> None:
    run("--db", f"{tmp_path}/other.db", "-p", "echo", "Hello")
    deleted = run("--db", f"{tmp_path}/other.db", "sessions", "delete", "@1")
    command = deleted.err.rstrip().partition("Undo:  synapse ")[2].split()
    assert command[:2] == ["--db", f"{tmp_path}/other.db"]
    assert "Restored" in run(*command).err


def test_at_the_prompt_a_clean_up_is_undone_with_what_can_be_typed_there(
    capfd: pytest.CaptureFixture[str],
) -> None:
    run("-p", "echo", "one")
    run("-p", "echo", "two")
    context = Context(Streams(0, 1, 2), {**os.environ, "SYNAPSE_MAX_SESSIONS": "1"})
    context.at_prompt = True
    context.clean_up()
    context.close()
    assert "above the limit of 1). Undo:  !synapse sessions restore " in capfd.readouterr().err
