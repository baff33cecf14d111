"""What the program says to somebody who tries it for the first time, and gets things wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, openai
from program import Installed
from prompt import Prompt

if TYPE_CHECKING:
    from pathlib import Path

PULL = "synapse models pull local"


def configure(home: Path, text: str) -> None:
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    (folder / "config.toml").write_text(text)


# ------------------------------------------------------------------- the local model


def test_where_only_the_weights_are_missing_the_first_error_says_how_to_get_them(
    program: Path,
) -> None:
    ran = Installed(program)("Hello")
    assert ran.status == 4
    assert ran.err.splitlines() == [
        "error: no provider is configured, and no API key was found",
        "  Store a key:    synapse keys set openai",
        "  or for now:     export OPENAI_API_KEY=…",
        f"  or without one: {PULL}",
        '  Try it without: synapse -p echo "hello"',
    ]


def test_where_only_the_weights_are_missing_the_welcome_says_how_to_get_them(
    program: Path,
) -> None:
    with Prompt([str(program)]) as window:
        window.shows(f"A small model here needs no key:  !{PULL}  fetches it.")
        assert window.quit() == 0


# -------------------------------------------------------- a model of another provider


@pytest.mark.parametrize(
    ("model", "owner"),
    [
        ("claude-sonnet-5-5", "anthropic"),
        ("claude-9", "anthropic"),
        ("gemini-flash-latest", "gemini"),
        ("deepseek-v4-flash", "deepseek"),
        ("grok-4.7", "xai"),
        ("smollm2-135m-instruct", "local"),
        ("house-model", "mine"),
    ],
)
def test_the_model_of_another_provider_names_that_provider_and_is_not_sent(
    program: Path, home: Path, model: str, owner: str
) -> None:
    with Loopback(openai.answer("Yes.")) as server:
        configure(
            home,
            f'[providers.openai]\nbase_url = "{server.url}/v1"\n'
            '[providers.mine]\nbase_url = "http://localhost:1/v1"\nmodel = "house-model"\n',
        )
        for words in (["-m", model, "Hello"], ["-m", model, "--no-save", "Hello"]):
            ran = Installed(program)(*words, environ={"OPENAI_API_KEY": "sk-test"})
            assert ran.status == 2
            assert ran.err.splitlines() == [
                f'error: the model "{model}" is one of {owner}, not of openai; nothing was sent',
                f"  Ask it there:  synapse -p {owner} -m {model} …",
            ]
        assert server.requests == []


def test_whoever_names_a_server_in_the_place_of_a_vendor_may_ask_it_for_any_model(
    program: Path, home: Path
) -> None:
    with Loopback(openai.answer("Yes.")) as server:
        configure(home, f'[providers.openai]\nbase_url = "{server.url}/v1"\n')
        ran = Installed(program)(
            "-p", "openai", "-m", "claude-sonnet-5-5", "Hi", environ={"OPENAI_API_KEY": "sk-test"}
        )
        assert (ran.status, ran.out) == (0, b"Yes.\n")


def test_at_the_prompt_the_model_of_another_provider_names_it_as_it_is_typed_there(
    program: Path,
) -> None:
    with Prompt([str(program)], environ={"OPENAI_API_KEY": "sk-test"}) as window:
        window.enter("/model claude-sonnet-5-5")
        window.shows('error: the model "claude-sonnet-5-5" is one of anthropic, not of openai')
        window.shows("  Ask it there:  /model anthropic/claude-sonnet-5-5")
        assert window.quit() == 0
