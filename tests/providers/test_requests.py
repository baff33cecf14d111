"""What is sent: the same conversation in every dialect. Pure."""

from __future__ import annotations

from pathlib import Path

import pytest
from bodies import CHAT, OVER_HTTP, body_for
from loopback.asking import request

from synapse.cli.advice.as_command import hint_lines
from synapse.domain import Role
from synapse.errors import ConfigError, UsageError
from synapse.ports import ChatMessage, ProviderOptions
from synapse.providers import PROVIDERS, find

VENDORS = [name for name, row in PROVIDERS.items() if row.chat]
CONVERSATION = request("Hi", "Hello", "Bye", model="m", system_prompt="Be brief.")


@pytest.mark.parametrize("name", CHAT)
def test_openai_messages_hold_the_conversation_in_order(name: str) -> None:
    body = body_for(name, CONVERSATION, "openai")
    assert body["model"] == "m"
    assert body["stream"] is True
    assert [(m["role"], m["content"]) for m in body["messages"]] == [
        ("developer" if name in ("openai", "azure") else "system", "Be brief."),
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "Bye"),
    ]


@pytest.mark.parametrize("name", CHAT)
def test_no_bound_is_sent_that_the_user_did_not_set(name: str) -> None:
    assert not [
        f for kind in ("openai", None) for f in body_for(name, CONVERSATION, kind) if "tokens" in f
    ]


@pytest.mark.parametrize(
    ("model", "cap"),
    [
        ("claude-sonnet-5-5", 128_000),
        ("claude-haiku-5-5-20261001", 128_000),
        ("claude-opus-4-5-20251101", 64_000),
        ("claude-haiku-4-5", 64_000),
        ("glm-5", 32_000),
    ],
)
def test_where_a_bound_must_be_sent_it_is_the_models_own(model: str, cap: int) -> None:
    sent = CONVERSATION.replace(model=model)
    assert body_for("anthropic", sent)["max_tokens"] == cap
    assert body_for("anthropic", sent.replace(max_tokens=9))["max_tokens"] == 9


def test_anthropic_takes_the_system_prompt_apart_and_needs_a_bound() -> None:
    assert body_for("anthropic", CONVERSATION.replace(max_tokens=77)) == {
        "model": "m",
        "max_tokens": 77,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": "Bye"},
        ],
        "stream": True,
    }


@pytest.mark.parametrize("name", OVER_HTTP)
def test_the_token_cap_goes_into_the_field_that_the_provider_reads(name: str) -> None:
    modern = ("groq", "moonshot", "cerebras")
    fields = dict.fromkeys(modern, "max_completion_tokens")
    fields |= dict.fromkeys(VENDORS, "max_output_tokens")
    body = body_for(name, CONVERSATION.replace(max_tokens=77))
    assert body[fields.get(name, "max_tokens")] == 77
    assert len([field for field in body if "tokens" in field]) == 1


@pytest.mark.parametrize("name", VENDORS)
def test_chat_completions_have_another_field_for_it(name: str) -> None:
    body = body_for(name, CONVERSATION.replace(max_tokens=77), "openai")
    assert [field for field in body if "tokens" in field] == ["max_completion_tokens"]


@pytest.mark.parametrize("name", CHAT)
def test_usage_is_asked_for_in_streams_where_the_server_takes_the_question(name: str) -> None:
    asked = body_for(name, CONVERSATION, "openai").get("stream_options", {})
    if name in ("mistral", "perplexity", "together", "zhipu", "cohere"):
        assert asked == {}
    else:
        assert asked["include_usage"] is True
    assert "stream_options" not in body_for(name, CONVERSATION.replace(stream=False))


@pytest.mark.parametrize("name", OVER_HTTP)
def test_without_streaming_the_request_does_not_ask_for_it(name: str) -> None:
    assert "stream" not in body_for(name, CONVERSATION.replace(stream=False))


def test_deepseek_gets_its_reasoning_back_and_an_empty_one_for_other_providers_answers() -> None:
    sent = CONVERSATION.replace(
        messages=(
            ChatMessage(role=Role.USER, content="a"),
            ChatMessage(role=Role.ASSISTANT, content="b", reasoning="because"),
            ChatMessage(role=Role.USER, content="c"),
            ChatMessage(role=Role.ASSISTANT, content="d"),
        )
    )
    messages = body_for("deepseek", sent)["messages"]
    assert [m.get("reasoning_content") for m in messages] == [None, None, "because", None, ""]
    for name in OVER_HTTP:
        if name != "deepseek":
            assert "because" not in str(body_for(name, sent))


@pytest.mark.parametrize("name", OVER_HTTP)
def test_messages_of_a_tool_are_sent_as_the_users(name: str) -> None:
    sent = CONVERSATION.replace(
        messages=(ChatMessage(role=Role.TOOL, content="42"),), system_prompt=None
    )
    body = body_for(name, sent)
    [last] = body["input"] if "input" in body else body["messages"][-1:]
    assert (last["role"], last["content"]) == ("user", "42")


def test_system_messages_inside_the_conversation_join_anthropics_system_prompt() -> None:
    sent = CONVERSATION.replace(
        messages=(
            ChatMessage(role=Role.SYSTEM, content="Also be kind."),
            ChatMessage(role=Role.USER, content="Hi"),
        )
    )
    body = body_for("anthropic", sent)
    assert body["system"] == "Be brief.\n\nAlso be kind."
    assert [m["role"] for m in body["messages"]] == ["user"]


def test_empty_messages_are_not_sent_to_anthropic_which_refuses_them() -> None:
    body = body_for("anthropic", request("Hi", "", "Again"))
    assert [m["content"] for m in body["messages"]] == ["Hi", "Again"]


def test_all_common_parameters_reach_openai_under_their_names() -> None:
    sent = CONVERSATION.replace(
        parameters=(
            ("temperature", "0.2"),
            ("top_p", 1),
            ("stop", "END"),
            ("seed", "7"),
            ("reasoning", "High"),
        )
    )
    body = body_for("openai", sent, "openai")
    picked = {k: body[k] for k in ("temperature", "top_p", "stop", "seed", "reasoning_effort")}
    assert picked == {
        "temperature": 0.2,
        "top_p": 1.0,
        "stop": ["END"],
        "seed": 7,
        "reasoning_effort": "high",
    }


@pytest.mark.parametrize(
    ("name", "parameter", "expected"),
    [
        ("mistral", ("seed", 7), {"random_seed": 7}),
        ("anthropic", ("stop", ["a", "b"]), {"stop_sequences": ["a", "b"]}),
        ("llamacpp", ("repetition_penalty", 1.1), {"repeat_penalty": 1.1}),
        ("vllm", ("top_k", 40), {"top_k": 40}),
        ("openrouter", ("reasoning", "low"), {"reasoning": {"effort": "low"}}),
        (
            "deepseek",
            ("reasoning", "max"),
            {"thinking": {"type": "enabled"}, "reasoning_effort": "max"},
        ),
        ("deepseek", ("reasoning", "none"), {"thinking": {"type": "disabled"}}),
        (
            "anthropic",
            ("reasoning", "low"),
            {
                "thinking": {"type": "adaptive", "display": "summarized"},
                "output_config": {"effort": "low"},
            },
        ),
        ("anthropic", ("reasoning", "none"), {"thinking": {"type": "disabled"}}),
    ],
)
def test_a_parameter_is_translated_for_the_dialect(
    name: str, parameter: tuple[str, object], expected: dict[str, object]
) -> None:
    plain = body_for(name, CONVERSATION)
    body = body_for(name, CONVERSATION.replace(parameters=(parameter,)))
    assert {k: v for k, v in body.items() if plain.get(k) != v} == expected


@pytest.mark.parametrize(
    ("name", "parameter", "words"),
    [
        ("anthropic", ("temperature", 0), 'anthropic takes no parameter "temperature"'),
        ("openai", ("temprature", 0), 'did you mean "temperature"'),
        ("openai", ("top_k", 5), "openai takes no parameter"),
        ("openai", ("temperature", "warm"), "must be a number"),
        ("openai", ("temperature", True), "must be a number"),
        ("openai", ("temperature", "nan"), "must be a number"),
        ("groq", ("seed", 1.5), "must be a whole number"),
        ("groq", ("seed", "inf"), "must be a number"),
        ("groq", ("stop", 5), "must be a text"),
        ("groq", ("stop", [""]), "must be a text"),
        ("gemini", ("reasoning", "max"), "reasoning"),
        ("openai", ("reasoning", 3), "reasoning"),
        ("mistral", ("reasoning", "low"), "It can be: none, high"),
        ("xai", ("reasoning", "none"), "It can be: low, medium, high, xhigh"),
        ("openai", ("seed", 1), 'in chat completions: kind = "openai" in [providers.openai]'),
        ("xai", ("stop", "END"), 'in chat completions: kind = "openai" in [providers.xai]'),
        ("cloudflare", ("reasoning", "low"), "cloudflare takes no parameter"),
    ],
)
def test_a_parameter_that_a_provider_does_not_take_is_refused(
    name: str, parameter: tuple[str, object], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        body_for(name, CONVERSATION.replace(parameters=(parameter,)))
    assert words in "\n".join((caught.value.message, *hint_lines(caught.value.hints)))
    assert caught.value.exit_status == 2


def test_a_large_seed_is_sent_to_the_last_digit() -> None:
    body = body_for("groq", CONVERSATION.replace(parameters=(("seed", "9007199254740993"),)))
    assert body["seed"] == 9007199254740993


PAGE = Path(__file__).parents[2] / "docs" / "providers.md"


def rows_below(head: str) -> dict[str, list[str]]:
    """The cells of a table of the page about providers, by the names in its first column."""
    found: dict[str, list[str]] = {}
    table = PAGE.read_text(encoding="utf-8").partition(f"{head}\n")[2]
    for line in table.splitlines()[1:]:
        if not line.startswith("| "):
            break
        names, *cells = line.strip("| ").split(" | ")
        found |= dict.fromkeys(names.split(", "), cells)
    return found


def test_the_page_about_providers_lists_what_each_takes() -> None:
    listed = {
        name: cells[0].split(", ") for name, cells in rows_below("| provider | takes |").items()
    }
    assert listed.pop("servers of your own") == listed["vllm"]
    assert listed == {
        name: [parameter for parameter, _ in PROVIDERS[name].dialect.parameters]
        for name in OVER_HTTP
    }


def test_the_page_about_providers_says_where_each_row_comes_from() -> None:
    head = "| provider | model | efforts | images | source |"
    listed = rows_below(head)
    assert listed.keys() == set(OVER_HTTP)
    for name, (model, efforts, images, source) in listed.items():
        row = PROVIDERS[name]
        assert model == (f"`{row.default_model}`" if row.default_model else "yours"), name
        takes = dict(row.dialect.parameters).keys()
        assert efforts == (", ".join(row.dialect.efforts) if "reasoning" in takes else "unknown")
        assert row.dialect.images is not None
        types = [kind.removeprefix("image/") for kind in row.dialect.images.media_types]
        assert images.startswith(", ".join(types))
        assert "2026-" in source, name


def test_a_service_that_is_no_more_says_so() -> None:
    with pytest.raises(ConfigError, match="shut down on 2026-07-30"):
        find("github")
    assert "GitHub Models" in PAGE.read_text(encoding="utf-8")
    mine = find("github", ProviderOptions(base_url="http://localhost:1/v1"))
    assert mine.summary == "the server github"
