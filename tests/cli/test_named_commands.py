"""Messages name commands: each of them has to be there."""

from __future__ import annotations

import re
from pathlib import Path

import synapse
from synapse.cli.commands import COMMANDS

NAMED = re.compile(r"synapse ([a-z]+) ([a-z]+(?:-[a-z]+)*)")


def test_every_subcommand_that_a_message_names_exists() -> None:
    folder = Path(synapse.__file__).parent
    named = {
        pair for path in folder.rglob("*.py") for pair in NAMED.findall(path.read_text("utf-8"))
    }
    groups = {name: command.subcommands for name, command in COMMANDS.items()}
    missing = {
        f"synapse {group} {word}"
        for group, word in named
        if groups.get(group) and word not in groups[group]
    }
    assert len(named) > 20
    assert missing == set()
