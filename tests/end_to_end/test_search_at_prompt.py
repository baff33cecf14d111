"""/search and /tag at the prompt, and the picker by what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from contract.builders import a_finished_turn, a_session
from program import run, sessions
from prompt import ENTER, ESCAPE, echo
from window import Window

from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

DOWN = "\x1b[B"


@pytest.fixture(autouse=True)
def said(home: Path) -> None:
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    with open_store(f"sqlite:{folder}/sessions.db") as store:
        docker = a_session(name="docker")
        turns = [
            ("Explain bind mounts", "They show a folder of the host."),
            ("And volumes?", "They outlive containers."),
            ("Thanks", "You are welcome."),
        ]
        for number, (question, answer) in enumerate(turns):
            a_finished_turn(store, docker, question, answer, create=not number)
        a_finished_turn(store, a_session(name="tea"), "How long?", "Two minutes", create=True)


def test_the_one_hit_is_opened_where_it_was_said(program: Path) -> None:
    with echo(program) as window:
        window.enter("/search outlive")
        window.shows("#4 assistant  They outlive containers.")
        window.shows('"docker" · echo')
        text = "\n".join(window.lines)
        assert "2 earlier messages: /show" in text
        assert "And volumes?" in text
        assert "2 later messages: /show 5-" in text
        assert "You are welcome." not in text
        assert window.quit() == 0


def test_of_several_hits_one_is_chosen(program: Path) -> None:
    with echo(program) as window:
        window.enter("/search they OR minutes")
        window.until(lambda lines: any("#2 Two minutes" in line for line in lines), "no choice")
        window.type(DOWN + DOWN + ENTER)
        window.shows("#2 assistant  They show a folder of the host.")
        assert window.quit() == 0


def test_nothing_is_opened_without_a_choice_or_a_hit(program: Path) -> None:
    with echo(program) as window:
        window.enter("/search they OR minutes")
        window.until(lambda lines: any("#2 Two minutes" in line for line in lines), "no choice")
        window.type(ESCAPE)
        window.ready()
        window.enter("/search nowhere")
        window.shows("No message matches.")
        window.enter("/search outlvie")
        window.shows("Did you mean:  /search outlive")
        window.enter("/search")
        window.shows("For example:  /search disk full")
        assert window.quit() == 0


def test_a_session_is_filed_under_words(program: Path) -> None:
    with echo(program) as window:
        window.enter("/open tea")
        window.shows('"tea" · echo')
        window.enter("/tag work #Home")
        window.shows("Tags: Home, work")
        window.enter("/tag -work")
        window.until(lambda lines: "Tags: Home" in lines, "the tag is still there")
        window.enter("/tag two,words")
        window.shows('the tag "two,words" has a quote')
        assert window.quit() == 0
    assert [s["tags"] for s in sessions() if s["name"] == "tea"] == [["Home"]]


def test_the_picker_finds_by_what_was_said_below_names(program: Path) -> None:
    run("-p", "echo", "--name", "outliving", "x")
    command = [str(program), "sessions", "show", "--no-pager"]
    with Window(command, columns=80) as window:
        window.shows("Up/Down")
        window.type("outliv")
        window.until(
            lambda lines: (
                [line.split()[1:3] for line in lines if "outliv" in line][1:]
                == [["outliving", "·"], ["docker", "#4"]]
                or any("docker #4 They outlive containers." in line for line in lines)
            ),
            "not found",
        )
        window.type(DOWN + ENTER)
        assert window.end() == 0
        assert any(line.split() == ["name", "docker"] for line in window.lines)


def test_the_numbered_list_finds_by_what_was_said(program: Path) -> None:
    command = [str(program), "--accessible", "sessions", "show", "--no-pager"]
    with Window(command, columns=80) as window:
        window.shows("Number, or words to look for")
        window.type("minutes\r")
        window.shows("message 2, assistant: Two minutes")
        window.type("1\r")
        assert window.end() == 0
        assert any("tea" in line for line in window.lines)
