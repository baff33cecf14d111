"""The wire as it is: real sockets, both formats, everything that a server can do wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, anthropic, openai, proxy, scripts
from loopback.asking import KEY, Asking, Outcome, ask, opened, request

from synapse import errors
from synapse.ports import Cancellation
from synapse.providers.traffic import retry
from synapse.providers.traffic.retry import is_worthwhile

if TYPE_CHECKING:
    from pathlib import Path

    from loopback import Exchange, Script

STREAM = openai.stream_of(["Paris", " is", " nice."])
FORMATS = {"openai": openai, "anthropic": anthropic}


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("name", FORMATS)
def test_an_answer_arrives_with_reason_and_usage(name: str, stream: bool) -> None:
    with Loopback(FORMATS[name].answer("Paris", " is", " nice.")) as server:
        outcome = ask(server.url, name, stream=stream)
    assert outcome.error is None
    assert outcome.text == "Paris is nice."
    assert outcome.finish == ("stop" if name == "openai" else "end_turn")
    assert outcome.usage == (7, 3)


@pytest.mark.parametrize("name", FORMATS)
def test_the_request_carries_key_version_and_body_as_the_format_wants_them(name: str) -> None:
    with Loopback(FORMATS[name].answer("a")) as server:
        ask(server.url + "/v1", name)
        received = server.requests[0]
    assert received.method == "POST"
    path = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}[name]
    assert received.path == path
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["accept"] == "text/event-stream"
    assert received.headers.get("anthropic-version") == (
        "2026-10-21" if name == "anthropic" else None
    )
    assert received.json()["stream"] is True
    assert KEY not in received.path
    assert KEY.encode() not in received.body


def test_without_a_key_no_authorization_is_sent() -> None:
    with Loopback(openai.answer("a")) as server:
        assert ask(server.url, "mine", api_key=None).text == "a"
        assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize("size", [1, 2, 7, 100])
@pytest.mark.parametrize("name", FORMATS)
def test_an_answer_is_whole_however_it_is_split_on_the_wire(name: str, size: int) -> None:
    tokens = ("Zürich", " 東京", " 😀", "\n\n", "\u200b", "\x00")
    script = FORMATS[name].answer(*tokens, split=scripts.pieces_of(size))
    with Loopback(script) as server:
        outcome = ask(server.url, name)
    assert (outcome.text, outcome.error) == ("".join(tokens), None)


def test_a_compressed_answer_is_understood() -> None:
    with Loopback(openai.answer("a", "b", compressed=True)) as server:
        assert ask(server.url).text == "ab"
        assert "gzip" in server.requests[0].headers["accept-encoding"]


def test_a_stream_that_was_asked_for_may_come_whole() -> None:
    with Loopback(scripts.status(200, openai.completion("whole"))) as server:
        outcome = ask(server.url)
    assert (outcome.text, outcome.finish, outcome.error) == ("whole", "stop", None)


def test_a_conversation_uses_one_connection_for_many_turns() -> None:
    with Loopback(openai.answer("a")) as server:
        provider = opened(server.url)
        for _ in range(5):
            assert Outcome(provider.stream(request(stream=False), Cancellation())).text == "a"
        assert server.connections == 1


def test_two_streams_of_one_provider_can_run_at_once() -> None:
    with Loopback(openai.answer(*("abcdefgh" * 20))) as server:
        provider = opened(server.url)
        askings = [Asking(provider) for _ in range(8)]
        assert [asking.outcome().text for asking in askings] == ["abcdefgh" * 20] * 8


def test_an_answer_comes_over_ipv6() -> None:
    with Loopback(openai.answer("six"), host="::1") as server:
        assert ask(server.url).text == "six"


def test_an_answer_comes_over_a_unix_socket_even_if_a_proxy_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with Loopback(openai.answer("unix"), unix=tmp_path / "llm.sock") as server:
        assert ask(server.url + "/v1").text == "unix"
        assert server.requests[0].path == "/v1/chat/completions"


def test_models_are_listed_in_both_formats() -> None:
    for name, format in FORMATS.items():
        with Loopback(format.answer("a")) as server:
            listed = opened(server.url, name).list_models()
            assert [model.id for model in listed] == ["loopback-1", "loopback-2"]
            assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_list_of_models_that_is_a_web_page_is_told() -> None:
    page = scripts.status(200, "<html></html>", {"Content-Type": "text/html"})
    with Loopback(page) as server, pytest.raises(errors.NotAnApi):
        opened(server.url).list_models()


# ------------------------------------------------------------------------- broken-off streams


@pytest.mark.parametrize("name", FORMATS)
def test_a_stream_cut_anywhere_is_never_complete(name: str) -> None:
    """At every byte, by a connection that just closes: no cut passes for a whole answer."""
    stream = b"".join(FORMATS[name].stream_of(["Paris", " is"]))
    reason = b'"finish_reason": "stop"' if name == "openai" else b'"stop_reason": "end_turn"'
    complete = stream.index(b"\n", stream.index(reason))
    cuts = [*range(0, complete, 13), complete - 1]
    with Loopback(*(scripts.unended(stream[:at]) for at in cuts)) as server:
        for _ in cuts:
            outcome = ask(server.url, name, attempts=1)
            assert isinstance(outcome.error, errors.AnswerCutShort), outcome.events
            assert outcome.error.exit_status == 5
            assert outcome.finish is None
            assert "Paris is".startswith(outcome.text)


@pytest.mark.parametrize("name", FORMATS)
def test_a_stream_is_complete_with_its_end_marker_whatever_follows(name: str) -> None:
    stream = FORMATS[name].stream_of(["Paris"])
    tails: list[Script] = [
        scripts.stream(*stream),
        scripts.unended(*stream),
        scripts.cut_chunks(*stream),
        scripts.unended(b"".join(stream).rstrip(b"\n")),
        scripts.unended(*stream, b"data: {garbage\n\ndata: \xff\xfe\n\n<html>"),
        scripts.stall_after(*stream),
    ]
    with Loopback(*tails) as server:
        for _ in tails:
            outcome = ask(server.url, name, timeout=20)
            assert (outcome.text, outcome.error) == ("Paris", None)


def test_text_that_came_together_with_the_break_is_kept() -> None:
    with Loopback(scripts.cut_chunks(*STREAM[:3])) as server:
        outcome = ask(server.url)
    assert outcome.text == "Paris is"
    assert isinstance(outcome.error, errors.AnswerCutShort)
    assert outcome.retries == []


def test_a_reset_in_the_middle_keeps_what_came() -> None:
    heard = threading.Event()
    with Loopback(scripts.reset_after(*STREAM[:2], heard=heard)) as server:
        asking = Asking(opened(server.url))
        assert asking.first.wait(20)
        heard.set()
        outcome = asking.outcome()
    assert outcome.text == "Paris"
    assert isinstance(outcome.error, errors.NetworkError)
    assert outcome.retries == []


def test_a_stall_in_the_middle_ends_the_answer_after_the_timeout() -> None:
    with Loopback(scripts.stall_after(*STREAM[:2])) as server:
        outcome = ask(server.url, timeout=1)
        server.wait_for(lambda s: s.open_connections == 0)
    assert outcome.text == "Paris"
    assert isinstance(outcome.error, errors.NetworkError)
    assert "sent nothing for 1 s" in outcome.said


def test_an_answer_without_end_is_ended_by_the_total_timeout() -> None:
    def endless(exchange: Exchange) -> None:
        exchange.start(200, scripts.EVENT_STREAM)
        while not exchange.stopped.is_set():
            exchange.send(openai.chunk({"content": "x"}))

    with Loopback(endless) as server:
        outcome = ask(server.url, total_timeout=2)
    assert outcome.text.startswith("xx")
    assert "longer than 2 s in all" in outcome.said


def test_nothing_after_the_headers_is_a_cut_answer() -> None:
    with Loopback(scripts.stream(), scripts.unended()) as server:
        for _ in range(2):
            assert isinstance(ask(server.url).error, errors.AnswerCutShort)


@pytest.mark.parametrize(
    "bad",
    [
        b"data: {garbage\n\n",
        b"data: " + b"[" * 300_000 + b"\n\n",
        b"data: " + b"x" * 50_000_000 + b"\n\n",
        b"data: [1]\n\n",
    ],
    ids=["no json", "nested to death", "a line of 50 MB", "no object"],
)
def test_a_line_that_can_not_be_read_ends_the_answer_and_keeps_what_came(bad: bytes) -> None:
    with Loopback(scripts.stream(*STREAM[:3], bad, *STREAM[3:])) as server:
        outcome = ask(server.url)
    assert outcome.text == "Paris is"
    assert isinstance(outcome.error, errors.AnswerCutShort)
    assert len(outcome.said) < 300


def test_an_endless_number_is_read_past() -> None:
    number = b'data: {"a": ' + b"1" * 5000 + b"}\n\n"
    with Loopback(scripts.stream(*STREAM[:3], number, *STREAM[3:])) as server:
        outcome = ask(server.url)
    assert outcome.error is None
    assert outcome.text.startswith("Paris is ")


def test_an_event_stream_of_something_else_is_no_llm_api() -> None:
    with Loopback(scripts.stream(b"data: tick\n\n")) as server:
        assert isinstance(ask(server.url).error, errors.NotAnApi)


@pytest.mark.parametrize(
    "script",
    [
        scripts.status(200, "<html><title>Log in</title>", {"Content-Type": "text/html"}),
        scripts.status(200, "hello", {"Content-Type": "text/plain"}),
        scripts.status(200, "{}"),
        scripts.status(200, "[]"),
        scripts.status(200, "{", {"Content-Type": "application/json"}),
        scripts.status(204, ""),
        scripts.raw(b"\x00\x01\x02 this is not HTTP\r\n\r\n"),
        scripts.raw(b"220 mail.example ESMTP\r\n"),
        scripts.status(404, "404 page not found", {"Content-Type": "text/plain"}),
    ],
    ids=["page", "text", "object", "array", "half", "empty", "bytes", "mail", "nowhere"],
)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_what_is_no_llm_api_is_told_with_its_address(script: Script, stream: bool) -> None:
    with Loopback(script) as server:
        outcome = ask(server.url, stream=stream)
        assert server.url in outcome.said
    assert isinstance(outcome.error, errors.NotAnApi), outcome.said


def test_an_answer_cut_in_the_middle_of_its_json_is_no_answer() -> None:
    def cut(exchange: Exchange) -> None:
        exchange.start(200, {"Content-Type": "application/json", "Content-Length": "500"})
        exchange.send(json.dumps(openai.completion("Paris")).encode()[:80])

    with Loopback(cut) as server:
        assert isinstance(ask(server.url, stream=False).error, errors.AnswerCutShort)


# ------------------------------------------------------------------------------------ retries


@pytest.mark.parametrize(
    "failure",
    [
        openai.error(408, "late"),
        openai.error(409, "locked"),
        openai.error(429, "slow down", headers={"Retry-After": "0"}),
        openai.error(500, "sorry", headers={"retry-after-ms": "1"}),
        openai.error(503, "full", headers={"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}),
        openai.error(400, "again", headers={"x-should-retry": "true"}),
        scripts.hang_up,
        scripts.reset_after(),
        scripts.cut_chunks(),
    ],
)
def test_a_failure_that_passes_is_announced_and_tried_again(
    failure: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "backoff", lambda failures, random: 0.01)
    with Loopback(failure, failure, openai.answer("at last")) as server:
        outcome = ask(server.url)
        assert len(server.requests) == 3
    assert (outcome.text, outcome.error) == ("at last", None)
    assert [(r.attempt, r.attempts) for r in outcome.retries] == [(2, 3), (3, 3)]
    assert outcome.events[0] == outcome.retries[0]


@pytest.mark.parametrize(
    "failure",
    [
        openai.error(400, "bad"),
        openai.error(401, "who"),
        openai.error(404, "where"),
        openai.error(429, "broke", name="insufficient_quota"),
        openai.error(500, "no", headers={"x-should-retry": "false"}),
        openai.error(429, "tomorrow", headers={"Retry-After": "86400"}),
    ],
)
def test_a_failure_that_does_not_pass_is_told_at_once(failure: Script) -> None:
    with Loopback(failure) as server:
        outcome = ask(server.url)
        posts = [received for received in server.requests if received.method == "POST"]
    assert len(posts) == 1
    assert outcome.retries == []
    assert outcome.error is not None


def test_attempts_are_counted_in_the_message_and_bounded_by_the_options() -> None:
    busy = openai.error(503, "full", headers={"retry-after-ms": "1"})
    with Loopback(busy) as server:
        outcome = ask(server.url, attempts=5)
        assert len(server.requests) == 5
    assert isinstance(outcome.error, errors.Overloaded)
    assert "tried 5 times" in outcome.said


@pytest.mark.parametrize(
    ("seconds", "worth"), [(0, True), (59.9, True), (60, True), (61, False), (100 * 60, False)]
)
def test_a_minute_is_the_longest_that_a_server_is_waited_for(seconds: float, worth: bool) -> None:
    for status in (408, 429, 503):
        assert is_worthwhile(status, {}, seconds) is worth


def test_a_long_wait_that_a_server_asks_for_is_told_in_words() -> None:
    with Loopback(openai.error(429, "tomorrow", headers={"Retry-After": "7200"})) as server:
        assert "wait 2 h" in ask(server.url).said


def test_nothing_is_tried_again_once_a_byte_of_the_answer_has_come() -> None:
    with Loopback(scripts.unended(b":"), openai.answer("twice")) as server:
        outcome = ask(server.url)
        assert len(server.requests) == 1
    assert isinstance(outcome.error, errors.AnswerCutShort)


def test_a_wait_that_would_end_after_the_total_timeout_is_not_begun() -> None:
    with Loopback(openai.error(429, "slow", headers={"Retry-After": "30"})) as server:
        outcome = ask(server.url, total_timeout=10)
    assert isinstance(outcome.error, errors.RateLimited)
    assert outcome.retries == []


# ----------------------------------------------------------------------------- TLS, redirects


def test_a_server_with_an_unknown_certificate_is_refused_and_says_what_to_set() -> None:
    with Loopback(openai.answer("a"), tls=True) as server:
        outcome = ask(server.url)
        assert server.requests == []
    assert isinstance(outcome.error, errors.NetworkError)
    assert "SSL_CERT_FILE" in outcome.said


def test_a_certificate_authority_of_the_users_own_is_trusted(tmp_path: Path) -> None:
    with Loopback(openai.answer("safe"), tls=True) as server:
        environ = {"SSL_CERT_FILE": str(server.write_ca_file(tmp_path))}
        assert ask(server.url, environ=environ).text == "safe"


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    with Loopback(openai.answer("a"), tls=True, certificate_for=("other.example",)) as server:
        environ = {"SSL_CERT_FILE": str(server.write_ca_file(tmp_path))}
        outcome = ask(server.url, environ=environ)
        assert server.requests == []
    assert isinstance(outcome.error, errors.NetworkError)
    assert "certificate" in outcome.said


def test_a_certificate_file_that_is_not_there_is_told() -> None:
    with Loopback(openai.answer("a"), tls=True) as server:
        outcome = ask(server.url, environ={"SSL_CERT_FILE": "/nonexistent.pem"})
    assert "SSL_CERT_FILE or SSL_CERT_DIR can't be read" in outcome.said


def test_a_tls_connection_that_is_cut_is_no_complete_answer(tmp_path: Path) -> None:
    def cut(exchange: Exchange) -> None:
        exchange.start(200, scripts.EVENT_STREAM)
        exchange.send(b"".join(STREAM[:2]))

    with Loopback(cut, tls=True) as server:
        environ = {"SSL_CERT_FILE": str(server.write_ca_file(tmp_path))}
        outcome = ask(server.url, environ=environ)
    assert outcome.text == "Paris"
    assert isinstance(outcome.error, errors.AnswerCutShort)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_the_other_host_hears_nothing(status: int) -> None:
    with Loopback(openai.answer("stolen")) as thief:
        with Loopback(scripts.redirect(f"{thief.url}/v1/chat/completions", status)) as server:
            outcome = ask(server.url)
        assert thief.connections == 0
        assert isinstance(outcome.error, errors.NotAnApi)
        assert f"{thief.url}/v1/chat/completions" in outcome.said


# -------------------------------------------------------------------------------------- proxy


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def test_a_plain_request_goes_through_the_proxy_of_the_environment(
    no_proxies: pytest.MonkeyPatch,
) -> None:
    with (
        Loopback(openai.answer("via")) as server,
        Loopback(proxy(("127.0.0.1", server.port), user="me:pa ss")) as forward,
    ):
        no_proxies.setenv("http_proxy", f"http://me:pa%20ss@127.0.0.1:{forward.port}")
        assert ask("http://llm.invalid/v1").text == "via"
        assert forward.requests[0].path == "http://llm.invalid/v1/chat/completions"
        assert server.requests[0].headers["host"] == "llm.invalid"


def test_a_tls_request_goes_through_a_tunnel_that_sees_no_key(
    no_proxies: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (
        Loopback(openai.answer("via"), tls=True, certificate_for=("llm.invalid",)) as server,
        Loopback(proxy(("127.0.0.1", server.port))) as forward,
    ):
        no_proxies.setenv("https_proxy", f"http://127.0.0.1:{forward.port}")
        environ = {"SSL_CERT_FILE": str(server.write_ca_file(tmp_path))}
        assert ask("https://llm.invalid/v1", environ=environ).text == "via"
        assert forward.requests[0].method == "CONNECT"
        assert forward.requests[0].path == "llm.invalid:443"
        assert KEY not in str(forward.requests[0].headers)


def test_hosts_in_no_proxy_are_asked_directly(no_proxies: pytest.MonkeyPatch) -> None:
    no_proxies.setenv("http_proxy", "http://127.0.0.1:1")
    no_proxies.setenv("no_proxy", ".invalid")
    outcome = ask("http://llm.invalid/v1", attempts=1)
    assert 'no host is called "llm.invalid"' in outcome.said


def test_a_server_on_this_machine_is_asked_directly(no_proxies: pytest.MonkeyPatch) -> None:
    no_proxies.setenv("http_proxy", "http://127.0.0.1:1")
    with Loopback(openai.answer("direct")) as server:
        assert ask(server.url).text == "direct"


def test_a_proxy_that_wants_a_password_is_told(no_proxies: pytest.MonkeyPatch) -> None:
    with Loopback(proxy(("127.0.0.1", 1), user="me:secret")) as forward:
        no_proxies.setenv("https_proxy", f"http://127.0.0.1:{forward.port}")
        no_proxies.setenv("http_proxy", f"http://127.0.0.1:{forward.port}")
        for scheme in ("https", "http"):
            outcome = ask(f"{scheme}://llm.invalid/v1")
            assert isinstance(outcome.error, errors.NetworkError), outcome.said
            assert "the proxy asks for a user name and a password (407)" in outcome.said


def test_a_proxy_that_is_not_there_is_named_by_its_variable(
    no_proxies: pytest.MonkeyPatch,
) -> None:
    no_proxies.setenv("https_proxy", "http://user:hidden@127.0.0.1:1")
    environ = {"https_proxy": "http://user:hidden@127.0.0.1:1"}
    outcome = ask("https://llm.invalid/v1", attempts=1, environ=environ)
    assert isinstance(outcome.error, errors.NetworkError)
    assert "https_proxy" in outcome.said
    assert "hidden" not in outcome.said


# ------------------------------------------------------------------------------------ secrets


def test_the_key_is_in_no_error_even_if_the_server_echoes_it() -> None:
    def echo(exchange: Exchange) -> None:
        sent = exchange.request.headers["authorization"]
        exchange.respond(401, json.dumps({"error": {"message": f"{sent} is wrong"}}))

    with Loopback(echo) as server:
        outcome = ask(server.url)
    assert isinstance(outcome.error, errors.CredentialsError)
    assert outcome.error.exit_status == 4
    assert KEY not in outcome.said
    assert "***" in outcome.said


# -------------------------------------------------------------------------------- connections


def test_a_connection_that_the_server_closed_meanwhile_is_replaced_without_a_word() -> None:
    def once(exchange: Exchange) -> None:
        openai.answer("a")(exchange)
        exchange.keep_alive = False

    with Loopback(once) as server:
        provider = opened(server.url)
        for turn in (1, 2, 3):
            outcome = Outcome(provider.stream(request(stream=False), Cancellation()))
            assert (outcome.text, outcome.retries, outcome.error) == ("a", [], None)
            server.wait_for(lambda s: s.open_connections == 0)
            assert server.connections == turn


# only the openssl command knows the name of a certificate in a hashed folder
if shutil.which("openssl"):

    def test_a_folder_of_certificates_takes_the_place_of_the_systems(tmp_path: Path) -> None:
        with Loopback(openai.answer("safe"), tls=True) as server:
            file = server.write_ca_file(tmp_path)
            command = ["openssl", "x509", "-hash", "-noout", "-in", str(file)]
            name = subprocess.run(
                command, capture_output=True, text=True, check=True
            ).stdout.strip()
            folder = tmp_path / "certificates"
            folder.mkdir()
            (folder / f"{name}.0").write_bytes(file.read_bytes())
            assert ask(server.url, environ={"SSL_CERT_DIR": str(folder)}).text == "safe"


def test_a_large_request_arrives_whole() -> None:
    text = "A long story. " * 200_000
    with Loopback(openai.answer("read")) as server:
        provider = opened(server.url)
        outcome = Outcome(provider.stream(request(text), Cancellation()))
        assert outcome.text == "read"
        assert server.requests[0].json()["messages"][0]["content"] == text
