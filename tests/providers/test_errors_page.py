"""docs/errors.md: every class of provider error, provoked over a real socket.

The table in the page is what the program says. After a change that is meant, write it anew:
SYNAPSE_TEST_WRITE_DOCS=1 python -m pytest tests/providers/test_errors_page.py
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, anthropic, openai, scripts, unanswered_address
from loopback.asking import ask, opened, request

from synapse import errors
from synapse.config.providers import open_provider
from synapse.errors import SynapseError
from synapse.ports import Cancellation, ProviderOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from loopback import Script

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
BEGIN, END = "<!-- provoked: begin -->\n", "<!-- provoked: end -->\n"

STREAM = openai.stream_of(["Paris"])
HTML = {"Content-Type": "text/html"}


def answered(*answers: Script, name: str = "openai", **options: Any) -> SynapseError:
    with Loopback(*answers) as server:
        outcome = ask(server.url + "/v1", name, **{"attempts": 1, **options})
    assert outcome.error is not None
    return outcome.error


def without_key() -> SynapseError:
    with pytest.raises(SynapseError) as caught:
        open_provider("openai", environ={})
    return caught.value


def with_parameter() -> SynapseError:
    with Loopback(anthropic.answer("a")) as server:
        provider = opened(server.url, "anthropic")
        with pytest.raises(SynapseError) as caught:
            provider.stream(request(parameters=(("temperature", 1),)), Cancellation())
        assert server.connections == 0
    return caught.value


def in_clear_text() -> SynapseError:
    options = ProviderOptions(base_url="http://llm.example/v1")
    with pytest.raises(SynapseError) as caught:
        open_provider("openai", options, environ={"OPENAI_API_KEY": "k"})
    return caught.value


def unanswered() -> SynapseError:
    with unanswered_address() as (host, port):
        error = ask(f"http://{host}:{port}/v1", attempts=1, connect_timeout=0.2).error
    assert error is not None
    return error


def at(url: str) -> SynapseError:
    error = ask(url, attempts=1).error
    assert error is not None
    return error


def self_signed() -> SynapseError:
    with Loopback(openai.answer("a"), tls=True) as server:
        return at(server.url)


CALL = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
PROVOKED: dict[str, tuple[type[SynapseError], Callable[[], SynapseError]]] = {
    "no key anywhere": (errors.CredentialsError, without_key),
    "a wrong key": (
        errors.CredentialsError,
        lambda: answered(openai.error(401, "Incorrect API key provided", name="invalid_api_key")),
    ),
    "a key without the right": (
        errors.PermissionDenied,
        lambda: answered(openai.error(403, "Your project may not use this model")),
    ),
    "an empty account": (
        errors.BalanceExhausted,
        lambda: answered(openai.error(402, "Insufficient Balance")),
    ),
    "a mistyped model": (
        errors.UnknownModel,
        lambda: answered(
            openai.error(404, "The model `loopbck-1` does not exist", name="model_not_found"),
            openai.models("loopback-1"),
        ),
    ),
    "too long a conversation": (
        errors.ContextTooLong,
        lambda: answered(
            anthropic.error(
                400,
                "invalid_request_error",
                "prompt is too long: 210000 tokens > 200000 maximum",
            ),
            name="anthropic",
        ),
    ),
    "too large a request": (
        errors.RequestTooLarge,
        lambda: answered(
            anthropic.error(413, "request_too_large", "Request exceeds the maximum size"),
            name="anthropic",
        ),
    ),
    "a request that the server can't read": (
        errors.BadRequest,
        lambda: answered(openai.error(400, "Unsupported value: 'stream'")),
    ),
    "a path that the server does not have": (
        errors.EndpointNotFound,
        lambda: answered(openai.error(404, "Not Found")),
    ),
    "a parameter that the provider does not take": (errors.UsageError, with_parameter),
    "too many requests": (
        errors.RateLimited,
        lambda: answered(openai.error(429, "Rate limit reached", type="tokens")),
    ),
    "too many requests, a long wait asked for": (
        errors.RateLimited,
        lambda: answered(openai.error(429, "Come back later", headers={"Retry-After": "7200"})),
    ),
    "too little capacity": (
        errors.Overloaded,
        lambda: answered(anthropic.error(529, "overloaded_error", "Overloaded"), name="anthropic"),
    ),
    "a fault inside the provider": (
        errors.ServerError,
        lambda: answered(openai.error(500, "The server had an error")),
    ),
    "a gateway's error page": (
        errors.ServerError,
        lambda: answered(scripts.status(502, "<html><title>Bad gateway</title></html>", HTML)),
    ),
    "an error in the middle of the answer": (
        errors.Overloaded,
        lambda: answered(
            scripts.stream(
                anthropic.message_start(), anthropic.error_event("overloaded_error", "Overloaded")
            ),
            name="anthropic",
        ),
    ),
    "a host name that does not exist": (
        errors.NetworkError,
        lambda: at("https://no-such-host.invalid/v1"),
    ),
    "a server that is not running": (errors.NetworkError, lambda: at("http://127.0.0.1:1/v1")),
    "a host that does not answer": (errors.NetworkError, unanswered),
    "a server that hangs up": (errors.NetworkError, lambda: answered(scripts.hang_up)),
    "a connection that is reset": (errors.NetworkError, lambda: answered(scripts.reset_after())),
    "a server that falls silent": (
        errors.NetworkError,
        lambda: answered(scripts.stall_after(*STREAM[:2]), timeout=1),
    ),
    "an unknown certificate": (errors.NetworkError, self_signed),
    "a key that would go unencrypted to another machine": (errors.ConfigError, in_clear_text),
    "a redirect": (
        errors.NotAnApi,
        lambda: answered(scripts.redirect("https://login.example/")),
    ),
    "a web page instead of an answer": (
        errors.NotAnApi,
        lambda: answered(scripts.status(200, "<html>Welcome</html>", HTML)),
    ),
    "a firewall's or a proxy's page": (
        errors.NotAnApi,
        lambda: answered(scripts.status(403, "<html><title>Access denied</title></html>", HTML)),
    ),
    "a wrong path in base_url": (
        errors.NotAnApi,
        lambda: answered(scripts.status(404, "404 page not found", {"Content-Type": "text/plain"})),
    ),
    "a stream without its end": (
        errors.AnswerCutShort,
        lambda: answered(scripts.unended(*STREAM[:-3])),
    ),
    "a line in the stream that is no JSON": (
        errors.AnswerCutShort,
        lambda: answered(scripts.stream(*STREAM[:2], b"data: {oops\n\n")),
    ),
    "an end for a reason that is no end": (
        errors.AnswerCutShort,
        lambda: answered(openai.answer("Well", finish="abort")),
    ),
    "an answer that holds no text": (
        errors.NotAnApi,
        lambda: answered(scripts.stream(openai.event({"response": "Paris."}), openai.DONE)),
    ),
    "a call of a tool": (
        errors.ToolCalled,
        lambda: answered(
            scripts.stream(
                openai.chunk({"tool_calls": [{"index": 0, "function": CALL}]}),
                openai.chunk(finish="tool_calls"),
            )
        ),
    ),
    "an image that the model can't see": (
        errors.ImageRefused,
        lambda: answered(openai.error(500, "image input is not supported")),
    ),
    "a content filter": (
        errors.AnswerRefused,
        lambda: answered(openai.answer("Well", finish="content_filter")),
    ),
    "a model that refuses": (
        errors.AnswerRefused,
        lambda: answered(anthropic.answer("I", stop_reason="refusal"), name="anthropic"),
    ),
}


def row(cause: str, error: SynapseError) -> str:
    message = re.sub(r"(127\.0\.0\.1:)\d{4,}", r"\1PORT", error.message)
    message = message.replace("|", "\\|")
    return f"| {cause} | `{error.code()}` | {error.exit_status} | {message} |\n"


@pytest.mark.parametrize("cause", PROVOKED)
def test_an_error_is_of_its_class_and_as_the_page_says(cause: str) -> None:
    kind, provoke = PROVOKED[cause]
    error = provoke()
    assert type(error) is kind
    line = row(cause, error)
    if "SYNAPSE_TEST_WRITE_DOCS" in os.environ:
        write(line)
    assert line in PAGE.read_text(encoding="utf-8")


def write(line: str) -> None:
    """Put a row into the page, in the order of PROVOKED, instead of the one for its cause."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    table, _, after = rest.partition(END)
    head, rows = table.splitlines(True)[:2], table.splitlines(True)[2:]
    by_cause = {cause_of(row): row for row in [*rows, line]}
    kept = [by_cause[cause] for cause in PROVOKED if cause in by_cause]
    text = before + BEGIN + "".join([*head, *kept]) + END + after
    PAGE.write_text(text, encoding="utf-8")


def cause_of(row: str) -> str:
    return row.split(" | ")[0][2:]


def test_the_page_has_a_row_for_every_class_that_a_provider_raises() -> None:
    kinds = {kind for kind, _ in PROVOKED.values()}
    raised = set(errors.ProviderError.__subclasses__()) | {errors.CredentialsError}
    assert raised <= kinds


def test_the_page_has_no_row_that_is_not_provoked() -> None:
    table = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    causes = [cause_of(line) for line in table.splitlines()[2:]]
    assert causes == [*PROVOKED]
