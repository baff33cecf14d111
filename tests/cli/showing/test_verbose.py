"""`--verbose`: what is said below an answer, for whoever looks for a fault."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, openai, scripts
from program import run, sessions

if TYPE_CHECKING:
    from pathlib import Path

    from loopback import Script

KEY = "sk-canary-0123456789abcdef"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE_KEY", KEY)


def serve(home: Path, server: Loopback) -> None:
    """Make the server the provider."""
    file = home / ".config" / "synapse" / "config.toml"
    file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    file.write_text(
        'provider = "here"\n[providers.here]\n'
        f'base_url = "{server.url}/v1"\nmodel = "alias-of-it"\napi_key_env = "HERE_KEY"\n'
    )


def timeless(text: str) -> list[str]:
    return re.sub(r"\d+\.\d\d s", "N s", text).splitlines()


def test_an_answer_is_followed_by_who_gave_it_and_how(home: Path) -> None:
    thought = openai.chunk({"reasoning_content": "Hm."})
    slow_down = openai.error(429, "slow down", headers={"Retry-After-Ms": "20"})
    answer = scripts.stream(thought, *openai.stream_of(["Paris", "."]))
    with Loopback(slow_down, answer) as server:
        serve(home, server)
        ran = run("-v", "Where?")
        address = f"{server.url}/v1"
    assert ran.text == "Paris.\n"
    [session] = sessions()
    assert timeless(ran.err)[-3:] == [
        f"here/alias-of-it · {address} · answered by loopback-1",
        "first thought after N s · first text after N s · N s in all · 1 retry"
        " · finish reason: stop",
        f"tokens sent: 7 · tokens received: 3 · messages 1 and 2 of {session['id']}",
    ]
    assert KEY not in ran.err
    times = [float(number) for number in re.findall(r"(\d+\.\d\d) s", ran.err)]
    assert times == sorted(times)


def test_of_the_tokens_it_is_told_what_was_cached_and_what_was_thought(home: Path) -> None:
    counts = {
        "prompt_tokens": 2006,
        "completion_tokens": 300,
        "prompt_tokens_details": {"cached_tokens": 1920, "cache_write_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 192},
        "cost": 0.00014,
    }
    last = openai.chunk(finish="stop", usage=counts)
    with Loopback(scripts.stream(openai.chunk({"content": "Paris."}), last, openai.DONE)) as server:
        serve(home, server)
        ran = run("-v", "Where?")
        answered = json.loads(run("--json", "Where?").out)
    assert (
        "tokens sent: 2,006 (1,920 cached, 0 written to the cache)"
        " · tokens received: 300 (192 of the reasoning) · messages 1 and 2 of"
    ) in ran.err
    assert answered["message"]["usage"] == {
        "input_tokens": 2006,
        "output_tokens": 300,
        "cached_tokens": 1920,
        "cache_write_tokens": 0,
        "reasoning_tokens": 192,
        "cost": 140_000,
        "cost_source": "provider",
    }


def test_what_the_server_refuses_to_be_asked_is_told_here_and_only_here(home: Path) -> None:
    refusal = openai.error(400, "Unrecognized request argument supplied: stream_options")
    with Loopback(refusal, openai.answer("Paris.")) as server:
        serve(home, server)
        assert run("Where?").err == ""
        asked = [sent.json().get("stream_options") for sent in server.requests]
        told = run("-v", "Where?").err
        assert len(server.requests) == 3
        assert "stream_options" not in server.requests[2].json()
    assert asked == [{"include_usage": True}, None]
    assert "/v1 · without stream_options, which it refuses · answered by loopback-1" in told


def test_the_first_text_is_told_apart_from_the_end(home: Path) -> None:
    with Loopback(openai.answer(*["word "] * 4, seconds_apart=0.1)) as server:
        serve(home, server)
        ran = run("-v", "Go")
    first, whole = (float(number) for number in re.findall(r"(\d+\.\d\d) s", ran.err))
    assert whole - first >= 0.2


@pytest.mark.parametrize("script", [openai.error(500, "broken"), scripts.unended()])
def test_a_failure_is_detailed_too(script: Script, home: Path) -> None:
    with Loopback(script) as server:
        serve(home, server)
        ran = run("-v", "Where?")
    assert ran.status == 5
    lines = timeless(ran.err)
    details = next(line for line in lines if "finish reason" in line)
    assert details.endswith(" · finish reason: not said · failed")
    assert lines.index(details) < next(n for n, line in enumerate(lines) if "error: " in line)
    assert "tokens sent: not said" in ran.err


def test_a_question_that_is_asked_again_or_not_saved_says_so() -> None:
    run("-p", "echo", "one")
    [session] = sessions()
    assert f" · message 3 of {session['id']}\n" in run("retry", "-v").err
    assert " · messages 4 and 5 of " in run("-c", "-v", "two").err
    assert run("-p", "echo", "-v", "--no-save", "one").err.endswith(" · not saved\n")


def test_nobody_who_wants_quiet_or_did_not_ask_gets_details() -> None:
    assert run("-p", "echo", "one").err == ""
    assert run("-p", "echo", "-v", "-q", "one").err == ""
