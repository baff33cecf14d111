"""A mistyped command is not sent to a model; a question is."""

from __future__ import annotations

import pytest
from program import run, sessions

from synapse.cli.advice.as_command import hint_lines
from synapse.cli.command_line.routing import find_command
from synapse.errors import UsageError


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("docto", "doctor"),
        ("docotr", "doctor"),
        ("doktor", "doctor"),
        ("doctorr", "doctor"),
        ("hlep", "help"),
        ("hepl", "help"),
        ("helpp", "help"),
        ("hlp", "help"),
        ("HELP", "help"),
        ("Sessions", "sessions"),
        ("sesions", "sessions"),
        ("sessoin", "session"),
        ("modles", "models"),
        ("model", "models"),
        ("kyes", "keys"),
        ("retyr", "retry"),
        ("confg", "config"),
        ("brwose", "browse"),
        ("ls", "sessions list"),
        ("rm", "sessions delete"),
        ("list", "sessions list"),
        ("show", "sessions show"),
        ("backup", "db backup"),
        ("docto --json", "doctor"),
        ("-q docto", "doctor"),
        ("ls -a", "sessions list"),
        ("rm 4c3834c9", "sessions delete 4c3834c9"),
        ("delete @1 @2", "sessions delete @1 @2"),
        ("show 4c3834c9", "sessions show 4c3834c9"),
        ("sesions list", "sessions list"),
    ],
)
def test_it_is_refused_with_what_was_meant(line: str, meant: str) -> None:
    with pytest.raises(UsageError) as raised:
        find_command(line.split())
    assert raised.value.message.endswith(f"is no command. Did you mean:  synapse {meant}")
    assert hint_lines(raised.value.hints)[0].startswith("To ask it as a question:  synapse ask ")


@pytest.mark.parametrize(
    "words",
    [
        ["hello"], ["hell"], ["held"], ["task"], ["mask"], ["reply"], ["Rust"], ["why"], ["test"],
        ["thanks"], ["yes"], ["no"], ["go"], ["poem"], ["haiku"], ["doctrine"], ["42"], ["?"],
        ["a"], ["東京"], ["synapse"], ["continue"], ["help?"], ["sessions of parliament"],
        ["list", "three", "fruits"], ["show", "me", "more"], ["Show", "me", "a", "poem"],
        ["Help", "me"], ["Ask", "her", "out"], ["check", "this"], ["delete", "everything"],
        ["--", "docto"], ["ask", "docto"], ["hell", "is", "other", "people"],
    ],
)  # fmt: skip
def test_a_question_is_asked(words: list[str]) -> None:
    assert find_command(words).path == ("ask",)


@pytest.mark.parametrize("word", ["ls", "docto", "hlep"])
def test_nothing_is_sent_or_stored(word: str) -> None:
    ran = run(word, environ={"SYNAPSE_PROVIDER": "echo"})
    assert (ran.status, ran.out) == (2, b"")
    assert f"To ask it as a question:  synapse ask {word}" in ran.err
    assert sessions() == []
    assert run("ask", word, environ={"SYNAPSE_PROVIDER": "echo"}).text == f"{word}\n"
