"""What Tab offers at the prompt."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from contract.builders import a_finished_turn, a_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from synapse.cli.context import Context
from synapse.cli.repl.completer import TabCompleter
from synapse.cli.repl.slash_commands import COMMANDS
from synapse.terminal.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def context(home: Path) -> Iterator[Context]:
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "config.toml").write_text(
        '[aliases]\nfast = "echo/echo"\n[providers.mine]\nmodel = "own-model"\n'
        'base_url = "http://localhost:1/v1"\n'
    )
    opened = Context(Streams(0, 1, 2), os.environ)
    yield opened
    opened.close()


def offered(context: Context, text: str) -> list[str]:
    """The input as it would be after each of the completions."""
    completer = TabCompleter(context, lambda: None)
    return [
        text[: len(text) + completion.start_position] + completion.text
        for completion in completer.get_completions(Document(text), CompleteEvent())
    ]


def test_a_slash_offers_all_commands(context: Context) -> None:
    assert [line.strip() for line in offered(context, "/")] == [f"/{name}" for name in COMMANDS]


def test_a_command_is_completed_with_room_for_its_words(context: Context) -> None:
    assert offered(context, "/ren") == ["/rename "]
    assert offered(context, "/und") == ["/undo"]


def test_sessions_are_offered_by_name_title_handle_and_id(context: Context) -> None:
    named, other = a_session(name="docker volumes"), a_session(title="All the rest")
    a_finished_turn(context.store, named, "Explain bind mounts", create=True)
    a_finished_turn(context.store, other, "Something else", create=True)
    for typed in ("docker", "VOLUMES", "bind m", named.id[-8:], named.id[-8:-3], named.id):
        assert "/open docker volumes" in offered(context, f"/open {typed}"), typed
    for typed in ("something", "THE REST"):
        assert offered(context, f"/open {typed}") == [f"/open {other.id[-8:]}"]
    assert offered(context, "/open nothing like that") == []


def test_models_are_offered_without_asking_anybody(context: Context) -> None:
    assert offered(context, "/model own") == ["/model mine/own-model"]
    assert offered(context, "/model fast") == ["/model fast"]
    assert "/retry openai/gpt-6-luna" in offered(context, "/retry gpt")


def test_files_are_offered(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.txt").touch()
    monkeypatch.chdir(tmp_path)
    assert offered(context, "/save not") == ["/save notes.txt"]
    assert offered(context, "/system @not") == ["/system @notes.txt"]
    assert offered(context, f"/file {tmp_path}/not") == [f"/file {tmp_path}/notes.txt"]
    assert offered(context, "what says @not") == ["what says @notes.txt"]
    (tmp_path / "two words.txt").touch()
    assert offered(context, "what says @tw") == ['what says @"two words.txt']
    assert offered(context, 'what says @"two w') == ['what says @"two words.txt']


def test_a_question_is_not_completed(context: Context) -> None:
    assert offered(context, "What is") == []
    assert offered(context, "") == []
