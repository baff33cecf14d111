"""For what a provider is waited, and for what not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from llamacpp import LlamaCpp
from loopback import Loopback, openai, scripts
from loopback.asking import Asking, ask, opened

from synapse import errors
from synapse.providers.traffic import http, retry

if TYPE_CHECKING:
    from pathlib import Path

LOADING = openai.error(503, "Loading model", type="unavailable_error", name=503)
PAUSE = retry.loading_wait
LIMITED = {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED"}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers are asked again without a pause: how long each is, a test of its own says."""
    monkeypatch.setattr(retry, "loading_wait", lambda tries: 0.0)


def test_a_server_that_loads_its_model_is_waited_for_and_that_is_told_once() -> None:
    with Loopback(*[LOADING] * 9, openai.answer("Paris.")) as server:
        outcome = ask(server.url, attempts=1)
        assert len(server.requests) == 10
    assert outcome.text == "Paris."
    [told] = outcome.retries
    assert told.at_most == 60
    assert told.error == "openai answered 503 (it is loading its model)"


def test_but_no_longer_than_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(0, 10_000, 7))
    monkeypatch.setattr(http, "time", Clock(moments))
    with Loopback(LOADING) as server:
        outcome = ask(server.url)
        assert 2 < len(server.requests) < 60
    assert type(outcome.error) is errors.ModelLoading
    assert "; tried " in outcome.error.message


class Clock:
    """The time as the module sees it: each look is some seconds later."""

    def __init__(self, moments: object) -> None:
        self.monotonic = lambda: float(next(moments))  # type: ignore[call-overload]
        self.time = time.time
        self.sleep = time.sleep


def test_the_wait_ends_with_the_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "loading_wait", lambda tries: 3600.0)
    with Loopback(LOADING) as server:
        asking = Asking(opened(server.url))
        assert asking.first.wait(20)
        asking.cancellation.cancel()
        outcome = asking.outcome()
        assert len(server.requests) == 1
    assert (outcome.text, outcome.error) == ("", None)


def test_a_list_of_models_does_not_wait_for_it() -> None:
    with Loopback(LOADING) as server:
        with pytest.raises(errors.ModelLoading):
            opened(server.url, attempts=1).list_models()
        assert len(server.requests) == 1


def test_another_503_is_tried_as_often_as_others() -> None:
    with Loopback(openai.error(503, "Busy", headers={"Retry-After": "0"})) as server:
        assert isinstance(ask(server.url).error, errors.Overloaded)
        assert len(server.requests) == 3


def test_a_real_llama_cpp_is_asked_while_it_loads(weights: Path) -> None:
    with LlamaCpp(weights, context=256) as server:
        outcome = ask(server.url, "llamacpp")
    assert outcome.error is None
    assert outcome.text


def test_the_pauses_grow_to_two_seconds() -> None:
    pauses = [PAUSE(tries) for tries in range(1, 300)]
    assert (pauses[0], pauses[-1]) == (0.25, 2.0)
    assert pauses == sorted(pauses)


# ----------------------------------------------------------------------------- what they ask


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [
        ("34s", 34.0), ("0.5s", 0.5), ("500ms", 0.5), ("0s", 0.0), ("34.074824224s", 34.074824224),
        ("-1s", None), ("1e3s", None), ("soon", None), ("", None), (34, None),
    ],
)  # fmt: skip
def test_googles_retry_info_is_honoured(delay: object, seconds: float | None) -> None:
    import json

    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
    error = {"error": {**LIMITED, "details": [{"@type": "x"}, info]}}
    assert retry.asked_wait({}, 0, json.dumps(error).encode()) == seconds
    assert retry.asked_wait({}, 0, json.dumps([error]).encode()) == seconds
    quoted = json.dumps({"error": {"metadata": {"raw": json.dumps(error)}}}).encode()
    assert retry.asked_wait({}, 0, quoted) == seconds
    assert retry.asked_wait({"retry-after": "7"}, 0, quoted) == 7


def test_what_the_body_asks_for_is_waited() -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0s"}
    limited = scripts.status(429, [{"error": {**LIMITED, "details": [info]}}])
    with Loopback(limited, openai.answer("Paris.")) as server:
        outcome = ask(server.url, "gemini")
    assert outcome.text == "Paris."
    assert [event.delay for event in outcome.retries] == [0.0]


@pytest.mark.parametrize(
    "asked", ["Thu, 31 Dec 2099 23:59:59 GMT", "99999999999", "9" * 400, "31536000"]
)
def test_what_no_clock_means_is_neither_waited_for_nor_shown(asked: str) -> None:
    script = openai.error(429, "Later", headers={"Retry-After": asked})
    with Loopback(script) as server:
        outcome = ask(server.url)
        assert len(server.requests) == 1
    assert isinstance(outcome.error, errors.RateLimited)
    assert "asks to wait" not in outcome.said
    assert "synapse retry" in outcome.said


@pytest.mark.parametrize(
    ("asked", "shown"), [("90", "90 s"), ("7200", "2 h"), ("172800", "2 days")]
)
def test_what_is_too_long_to_wait_for_is_shown(asked: str, shown: str) -> None:
    with Loopback(openai.error(429, "Later", headers={"Retry-After": asked})) as server:
        assert f"It asks to wait {shown} before the next request." in ask(server.url).said
