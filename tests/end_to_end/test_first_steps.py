"""What the program says to somebody who tries it for the first time, and gets things wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, openai, scripts
from program import Installed, sessions
from prompt import Prompt

if TYPE_CHECKING:
    from pathlib import Path

    from loopback.server import Script

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


# -------------------------------------------------------------- what can be done after a failure

HERE = 'provider = "here"\n[providers.here]\nbase_url = "{url}/v1"\nmodel = "m"\nattempts = 1\n'


def failed(program: Path, home: Path, script: Script, *words: str) -> list[str]:
    """What is said of a question that the server answers like this."""
    with Loopback(script) as server:
        configure(home, HERE.format(url=server.url))
        ran = Installed(program)(*(words or ("Hello",)))
    assert ran.status in (4, 5)
    return ran.err.splitlines()


@pytest.mark.parametrize("status", [400, 403, 404, 413, 422])
def test_what_must_fail_again_is_not_to_be_tried_again(
    program: Path, home: Path, status: int
) -> None:
    lines = failed(program, home, openai.error(status, "no"))
    handle = sessions()[0]["handle"]
    left_out = "; it is not sent with later ones" if status in (400, 413, 422) else ""
    assert lines[-1] == f"  Your question is saved in {handle}{left_out}."
    assert not any("gain" in line or "retry" in line for line in lines)


def test_a_model_that_there_is_not_is_answered_with_another_one(program: Path, home: Path) -> None:
    lines = failed(program, home, openai.error(404, "no such model", name="model_not_found"))
    handle = sessions()[0]["handle"]
    assert lines[1:] == [
        "  See which there are:  synapse models -p here",
        f"  Your question is saved in {handle}. Ask another:  synapse retry -s {handle} -m MODEL",
    ]


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (429, "Try again later:  synapse retry -s {handle}"),
        (500, "Try again later:  synapse retry -s {handle}"),
        (503, "Try again later:  synapse retry -s {handle}"),
        (
            402,
            "Add credit at here, or ask another provider:"
            "  synapse retry -s {handle} -m PROVIDER/MODEL",
        ),
    ],
)
def test_there_is_one_advice_to_try_again_and_it_names_the_session(
    program: Path, home: Path, status: int, advice: str
) -> None:
    lines = failed(program, home, openai.error(status, "not now"))
    handle = sessions()[0]["handle"]
    assert lines[1:] == [
        f"  {advice.format(handle=handle)}",
        f"  Your question is saved in {handle}.",
    ]


def test_after_half_an_answer_there_is_one_way_on(program: Path, home: Path) -> None:
    lines = failed(program, home, scripts.stream(openai.chunk({"content": "Half a"})))
    handle = sessions()[0]["handle"]
    assert lines[1:] == [
        f"  The partial answer (6 characters) is saved in {handle}."
        f' Go on:  synapse -s {handle} "go on"'
    ]


def test_the_first_question_has_nothing_before_it_to_go_on_from(program: Path, home: Path) -> None:
    too_long = openai.error(400, "too long", name="context_length_exceeded")
    lines = failed(program, home, too_long)
    handle = sessions()[0]["handle"]
    other = f"Ask another:  synapse retry -s {handle} -m PROVIDER/MODEL"
    left_out = "it is not sent with later ones"
    assert lines[1:] == [f"  Your question is saved in {handle}; {left_out}. {other}"]
    lines = failed(program, home, too_long, "retry")
    assert not any("--fork" in line for line in lines)
    Installed(program)("-p", "echo", "-s", handle, "And now?")
    lines = failed(program, home, too_long, "-s", handle, "-p", "here", "And then?")
    assert lines[1] == '  Go on from an earlier message:  synapse -c --fork --at N "…"'


@pytest.mark.parametrize("status", [404, 429])
def test_where_nothing_is_saved_there_is_nothing_to_try_again(
    program: Path, home: Path, status: int
) -> None:
    lines = failed(program, home, openai.error(status, "no"), "--no-save", "Hello")
    assert lines[-1] == "  Nothing was saved (--no-save)."
    assert not any("gain" in line or "retry" in line for line in lines)


@pytest.mark.parametrize(
    ("script", "advice"),
    [
        (openai.error(429, "not now"), "Try again later:  /retry"),
        (openai.error(401, "no", name="invalid_api_key"), "Store another key:  /key here"),
        (openai.error(404, "no", name="model_not_found"), "Ask another:  /retry MODEL"),
        (scripts.stream(openai.chunk({"content": "Half"})), "Go on:  /continue"),
    ],
)
def test_at_the_prompt_there_is_only_what_can_be_typed_there(
    program: Path, home: Path, script: Script, advice: str
) -> None:
    with Loopback(script) as server:
        configure(home, HERE.format(url=server.url))
        with Prompt([str(program)]) as window:
            window.enter("Hello?")
            window.shows(f"  {advice}")
            window.ready()
            said = [line for line in window.lines if line.startswith("  ")]
            assert not any(" synapse " in line or "export " in line for line in said)
