"""`synapse sessions list`: which sessions, in which order."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import a_session, days_ago
from program import Terminal, run, sessions

from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def three(home: Path) -> None:
    """docker (90 hours old, openai), notes (30 hours), and one without a name, new."""
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    with open_store(f"sqlite:{folder}/sessions.db") as store:
        for name, hours, provider, model in (
            ("docker", 90, "openai", "gpt-5-mini"),
            ("notes", 30, "anthropic", "claude-sonnet-5"),
            (None, 1, "echo", "echo"),
        ):
            updated = days_ago(hours / 24)
            store.create_session(
                a_session(
                    updated=updated,
                    created_at=updated - timedelta(days=hours * 2 if name == "notes" else 1),
                    name=name,
                    provider=provider,
                    model=model,
                )
            )


def listed(*options: str, **how: Any) -> list[str]:
    """The names in the order of the list."""
    ran = run("sessions", "list", *options, **how)
    assert ran.status == (0 if ran.out else 1), ran
    return [row[5] for row in ran.rows]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", ["", "notes", "docker"]),
        ("OCK", ["docker"]),
        ("--since 2d", ["", "notes"]),
        ("--until 2d", ["docker"]),
        ("--since 5d --until 24h", ["notes", "docker"]),
        ("--model GPT", ["docker"]),
        ("--provider anthropic", ["notes"]),
        ("--named", ["notes", "docker"]),
        ("o --named --since 2d", ["notes"]),
        ("--named -R", ["docker", "notes"]),
        ("--sort name", ["docker", "notes", ""]),
        ("--sort created", ["", "docker", "notes"]),
        ("--sort created --reverse -n 1", ["notes"]),
        ("--model % --all", []),
    ],
)
def test_sessions_are_chosen_and_ordered(options: str, expected: list[str]) -> None:
    assert listed(*options.split()) == expected


def test_the_trash_can_be_searched_too() -> None:
    run("sessions", "delete", "docker")
    assert listed("docker") == []
    assert listed("docker", "--deleted", "--since", "1h") == ["docker"]
    assert listed("docker", "--deleted", "--until", "1h") == []


def test_nothing_found_is_told_apart_from_nothing_there() -> None:
    assert run("sessions", "list", "nowhere").err == "No session matches.\n"
    assert run("sessions", "list", "x", "--deleted").err == "No session in the trash matches.\n"


@pytest.mark.parametrize(
    "options",
    [
        "nowhere",
        "nowhere --json",
        "nowhere -F jsonl",
        "nowhere -F id --quiet",
        "nowhere -F table",
        "--model nowhere",
        "--provider nowhere",
        "--since 2999-01-01",
        "--until 1999-01-01",
        "--deleted --named",
        "docker --deleted",
    ],
)
def test_a_search_without_a_hit_is_a_negative_answer(options: str) -> None:
    assert run("sessions", "list", *options.split()).status == 1


def test_an_empty_list_that_nothing_was_looked_for_in_is_none(home: Path) -> None:
    assert run("sessions", "list", "--deleted").status == 0
    assert run("--db", ":memory:", "sessions", "list").status == 0
    assert run("sessions", "stats", "--since", "2999-01-01").status == 1
    assert run("--db", ":memory:", "sessions", "stats").status == 0


def test_a_time_that_is_none_is_refused_before_anything_is_listed() -> None:
    ran = run("sessions", "list", "--since", "5m")
    assert (ran.status, ran.out) == (2, b"")
    assert "may be minutes or months" in ran.err


def test_how_to_see_more_repeats_what_was_asked_for(program: Path) -> None:
    command = [str(program), "sessions", "list", "--named", "--sort", "name", "-n", "1", "o"]
    with Terminal(command) as terminal:
        assert terminal.end() == 0
        more = "1 of 2 sessions · more: synapse sessions list o --named --sort name -n 2"
        assert more in terminal.text


def test_a_table_has_the_times_that_are_asked_for() -> None:
    run("-p", "echo", "one")
    moment = sessions()[0]["updated_at"]
    table = run("sessions", "list", "-F", "table", "--time", "iso").text
    assert moment[:16] in table
    assert "just now" in run("sessions", "list", "-F", "table").text
    assert run("sessions", "list", "--time", "iso").rows[0][1] == moment
