"""A server of the user's own: what the configuration says of it, and what it says itself."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, anthropic, openai, responses, scripts
from loopback.asking import KEY, Outcome, ask, opened, request

from synapse import errors
from synapse.errors import ConfigError
from synapse.paths import remembered_servers
from synapse.ports import Adapted, Cancellation, ProviderOptions
from synapse.providers import PROVIDERS, default_model, find
from synapse.providers._customised import merged, query_of
from synapse.providers._provider_rows import ProviderRow
from synapse.providers._server_quirks import Memory, Quirk, refused, without

if TYPE_CHECKING:
    from pathlib import Path

    from loopback.server import Exchange, Script

# ------------------------------------------------------------------------ what the user says


def row_for(name: str, **options: Any) -> ProviderRow:
    row = find(name, ProviderOptions(**options))
    assert isinstance(row, ProviderRow)
    return row


HERE = {"base_url": "http://localhost:1/v1"}


@pytest.mark.parametrize("other", [name for name, row in PROVIDERS.items() if row.kind])
def test_a_server_is_like_a_provider_of_the_table(other: str) -> None:
    row, model = row_for("mine", like=other, **HERE), PROVIDERS[other]
    assert row.dialect == (model.chat or model.dialect)
    assert (row.api_key_env, row.needs_key, row.default_model) == ("", False, None)
    if model.chat:
        own = row_for("mine", like=other, kind="responses", **HERE)
        assert (own.kind, own.dialect) == ("responses", model.dialect)


def test_without_an_address_it_is_another_account_there() -> None:
    row = row_for("work", like="openai")
    assert (row.kind, row.base_url) == ("responses", PROVIDERS["openai"].base_url)
    assert default_model("work", ProviderOptions(like="openai")) == "gpt-6-luna"
    assert row_for("work", like="openai", kind="openai").dialect == PROVIDERS["openai"].chat


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("mine", {"like": "opnai", **HERE}, 'did you mean "openai"'),
        ("mine", {"like": "echo", **HERE}, 'can\'t be like "echo"'),
        ("mine", {"like": "local", **HERE}, 'can\'t be like "local"'),
        (
            "mine",
            {"like": "mistral", "kind": "anthropic", **HERE},
            'mistral is of the kind "openai"',
        ),
        ("mine", {"like": "anthropic", "kind": "openai", **HERE}, 'of the kind "anthropic"'),
        ("mine", {"like": "groq", "kind": "responses", **HERE}, 'of the kind "openai"'),
        ("mine", {"kind": "anthropic", "usage": False, **HERE}, "usage is for kind"),
        ("mine", {"kind": "responses", "usage": True, **HERE}, "usage is for kind"),
        ("mine", {"kind": "anthropic", "max_tokens_field": "n", **HERE}, "has no meaning"),
        ("openai", {"like": "mistral"}, "built in, and like no other"),
    ],
)
def test_what_can_not_all_be_true_is_refused(
    name: str, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        find(name, ProviderOptions(**options))
    assert words in caught.value.message


def test_headers_query_and_more_of_the_body_are_sent_with_every_question() -> None:
    options = {
        "headers": {"X-Team": "blue", "user-agent": "mine/1", "api-key": "k-1"},
        "query": {"api-version": "v 1", "ä": "&"},
        "extra_body": {"service_tier": "flex", "stream_options": {"more": [1]}},
    }
    with Loopback(openai.answer("Yes.")) as server:
        provider = opened(f"{server.url}/v1", "mine", **options)
        assert Outcome(provider.stream(request(), Cancellation())).text == "Yes."
        provider.list_models()
        asked, listed = server.requests
    assert asked.path == "/v1/chat/completions?api-version=v%201&%C3%A4=%26"
    assert listed.path == "/v1/models?api-version=v%201&%C3%A4=%26"
    for sent in (asked, listed):
        assert (sent.headers["x-team"], sent.headers["user-agent"]) == ("blue", "mine/1")
        assert (sent.headers["api-key"], sent.headers["authorization"]) == ("k-1", f"Bearer {KEY}")
    body = asked.json()
    assert body["service_tier"] == "flex"
    assert body["stream_options"] == {"include_usage": True, "more": [1]}


def test_a_header_of_the_users_own_takes_the_place_of_ours() -> None:
    with Loopback(anthropic.answer("Yes.")) as server:
        ask(server.url, "mine", kind="anthropic", headers={"Anthropic-Version": "2023-06-01"})
        listed = opened(server.url, "mine", kind="anthropic", query={"a": "1"})
        listed.list_models()
    assert server.requests[0].headers["anthropic-version"] == "2023-06-01"
    assert server.requests[1].path == "/v1/models?limit=1000&a=1"


@pytest.mark.parametrize(
    ("options", "field", "asks"),
    [
        ({"usage": False}, "max_tokens", False),
        ({"usage": True, "like": "mistral"}, "max_tokens", True),
        ({"max_tokens_field": "num_predict"}, "num_predict", True),
        ({"like": "groq"}, "max_completion_tokens", True),
    ],
)
def test_usage_and_the_name_of_the_bound_are_the_users_to_say(
    options: dict[str, Any], field: str, asks: bool
) -> None:
    with Loopback(openai.answer("Yes.")) as server:
        provider = opened(f"{server.url}/v1", "mine", **options)
        Outcome(provider.stream(request(max_tokens=9), Cancellation()))
        body = server.requests[0].json()
    assert body[field] == 9
    assert ("stream_options" in body) is asks


def test_tables_are_merged_and_all_else_replaced() -> None:
    body: dict[str, object] = {"a": {"b": 1, "c": {"d": 2}}, "e": [1]}
    assert merged(body, {"a": {"c": {"x": 3}}, "e": [2], "f": None}) == {
        "a": {"b": 1, "c": {"d": 2, "x": 3}},
        "e": [2],
        "f": None,
    }
    assert body == {"a": {"b": 1, "c": {"d": 2}}, "e": [1]}
    assert query_of({"a": "~b/c"}) == "a=~b%2Fc"


def test_nothing_that_may_be_a_secret_is_in_what_options_look_like() -> None:
    options = ProviderOptions(api_key=KEY, headers={"api-key": KEY}, query={"key": KEY})
    assert KEY not in repr(options)


# --------------------------------------------------------------------- what the server says


def picky(*fields: str, words: str = "Unrecognized request argument supplied: {}") -> Script:
    """A server that refuses these fields, one at a time, and answers a question without them."""

    def run(exchange: Exchange) -> None:
        if exchange.request.method == "POST":
            body = exchange.request.json()
            for field in fields:
                outer, _, inner = field.partition(".")
                if outer in body and (not inner or inner in body[outer]):
                    openai.error(400, words.format(field))(exchange)
                    return
            if "input" in body:
                responses.answer("Yes.")(exchange)
                return
        openai.answer("Yes.")(exchange)

    return run


def adapted(outcome: Outcome) -> list[tuple[str, ...]]:
    return [event.fields for event in outcome.events if isinstance(event, Adapted)]


@pytest.mark.parametrize("stream", [True, False])
def test_a_field_that_is_refused_is_left_out_and_remembered(stream: bool) -> None:
    fields = ["stream_options", "max_tokens"] if stream else ["max_tokens"]
    with Loopback(picky(*fields)) as server:

        def asked() -> Outcome:
            provider = opened(f"{server.url}/v1", "mine")
            sent = request(max_tokens=9, stream=stream)
            return Outcome(provider.stream(sent, Cancellation()))

        first, second = asked(), asked()
        count = len(server.requests)
    assert (first.text, second.text, first.error, second.error) == ("Yes.", "Yes.", None, None)
    assert adapted(first)[-1] == adapted(second)[0] == tuple(fields)
    assert len(adapted(second)) == 1
    assert count == len(fields) + 2
    assert not first.retries


WORDS = [
    "Unrecognized request argument supplied: {}",
    "'{}' is not supported with this model.",
    "property '{}' is unsupported",
    "Additional properties are not allowed ('{}' was unexpected)",
    '[{{"type": "extra_forbidden", "loc": ["body", "{}"]}}]',
    "body.{}: Extra inputs are not permitted",
    "unknown field `{}`, expected one of `model`, `messages`",
    "{}: no such parameter",
]


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("field", ["stream_options", "max_tokens"])
def test_a_refusal_is_understood_in_the_words_of_many_servers(words: str, field: str) -> None:
    with Loopback(picky(field, words=words)) as server:
        provider = opened(f"{server.url}/v1", "mine")
        outcome = Outcome(provider.stream(request(max_tokens=9), Cancellation()))
    assert (outcome.text, outcome.error) == ("Yes.", None)
    assert adapted(outcome) == [(field,)]


def test_the_place_of_an_error_in_another_body_is_found() -> None:
    detail = [{"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": "Extra inputs"}]
    scripted = [scripts.status(422, {"detail": detail}), openai.answer("Yes.")]
    with Loopback(*scripted) as server:
        assert ask(f"{server.url}/v1", "mine").text == "Yes."
        assert "stream_options" not in server.requests[1].json()


def test_a_refusal_may_be_a_plain_text_and_is_no_page() -> None:
    plain = scripts.status(
        400, 'json: unknown field "stream_options"', {"Content-Type": "text/plain"}
    )
    with Loopback(plain, openai.answer("Yes.")) as server:
        assert ask(f"{server.url}/v1", "mine").text == "Yes."
    page = scripts.status(400, "<html>stream_options</html>", {"Content-Type": "text/html"})
    with Loopback(page) as server:
        assert isinstance(ask(f"{server.url}/v1", "mine").error, errors.NotAnApi)
        assert len(server.requests) == 1


def test_a_bound_is_sent_under_the_name_that_the_server_names() -> None:
    words = "Unsupported parameter: '{}' is not supported. Use 'max_completion_tokens' instead."
    with Loopback(picky("max_tokens", words=words)) as server:
        provider = opened(f"{server.url}/v1", "mine")
        outcome = Outcome(provider.stream(request(max_tokens=9), Cancellation()))
        assert server.requests[-1].json()["max_completion_tokens"] == 9
    assert adapted(outcome) == [("max_tokens (as max_completion_tokens)",)]


def test_a_bound_that_the_server_knows_by_no_name_is_left_out_in_the_end() -> None:
    words = "Use max_tokens or max_completion_tokens? Neither: {} is unknown here."
    with Loopback(picky("max_tokens", "max_completion_tokens", words=words)) as server:
        provider = opened(f"{server.url}/v1", "mine", like="groq")
        outcome = Outcome(provider.stream(request(max_tokens=9), Cancellation()))
        assert not {"max_tokens", "max_completion_tokens"} & server.requests[-1].json().keys()
        assert len(server.requests) == 3
    assert outcome.text == "Yes."


@pytest.mark.parametrize(
    "words",
    [
        "max_tokens is too large: 100000. This model supports at most 16384 completion tokens",
        "max_tokens must be less than or equal to 8192",
        "This model's maximum context length is 4097 tokens, you requested 5000 (max_tokens)",
        "Your question is not fit to be asked",
    ],
)
def test_what_is_no_fault_of_a_field_is_told(words: str) -> None:
    with Loopback(openai.error(400, words)) as server:
        provider = opened(f"{server.url}/v1", "mine")
        outcome = Outcome(provider.stream(request(max_tokens=9), Cancellation()))
        assert len(server.requests) == 1
    assert isinstance(outcome.error, errors.BadRequest | errors.ContextTooLong)
    assert adapted(outcome) == []


def test_what_the_user_asked_for_is_never_left_out() -> None:
    with Loopback(openai.error(400, "Unsupported parameter: temperature")) as server:
        provider = opened(f"{server.url}/v1", "mine")
        sent = request(parameters=(("temperature", 0.5),))
        outcome = Outcome(provider.stream(sent, Cancellation()))
        assert len(server.requests) == 1
    assert isinstance(outcome.error, errors.BadRequest)


def test_a_server_that_names_a_field_for_ever_is_not_asked_for_ever() -> None:
    with Loopback(openai.error(400, "stream_options and max_tokens are unknown")) as server:
        provider = opened(f"{server.url}/v1", "mine")
        outcome = Outcome(provider.stream(request(max_tokens=9), Cancellation()))
        assert len(server.requests) == 2
        assert isinstance(outcome.error, errors.BadRequest)
        for again in (provider, opened(f"{server.url}/v1", "mine")):  # nor was that the cause
            Outcome(again.stream(request(max_tokens=9), Cancellation()))
            assert {"stream_options", "max_tokens"} <= server.requests[-2].json().keys()


def test_a_summary_is_refused_by_a_model_and_not_by_its_server() -> None:
    words = "Unsupported parameter: '{}' is not supported with this model."
    with Loopback(picky("reasoning.summary", words=words)) as server:
        options = {"kind": "responses", "like": "openai"}
        for model in ("a", "a", "b"):
            provider = opened(f"{server.url}/v1", "mine", **options)
            assert Outcome(provider.stream(request(model=model), Cancellation())).text == "Yes."
        asked = ["reasoning" in sent.json() for sent in server.requests]
    assert asked == [True, False, False, True, False]


def test_another_server_is_asked_for_everything() -> None:
    with Loopback(picky("stream_options")) as first, Loopback(openai.answer("Yes.")) as second:
        ask(f"{first.url}/v1", "mine")
        ask(f"{second.url}/v1", "mine")
        assert "stream_options" in second.requests[0].json()


def test_after_a_month_a_server_is_asked_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = remembered_servers({"HOME": str(home)})
    quirk = Quirk(field="stream_options")
    monkeypatch.setattr("synapse.providers._server_quirks.time.time", lambda: 1_000_000_000.0)
    Memory(path, "http://a/v1").add([quirk])
    assert Memory(path, "http://a/v1").quirks == [quirk]
    assert Memory(path, "http://b/v1").quirks == []
    later = 1_000_000_000.0 + 31 * 24 * 3600
    monkeypatch.setattr("synapse.providers._server_quirks.time.time", lambda: later)
    assert Memory(path, "http://a/v1").quirks == []
    Memory(path, "http://b/v1").add([quirk])
    stored = json.loads((home / ".cache" / "synapse" / "servers.json").read_text())
    assert list(stored["servers"]) == ["http://b/v1"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no JSON",
        b"[]",
        b"\xff\xfe",
        b'{"format": "synapse-servers", "version": 2, "servers": {}}',
        b'{"format": "synapse-servers", "version": 1, "servers": [7]}',
        b'{"format": "synapse-servers", "version": 1, "servers": {"http://a/v1": 7}}',
        b'{"format": "synapse-servers", "version": 1, "servers": {"http://a/v1": {"since": "x"}}}',
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_none_of_ours_is_none(home: Path, content: bytes) -> None:
    path = remembered_servers({"HOME": str(home)})
    folder = home / ".cache" / "synapse"
    folder.mkdir(parents=True)
    (folder / "servers.json").write_bytes(content)
    memory = Memory(path, "http://a/v1")
    assert memory.quirks == []
    memory.add([Quirk(field="store")])
    assert Memory(path, "http://a/v1").quirks == [Quirk(field="store")]
    assert (folder / "servers.json").stat().st_mode & 0o777 == 0o600


def test_where_nothing_can_be_written_it_is_remembered_by_the_process(home: Path) -> None:
    (home / ".cache").write_text("a file, where a folder should be")
    memory = Memory(remembered_servers({"HOME": str(home)}), "http://a/v1")
    memory.add([Quirk(field="store")])
    assert memory.quirks == [Quirk(field="store")]
    nowhere = Memory("", "http://a/v1")
    nowhere.add([Quirk(field="store")])
    assert nowhere.quirks == [Quirk(field="store")]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("stream_options.include_obfuscation is unknown", "stream_options.include_obfuscation"),
        ("unknown key include_usage in stream_options", "stream_options.include_usage"),
        ("stream_options", "stream_options"),
        ("unknown 'store'", "store"),
    ],
)
def test_of_a_table_only_the_part_that_is_named_is_left_out(words: str, field: str) -> None:
    body: dict[str, object] = {
        "stream_options": {"include_usage": True, "include_obfuscation": False},
        "store": False,
    }
    assert refused(body, words, "m", set()) == [Quirk(field=field)]
    assert without(body, [Quirk(field=field)], "m") == (field,)
    assert field not in body


def test_words_that_only_sound_like_a_field_name_none() -> None:
    body: dict[str, object] = {"store": False, "max_tokens": 9, "stream_options": {"a": 1}}
    for words in ("could not store that", "my_max_tokens_2 is unknown", "no stream_optionsx"):
        assert refused(body, words, "m", set()) == []


def test_a_cancelled_question_is_not_asked_again() -> None:
    cancellation = Cancellation()
    arrived = threading.Event()

    def run(exchange: Exchange) -> None:
        cancellation.cancel()
        arrived.set()
        openai.error(400, "unknown stream_options")(exchange)

    with Loopback(run) as server:
        outcome = Outcome(opened(f"{server.url}/v1", "mine").stream(request(), cancellation))
        assert arrived.wait(20)
        assert len(server.requests) == 1
    assert outcome.text == ""
