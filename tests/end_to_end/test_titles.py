"""Titles by a model: made beside the user, by a process of their own."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, openai
from program import Installed, run, sessions
from prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loopback.server import Exchange

_DEADLINE = 30.0
"""Seconds after which what is waited for is missing; never a pause."""


def is_for_a_title(exchange: Any) -> bool:
    return "-begin" in exchange.request.json()["messages"][-1]["content"]


def answer(exchange: Exchange) -> None:
    """A title to whoever wants one, else an answer."""
    openai.answer("Docker volumes" if is_for_a_title(exchange) else "So: …")(exchange)


@pytest.fixture
def server(home: Path) -> Iterator[Loopback]:
    with Loopback(*[answer] * 20) as loopback:
        folder = home / ".config" / "synapse"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(
            f'provider = "bench"\n[ui]\ntitles = "model"\ntitle_model = "cheap"\n'
            f'[providers.bench]\nbase_url = "{loopback.url}/v1"\nmodel = "m"\n'
        )
        yield loopback


def titles() -> list[str | None]:
    return [session["title"] for session in sessions()]


def until(holds: Any) -> None:
    end = time.monotonic() + _DEADLINE
    while not holds():
        assert time.monotonic() < end, titles()
        time.sleep(0.02)


def test_a_session_has_a_title_after_its_first_answer(server: Loopback, program: Path) -> None:
    ended = Installed(program)("Explain docker volumes")
    assert (ended.status, ended.err) == (0, "")
    until(lambda: titles() == ["Docker volumes"])
    assert [request.json()["model"] for request in server.requests] == ["m", "cheap"]
    assert sessions()[0]["message_count"] == 2
    assert run("sessions", "stats", "--json").json()["totals"]["messages"] == 2
    Installed(program)("-c", "And then?")
    assert len(server.requests) == 3  # it has a title


def test_a_title_is_made_at_the_prompt_and_one_of_a_person_stands(
    server: Loopback, program: Path
) -> None:
    with Prompt([str(program)]) as window:
        window.enter("/title Mine")
        window.enter("Explain docker volumes")
        window.ready()
        window.enter("/new")
        window.enter("Once more")
        window.ready()
        until(lambda: titles() == ["Docker volumes", "Mine"])
        assert window.quit() == 0
    assert sum("-begin" in r.json()["messages"][-1]["content"] for r in server.requests) == 1


@pytest.mark.parametrize(
    ("words", "environ"),
    [
        (["--no-save", "hello"], {}),
        (["hello"], {"SYNAPSE_TITLES": "first"}),
        (["hello"], {"SYNAPSE_TITLES": "off"}),
        (["--db", "sqlite::memory:", "hello"], {}),
    ],
)
def test_without_being_wanted_none_is_made(
    server: Loopback,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    environ: dict[str, str],
) -> None:
    begun: list[object] = []
    monkeypatch.setattr(os, "posix_spawn", lambda *given, **_: begun.append(given))
    assert run(*words, environ=environ).status == 0
    assert begun == []
    assert len(server.requests) == 1


def test_a_failure_goes_unsaid_and_the_first_question_stands(home: Path, program: Path) -> None:
    def failing(exchange: Exchange) -> None:
        fails = is_for_a_title(exchange)
        (openai.error(400, "no") if fails else openai.answer("So: …"))(exchange)

    with Loopback(*[failing] * 9) as server:
        environ = {
            "SYNAPSE_TITLES": "model",
            "SYNAPSE_PROVIDER": "ollama",
            "SYNAPSE_MODEL": "m",
            "OLLAMA_HOST": server.url,
        }
        folder = home / ".config" / "synapse"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(f'[providers.ollama]\nbase_url = "{server.url}/v1"\n')
        ended = Installed(program)("Explain docker volumes", environ=environ)
        assert (ended.status, ended.err) == (0, "")
        until(lambda: len(server.requests) >= 2)
        assert titles() == [None]


def test_off_leaves_the_first_question_out_of_lists_on_a_terminal(
    home: Path, program: Path
) -> None:
    run("-p", "echo", "a private question")
    run("-p", "echo", "--name", "named", "another")
    with Prompt([str(program), "sessions", "list"], environ={"SYNAPSE_TITLES": "off"}) as window:
        window.shows("named")
        assert window.end() == 0
        assert "private" not in "\n".join(window.lines)
    assert "a private question" in run("sessions", "list").text
