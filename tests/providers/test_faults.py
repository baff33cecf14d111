"""What providers say when they fail, as classes of Synapse's errors. Pure."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse import errors
from synapse.cli.advice.as_command import hint_lines
from synapse.providers._endpoint import Endpoint
from synapse.providers._error_responses import clean, of_error, of_response

KEY = "sk-secret-0123456789abcdef"
HERE = Endpoint(
    provider="some", base_url="https://api.example.invalid/v1", key=KEY, key_env="SOME_API_KEY"
)

# As the vendors' servers send them: status, body, what it is.
CASES: list[tuple[str, int, Any, type[errors.SynapseError]]] = [
    (
        "openai-key",
        401,
        {
            "error": {
                "message": "Incorrect API key provided: sk-abc. You can find your API key at …",
                "type": "invalid_request_error",
                "param": None,
                "code": "invalid_api_key",
            }
        },
        errors.CredentialsError,
    ),
    (
        "openai-quota",
        429,
        {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}},
        errors.BalanceExhausted,
    ),
    (
        "openai-rate",
        429,
        {
            "error": {
                "message": "Rate limit reached for gpt-6-luna on tokens per min: Limit 30000",
                "type": "tokens",
                "code": "rate_limit_exceeded",
            }
        },
        errors.RateLimited,
    ),
    (
        "openai-model",
        404,
        {
            "error": {
                "message": "The model `gpt-9` does not exist or you do not have access to it.",
                "type": "invalid_request_error",
                "code": "model_not_found",
            }
        },
        errors.UnknownModel,
    ),
    (
        "openai-context",
        400,
        {
            "error": {
                "message": "This model's maximum context length is 128000 tokens. However, your"
                " messages resulted in 150,123 tokens.",
                "code": "context_length_exceeded",
            }
        },
        errors.ContextTooLong,
    ),
    (
        "openai-permission",
        403,
        {"error": {"message": "Project does not have access", "type": "invalid_request_error"}},
        errors.PermissionDenied,
    ),
    (
        "openai-parameter",
        400,
        {"error": {"message": "Unsupported parameter: 'max_tokens'", "param": "max_tokens"}},
        errors.BadRequest,
    ),
    (
        "openai-filter",
        400,
        {"error": {"message": "Flagged", "code": "content_policy_violation"}},
        errors.AnswerRefused,
    ),
    (
        "anthropic-key",
        401,
        {
            "type": "error",
            "error": {"type": "authentication_error", "message": "invalid x-api-key"},
        },
        errors.CredentialsError,
    ),
    (
        "anthropic-balance",
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "Your credit balance is too low to access the API.",
            },
        },
        errors.BalanceExhausted,
    ),
    (
        "anthropic-model",
        404,
        {"type": "error", "error": {"type": "not_found_error", "message": "model: claude-9"}},
        errors.UnknownModel,
    ),
    (
        "anthropic-context",
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "prompt is too long: 210000 tokens > 200000 maximum",
            },
        },
        errors.ContextTooLong,
    ),
    (
        "anthropic-size",
        413,
        {"type": "error", "error": {"type": "request_too_large", "message": "Too big"}},
        errors.RequestTooLarge,
    ),
    (
        "anthropic-overloaded",
        529,
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        errors.Overloaded,
    ),
    (
        "anthropic-internal",
        500,
        {"type": "error", "error": {"type": "api_error", "message": "Internal server error"}},
        errors.ServerError,
    ),
    (
        "deepseek-balance",
        402,
        {"error": {"message": "Insufficient Balance", "type": "unknown_error"}},
        errors.BalanceExhausted,
    ),
    (
        "deepseek-model",
        400,
        {"error": {"message": "Model Not Exist", "type": "invalid_request_error"}},
        errors.UnknownModel,
    ),
    (
        "gemini-key",
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": "API key not valid. Please pass a valid API key.",
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
        errors.CredentialsError,
    ),
    (
        "gemini-model",
        404,
        [
            {
                "error": {
                    "code": 404,
                    "message": "models/gemini-0 is not found for API version v1beta",
                    "status": "NOT_FOUND",
                }
            }
        ],
        errors.UnknownModel,
    ),
    (
        "gemini-context",
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": "The input token count (1200000) exceeds the maximum number of"
                    " tokens allowed (1048576).",
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
        errors.ContextTooLong,
    ),
    (
        "gemini-rate",
        429,
        [{"error": {"code": 429, "message": "Slow down", "status": "RESOURCE_EXHAUSTED"}}],
        errors.RateLimited,
    ),
    (
        "mistral-model",
        400,
        {
            "object": "error",
            "message": "Invalid model: tiny",
            "type": "invalid_model",
            "code": "1500",
        },
        errors.UnknownModel,
    ),
    (
        "mistral-parameter",
        422,
        {
            "object": "error",
            "message": {"detail": [{"type": "extra_forbidden", "msg": "Extra inputs"}]},
            "type": "invalid_request_error",
        },
        errors.BadRequest,
    ),
    (
        "mistral-context",
        400,
        {
            "message": "Prompt contains 40000 tokens and 0 draft tokens, too large for model with"
            " 32768 maximum context length"
        },
        errors.ContextTooLong,
    ),
    (
        "xai-key",
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "Incorrect API key provided: xa***ey.",
        },
        errors.CredentialsError,
    ),
    (
        "ollama-model",
        404,
        {
            "error": {
                "message": 'model "qwen9" not found, try pulling it first',
                "type": "api_error",
                "param": None,
                "code": None,
            }
        },
        errors.UnknownModel,
    ),
    (
        "vllm-model",
        404,
        {"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError"},
        errors.UnknownModel,
    ),
    (
        "openrouter-model",
        400,
        {"error": {"message": "x/y is not a valid model ID", "code": 400}},
        errors.UnknownModel,
    ),
    (
        "llamacpp-context",
        400,
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size. try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 5000,
                "n_ctx": 4096,
            }
        },
        errors.ContextTooLong,
    ),
    ("llamacpp-loading", 503, {"error": {"message": "Loading model"}}, errors.ModelLoading),
    ("fastapi", 400, {"detail": "Nope"}, errors.BadRequest),
    ("empty", 500, {}, errors.ServerError),
    ("nothing", 404, {}, errors.EndpointNotFound),
    ("timeout", 408, {}, errors.ServerError),
]


def fault(status: int, body: Any, headers: dict[str, str] | None = None) -> errors.SynapseError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return of_response(HERE, "m", status, headers or {}, data)


@pytest.mark.parametrize(("name", "status", "body", "kind"), CASES, ids=[c[0] for c in CASES])
def test_a_vendors_error_is_of_the_right_class(
    name: str, status: int, body: Any, kind: type[errors.SynapseError]
) -> None:
    error = fault(status, body)
    assert type(error) is kind
    assert str(status) in error.message
    assert error.message.startswith("some answered")


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("openai-context", "150,123 tokens where 128,000 are allowed"),
        ("anthropic-context", "210,000 tokens where 200,000 are allowed"),
        ("gemini-context", "1,200,000 tokens where 1,048,576 are allowed"),
        ("mistral-context", "40,000 tokens where 32,768 are allowed"),
        ("llamacpp-context", "5,000 tokens where 4,096 are allowed"),
    ],
)
def test_a_conversation_that_is_too_long_is_told_with_its_figures(name: str, figures: str) -> None:
    _, status, body, _ = next(case for case in CASES if case[0] == name)
    assert figures in fault(status, body).message


def test_a_context_error_without_figures_is_told_without_figures() -> None:
    error = fault(400, {"error": {"message": "context length exceeded"}})
    assert type(error) is errors.ContextTooLong
    assert error.message.endswith('is too long for the model): "context length exceeded"')


PAGE = b"<!DOCTYPE html><html><head><title>502 Bad\nGateway</title></head></html>"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, errors.NotAnApi),
        (404, errors.NotAnApi),
        (405, errors.NotAnApi),
        (401, errors.NotAnApi),
        (403, errors.NotAnApi),
        (429, errors.RateLimited),
        (502, errors.ServerError),
        (503, errors.Overloaded),
    ],
)
def test_a_web_page_is_told_by_its_status_and_quoted_by_its_title(status: int, kind: type) -> None:
    error = fault(status, PAGE, {"content-type": "text/html"})
    assert type(error) is kind
    assert '"502 Bad Gateway"' in error.message
    assert "<" not in error.message


@pytest.mark.parametrize("status", [401, 403])
def test_a_page_where_the_key_should_be_judged_is_not_about_the_key(status: int) -> None:
    error = fault(status, PAGE, {"content-type": "text/html"})
    assert str(status) in error.message
    assert "firewall" in hint_lines(error.hints)[1]
    plain = fault(status, b"go away", {"content-type": "text/plain"})
    assert type(plain) in (errors.CredentialsError, errors.PermissionDenied)


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (400, b"Invalid request", errors.BadRequest),
        (422, b"Failed to deserialize the JSON body", errors.BadRequest),
        (400, b"the prompt is too long: input exceeds the context window", errors.ContextTooLong),
        (500, b"image input is not supported", errors.ImageRefused),
        (503, b"Loading model", errors.ModelLoading),
    ],
)
def test_a_refusal_in_plain_text_is_one(status: int, words: bytes, kind: type) -> None:
    error = fault(status, words, {"content-type": "text/plain"})
    assert type(error) is kind
    assert words.decode() in error.message


def test_an_address_without_an_api_names_the_base_url() -> None:
    error = fault(404, b"404 page not found\n", {"content-type": "text/plain"})
    assert type(error) is errors.NotAnApi
    assert "https://api.example.invalid/v1" in hint_lines(error.hints)[0]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_names_its_target_without_its_query(status: int) -> None:
    error = fault(status, b"", {"location": f"https://evil.example/v1?key={KEY}"})
    assert type(error) is errors.NotAnApi
    assert "https://evil.example/v1;" in error.message
    assert "refused" in error.message
    assert "key=" not in error.message


@pytest.mark.parametrize(
    "words",
    [
        f"you sent {KEY}!",
        f"Authorization: Bearer {KEY}",
        "the key sk-proj-AbCdEfGhIjKlMnOpQrSt is wrong",
        "gsk_0123456789abcdefghijkl",
        f"{'x ' * 140}{KEY}",
    ],
)
def test_no_key_is_quoted(words: str) -> None:
    message = fault(401, {"error": {"message": words}}).message
    for secret in (KEY, KEY[4:20], "AbCdEfGhIj", "0123456789ab"):
        assert secret not in message


@pytest.mark.parametrize("key", ["hunter2-of-the-house", "0f3c", "a.b*c+d", "s\u00e4cret!"])
def test_our_key_is_not_quoted_whatever_it_looks_like(key: str) -> None:
    here = HERE.replace(key=key)
    words = f"no such key {key}, header {key}!"
    body = json.dumps({"error": {"message": words}}).encode()
    message = of_response(here, "m", 401, {}, body).message
    assert key not in message
    assert "no such key ***, header ***!" in clean(words, key)


@given(st.text(max_size=2000))
def test_quoted_words_are_one_short_line_of_printable_characters(words: str) -> None:
    line = clean(words)
    assert len(line) <= 300
    assert line.isprintable()
    assert line == " ".join(line.split())


def test_escape_sequences_in_a_providers_words_do_not_reach_the_terminal() -> None:
    message = fault(400, {"error": {"message": "\x1b]52;c;aGk=\x07\x9b2J\u202eevil"}}).message
    assert message == 'some answered 400 (bad request): "]52;c;aGk= 2J evil"'


@given(
    st.integers(300, 599),
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["error", "message", "detail", "code", "type", "status", "n_ctx"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)
def test_every_body_under_every_status_becomes_an_error(status: int, body: bytes) -> None:
    assert isinstance(fault(status, body), errors.SynapseError)


HOSTILE = [
    "9" * 4000, "1e400", "NaN", "true", "null", "[]", "{}", "-1", str(2**64), '{"a": {"b": 1}}',
    '"maximum context length is %s"' % ("9" * 5000), '"maximum context length is ,,,"',
    '"context size 0"', f'"{"9" * 5000}"', f'"{"x" * 1_000_000}"', '"\\ud800"',
    '"\\u0000\\u001b[31m"', '"²²¹"', '"٤٢٩"',
]  # fmt: skip
PLACES = [
    '{"error": %s}',
    '{"error": {"message": %s}}',
    '{"error": {"message": "m", "code": %s}}',
    '{"error": {"message": %s, "type": %s, "code": %s, "n_ctx": %s, "n_prompt_tokens": %s}}',
    '{"error": {"message": "prompt is too long", "n_ctx": %s, "n_prompt_tokens": %s}}',
    '{"message": %s}',
    '{"detail": [{"msg": %s}]}',
    '[{"error": {"message": %s}}]',
    "%s",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: value[:24])
def test_nothing_in_an_error_can_break_its_reader(place: str, value: str) -> None:
    body = place.replace("%s", value)
    for status in (200, 400, 404, 413, 429, 500, 999):
        error = of_response(HERE, "m", status, {}, body.encode())
        assert len(error.message) < 1000
        assert error.message.isprintable()
    try:
        found = json.loads(body)
    except ValueError:  # an integer that Python does not read
        return
    if isinstance(found, dict) and isinstance(found.get("error"), dict):
        assert len(of_error(HERE, "m", found["error"]).message) < 1000
