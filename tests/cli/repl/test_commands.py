"""The table of slash commands."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import synapse.cli.repl
from synapse.cli.repl.slash_commands import COMMANDS, OTHER_NAMES


def test_other_names_lead_to_commands() -> None:
    assert set(OTHER_NAMES.values()) <= set(COMMANDS)
    assert not set(OTHER_NAMES) & set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_one_short_line(name: str) -> None:
    summary = COMMANDS[name].summary
    assert summary
    assert not summary.endswith(".")
    assert len(f"  /{name} {COMMANDS[name].words}") <= 22
    assert len(summary) <= 36  # the help fits sixty columns


def test_every_command_that_messages_name_exists() -> None:
    import re

    sources = [*Path(synapse.cli.repl.__file__).parent.glob("*.py")]
    named = {
        name
        for source in sources
        for name in re.findall(r"  /([a-z]+)\b", source.read_text())
        if name not in {"etc"}
    }
    assert named <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_done_by_a_function(name: str) -> None:
    module, _, function = COMMANDS[name].run.partition(":")
    assert callable(getattr(import_module(f"synapse.cli.repl.{module}"), function))
