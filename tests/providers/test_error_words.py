"""What vendors and gateways say when they refuse, and what is made of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from synapse import errors
from synapse.cli.advice.as_command import hint_lines
from synapse.masking import masked
from synapse.providers._endpoint import Endpoint
from synapse.providers._error_responses import of_error, of_response

HERE = Endpoint(
    provider="openai",
    base_url="https://api.example.invalid/v1",
    key="sk-secret-123456",
    default_model="gpt-6-luna",
)


def refused(status: int, body: object, model: str = "m") -> errors.SynapseError:
    return of_response(HERE, model, status, {}, json.dumps(body).encode())


def said(status: int, words: str, model: str = "m", **fields: object) -> errors.SynapseError:
    return refused(status, {"error": {"message": words, **fields}}, model)


def passed_on(raw: object, status: int = 400, **metadata: object) -> errors.SynapseError:
    error = {"message": "Provider returned error", "code": status}
    return refused(status, {"error": {**error, "metadata": {"raw": raw, **metadata}}})


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps({"error": {"message": "prompt is too long"}}),
        {"error": {"message": "prompt is too long"}},
        json.dumps([{"error": {"message": "prompt is too long"}}]),
        "prompt is too long",
    ],
)
def test_openrouter_passes_on_what_another_provider_said(raw: object) -> None:
    error = passed_on(raw, provider_name="Anthropic")
    assert isinstance(error, errors.ContextTooLong)
    assert error.message.endswith('"Anthropic: prompt is too long"')


@pytest.mark.parametrize("raw", [None, "", {}, [], 7, {"error": None}, "{}"])
def test_of_nothing_that_was_passed_on_its_own_words_are_said(raw: object) -> None:
    if raw == 7:
        assert "7" in passed_on(raw).message
    elif raw == "{}":
        assert "Provider returned error" in passed_on(raw).message
    else:
        assert passed_on(raw).message.endswith('"Provider returned error"')


def test_openrouters_moderation_is_no_matter_of_the_key() -> None:
    metadata = {"reasons": ["hate", "violence"], "flagged_input": "x", "provider_name": "X"}
    error = said(403, "Your input was flagged", code=403, metadata=metadata)
    assert isinstance(error, errors.AnswerRefused)
    assert "flagged (hate, violence)" in error.message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"success": False, "errors": [{"code": 5007, "message": "No such model x"}]},
            "No such model x",
        ),
        ({"errors": ["first", "second"]}, "first"),
        ({"errors": {"model": ["is unknown"]}}, "is unknown"),
        ({"errors": [], "message": "said beside"}, "said beside"),
    ],
)
def test_errors_in_a_list_are_found(body: object, words: str) -> None:
    assert f'"{words}"' in refused(400, body).message


def test_cloudflares_codes_are_no_statuses() -> None:
    body = {"success": False, "errors": [{"code": 5007, "message": "No such model @cf/x"}]}
    assert isinstance(refused(400, body), errors.UnknownModel)


# ------------------------------------------------------------------------------------- kinds

KINDS: dict[tuple[type[errors.SynapseError], int], list[str]] = {
    (errors.ContextTooLong, 400): [
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
        "This model's maximum context length is 8192 tokens",
        "the request exceeds the available context size",
        "The prompt exceeds the maximum input of this model",
    ],
    (errors.ImageRefused, 500): [
        "image input is not supported - hint: you may need to provide the mmproj",
        "Model does not support images. Please use a model that does.",
        "this model is missing data required for image input",
    ],
    (errors.ImageRefused, 404): [
        "No endpoints found that support image input",
    ],
    (errors.ImageRefused, 400): [
        "Invalid content type. image_url is only supported by certain models.",
        "At most 0 image(s) may be provided in one request.",
        "messages[0]: unknown variant `image_url`, expected `text`",
        "Image input modality is not enabled for models/gemma",
        "messages.0.content.0.image.source.base64.data: Could not process image",
    ],
    (errors.ServerError, 500): [
        "Draw me an image of what is not here",
    ],
    (errors.AnswerRefused, 400): [
        "The response was filtered due to Azure OpenAI's content management policy",
        "The request was rejected because it was considered high risk",
    ],
    (errors.RequestTooLarge, 413): [
        "Request too large for model `x` on tokens per minute (TPM): Limit 6, Requested 9",
    ],
    (errors.RequestTooLarge, 429): [
        "Request too large for gpt on tokens per min (TPM): Limit 6, Requested 9.",
    ],
    (errors.RateLimited, 429): [
        "Rate limit reached for gpt on tokens per min (TPM): Limit 6, Used 5",
    ],
    (errors.BadRequest, 400): [
        "max_tokens is too large: 100000. This model supports at most 16384",
        "Unsupported value: 'temperature' does not support 0.5 with this model.",
    ],
    (errors.ModelLoading, 503): [
        "Loading model",
        "Model x is currently loading",
    ],
    (errors.Overloaded, 503): [
        "The model is overloaded. Please try again later.",
    ],
}


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [(*key, words) for key, several in KINDS.items() for words in several],
)
def test_the_words_tell_the_kind(kind: type[errors.SynapseError], status: int, words: str) -> None:
    assert type(said(status, words)) is kind


# ------------------------------------------------------------------------------------ models


@pytest.mark.parametrize(
    ("model", "words", "label", "take"),
    [
        (
            "gpt-6-pro",
            "This model is only supported in v1/responses and not in v1/chat/completions.",
            "that model speaks only Responses",
            "gpt-6-luna",
        ),
        (
            "davinci-002",
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint."
            " Did you mean to use v1/completions?",
            "no model to talk to",
            "gpt-6-luna",
        ),
        (
            "llama3-70b",
            "The model `llama3-70b` has been decommissioned. Please refer to https://x.invalid/to-use",
            "that model was retired",
            "gpt-6-luna",
        ),
        (
            "deepseek-chat",
            "Model deepseek-chat was retired; please use `deepseek-flash` instead",
            "that model was retired",
            "deepseek-flash",
        ),
        ("claude-3-opus", "model: claude-3-opus", "that model was retired", "gpt-6-luna"),
    ],
)
def test_of_a_model_that_is_gone_it_is_said_which_to_take(
    model: str, words: str, label: str, take: str
) -> None:
    error = said(404, words, model)
    assert isinstance(error, errors.UnknownModel)
    assert f"({label})" in error.message
    assert f"Take another:  synapse retry -m {take}" in hint_lines(error.hints)
    if "responses" in words:
        assert 'Ask it so:  kind = "responses" in [providers.openai]' in error.hints


def test_of_a_mistyped_model_nothing_is_guessed() -> None:
    error = said(404, "The model `gtp-6` does not exist", "gtp-6")
    assert "(no such model)" in error.message
    assert not any("retry" in line for line in hint_lines(error.hints))


# -------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("text", "key", "shown"),
    [
        ("the key k and the book", "k", "the key *** and the book"),
        ("token=none; none of these", "none", "token=***; *** of these"),
        ("nonetheless", "none", "nonetheless"),
        ("a-test-key is no test", "test", "a-test-key is no ***"),
        ("xsk-12345678x", "sk-12345678", "x***x"),
        ("text", "", "text"),
        ("a.b", ".", "a.b"),
    ],
)
def test_a_short_key_is_no_part_of_a_word(text: str, key: str, shown: str) -> None:
    assert masked(text, key) == (shown if key != "." else "a.b")


def test_and_words_of_a_provider_stay_readable() -> None:
    endpoint: Any = HERE.replace(key="k")
    error = of_error(endpoint, "m", {"message": "look: the token k is unknown"}, 401)
    assert error.message.endswith('"look: the token *** is unknown"')
