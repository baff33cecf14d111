"""`synapse mcp`, installed, asked over real pipes by the SDK's own client."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client, ClientSession, StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError
from program import Installed, read_until, run, sessions

from synapse import Attachment, Role, Session, StoredMessage, create_storage
from synapse.ids import new_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

TOOLS = ["list_sessions", "read_session", "search"]


def parameters(program: Path, *words: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=str(program), args=["mcp", *words], env={**os.environ, "SYNAPSE_TEST": "1"}
    )


class Asking:
    """What a client asks the tools."""

    def __init__(self, session: Any) -> None:
        self.session = session

    async def __call__(self, tool: str, **arguments: object) -> dict[str, Any]:
        """The structured result, which the text has, too."""
        answer = await self.session.call_tool(tool, arguments)
        assert not answer.is_error, answer
        [content] = answer.content
        assert json.loads(content.text) == answer.structured_content
        result: dict[str, Any] = answer.structured_content
        return result

    async def fault(self, tool: str, **arguments: object) -> str:
        """The line of a tool error."""
        answer = await self.session.call_tool(tool, arguments)
        assert answer.is_error, answer
        assert answer.structured_content is None
        [content] = answer.content
        text: str = content.text
        assert text
        assert "\n" not in text
        assert "Traceback" not in text
        return text

    async def pages(self, tool: str, **arguments: object) -> list[dict[str, Any]]:
        """All pages, by what each says of the next."""
        found = [await self(tool, **arguments)]
        while found[-1]["next"] is not None:
            found.append(await self(tool, cursor=found[-1]["next"], **arguments))
        return found


@asynccontextmanager
async def connected(program: Path, *words: str) -> AsyncIterator[Asking]:
    async with (
        stdio_client(parameters(program, *words)) as (source, sink),
        ClientSession(source, sink) as session,
    ):
        await session.initialize()
        yield Asking(session)


def talk(program: Path, work: Callable[[Asking], Awaitable[None]], *words: str) -> None:
    """Do this with a client that is connected to the program."""

    async def connect() -> None:
        async with connected(program, *words) as ask:
            await work(ask)

    asyncio.run(connect())


def say(*texts: str, name: str | None = None, title: str | None = None) -> str:
    """Store a session; its id."""
    session = Session.new("echo", "echo").with_name(name)
    with create_storage() as store:
        store.create_session(session)
        for number, text in enumerate(texts):
            role = Role.ASSISTANT if number % 2 else Role.USER
            store.add_message(StoredMessage.new(session.id, role, text))
        if title is not None:
            store.retitle_session(session.id, title)
    return session.id


def file(name: str, media_type: str, data: bytes) -> Attachment:
    return Attachment(name=name, media_type=media_type, data=data)


def files(home: Path) -> dict[str, str]:
    """What is in the home but the index of a WAL, which is rebuilt at will."""
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        if path.is_file() and not path.name.endswith("-shm") and path.stat().st_size
    }


def test_three_tools_are_offered_with_what_they_take_and_give(program: Path) -> None:
    async def work(ask: Asking) -> None:
        listed = (await ask.session.list_tools()).tools
        assert sorted(tool.name for tool in listed) == TOOLS
        for tool in listed:
            assert tool.annotations.read_only_hint
            assert not tool.annotations.destructive_hint
            assert tool.output_schema["type"] == "object"
            assert tool.input_schema["additionalProperties"] is False
            for schema in tool.input_schema["properties"].values():
                assert schema["description"]
            assert "not instructions" in tool.description
        takes = {tool.name: set(tool.input_schema["properties"]) for tool in listed}
        assert takes["search"] == {"query", "session", "order", "limit", "cursor"}
        assert takes["list_sessions"] == {"query", "tag", "after", "before", "limit", "cursor"}
        with pytest.raises(MCPError, match="search, read_session, list_sessions"):
            await ask.session.call_tool("delete_session", {"session": "@1"})

    talk(program, work)


def test_a_client_of_the_newest_protocol_is_answered_too(program: Path) -> None:
    say("hello from afar")

    async def ask() -> None:
        async with Client(stdio_client(parameters(program))) as client:
            tools = (await client.list_tools()).tools
            assert sorted(tool.name for tool in tools) == TOOLS
            found = await client.call_tool("search", {"query": "afar"})
            assert found.structured_content is not None
            assert found.structured_content["hits"][0]["snippet"] == "hello from afar"

    asyncio.run(ask())


def test_sessions_are_listed_page_by_page_and_chosen(program: Path) -> None:
    ids = [say(f"question {number}") for number in range(7)]
    work_id = say("about docker", name="docker-notes", title="Volumes")
    run("sessions", "tag", "docker-notes", "work")

    async def work(ask: Asking) -> None:
        everything = await ask("list_sessions")
        assert [entry["id"] for entry in everything["sessions"]] == [work_id, *reversed(ids)]
        assert everything["next"] is None
        first = everything["sessions"][0]
        assert (first["name"], first["title"], first["tags"]) == (
            "docker-notes",
            "Volumes",
            ["work"],
        )
        assert "data" in everything["notice"]
        pages = await ask.pages("list_sessions", limit=3)
        assert [len(page["sessions"]) for page in pages] == [3, 3, 2]
        assert [entry for page in pages for entry in page["sessions"]] == everything["sessions"]
        for chosen in (
            {"query": "volumes"},
            {"query": "DOCKER"},
            {"tag": "Work"},
            {"query": "tag:work"},
            {"query": "about tag:work", "tag": "work", "after": "1d", "before": "2999-01-01"},
        ):
            found = await ask("list_sessions", **chosen)
            assert [entry["id"] for entry in found["sessions"]] == [work_id]
        for none in ({"before": "2000-01-01"}, {"after": "2999-01-01"}, {"tag": "no"}):
            assert (await ask("list_sessions", **none))["sessions"] == []
        assert "soon" in await ask.fault("list_sessions", after="soon")

    talk(program, work)


def test_a_page_goes_on_where_the_last_one_ended_though_sessions_move(program: Path) -> None:
    ids = [say(f"question {number}") for number in range(6)]

    async def work(ask: Asking) -> None:
        page = await ask("list_sessions", limit=3)
        last = page["sessions"][-1]["id"]
        assert last == ids[3]
        assert run("-s", last, "used again").status == 0
        assert run("sessions", "delete", "-y", ids[2]).status == 0
        behind = await ask("list_sessions", limit=3, cursor=page["next"])
        assert [entry["id"] for entry in behind["sessions"]] == [ids[1], ids[0]]

    talk(program, work)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("東京の天気はどうですか", "天気"),
        ("설치 과정에서 오류가 났습니다", "오류"),
        ("数据库已经满了", "数据库"),
        ("ช่องว่างบนดิสก์หมด", "ดิสก์"),
        ("Die Straße nach Köln", "strasse koln"),
        ("Файл не найден", "ФАЙЛ"),
        ("use C++ and a.b.c()", "C++ a.b.c"),
    ],
)
def test_what_was_said_is_found_in_any_language(program: Path, text: str, query: str) -> None:
    said = say(text, "I see")
    say("something else")

    async def work(ask: Asking) -> None:
        [hit] = (await ask("search", query=query))["hits"]
        assert (hit["session"], hit["message"], hit["role"]) == (said, 1, "user")
        assert (hit["snippet"], hit["where"]) == (text, "content")
        read = await ask("read_session", session=hit["session"], around=hit["message"])
        assert [passage["text"] for passage in read["passages"]] == [text, "I see"]

    talk(program, work)


def test_hits_come_page_by_page_each_once_whatever_is_added(program: Path) -> None:
    ids = [say(f"needle {number}") for number in range(9)]

    async def work(ask: Asking) -> None:
        pages = await ask.pages("search", query="needle", limit=4)
        found = [hit["session"] for page in pages for hit in page["hits"]]
        assert found == [*reversed(ids)]
        first = await ask("search", query="needle", limit=4)
        say("needle that is new")
        second = await ask("search", query="needle", limit=4, cursor=first["next"])
        assert [hit["session"] for hit in second["hits"]] == ids[1:5][::-1]
        assert run("sessions", "delete", "-y", second["hits"][-1]["session"]).status == 0
        third = await ask("search", query="needle", limit=4, cursor=second["next"])
        assert ids[0] in [hit["session"] for hit in third["hits"]]

    talk(program, work)


def test_a_search_may_be_narrowed_ordered_and_put_right(program: Path) -> None:
    one = say("the configuration of docker", name="one")
    two = say("configuration configuration configuration", "no")

    async def work(ask: Asking) -> None:
        found = await ask("search", query="configuration", order="relevant")
        assert {hit["session"] for hit in found["hits"]} == {one, two}
        [hit] = (await ask("search", query="configuration", session="one"))["hits"]
        assert hit["session"] == one
        assert (await ask("search", query="configuration role:assistant"))["hits"] == []
        assert (await ask("search", query="in:one configuration", session=two))["hits"] == []
        nothing = await ask("search", query="confguration")
        assert (nothing["hits"], nothing["did_you_mean"]) == ([], "configuration")
        noted = await ask("search", query="configuration rol:user")
        assert "role" in " ".join(noted["notes"])
        assert await ask.fault("search", query="   ")
        assert await ask.fault("search", query="x", session="nobody")

    talk(program, work)


def test_a_session_is_read_in_pages_without_a_gap(program: Path) -> None:
    texts = [f"{number}: {'long ' * (700 * (number % 3))}end" for number in range(45)]
    texts[7] = "語" * 5_000
    texts[8] = ""
    said = say(*texts, name="long")

    async def work(ask: Asking) -> None:
        pages = await ask.pages("read_session", session="long", characters=1_000)
        rebuilt = dict.fromkeys(range(1, 46), "")
        for page in pages:
            assert page["session"]["id"] == said
            assert sum(len(passage["text"]) for passage in page["passages"]) <= 1_000
            for passage in page["passages"]:
                assert passage["begin"] == len(rebuilt[passage["message"]])
                assert passage["length"] == len(texts[passage["message"] - 1])
                rebuilt[passage["message"]] += passage["text"]
        assert [*rebuilt.values()] == texts
        some = await ask("read_session", session="long", first=9, last=10)
        assert [passage["message"] for passage in some["passages"]] == [9, 10]
        around = await ask("read_session", session="long", around=2)
        assert [passage["message"] for passage in around["passages"]] == [1, 2, 3, 4, 5]
        newest = await ask("read_session", session="long", newest=2)
        assert [passage["message"] for passage in newest["passages"]] == [44, 45]
        assert "45 messages" in await ask.fault("read_session", session="long", first=46)
        assert await ask.fault("read_session", session="long", first=4, last=3)
        assert await ask.fault("read_session", session="long", around=4, newest=3)

    talk(program, work)


def test_thoughts_and_attached_texts_are_read_where_they_are_asked_for(program: Path) -> None:
    session = Session.new("echo", "echo")
    attached = (
        file("notes.txt", "text/plain", b"attached needle"),
        file("picture.png", "image/png", b"\x89PNG"),
        file("item.json", "text/plain", b"only for an agent").replace(source="agent"),
    )
    with create_storage() as store:
        store.create_session(session)
        question = StoredMessage.new(session.id, Role.USER, "look at this")
        store.add_message(question.replace(attachments=attached))
        answer = StoredMessage.new(session.id, Role.ASSISTANT, "seen")
        store.add_message(answer.replace(reasoning="hidden thought"))

    async def work(ask: Asking) -> None:
        plain = await ask("read_session", session="@1")
        assert [passage["text"] for passage in plain["passages"]] == ["look at this", "seen"]
        named = [entry["name"] for entry in plain["passages"][0]["attachments"]]
        assert named == ["notes.txt", "picture.png"]
        more = await ask("read_session", session="@1", include=["reasoning", "attachments"])
        assert [(one["where"], one["text"]) for one in more["passages"]] == [
            ("content", "look at this"),
            ("attachment", "attached needle"),
            ("content", "seen"),
            ("reasoning", "hidden thought"),
        ]
        [hit] = (await ask("search", query="needle"))["hits"]
        assert (hit["where"], hit["message"]) == ("attachment", 1)
        [hit] = (await ask("search", query="in:reasoning hidden"))["hits"]
        assert (hit["where"], hit["message"]) == ("reasoning", 2)

    talk(program, work)


def test_what_is_in_the_trash_is_nowhere(program: Path) -> None:
    gone = say("secret needle", name="gone", title="Hidden title")
    kept = say("open needle", name="kept")
    run("sessions", "tag", "gone", "work")
    handle = next(entry["handle"] for entry in sessions() if entry["id"] == gone)
    assert run("sessions", "delete", "-y", "gone").status == 0

    async def work(ask: Asking) -> None:
        references = [
            gone,
            gone.upper(),
            gone.replace("-", ""),
            f"id:{gone}",
            f"id:{handle}",
            handle,
            handle[:5],
            "gone",
            "GONE",
            "name:gone",
            "@2",
            "@3",
        ]
        for reference in references:
            told = await ask.fault("read_session", session=reference)
            assert "trash" not in told
            assert "secret" not in told
            assert "restore" not in told
            told = await ask.fault("search", query="needle", session=reference)
            assert "trash" not in told
            noted = await ask("search", query=f"in:{reference} needle")
            assert noted["hits"] == []
            assert "trash" not in " ".join(noted["notes"])
        for word in ("secret", "Hidden", "gone", "name:gone", "tag:work"):
            assert (await ask("search", query=word))["hits"] == []
            assert (await ask("list_sessions", query=word))["sessions"] == []
        assert (await ask("search", query="secrt"))["did_you_mean"] is None
        listed = await ask("list_sessions")
        assert [entry["id"] for entry in listed["sessions"]] == [kept]
        [hit] = (await ask("search", query="needle"))["hits"]
        assert hit["session"] == kept
        for query in ("needle deleted:true", "needle is:deleted", "needle in:trash"):
            found = await ask("search", query=query)
            assert gone not in [hit["session"] for hit in found["hits"]]
        assert run("sessions", "restore", "gone").status == 0
        assert (await ask("read_session", session="gone"))["session"]["id"] == gone
        assert run("sessions", "delete", "-y", "gone", "kept").status == 0
        assert (await ask("list_sessions"))["sessions"] == []
        assert "trash" not in await ask.fault("read_session", session="@1")

    talk(program, work)


HOSTILE = [
    '"',
    "(((((",
    "a OR",
    "OR OR OR",
    "-",
    "--",
    "NOT",
    "*",
    "''; DROP TABLE sessions; --",
    "col:x",
    "rowid:1",
    "\x00",
    "a\x00b",
    "in:",
    "in:@99999999999999999999",
    "in:../../etc/passwd",
    "after:yesterday after:99999-99-99",
    "\u202e\u200b",
    "🙂" * 200,
    "%s%n{}",
    "(" * 60 + "a" + ")" * 60,
    " ".join(["word"] * 1_500),
    "x" * 10_000,
    "NEAR(a b, 5)",
    "^a",
    "{a b}: c",
]


def test_hostile_arguments_are_answered_or_refused_in_a_line(program: Path) -> None:
    say("a b c word 🙂", "-- DROP")

    async def work(ask: Asking) -> None:
        for text in HOSTILE:
            for tool, argument in (("search", "query"), ("read_session", "session")):
                answer = await ask.session.call_tool(tool, {argument: text})
                if answer.is_error:
                    assert "\n" not in answer.content[0].text
                    assert "internal" not in answer.content[0].text
            await ask.session.call_tool("list_sessions", {"query": text, "tag": text})
        for arguments in (
            {},
            {"query": 5},
            {"query": ["x"]},
            {"query": "x" * 10_001},
            {"query": "x", "limit": 0},
            {"query": "x", "limit": 101},
            {"query": "x", "limit": "many"},
            {"query": "x", "deleted": True},
            {"query": "x", "order": "oldest"},
            {"query": "x", "cursor": "9.'--"},
            {"query": "x", "cursor": "x" * 300},
        ):
            if (fault := arguments.get("cursor")) == "9.'--":
                assert (await ask("search", **arguments))["hits"] == []
                continue
            assert await ask.fault("search", **arguments), fault
        for cursor in ("", "1", "9" * 30, "a.b.c", "1.2", "-1.0.0", "1.0.0/../..", "\x00"):
            assert await ask.fault("read_session", session="@1", cursor=cursor)
            assert await ask.fault("list_sessions", cursor=cursor)
        past = await ask("read_session", session="@1", cursor="9999999999999999.0.0")
        assert (past["passages"], past["next"]) == ([], None)
        for number in (0, -1, 1 << 60, 1.5, "x"):
            assert await ask.fault("read_session", session="@1", first=number)
        assert len((await ask("list_sessions"))["sessions"]) == 1

    talk(program, work)


def test_two_clients_ask_at_once(program: Path) -> None:
    said = [say(f"needle {number}") for number in range(30)]

    async def ask_both() -> None:
        async with connected(program) as one, connected(program) as other:
            pages = await asyncio.gather(
                *(ask.pages("search", query="needle", limit=7) for ask in (one, other) * 3)
            )
            for found in pages:
                assert [hit["session"] for page in found for hit in page["hits"]] == said[::-1]

    asyncio.run(ask_both())


def test_it_reads_while_others_write(program: Path) -> None:
    say("needle 0")
    begun = threading.Event()

    def write() -> None:
        begun.wait()
        for number in range(1, 81):
            say(f"needle {number}", "answer")

    writer = threading.Thread(target=write)
    writer.start()

    async def work(ask: Asking) -> None:
        known = 0
        begun.set()
        while writer.is_alive():
            pages = await ask.pages("list_sessions", limit=100)
            count = sum(len(page["sessions"]) for page in pages)
            assert count >= known
            known = count
            assert (await ask("search", query="needle", limit=1))["hits"]
            assert (await ask("read_session", session="@1"))["session"]
        assert len((await ask("list_sessions", limit=100))["sessions"]) == 81

    try:
        talk(program, work)
    finally:
        begun.set()
        writer.join()
    assert run("db", "check").status == 0


def test_nothing_is_changed_and_no_start_is_made(program: Path, home: Path) -> None:
    session = Session.new("echo", "echo")
    with create_storage() as store:
        store.create_session(session)
        prompt = StoredMessage.new(session.id, Role.USER, "needle")
        store.add_message(prompt.replace(timestamp=prompt.timestamp.replace(year=2001)))
    say("needle two")
    config = home / ".config" / "synapse" / "config.toml"
    config.write_text("[session]\nmax_sessions = 1\nretention_days = 1\n")
    spilled = home / ".local" / "state" / "synapse" / f"answer-{new_id()}.json"
    spilled.parent.mkdir(parents=True, exist_ok=True)
    spilled.write_text("{}")
    before = files(home)

    async def work(ask: Asking) -> None:
        assert len((await ask("list_sessions"))["sessions"]) == 2
        assert len((await ask("search", query="needle"))["hits"]) == 2
        assert await ask("read_session", session="@2")
        assert await ask.fault("read_session", session="nobody")

    talk(program, work)
    assert files(home) == before


def test_no_key_no_prompt_of_the_system_and_no_path_is_told(
    program: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-very-secret")
    session = Session.new("local", "/srv/models/tiny.gguf").with_system_prompt("system secret")
    with create_storage() as store:
        store.create_session(session)
        attached = (file("notes.txt", "text/plain", b"notes"),)
        message = StoredMessage.new(session.id, Role.USER, "hello")
        store.add_message(message.replace(attachments=attached))
    database = home / ".config" / "synapse" / "sessions.db"

    async def work(ask: Asking) -> None:
        told = [
            await ask("list_sessions"),
            await ask("search", query="hello"),
            await ask("read_session", session="@1", include=["attachments", "reasoning"]),
            await ask.fault("read_session", session="nobody"),
        ]
        for part in (database, database.with_name("sessions.db-wal")):
            part.unlink(missing_ok=True)
        database.write_bytes(b"this is no database " * 400)
        told += [await ask.fault("list_sessions"), await ask.fault("search", query="hello")]
        database.unlink()
        database.mkdir()
        told.append(await ask.fault("read_session", session="@1"))
        text = json.dumps(told)
        for secret in ("very-secret", "system secret", "/srv/models", str(home), "sessions.db"):
            assert secret not in text
        assert "tiny.gguf" in text

    talk(program, work)


def test_an_archive_that_is_empty_or_missing_is_not_created(program: Path, home: Path) -> None:
    async def missing(ask: Asking) -> None:
        for tool, arguments in (
            ("list_sessions", {}),
            ("search", {"query": "x"}),
            ("read_session", {"session": "@1"}),
        ):
            assert await ask.fault(tool, **arguments) == (
                "there is no archive yet: nothing has been kept"
            )
        assert files(home) == {}
        assert run("db", "init").status == 0
        assert (await ask("list_sessions"))["sessions"] == []
        assert (await ask("search", query="x"))["hits"] == []
        assert "no sessions yet" in await ask.fault("read_session", session="@1")
        said = say("now there is one")
        assert (await ask("read_session", session="@1"))["session"]["id"] == said

    talk(program, missing)


INITIALIZE: dict[str, object] = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "a test", "version": "1"},
}


class Raw:
    """The program and its pipes, without the SDK."""

    def __init__(self, program: Path, *words: str) -> None:
        self.process = Installed(program).start("mcp", *words, stdin=subprocess.PIPE)
        self.send("initialize", INITIALIZE, 1)
        read_until(self.process.stdout, b"serverInfo")
        self.send("notifications/initialized")

    def send(self, method: str, params: dict[str, object] | None = None, id: object = None) -> None:
        message: dict[str, object] = {"jsonrpc": "2.0", "method": method}
        message |= {"params": params} if params is not None else {}
        message |= {"id": id} if id is not None else {}
        self.write(json.dumps(message).encode() + b"\n")

    def write(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def end(self) -> tuple[int, str]:
        """Its exit status, and what it said on standard error."""
        with self.process as process:
            assert process.stderr is not None
            return process.wait(60), process.stderr.read().decode()


def test_it_ends_quietly_with_its_input(program: Path) -> None:
    say("hello")
    raw = Raw(program)
    assert raw.process.stdin is not None
    raw.process.stdin.close()
    assert raw.end() == (0, "")


def test_it_ends_quietly_when_nobody_reads_it_any_more(program: Path) -> None:
    say("hello")
    raw = Raw(program)
    assert raw.process.stdout is not None
    raw.process.stdout.close()
    raw.send("tools/call", {"name": "list_sessions", "arguments": {}}, 2)
    assert raw.end() == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once(program: Path, number: signal.Signals) -> None:
    say("hello")
    raw = Raw(program)
    raw.process.send_signal(number)
    assert raw.end() == (-number, "")


def test_lines_that_are_no_messages_do_not_end_it(program: Path) -> None:
    say("hello")
    raw = Raw(program)
    for line in (
        b"no json\n",
        b"\n",
        b"[]\n",
        b"{}\n",
        b"\xff\xfe\n",
        b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"search",'
        b'"arguments":{"query":"a\\ud800"}}}\n',
        b'{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":5}}\n',
        b"[" * 100_000 + b"\n",
    ):
        raw.write(line)
    raw.send("tools/call", {"name": "search", "arguments": {"query": "hello"}}, 99)
    told = read_until(raw.process.stdout, b'"id":99')
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in told.splitlines()[:-1])
    assert raw.process.stdin is not None
    raw.process.stdin.close()
    status, said = raw.end()
    assert status == 0
    assert "Traceback" not in said


def test_a_database_that_cannot_be_read_is_told_at_the_start(program: Path, home: Path) -> None:
    path = home / "other.db"
    path.write_bytes(b"this is no database " * 400)
    ended = Installed(program)("mcp", "--db", str(path))
    assert (ended.status, ended.out) == (6, b"")
    assert ended.err.startswith("error: ")
    ended = Installed(program)("mcp", "--db", ":memory:")
    assert (ended.status, ended.out) == (2, b"")
    ended = Installed(program)("mcp", "--db", str(home / "none.db"))
    assert (ended.status, ended.out) == (0, b"")
    assert ended.err.startswith("warning: there is no database at ")
    assert not (home / "none.db").exists()


WITHOUT_THE_LIBRARY = """
import sys
sys.path[:] = {path!r}
sys.modules["mcp"] = None
sys.argv = ["synapse", "mcp"]
from synapse.cli.app import main
main()
"""


def test_without_the_library_one_line_says_how_to_get_it() -> None:
    code = WITHOUT_THE_LIBRARY.format(path=sys.path)
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (7, "")
    first, second, *others = ended.stderr.splitlines()
    assert first == "error: this command needs the library mcp>=2.3,<3, which is not installed"
    assert "-m pip install 'mcp>=2.3,<3'" in second
    assert others == []
