"""What providers say of tokens and money, as each of them says it, and what none should say."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, anthropic, openai, responses, scripts
from loopback.asking import opened

from synapse.app.conversation import reply, start_session
from synapse.app.receiving import _checked, _merged
from synapse.domain import LARGEST_COUNT, Usage
from synapse.ports import UsageReport
from synapse.providers._vendor_usage import nano_dollars
from synapse.providers._wire import decode
from synapse.providers.local_model.engine_messages import GgufFile, events_of

if TYPE_CHECKING:
    from loopback import Script

USES = {
    "OpenAI": {
        "prompt_tokens": 2006,
        "completion_tokens": 300,
        "total_tokens": 2306,
        "prompt_tokens_details": {"cached_tokens": 1920, "cache_write_tokens": 64},
        "completion_tokens_details": {"reasoning_tokens": 192, "audio_tokens": 0},
    },
    "nothing in the cache": {
        "prompt_tokens": 20,
        "completion_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    },
    "DeepSeek": {
        "prompt_tokens": 120,
        "completion_tokens": 40,
        "total_tokens": 160,
        "prompt_cache_hit_tokens": 64,
        "prompt_cache_miss_tokens": 56,
        "completion_tokens_details": {"reasoning_tokens": 30},
    },
    "OpenRouter": {
        "prompt_tokens": 194,
        "completion_tokens": 2,
        "total_tokens": 196,
        "cost": 0.00014,
        "is_byok": False,
        "cost_details": {"upstream_inference_cost": 0.00014},
        "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 50},
    },
    "OpenRouter, with a key of one's own": {
        "prompt_tokens": 194,
        "completion_tokens": 2,
        "cost": 0.0000095,
        "is_byok": True,
        "cost_details": {"upstream_inference_cost": 0.00019},
    },
    "OpenRouter, free of charge": {"prompt_tokens": 1, "completion_tokens": 2, "cost": 0},
    "xAI, which counts thoughts beside the answer": {
        "prompt_tokens": 10120,
        "completion_tokens": 1499,
        "total_tokens": 14428,
        "prompt_tokens_details": {"cached_tokens": 128},
        "completion_tokens_details": {"reasoning_tokens": 2809},
        "cost_in_usd_ticks": 232856000,
    },
    "Gemini, which does not name them": {
        "prompt_tokens": 20,
        "completion_tokens": 198,
        "total_tokens": 623,
    },
    "somebody whose total is another one": {
        "prompt_tokens": 20,
        "completion_tokens": 198,
        "total_tokens": 623,
    },
    "Perplexity": {
        "prompt_tokens": 14,
        "completion_tokens": 200,
        "total_tokens": 214,
        "reasoning_tokens": 90,
        "cost": {"input_tokens_cost": 0.000014, "total_cost": 0.005214},
    },
    "DeepInfra": {"prompt_tokens": 15, "completion_tokens": 16, "estimated_cost": 0.00000675},
    "Moonshot": {"prompt_tokens": 19, "completion_tokens": 21, "cached_tokens": 10},
    "Alibaba": {
        "prompt_tokens": 3019,
        "completion_tokens": 104,
        "prompt_tokens_details": {"cache_creation_input_tokens": 1024, "cached_tokens": 512},
    },
    "a gateway that passes on what Anthropic counted": {
        "prompt_tokens": 5,
        "completion_tokens": 10,
        "total_tokens": 1045,
        "cache_read_input_tokens": 1000,
        "cache_creation_input_tokens": 30,
    },
}
COUNTED = {
    "OpenAI": (2006, 300, 1920, 64, 192, None),
    "nothing in the cache": (20, 3, 0, None, 0, None),
    "DeepSeek": (120, 40, 64, None, 30, None),
    "OpenRouter": (194, 2, 100, 50, None, 140_000),
    "OpenRouter, with a key of one's own": (194, 2, None, None, None, 199_500),
    "OpenRouter, free of charge": (1, 2, None, None, None, 0),
    "xAI, which counts thoughts beside the answer": (10120, 4308, 128, None, 2809, 23_285_600),
    "Gemini, which does not name them": (20, 603, None, None, 405, None),
    "somebody whose total is another one": (20, 198, None, None, None, None),
    "Perplexity": (14, 200, None, None, 90, 5_214_000),
    "DeepInfra": (15, 16, None, None, None, 6750),
    "Moonshot": (19, 21, 10, None, None, None),
    "Alibaba": (3019, 104, 512, 1024, None, None),
    "a gateway that passes on what Anthropic counted": (1035, 10, 1000, 30, None, None),
}


def usage(
    sent: int | None = None,
    received: int | None = None,
    cached: int | None = None,
    written: int | None = None,
    thought: int | None = None,
    cost: int | None = None,
) -> Usage:
    return Usage(
        input_tokens=sent,
        output_tokens=received,
        cached_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=thought,
        cost=cost,
        cost_source=None if cost is None else "provider",
    )


def stored(*answers: Script, model: str = "m", kind: str = "openai") -> list[Usage]:
    """What turns with a server that answers so leave of its counts."""
    with Loopback(*answers) as server:
        provider = opened(f"{server.url}/v1", "mine", kind=kind)
        session = start_session(None, "mine", model)
        return [reply(None, provider, session, "Hello?").usage for _ in answers]


def chat(*events: bytes) -> Script:
    return scripts.stream(openai.chunk({"content": "Yes."}), *events, openai.DONE)


def whole(told: object) -> Script:
    choice = {"message": {"content": "Yes."}, "finish_reason": "stop"}
    return scripts.status(200, {"choices": [choice], "usage": told})


@pytest.mark.parametrize("vendor", USES)
def test_each_vendors_counts_are_read(vendor: str) -> None:
    model = "gemini-3.8-flash" if vendor.startswith("Gemini") else "m"
    last = openai.chunk({}, finish="stop", usage=USES[vendor])
    found = stored(chat(last), whole(USES[vendor]), model=model)
    assert found == [usage(*COUNTED[vendor])] * 2


def test_the_responses_format_says_the_same_in_other_words() -> None:
    told = {
        "input_tokens": 2006,
        "input_tokens_details": {"cached_tokens": 1920, "cache_write_tokens": 64},
        "output_tokens": 300,
        "output_tokens_details": {"reasoning_tokens": 192},
        "total_tokens": 2306,
        "cost_in_usd_ticks": 5,
    }
    answered = {**responses.response(responses.said("Yes.")), "usage": told}
    ended = responses.event("response.completed", response=answered)
    [found] = stored(scripts.stream(ended), kind="responses")
    assert found == usage(2006, 300, 1920, 64, 192, 1)


def test_moonshot_counts_within_the_choice() -> None:
    choice = {"index": 0, "delta": {}, "finish_reason": "stop", "usage": USES["Moonshot"]}
    [found] = stored(chat(openai.event({"choices": [choice]})))
    assert found == usage(*COUNTED["Moonshot"])


def test_llamacpp_tells_its_timings_beside_and_without_the_counts() -> None:
    timings = {"cache_n": 40, "prompt_n": 15, "predicted_n": 8, "prompt_ms": 9.5}
    told = {"prompt_tokens": 55, "completion_tokens": 8, "total_tokens": 63}
    newer = {**told, "prompt_tokens_details": {"cached_tokens": 41}}
    found = stored(
        chat(openai.chunk({}, finish="stop", timings=timings)),
        chat(openai.chunk({}, finish="stop", usage=told, timings=timings)),
        chat(openai.chunk({}, finish="stop", usage=newer, timings=timings)),
        chat(openai.chunk({}, finish="stop", usage=told, timings="fast")),
    )
    assert found == [usage(55, 8, 40), usage(55, 8, 40), usage(55, 8, 41), usage(55, 8)]


def claude(start: object, *deltas: object) -> Script:
    begun = anthropic.event("message_start", message={"model": "m", "usage": start})
    told = [anthropic.event("message_delta", delta={}, usage=delta) for delta in deltas]
    text = anthropic.block(0, "text", ["Yes."])
    return scripts.stream(begun, *text, *told, *anthropic.message_end(output_tokens=9))


def test_anthropic_counts_apart_what_its_cache_held_and_what_it_took() -> None:
    read = {"input_tokens": 3, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20}
    lifetimes = {"ephemeral_5m_input_tokens": 12, "ephemeral_1h_input_tokens": 8}
    by_lifetime = {"input_tokens": 3, "cache_creation": lifetimes}
    zeros = {"input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 4}
    thought = {"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 6}}
    found = stored(
        claude(read),
        claude({**read, "cache_creation": lifetimes}),  # the sum, and its parts
        claude(by_lifetime),
        claude({**by_lifetime, "cache_creation_input_tokens": None}),
        claude(read, zeros),
        claude({"input_tokens": 0, "output_tokens": 0}, {**read, "output_tokens": 5}),
        claude(read, {"input_tokens": 4, "output_tokens": 5}),  # a part of what was told
        claude(read, thought),
        kind="anthropic",
    )
    assert found == [
        usage(123, 9, 100, 20),
        usage(123, 9, 100, 20),
        usage(23, 9, None, 20),
        usage(23, 9, None, 20),
        usage(123, 9, 100, 20),
        usage(123, 9, 100, 20),
        usage(124, 9, 100, 20),
        usage(123, 9, 100, 20, 6),
    ]


def test_the_local_model_tells_what_it_remembered() -> None:
    model = GgufFile(path="m.gguf", name="m", context=512)
    told = {"prompt_tokens": 55, "completion_tokens": 8}
    details: list[dict[str, Any]] = [{}, {"prompt_tokens_details": {"cached_tokens": 40}}]
    found = [[*events_of({"usage": {**told, **more}}, model)] for more in details]
    assert found == [[UsageReport(usage=usage(55, 8, cached))] for cached in (None, 40)]


HOSTILE = [
    "many",
    "-1",
    "",
    -1,
    -0.5,
    float("inf"),
    float("-inf"),
    float("nan"),
    True,
    [],
    [3],
    {},
    {"tokens": 3},
    10**14,
    10**30,
    "9" * 30,
    None,
]


def test_what_can_not_be_a_count_or_an_amount_is_none() -> None:
    """Nor does it break an answer, or take the place of what was told before."""
    known = {"prompt_tokens": 7, "completion_tokens": 3}
    asked = []
    for bad in HOSTILE:
        details = {"cached_tokens": bad, "cache_write_tokens": bad}
        told = {
            **dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), bad),
            **dict.fromkeys(("prompt_cache_hit_tokens", "cost", "cost_in_usd_ticks"), bad),
            **dict.fromkeys(("estimated_cost", "is_byok", "cost_details"), bad),
            "prompt_tokens_details": details,
            "completion_tokens_details": {"reasoning_tokens": bad},
        }
        first = openai.chunk({}, usage=known)
        asked += [chat(first, openai.chunk({}, finish="stop", usage=told)), whole(told)]
    for shape in ("details", 7, [7], None, True):
        names = ("prompt_tokens_details", "completion_tokens_details", "cost_details", "timings")
        asked.append(whole({**known, **dict.fromkeys(names, shape)}))
        asked.append(whole(shape))
    found = stored(*asked)
    assert {*found} == {usage(7, 3), usage()}
    assert found[: 2 * len(HOSTILE) : 2] == [usage(7, 3)] * len(HOSTILE)


def test_what_can_not_be_a_count_of_anthropics_is_none() -> None:
    known = {"input_tokens": 7, "output_tokens": 3}
    fields = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    asked = []
    for bad in HOSTILE:
        lifetimes = {"ephemeral_5m_input_tokens": bad, "ephemeral_1h_input_tokens": bad}
        told = {
            **dict.fromkeys((*fields, "output_tokens", "cost"), bad),
            "cache_creation": lifetimes,
            "output_tokens_details": {"thinking_tokens": bad},
        }
        asked.append(claude(known, told))
    for shape in ("details", 7, [7], None, True):
        details = dict.fromkeys(("cache_creation", "output_tokens_details"), shape)
        asked += [claude(known, details), claude(known, shape)]
    assert {*stored(*asked, kind="anthropic")} == {usage(7, 9)}


def test_more_can_not_be_read_from_a_cache_than_was_sent() -> None:
    told = {
        "prompt_tokens": 7,
        "completion_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 9},
        "completion_tokens_details": {"reasoning_tokens": 4},
    }
    assert stored(whole(told)) == [usage(7, 3)]


def test_an_amount_loses_no_digit() -> None:
    assert [nano_dollars(amount) for amount in (0, 0.0, 1, 0.1, 1.1, 1e-9, 1e-10, 5e-10)] == [
        0, 0, 10**9, 10**8, 11 * 10**8, 1, 0, 1,
    ]  # fmt: skip
    assert nano_dollars(1000) == LARGEST_COUNT
    assert nano_dollars(1000.01) is nano_dollars("0.1") is nano_dollars(True) is None
    assert nano_dollars(decode(b"1e400")) is nano_dollars(decode(b"-1e-9")) is None
    assert nano_dollars(decode(b"1e-400")) == 0
    random = Random(14)
    for _ in range(2000):
        text = f"{random.randrange(10 ** random.randrange(1, 12))}e-{random.randrange(16)}"
        exact = (Decimal(text) * 10**9).quantize(Decimal(1), ROUND_HALF_UP)
        expected = int(exact) if exact <= LARGEST_COUNT else None
        assert nano_dollars(float(text)) == expected, text


def test_reports_are_merged_field_by_field() -> None:
    merged = Usage()
    for later in (
        Usage(input_tokens=120, cached_tokens=100, output_tokens=1),
        Usage(output_tokens=50, reasoning_tokens=40),
        Usage(cost=7, cost_source="provider"),
        Usage(output_tokens=60),
    ):
        merged = _merged(merged, later)
    assert merged == usage(120, 60, 100, None, 40, 7)
    assert _merged(merged, Usage(input_tokens=90)) == usage(90, 60, None, None, 40, 7)


def test_a_plugin_may_say_anything() -> None:
    bad: Any = "many"
    report = UsageReport(usage=Usage(input_tokens=bad, cached_tokens=-1, cost=bad, cost_source=bad))
    assert _checked(report) == UsageReport(usage=Usage())
    paid = Usage(input_tokens=5, cached_tokens=5, cost=0, cost_source="2026-11-20")
    assert _checked(UsageReport(usage=paid)) == UsageReport(usage=usage(5, None, 5, cost=0))
