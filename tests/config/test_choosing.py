"""Who answers: a conversation never goes to another company because of how a model is spelt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, openai
from program import run, sessions
from prompt import Prompt

from synapse.config import load
from synapse.config.choosing import Choice, for_new_session, for_session
from synapse.domain import Session
from synapse.ports import ProviderOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOTH = {"OPENROUTER_API_KEY": "k-router", "OPENAI_API_KEY": "k-openai"}
ROUTER = {"OPENROUTER_API_KEY": "k-router"}


class Who:
    """A configuration and an environment."""

    def __init__(self, environ: dict[str, str], **settings: Any) -> None:
        self.environ = environ
        self.settings = load({}, {}).replace(**settings)


def new(who: Who, model: str | None, provider: str | None = None) -> tuple[str, str]:
    choice = for_new_session(who, provider, model)
    return choice.provider, choice.model


def on(active: str, model: str, environ: dict[str, str], **settings: Any) -> Choice:
    """Who goes on with a session of `active`."""
    return for_session(Who(environ, **settings), Session.new(active, "m"), None, model)


MINE = {"providers": {"mine": ProviderOptions(base_url="http://127.0.0.1:1/v1")}}


@pytest.mark.parametrize("active", ["openrouter", "groq", "together", "litellm", "vllm", "mine"])
@pytest.mark.parametrize(
    "model", ["openai/gpt-6-luna", "anthropic/claude-x", "deepseek/deepseek-r1:free", "cohere/c"]
)
def test_beside_a_gateway_a_vendors_name_is_a_part_of_the_models(active: str, model: str) -> None:
    choice = on(active, model, BOTH, **MINE)
    assert (choice.provider, choice.model) == (active, model)
    assert choice.also == (("openai", "gpt-6-luna") if model.startswith("openai/") else None)


def test_the_other_is_not_named_where_it_has_no_key() -> None:
    assert on("openrouter", "openai/gpt-6-luna", ROUTER).also is None


@pytest.mark.parametrize("active", ["deepseek", "anthropic", "openai", "echo", "local"])
def test_beside_a_vendor_of_its_own_models_it_names_the_provider(active: str) -> None:
    choice = on(active, "mistral/mistral-large", BOTH)
    assert (choice.provider, choice.model, choice.also) == ("mistral", "mistral-large", None)


def test_what_is_no_company_is_named_everywhere_but_beside_litellm() -> None:
    for active in ("openrouter", "vllm", "mine"):
        choice = on(active, "ollama/qwen3", BOTH, **MINE)
        assert (choice.provider, choice.model) == ("ollama", "qwen3")
    assert on("litellm", "ollama/qwen3", BOTH).provider == "litellm"
    choice = on("openrouter", "mine/openai/gpt-6", BOTH, **MINE)
    assert (choice.provider, choice.model) == ("mine", "openai/gpt-6")
    assert on("openrouter", "echo/echo", BOTH).provider == "echo"


@pytest.mark.parametrize("active", ["openrouter", "openai", "mine"])
def test_a_gateways_own_name_leads_to_it(active: str) -> None:
    found = on(active, "openrouter/openai/gpt-6-luna", BOTH, **MINE)
    if active == "mine":  # a server of one's own may be in front of it
        assert (found.provider, found.model) == ("mine", "openrouter/openai/gpt-6-luna")
    else:
        assert (found.provider, found.model) == ("openrouter", "openai/gpt-6-luna")
        assert on(active, "openrouter/auto", BOTH).model == "openrouter/auto"


@pytest.mark.parametrize(
    ("settings", "environ", "answers"),
    [
        ({"provider": "openrouter"}, BOTH, "openrouter"),
        ({"provider": "openrouter", "aliases": {"gpt": "openai/gpt-6-luna"}}, BOTH, "openrouter"),
        ({"provider": "openrouter", "model": "openai/gpt-6-luna"}, BOTH, "openrouter"),
        ({"model": "openrouter/auto"}, BOTH, "openrouter"),
        ({}, ROUTER, "openrouter"),
        ({"model": "openai/gpt-6-luna"}, ROUTER, "openrouter"),
        ({}, BOTH, "openai"),
        ({"provider": "deepseek"}, BOTH, "openai"),
    ],
)
def test_a_new_session_is_answered_by_the_active_provider(
    settings: dict[str, Any], environ: dict[str, str], answers: str
) -> None:
    who = Who(environ, **settings)
    model = "gpt" if "aliases" in settings else "openai/gpt-6-luna"
    spelt = "openai/gpt-6-luna" if answers == "openrouter" else "gpt-6-luna"
    assert new(who, model) == (answers, spelt)
    if settings.get("model") == "openai/gpt-6-luna":
        assert new(who, None) == (answers, spelt)


def test_a_flag_says_it_without_doubt() -> None:
    who = Who(BOTH, provider="openrouter")
    assert new(who, "gpt-6-luna", "openai") == ("openai", "gpt-6-luna")
    assert new(who, "openai/gpt-6-luna", "openrouter") == ("openrouter", "openai/gpt-6-luna")


# ------------------------------------------------------------------------------- on the wire


@pytest.fixture
def servers(home: Path) -> Iterator[dict[str, Loopback]]:
    """OpenRouter, which is configured, and OpenAI, as servers on loopback."""
    with Loopback(openai.answer("Routed.")) as router, Loopback(openai.answer("Direct.")) as vendor:
        folder = home / ".config" / "synapse"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "config.toml").write_text(
            'provider = "openrouter"\n'
            f'[providers.openrouter]\nbase_url = "{router.url}/v1"\napi_key = "k-router"\n'
            f'[providers.openai]\nbase_url = "{vendor.url}/v1"\napi_key = "k-openai"\n'
        )
        (folder / "config.toml").chmod(0o600)
        yield {"openrouter": router, "openai": vendor}


def test_the_conversation_stays_and_the_other_is_named(servers: dict[str, Loopback]) -> None:
    ran = run("-m", "openai/gpt-6-luna", "one")
    assert ran.text == "Routed.\n"
    assert ran.err.startswith(
        "openai/gpt-6-luna is asked of openrouter."
        " Of openai itself:  synapse -p openai -m gpt-6-luna …\n"
    )
    assert run("-q", "-c", "-m", "openai/gpt-6-sol", "two").err == ""
    assert run("retry", "-m", "openai/gpt-6").text == "Routed.\n"
    assert [request.json()["model"] for request in servers["openrouter"].requests] == [
        "openai/gpt-6-luna",
        "openai/gpt-6-sol",
        "openai/gpt-6",
    ]
    assert servers["openai"].requests == []
    assert sessions()[0]["provider"] == "openrouter"


def test_at_the_prompt_a_blank_tells_them_apart(
    program: Path, servers: dict[str, Loopback]
) -> None:
    with Prompt([str(program)]) as window:
        window.enter("/model openai/gpt-6-luna")
        window.shows("/model openai gpt-6-luna")
        window.enter("one").shows("Routed.")
        window.enter("/model openai gpt-6-luna")
        window.shows("openai/gpt-6-luna")
        window.enter("two").shows("Direct.")
        assert window.quit() == 0
    assert servers["openai"].requests[-1].json()["model"] == "gpt-6-luna"
