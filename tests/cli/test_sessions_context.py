"""`sessions context`: what would be sent, token by token, and why the rest is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from contract.builders import a_prompt, a_session
from loopback import Loopback, openai
from program import run, sessions

from synapse.app.context.calibrations import NAME
from synapse.domain import Summary
from synapse.ids import new_id
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from synapse.ports import SessionStore


def context(*words: str, environ: dict[str, str] | None = None) -> Any:
    """The JSON of the command."""
    ran = run("sessions", "context", *words, "--json", environ=environ)
    assert ran.status == 0, ran
    return ran.json()


def in_store(work: Callable[[SessionStore], object]) -> None:
    with open_store(run("db", "path").text.strip()) as store:
        work(store)


@pytest.fixture
def counted(home: Path) -> Loopback:
    """A server that counts 40 tokens more in each prompt."""
    server = Loopback(
        openai.answer("It", " is", " 4.", usage=(40, 6)),
        openai.answer("It is 6.", usage=(60, 7)),
        openai.answer("Yes.", usage=(80, 3)),
    )
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "config.toml").write_text(
        '[providers.here]\nkind = "openai"\nmodel = "m"\napi_key = "k"\n'
        f'base_url = "{server.url}/v1"\n'
    )
    (folder / "config.toml").chmod(0o600)
    return server


def test_each_message_has_the_tokens_that_the_provider_counted(counted: Loopback) -> None:
    with counted:
        run("-p", "here", "--name", "sums", "What is 2 + 2?")
        run("-s", "sums", "And 3 + 3?")
        asked = len(counted.requests)
        found = context("sums", "Are", "you", "sure?")
        assert len(counted.requests) == asked, "nothing is sent"
    parts = [(p["index"], p["role"], p["tokens"], p["exact"]) for p in found["parts"]]
    assert parts[:4] == [
        (1, "user", 40, True),
        (2, "assistant", 6, True),
        (3, "user", 14, True),
        (4, "assistant", 7, True),
    ]
    assert parts[4][:2] == (5, "user")
    assert not parts[4][3]
    assert found["tokens"] == 60 + 7 + parts[4][2]
    assert (found["provider"], found["exact"], found["window"]) == ("here", False, None)
    assert context("sums")["tokens"] == 67
    assert context("sums")["exact"] is True
    assert sessions()[0]["message_count"] == 4, "the question is not stored"


def test_what_is_not_sent_stands_below_with_its_reason() -> None:
    run("-p", "echo", "--name", "talk", "-S", "Be brief.", "one")
    run("retry", "-s", "talk")
    rows = run("sessions", "context", "talk").rows
    assert [row[:3] for row in rows] == [
        ["", "system", "sent"],
        ["1", "user", "sent"],
        ["2", "assistant", "superseded"],
        ["3", "assistant", "sent"],
    ]
    assert rows[2][3:] == ["0", "exact", "one"]
    table = run("sessions", "context", "talk", "-F", "table").text
    assert "2  assistant  asked again, or taken back  one" in table


def test_full_is_what_a_request_would_hold(counted: Loopback) -> None:
    with counted:
        run("-p", "here", "--name", "sums", "-S", "Be brief.", "What is 2 + 2?")
        would = run("sessions", "context", "sums", "--full", "And?").text
        objects = context("sums", "--full", "And?")["sent"]
        run("-s", "sums", "And?")
        sent = counted.requests[-1].json()["messages"]
    assert would == (
        "--- system ---\nBe brief.\n\n--- user #1 ---\nWhat is 2 + 2?\n\n"
        "--- assistant #2 ---\nIt is 4.\n\n--- user #3 ---\nAnd?\n\n"
    )
    assert [(o["role"], o["content"]) for o in objects] == [(m["role"], m["content"]) for m in sent]
    assert [o["messages"] for o in objects] == [[], [1], [2], [3]]


def test_notes_stand_where_they_are_sent(home: Path) -> None:
    for prompt in ("one", "two", "three"):
        run("-p", "echo", *(["-c"] if prompt != "one" else []), prompt)

    def summarize(store: SessionStore) -> None:
        summary = store.last_used()
        assert summary is not None
        made = Summary(
            id=new_id(),
            session_id=summary.session.id,
            last_index=4,
            messages=4,
            content="Facts:\n[#1] He said one.",
            created_at=summary.session.created_at,
            prompt_version=1,
            session_length=6,
        )
        assert store.add_summary(made)

    in_store(summarize)
    found = context("@1", "--full")
    fates = [(p["index"], p["role"], p["fate"]) for p in found["parts"]]
    assert fates == [
        (None, "notes", "sent"),
        *[(n, ("user", "assistant")[1 - n % 2], "summarized") for n in range(1, 5)],
        (5, "user", "sent"),
        (6, "assistant", "sent"),
    ]
    assert "He said one." in found["sent"][0]["content"]
    assert found["sent"][1]["messages"] == []
    table = run("sessions", "context", "@1", "-F", "table").text
    assert "1-4  4 messages  the notes stand for it  one" in table


def test_the_window_is_told_with_where_it_is_known_from(counted: Loopback) -> None:
    with counted:
        run("-p", "here", "--name", "sums", "What is 2 + 2?")
    environ = {"SYNAPSE_CONTEXT_WINDOW": "400"}
    found = context("sums", environ=environ)
    assert found["window"] == {"tokens": 400, "source": "configuration"}
    assert found["share"] == 0.115
    assert found["limit"] == 300, "a quarter is the answer's"
    table = run("sessions", "context", "sums", "-F", "table", environ=environ).text
    assert "would be sent  46 tokens, 11.5 % of the window" in table
    assert "400 tokens, as configured" in table
    assert "made shorter   above 300 tokens" in table
    known = context("sums", "-p", "openai", "-m", "gpt-6-luna")["window"]
    assert known["source"] == "table"
    assert known["tokens"] > 100_000


@pytest.mark.parametrize("window", ["0", "-1", "1000000000000", "many"])
def test_a_window_that_can_not_be_is_refused(window: str) -> None:
    run("-p", "echo", "--name", "talk", "one")
    environ = {"SYNAPSE_CONTEXT_WINDOW": window}
    ran = run("sessions", "context", "talk", "--json", environ=environ)
    assert (ran.status, ran.json()["error"]["code"]) == (7, "config")
    assert "SYNAPSE_CONTEXT_WINDOW" in ran.err


def test_for_another_model_all_is_about(counted: Loopback) -> None:
    with counted:
        run("-p", "here", "--name", "sums", "What is 2 + 2?")
    found = context("sums", "-p", "anthropic", "-m", "claude-opus-4-8")
    assert (found["provider"], found["model"]) == ("anthropic", "claude-opus-4-8")
    assert not any(part["exact"] for part in found["parts"])
    assert not found["exact"]
    ran = run("sessions", "context", "sums", "-p", "nobody")
    assert ran.status == 2
    assert "nobody" in ran.err


def test_a_session_of_a_program_that_is_not_here_is_measured_all_the_same() -> None:
    run("-p", "echo", "one")
    session = a_session(provider="some-website", model="its-model", name="far")

    def imported(store: SessionStore) -> None:
        store.create_session(session)
        store.add_message(a_prompt(session, "Hello \x1b[31mthere\x1b[0m\t|"))

    in_store(imported)
    found = context("far")
    assert (found["provider"], found["model"]) == ("some-website", "its-model")
    assert found["parts"][0]["tokens"] > 3
    assert "\x1b" not in run("sessions", "context", "far").text
    assert "\x1b" not in run("sessions", "context", "far", "-F", "table").text


def test_nothing_said_yet_and_nothing_there() -> None:
    run("-p", "echo", "one")
    in_store(lambda store: store.create_session(a_session(name="empty")))
    found = context("empty")
    assert (found["tokens"], found["parts"]) == (0, [])
    assert run("sessions", "context", "empty").text == ""
    assert run("sessions", "context", "nowhere").status == 3


def test_the_trash_is_looked_into_only_if_it_is_meant() -> None:
    run("-p", "echo", "--name", "gone", "one")
    run("sessions", "delete", "gone")
    assert run("sessions", "context", "gone").status == 3
    assert context("gone", "--deleted")["tokens"] > 0
    assert [s["name"] for s in sessions()] == [], "it stays there"


def test_an_image_that_is_not_taken_is_named(home: Path) -> None:
    image = home / "dot.png"
    image.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(8) + (64).to_bytes(4, "big") * 2)
    with Loopback(openai.answer("A dot.", usage=(300, 3))) as server:
        folder = home / ".config" / "synapse"
        folder.mkdir(parents=True, mode=0o700)
        config = folder / "config.toml"
        config.write_text(
            '[providers.here]\nlike = "openai"\nmodel = "gpt-6"\napi_key = "k"\n'
            f'base_url = "{server.url}/v1"\n'
        )
        config.chmod(0o600)
        run("-p", "here", "--name", "seen", "-f", str(image), "What is it?")
    found = context("seen", "-p", "echo", "-m", "echo")
    assert found["images_left_out"] == ["dot.png"]
    table = run("sessions", "context", "seen", "-p", "echo", "-F", "table").text
    assert "not shown      dot.png" in table


def test_what_is_learned_of_a_model_is_kept_in_the_cache(home: Path) -> None:
    said = "word " * 2_000
    with Loopback(
        openai.answer(said, usage=(6_000, 5_000)), openai.answer("Yes.", usage=(17_000, 2))
    ) as server:
        folder = home / ".config" / "synapse"
        folder.mkdir(parents=True, mode=0o700)
        config = folder / "config.toml"
        config.write_text(
            '[providers.here]\nkind = "openai"\nmodel = "m"\napi_key = "k"\n'
            f'base_url = "{server.url}/v1"\n'
        )
        config.chmod(0o600)
        run("-p", "here", "--name", "long", said)
        run("-s", "long", said)
        context("long")
        run("-p", "echo", "--name", "other", said)
    kept = json.loads((home / ".cache" / "synapse" / NAME).read_text())["factors"]
    assert 2.2 < kept["here/m"] < 3.2
    before = context("other", "-p", "here", "-m", "m")["tokens"]
    (home / ".cache" / "synapse" / NAME).write_text("{broken")
    after = context("other", "-p", "here", "-m", "m")["tokens"]
    assert 2.2 < before / after < 3.2


def test_a_turn_that_comes_near_the_window_learns_of_its_model(home: Path) -> None:
    environ = {"SYNAPSE_CONTEXT_WINDOW": "6000", "SYNAPSE_PROVIDER": "echo"}
    said = "word " * 1_800
    kept = home / ".cache" / "synapse" / NAME
    run("--name", "far", said, environ=environ)
    assert not kept.exists(), "far from the window nothing is looked at"
    run("-s", "far", said, environ=environ)
    assert 0.8 < json.loads(kept.read_text())["factors"]["echo/echo"] < 1.2


def test_old_turns_that_a_question_recalls_are_seen_and_sent() -> None:
    environ = {"SYNAPSE_CONTEXT_WINDOW": "400", "SYNAPSE_PROVIDER": "echo"}
    run("--name", "talk", "Is the ferry to Trelleborg blue?", environ=environ)
    for number in range(6):
        run("-s", "talk", f"Is {number} a number? " + "So it seems. " * 20, environ=environ)
    question = "Which colour has the Trelleborg ferry?"
    found = context("talk", question, "--full", environ=environ)
    [recalled] = [part for part in found["parts"] if part["role"] == "recalled"]
    assert recalled["tokens"] > 5
    assert found["sent"][-1]["content"].endswith(question)
    assert "Trelleborg blue" in found["sent"][-1]["content"]
    assert found["sent"][-1]["content"] != question
    table = run("sessions", "context", "talk", question, "-F", "table", environ=environ).text
    assert "recalled" in table
    tokens = sum(part["tokens"] for part in found["parts"])
    assert found["tokens"] >= tokens - recalled["tokens"]
