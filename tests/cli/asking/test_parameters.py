"""`--param K=V`: what a provider takes reaches it under its own name, all else is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, openai
from program import run, sessions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """Stands in for OpenAI, and for a server `mine` that takes more."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    with Loopback(openai.answer("Yes.")) as server:
        (folder / "config.toml").write_text(
            f'[providers.openai]\nbase_url = "{server.url}/v1"\napi_key_env = "OPENAI_API_KEY"\n'
            f'[providers.mine]\nbase_url = "{server.url}/v1"\nmodel = "m"\n'
        )
        yield server


@pytest.mark.parametrize(
    ("provider", "given", "field", "sent"),
    [
        ("openai", "max_tokens=77", "max_completion_tokens", 77),
        ("mine", "max_tokens=77", "max_tokens", 77),
        ("openai", "frequency_penalty=-0.5", "frequency_penalty", -0.5),
        ("openai", "presence_penalty=1", "presence_penalty", 1),
        ("openai", "reasoning=low", "reasoning_effort", "low"),
        ("mine", "top_k=40", "top_k", 40),
        ("mine", "min_p=0.05", "min_p", 0.05),
        ("mine", "repetition_penalty=1.1", "repetition_penalty", 1.1),
    ],
)
def test_a_parameter_is_sent_under_the_name_that_the_provider_has_for_it(
    server: Loopback, provider: str, given: str, field: str, sent: object
) -> None:
    assert run("-p", provider, "--param", given, "hi").status == 0
    assert server.requests[0].json()[field] == sent


def test_a_bound_is_sent_only_if_it_is_set(
    server: Loopback, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key that the Rust program has for it sets it as before."""
    assert run("-p", "mine", "hi").status == 0
    config = home / ".config" / "synapse" / "config.toml"
    config.write_text("max_tokens = 321\n" + config.read_text())
    assert run("-p", "mine", "hi").status == 0
    monkeypatch.setenv("SYNAPSE_MAX_TOKENS", "123")
    assert run("-p", "mine", "hi").status == 0
    sent = [exchange.json().get("max_tokens") for exchange in server.requests]
    assert sent == [None, 321, 123]


def test_zero_tokens_leave_the_limit_to_the_provider(server: Loopback) -> None:
    assert run("-p", "mine", "--param", "max_tokens=0", "hi").status == 0
    assert "max_tokens" not in server.requests[0].json()


@pytest.mark.parametrize("given", ["top_k=40", "min_p=0.1", "max_tokens=-1", "max_tokens=many"])
def test_what_a_provider_does_not_take_is_refused_before_anything_is_sent(
    server: Loopback, given: str
) -> None:
    ran = run("-p", "openai", "--param", given, "hi")
    assert ran.status == 2
    assert given.partition("=")[0] in ran.err
    assert (server.requests, sessions()) == ([], [])
