"""`/role` and `--role` at the prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from program import messages, run, sessions
from prompt import TAB, contents, echo

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def roles(home: Path) -> None:
    folder = home / ".config" / "synapse"
    (folder / "roles").mkdir(parents=True)
    (folder / "roles" / "pirate.md").write_text("You are a pirate.\n")
    (folder / "config.toml").write_text(
        'system_prompt = "Usual."\n'
        '[roles.loud]\nsystem = "LOUD"\nprompt = "<{input}|{tone}>"\nmodel = "echo-2"\n'
    )


def test_a_role_is_put_on_and_taken_off_again(program: Path) -> None:
    with echo(program) as window:
        window.enter("one")
        window.ready()
        window.enter('/role loud tone="very loud"')
        window.shows("· role loud")
        window.enter("two")
        window.enter("/system")
        window.shows("LOUD")
        window.enter("/role off")
        window.shows('The role "loud" is off.')
        window.enter("three")
        window.enter("/system")
        window.shows("Usual.")
        assert window.quit() == 0
    said = [(m["role"], m["content"], m["model"]) for m in messages() if m["role"] != "assistant"]
    assert [content for _, content, _ in said] == [
        "one", "LOUD", "<two|very loud>", "Usual.", "three",
    ]  # fmt: skip
    models = [m["model"] for m in messages() if m["role"] == "assistant"]
    assert models == ["echo", "echo-2", "echo"]


def test_a_role_that_nothing_was_asked_under_leaves_no_trace(program: Path) -> None:
    with echo(program) as window:
        window.enter("/role lound")
        window.shows('there is no role "lound"; did you mean "loud"?')
        window.enter("/role loud")
        window.shows("Give it:  tone=VALUE")
        window.enter("one")
        window.enter("/role pirate")
        window.shows("· role pirate")
        window.enter("/role off")
        window.shows('"pirate" is off')
        window.enter("two")
        assert window.quit() == 0
    assert contents() == ["one", "one", "two", "two"]


def test_a_conversation_begins_or_goes_on_under_a_role(program: Path) -> None:
    with echo(program, "--role", "pirate") as window:
        window.shows("role pirate")
        window.enter("one")
        window.enter("/new")
        window.enter("two")
        window.ready()
        window.type("/role l")
        window.shows("/role l")
        window.type(TAB)
        window.offers("/role loud").type("\x15")
        window.enter("/role")
        window.shows('The role "pirate" is on.')
        assert window.quit() == 0
    assert [s["system_prompt"] for s in sessions()] == ["You are a pirate."] * 2
    run("-p", "echo", "--name", "old", "before")
    with echo(program, "-s", "old", "--role", "loud", "--var", "tone=t") as window:
        window.shows("role loud")
        window.enter("after")
        window.ready()
        assert window.quit() == 0
    assert contents("old") == ["before", "before", "LOUD", "<after|t>", "<after|t>"]
