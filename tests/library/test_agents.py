"""The history of an agent in a store: with the real openai-agents, against a server of our own."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import agents
import pytest
from agents.memory import Session as Protocol
from agents.memory import SessionSettings
from hypothesis import given
from hypothesis import strategies as st
from loopback import Loopback
from loopback.responses import respond, said
from openai import AsyncOpenAI
from program import run

from synapse import (
    AgentsSession,
    Attachment,
    Conversation,
    Role,
    Session,
    SessionStore,
    StoredMessage,
    UsageError,
    open_provider,
    open_store,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from pathlib import Path

    from loopback.server import Exchange

    Item = dict[str, Any]

agents.set_tracing_disabled(True)

REASONING = {
    "id": "rs_1",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "The weather: a tool."}],
    "encrypted_content": "c2VjcmV0",
}
CALL = {
    "id": "fc_1",
    "type": "function_call",
    "call_id": "call_1",
    "name": "weather",
    "arguments": '{"city":"Tokyo"}',
    "status": "completed",
}


def forecast(exchange: Exchange) -> None:
    """OpenAI's Responses: thinks and calls the tool; tells what it said once it has been called."""
    request = exchange.request.json()
    items = request["input"]
    results = [item for item in items if item.get("type") == "function_call_output"]
    about = [item for item in items if item.get("role") == "user"][-1]["content"]
    if "weather" in about and not results:
        output: list[Item] = [REASONING, CALL]
    elif "weather" in about:
        output = [said(f"It is {results[-1]['output']}.")]
    else:
        output = [said(f"{len(items)} items")]
    respond(exchange, *output)


@agents.function_tool  # type: ignore[untyped-decorator]
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"sunny in {city}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    # Its client does not understand the 127.0.0.0/8 that keeps ours from the proxy.
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Loopback(forecast) as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    with open_store(tmp_path / "sessions.db") as opened:
        yield opened


def done(work: Coroutine[Any, Any, Any]) -> Any:
    """What comes of it."""
    return asyncio.run(asyncio.wait_for(work, 60))


async def ask(server: Loopback, session: Any, *questions: str) -> list[str]:
    """What the agent says to each, one after the other."""
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key="sk-of-this-test") as client:
        agent = agents.Agent(
            name="Forecaster",
            model=agents.OpenAIResponsesModel("loopback-1", client),
            tools=[weather],
        )
        ran = [await agents.Runner.run(agent, each, session=session) for each in questions]
        return [str(result.final_output) for result in ran]


def test_it_is_a_session_as_the_protocol_has_it(store: SessionStore) -> None:
    assert isinstance(AgentsSession(store, "user 42"), Protocol)


def test_the_runner_goes_on_with_what_it_has_kept(store: SessionStore, server: Loopback) -> None:
    first = AgentsSession(store, "user 42")
    assert done(ask(server, first, "What is the weather?")) == ["It is sunny in Tokyo."]
    again = AgentsSession(store, "user 42")
    assert done(ask(server, again, "Thanks")) == ["6 items"]
    sent = server.requests[2].json()["input"]
    assert sent[1:3] == [REASONING, CALL]
    assert [item.get("role", item.get("type")) for item in sent] == [
        "user",
        "reasoning",
        "function_call",
        "function_call_output",
        "assistant",
        "user",
    ]


def test_the_runner_keeps_what_it_keeps_in_a_session_of_its_own(
    store: SessionStore, server: Loopback
) -> None:
    ours, theirs = AgentsSession(store, "ours"), agents.SQLiteSession("theirs")
    questions = ("What is the weather?", "Thanks", "Bye")
    assert done(ask(server, ours, *questions)) == done(ask(server, theirs, *questions))
    kept = done(ours.get_items())
    assert kept == done(theirs.get_items())
    theirs.close()
    assert len(kept) == 9


def test_the_program_shows_it_and_goes_on_with_it(
    home: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(home / "sessions.db")
    with open_store(url) as store:
        done(ask(server, AgentsSession(store, "forecast"), "What is the weather?"))
    shown = run("--db", url, "sessions", "show", "forecast", "--json").json()["messages"]
    assert [(message["role"], message["content"]) for message in shown] == [
        ("user", "What is the weather?"),
        ("tool", "The weather: a tool."),
        ("tool", 'weather({"city":"Tokyo"})'),
        ("tool", "sunny in Tokyo"),
        ("assistant", "It is sunny in Tokyo."),
    ]
    (attached,) = shown[2]["attachments"]
    assert (attached["name"], attached["source"]) == ("item.json", "agent")
    item = run("--db", url, "sessions", "show", "forecast", "--message", "3", "--attachment", "1")
    assert json.loads(item.out) == CALL
    assert run("--db", url, "-p", "echo", "-s", "forecast", "Thanks").text == "Thanks\n"
    with open_store(url) as store:
        session = AgentsSession(store, "forecast")
        assert done(ask(server, session, "And you?")) == ["8 items"]
        assert done(session.get_items())[5:7] == [
            {"role": "user", "content": "Thanks"},
            {"role": "assistant", "content": "Thanks"},
        ]


def test_a_model_is_not_sent_what_is_kept_for_agents(store: SessionStore) -> None:
    items: list[Item] = [{"role": "user", "content": "Hi"}, REASONING, CALL, said("So be it.")]
    done(AgentsSession(store, "mine").add_items(items))
    seen = []

    class Listens:
        name, default_model = "listens", "listens-1"

        def check(self, request: Any) -> None:
            seen.append(request)

        def stream(self, request: Any, cancellation: object) -> Iterator[Any]:
            seen.append(request)
            yield from open_provider("echo").stream(request, cancellation)  # type: ignore[arg-type]

        def list_models(self) -> list[Any]:
            return []

    Conversation(store, Listens(), "mine").ask("Why?").text()
    assert [(m.role, m.content, m.images) for m in seen[-1].messages] == [
        (Role.USER, "Hi", ()),
        (Role.ASSISTANT, "So be it.", ()),
        (Role.USER, "Why?", ()),
    ]


class TestItems:
    @pytest.mark.parametrize(
        "item",
        [
            {"role": "user", "content": "Hi"},
            {"role": "user", "content": ""},
            {"role": "assistant", "content": "Hello"},
            {"role": "developer", "content": "Be brief."},
            {"role": "system", "content": "Be brief."},
            {"type": "message", "role": "user", "content": "Hi"},
            {"role": "user", "content": "a NUL \0 and half a pair \ud83d"},
            {"role": "user", "content": [{"type": "input_image", "image_url": "data:,"}]},
            said("Hello"),
            REASONING,
            CALL,
            {"type": "function_call_output", "call_id": "call_1", "output": [{"type": "x"}]},
            {"type": "something_of_tomorrow", "deep": {"n": [1, 2.5, None, True], "ü": "\u2028"}},
            {"role": 7, "content": None},
            {},
        ],
        ids=repr,
    )
    def test_come_back_equal(self, store: SessionStore, item: Item) -> None:
        session = AgentsSession(store, "mine")
        done(session.add_items([item]))
        assert done(session.get_items()) == [item]
        assert done(session.pop_item()) == item

    @given(
        items=st.lists(
            st.dictionaries(
                st.sampled_from(["role", "content", "type", "name", "arguments", "output"]),
                st.recursive(
                    st.none() | st.booleans() | st.integers() | st.text()
                    | st.sampled_from(["user", "assistant", "tool", "message"]),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
                    max_leaves=5,
                ),
            ),
            max_size=4,
        )
    )  # fmt: skip
    def test_of_any_form_come_back_equal(self, items: list[Item]) -> None:
        with open_store(":memory:") as store:
            session = AgentsSession(store, "mine")
            done(session.add_items(items))
            back = done(session.get_items())
            assert json.dumps(back, sort_keys=True) == json.dumps(items, sort_keys=True)

    def test_of_a_limit_are_the_latest(self, store: SessionStore) -> None:
        session = AgentsSession(store, "mine")
        items = [{"role": "user", "content": str(n)} for n in range(5)]
        done(session.add_items(items))
        for limit in (0, 1, 3, 5, 9):
            assert done(session.get_items(limit)) == items[5 - min(limit, 5) :]
        limited = AgentsSession(store, "mine", session_settings=SessionSettings(limit=2))
        assert done(limited.get_items()) == items[3:]
        assert done(limited.get_items(4)) == items[1:]

    def test_that_are_taken_back_are_kept_but_not_told(self, store: SessionStore) -> None:
        session = AgentsSession(store, "mine")
        items = [{"role": "user", "content": str(n)} for n in range(4)]
        done(session.add_items(items))
        assert done(session.pop_item()) == items[3]
        assert done(session.pop_item()) == items[2]
        done(session.add_items([items[3]]))
        assert done(session.get_items()) == [items[0], items[1], items[3]]
        done(session.clear_session())
        assert done(session.get_items()) == []
        assert done(session.pop_item()) is None
        done(session.add_items([items[0]]))
        assert done(session.get_items()) == [items[0]]
        (summary,) = store.list_sessions()
        assert summary.message_count == 6

    def test_of_several_tasks_at_once_all_are_kept(self, store: SessionStore) -> None:
        session = AgentsSession(store, "mine")

        async def add() -> None:
            pairs = [[{"role": "user", "content": f"{n}{half}"} for half in "ab"] for n in range(9)]
            await asyncio.gather(*(session.add_items(pair) for pair in pairs))

        done(add())
        kept = [item["content"] for item in done(session.get_items())]
        assert sorted(kept) == [f"{n}{half}" for n in range(9) for half in "ab"]
        assert all(a[0] == b[0] for a, b in zip(kept[::2], kept[1::2], strict=True))

    def test_are_made_of_what_the_user_attached(self, store: SessionStore) -> None:
        stored = Session.new("echo", "echo").with_name("mine")
        store.create_session(stored)
        files = (
            Attachment(name="a.md", media_type="text/plain", data=b"Volumes stay.\n"),
            Attachment(name="dot.png", media_type="image/png", data=b"\x89PNG"),
        )
        question = StoredMessage.new(stored.id, Role.USER, "What?").replace(attachments=files)
        store.add_message(question)
        ((item),) = done(AgentsSession(store, "mine").get_items())
        image, text = item["content"]
        assert image["image_url"] == "data:image/png;base64,iVBORw=="
        assert text["text"].startswith("What?")
        assert "Volumes stay." in text["text"]


class TestTheSession:
    def test_is_not_there_before_its_first_item(self, store: SessionStore) -> None:
        session = AgentsSession(store, "mine")
        assert done(session.get_items()) == []
        assert done(session.pop_item()) is None
        done(session.clear_session())
        done(session.add_items([]))
        assert store.list_sessions() == []

    def test_has_the_name_or_the_uuid_as_its_id(self, store: SessionStore) -> None:
        uuid = "0b51b0f0-3d3f-4bdb-9b5f-6d2d0f3c7a11"
        for session_id in ("user 42", uuid):
            session = AgentsSession(store, session_id, provider="echo", model="echo")
            done(session.add_items([{"role": "user", "content": session_id}]))
            again = AgentsSession(store, session.session_id)
            assert done(again.get_items()) == [{"role": "user", "content": session_id}]
            assert session.session_id == session_id
        found = {summary.session.id: summary.session for summary in store.list_sessions()}
        assert len(found) == 2
        assert found[uuid].name is None
        assert (found[uuid].provider, found[uuid].model) == ("echo", "echo")

    @pytest.mark.parametrize("session_id", ["", "1234abcd", "@1", "-x", "a\nb"])
    def test_is_refused_an_id_that_could_not_be_typed(
        self, store: SessionStore, session_id: str
    ) -> None:
        with pytest.raises(UsageError):
            AgentsSession(store, session_id)

    def test_that_is_renamed_meanwhile_goes_on(self, store: SessionStore) -> None:
        session = AgentsSession(store, "mine")
        done(session.add_items([{"role": "user", "content": "1"}]))
        (summary,) = store.list_sessions()
        store.rename_session(summary.session.id, "yours")
        done(session.add_items([{"role": "user", "content": "2"}]))
        assert len(done(AgentsSession(store, "yours").get_items())) == 2

    def test_that_is_purged_meanwhile_begins_anew(self, store: SessionStore) -> None:
        session = AgentsSession(store, "mine")
        done(session.add_items([{"role": "user", "content": "1"}]))
        (summary,) = store.list_sessions()
        store.delete_session(summary.session.id)
        assert done(session.get_items()) == []
        done(session.add_items([{"role": "user", "content": "2"}]))
        assert done(session.get_items()) == [{"role": "user", "content": "2"}]
