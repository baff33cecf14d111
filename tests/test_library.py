"""What `import synapse` offers."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import synapse

if TYPE_CHECKING:
    from pathlib import Path


def test_every_public_name_exists() -> None:
    for name in synapse.__all__:
        assert getattr(synapse, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'replly'"):
        synapse.replly  # noqa: B018


def test_importing_costs_nothing() -> None:
    script = "import sys; old = set(sys.modules); import synapse; print(*set(sys.modules) - old)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) == {"__future__", "synapse"}


def test_a_conversation_takes_six_lines(tmp_path: Path) -> None:
    from synapse import Session, open_provider, open_store, reply

    provider = open_provider("echo")
    with open_store(f"sqlite:{tmp_path}/sessions.db") as store:
        session = Session.new(provider.name, "echo")
        reply(store, provider, session, "Hello", create=True)
        reply(store, provider, session, "again")
        texts = [message.content for message in store.get_messages(session.id)]
    assert texts == ["Hello", "Hello", "again", "again"]
