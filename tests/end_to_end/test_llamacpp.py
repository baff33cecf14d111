"""Sessions at a real llama.cpp, whose window and eyes are small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from llamacpp import LlamaCpp
from program import Ran, messages, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONG = "word " * 900
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
def server(weights: Path, home: Path) -> Iterator[LlamaCpp]:
    """One with a window of 512 tokens, configured as the provider that is asked."""
    with LlamaCpp(weights, context=512) as running:
        folder = home / ".config" / "synapse"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "config.toml").write_text(
            f'provider = "llama"\n[providers.llama]\nbase_url = "{running.url}"\nmodel = "m"\n'
        )
        yield running


def code(ran: Ran) -> str | None:
    """Of the error; None for an answer."""
    error = ran.json().get("error")
    return error["code"] if error else None


def test_a_session_goes_on_after_questions_that_were_refused(
    server: LlamaCpp, tmp_path: Path
) -> None:
    server.load()
    (tmp_path / "dot.png").write_bytes(PNG)
    assert code(run("--json", "Say one.")) is None
    assert code(run("--json", "-c", stdin=LONG.encode())) == "context_too_long"
    assert code(run("--json", "-c", "Say two.")) is None
    image = run("--json", "-c", "-f", str(tmp_path / "dot.png"), "What is this?")
    assert code(image) == "image_refused"
    assert image.json()["message"]["error"].startswith("image_refused: llama answered 500")
    assert code(run("--json", "-c", "Say three.")) is None
    assert code(run("retry", "--json")) is None
    refused = [message["refused"] for message in messages() if message["role"] == "user"]
    assert refused == [None, "context_too_long", None, "image_refused", None]


def test_a_first_question_that_was_refused_does_not_come_back(server: LlamaCpp) -> None:
    server.load()
    assert code(run("--json", stdin=LONG.encode())) == "context_too_long"
    assert code(run("--json", "-c", stdin=LONG.encode())) == "context_too_long"
    assert code(run("--json", "-c", "Say one.")) is None
    branch = run("sessions", "fork", "@1", "--at", "3")
    assert branch.status == 0, branch
    assert code(run("--json", "-c", "Say two.")) is None
    assert code(run("retry", "--json")) is None
