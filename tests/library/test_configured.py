"""The provider, the store and the answers that are configured, as a program gets them."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, openai
from program import run

import synapse
from synapse import ConfigError, Conversation, CredentialsError, NoSuchSession, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "sk-of-this-test"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback(openai.answer("Hel", "lo")) as server:
        yield server


@pytest.fixture
def configured(home: Path, server: Loopback) -> Loopback:
    """A home in which `synapse "…"` works: a provider of one's own, its key, a model."""
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "config.toml").write_text(
        'provider = "mine"\nmodel = "quick"\nsystem_prompt = "Be brief."\nmax_tokens = 77\n'
        '[aliases]\nquick = "loopback-2"\n'
        "[parameters]\ntemperature = 0.5\n"
        f'[providers.mine]\nbase_url = "{server.url}/v1"\n'
        f'[providers.other]\nbase_url = "{server.url}/v1"\n'
    )
    (folder / "keys.toml").write_text(f'mine = "{KEY}"\n')
    (folder / "keys.toml").chmod(0o600)
    return server


def test_a_question_is_asked_as_the_program_asks_it(configured: Loopback) -> None:
    assert "".join(synapse.ask("Hi")) == "Hello"
    ended = run("Hi")
    assert (ended.status, ended.text) == (0, "Hello\n")
    ours, the_programs = configured.requests
    assert ours.headers["authorization"] == f"Bearer {KEY}"
    assert ours.json() == the_programs.json()
    assert (ours.json()["model"], ours.json()["temperature"]) == ("loopback-2", 0.5)
    assert [m["content"] for m in ours.json()["messages"]] == ["Be brief.", "Hi"]


def test_the_answer_is_stored_where_the_program_finds_it(configured: Loopback) -> None:
    answer = synapse.ask("What is a monad?").message()
    (listed,) = run("sessions", "list", "--json").json()["sessions"]
    assert (listed["id"], listed["preview"]) == (answer.session_id, "What is a monad?")
    assert (listed["provider"], listed["model"]) == ("mine", "loopback-2")
    with synapse.create_storage() as store:
        assert store.get_messages(answer.session_id)[1] == answer


def test_a_session_goes_on_by_its_ref(configured: Loopback) -> None:
    run("--name", "docker", "first")
    synapse.ask("second", session="docker").text()
    asyncio.run(asyncio.wait_for(_ask("third"), 30))
    sent = [m["content"] for m in configured.requests[2].json()["messages"]]
    assert sent == ["Be brief.", "first", "Hello", "second", "Hello", "third"]
    with pytest.raises(NoSuchSession):
        synapse.ask("?", session="kubernetes").text()


async def _ask(prompt: str) -> None:
    answer = synapse.aask(prompt, session="@1")
    assert "".join([piece async for piece in answer]) == "Hello"


def test_flags_win_over_the_configuration(configured: Loopback) -> None:
    synapse.ask("Hi", model="loopback-1", system_prompt="").text()
    sent = configured.requests[0].json()
    assert (sent["model"], len(sent["messages"])) == ("loopback-1", 1)
    assert synapse.ask("Hi", provider="other", model="a/b").message().provider == "other"
    assert synapse.ask("Hi", model="other/c/d").message().provider == "other"
    assert [sent.json()["model"] for sent in configured.requests[1:]] == ["a/b", "c/d"]


def test_nothing_is_stored_where_the_caller_says_so(configured: Loopback, home: Path) -> None:
    assert synapse.ask("Hi", save=False).text() == "Hello"
    assert list(home.rglob("*.db*")) == []


def test_the_configured_provider_answers_in_a_conversation_of_ones_own(
    configured: Loopback,
) -> None:
    provider = synapse.create_provider()
    assert provider.name == "mine"
    conversation = Conversation(None, provider)
    assert conversation.ask("Hi").text() == "Hello"
    sent = configured.requests[0]
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.json()["model"] == conversation.session.model == "loopback-2"
    other = Conversation(None, synapse.create_provider(model="loopback-1"))
    other.ask("Hi").text()
    assert configured.requests[1].json()["model"] == "loopback-1"


def test_a_key_in_the_environment_chooses_the_provider() -> None:
    environ = {**os.environ, "MISTRAL_API_KEY": KEY}
    provider = synapse.create_provider(environ=environ)
    assert provider.name == "mistral"
    assert Conversation(None, provider).session.model == "mistral-medium-latest"


def test_without_a_key_the_reader_hears_of_it(home: Path) -> None:
    answer = synapse.ask("Hi")
    with pytest.raises(CredentialsError, match="no provider is configured"):
        answer.text()
    with pytest.raises(CredentialsError):
        synapse.create_provider()
    with pytest.raises(CredentialsError, match='"openai"'):
        synapse.create_provider("openai")
    with synapse.create_storage() as store:
        assert store.count_sessions() == 0


def test_what_is_not_there_is_refused(configured: Loopback, home: Path) -> None:
    with pytest.raises(UsageError, match="opnai"):
        synapse.create_provider("opnai")
    with pytest.raises(UsageError, match="opnai"):
        synapse.ask("Hi", provider="opnai").text()
    (home / ".config" / "synapse" / "config.toml").write_text('providr = "echo"\n')
    with pytest.raises(ConfigError, match="providr"):
        synapse.ask("Hi").text()
    assert configured.requests == []


def test_configured_prices_hold_for_programs_too(configured: Loopback, home: Path) -> None:
    file = home / ".config" / "synapse" / "config.toml"
    file.write_text(file.read_text() + '[prices."mine/loopback-2"]\ninput = 1\noutput = 2\n')
    usage = synapse.ask("Hi").message().usage
    assert (usage.cost, usage.cost_source) == (7 * 1000 + 3 * 2000, "config")
