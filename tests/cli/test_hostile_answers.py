"""What a server may send beside the text: no number and no name of it can take the text away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, openai, scripts
from program import messages, run

if TYPE_CHECKING:
    from pathlib import Path

    from loopback import Script

LARGEST = 10**12

NUMBERS = {
    "7": 7,
    "7.0": 7,
    '"7"': 7,
    "0": 0,
    str(LARGEST): LARGEST,
    str(LARGEST + 1): None,
    str(2**31): 2**31,
    str(2**53): None,
    str(2**63 - 1): None,
    str(2**63): None,
    str(2**64 - 1): None,
    "9" * 4000: None,
    "9" * 5000: None,  # more digits than Python makes an int of
    "-" + "9" * 5000: None,
    "-1": None,
    str(-(2**63)): None,
    "7.5": None,
    "1e400": None,
    "-1e400": None,
    "NaN": None,
    "Infinity": None,
    "1e15": None,
    "true": None,
    "false": None,
    "null": None,
    '""': None,
    '"many"': None,
    '"-3"': None,
    f'"{2**64}"': None,
    "[]": None,
    '{"cached": {"tokens": 5}}': None,
}


def ask(home: Path, script: Script, *words: str, kind: str = "openai") -> Any:
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    with Loopback(script) as server:
        (folder / "config.toml").write_text(
            f'[providers.here]\nkind = "{kind}"\nbase_url = "{server.url}/v1"\nmodel = "m"\n'
        )
        return run("-p", "here", *words, "hi")


def raw(text: str) -> bytes:
    return b"data: %b\n\n" % text.encode("utf-8", "surrogatepass")


def openai_answer(number: str) -> Script:
    usage = f'{{"prompt_tokens": {number}, "completion_tokens": {number}}}'
    return scripts.stream(
        openai.chunk({"content": "The text."}),
        openai.chunk(finish="stop"),
        raw(f'{{"model": "m", "choices": [], "usage": {usage}}}'),
        openai.DONE,
    )


def anthropic_answer(number: str) -> Script:
    usage = f'{{"input_tokens": {number}, "output_tokens": {number}}}'
    return scripts.stream(
        raw(f'{{"type": "message_start", "message": {{"model": "m", "usage": {usage}}}}}'),
        raw(
            '{"type": "content_block_delta", "delta": {"type": "text_delta", "text": "The text."}}'
        ),
        raw(
            f'{{"type": "message_delta", "delta": {{"stop_reason": "end_turn"}}, "usage": {usage}}}'
        ),
        raw('{"type": "message_stop"}'),
    )


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:24])
@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_no_number_of_a_server_costs_the_answer(home: Path, kind: str, number: str) -> None:
    script = (openai_answer if kind == "openai" else anthropic_answer)(number)
    ran = ask(home, script, "--json", kind=kind)
    assert ran.status == 0, ran
    shown = ran.json()["message"]
    stored = messages()[1]
    usage = {"input_tokens": NUMBERS[number], "output_tokens": NUMBERS[number]}
    rest = ("cached_tokens", "cache_write_tokens", "reasoning_tokens", "cost", "cost_source")
    for message in (shown, stored):
        assert (message["content"], message["status"]) == ("The text.", "complete")
        assert message["usage"] == usage | dict.fromkeys(rest)
    assert run("sessions", "stats", "--json").status == 0
    assert run("db", "check").status == 0


@pytest.mark.parametrize(
    "usage", ["5", '"x"', "[]", "[1]", "true", "{}", '{"prompt_tokens": {"a": [1]}}']
)
def test_usage_of_another_shape_is_no_usage(home: Path, usage: str) -> None:
    script = scripts.stream(
        openai.chunk({"content": "The text."}),
        raw(f'{{"choices": [{{"finish_reason": "stop"}}], "usage": {usage}}}'),
        openai.DONE,
    )
    ran = ask(home, script, "--json")
    assert (ran.status, messages()[1]["content"]) == (0, "The text.")
    usage_told = ran.json()["message"]["usage"]
    assert {"input_tokens", "output_tokens"} <= usage_told.keys()
    assert set(usage_told.values()) == {None}


NAMES = ["x" * 5_000_000, "a\x1b[31mb\x07", "a\nb\tc", "a\ud800b", "\u202eabc", "a\0b", "\u2028"]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_and_reasons_are_short_and_harmless(home: Path, name: str) -> None:
    def event(value: object) -> bytes:
        return raw(json.dumps(value))

    script = scripts.stream(
        event({"model": name, "choices": [{"delta": {"content": "The text."}}]}),
        event({"choices": [{"delta": {}, "finish_reason": name}]}),
        openai.DONE,
    )
    ran = ask(home, script, "--format", "jsonl")
    assert ran.status == 5, ran  # it is no reason that anybody knows
    events = [json.loads(line) for line in ran.text.splitlines()]
    stored = messages()[1]
    assert stored["error"].isprintable()
    assert stored["content"] == "The text."
    [named] = [event["model"] for event in events if event["type"] == "model"]
    assert named == events[-1]["message"]["model"] == stored["model"]
    for label in (named, stored["finish_reason"]):
        assert label.isprintable()
        assert 0 < len(label) <= 1000
        assert label != name
    assert run("sessions", "stats", "--by", "model").status == 0


def test_nul_is_shown_as_it_is_stored(home: Path) -> None:
    script = scripts.stream(
        openai.chunk({"content": "a\0b"}), openai.chunk(finish="stop"), openai.DONE
    )
    ran = ask(home, script, "--json")
    assert ran.json()["message"]["content"] == messages()[1]["content"] == "a\ufffdb"


def test_an_anthropic_sum_of_large_numbers_is_no_number(home: Path) -> None:
    usage = {"input_tokens": LARGEST, "cache_read_input_tokens": LARGEST}
    script = scripts.stream(
        raw(json.dumps({"type": "message_start", "message": {"usage": usage}})),
        raw('{"type": "content_block_delta", "delta": {"text": "The text."}}'),
        raw('{"type": "message_stop"}'),
    )
    ran = ask(home, script, "--json", kind="anthropic")
    assert (ran.status, messages()[1]["content"]) == (0, "The text.")
    assert ran.json()["message"]["usage"]["input_tokens"] is None
