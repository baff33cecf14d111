"""Everything that is printed as JSON is as docs/schema.json says, and nothing else."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastjsonschema
import pytest
from loopback import Loopback, openai, scripts
from program import run

from synapse.cli.command_line.parsing import build_parser
from synapse.cli.command_line.routing import find_command
from synapse.cli.commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loopback.server import Exchange

    from synapse.cli.commands import Command

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "schema.json").read_text())


def closed(value: Any) -> Any:
    """The schema without room for fields that it does not name: published, it has that room,
    because fields may be added.
    """
    if isinstance(value, list):
        return [closed(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {key: closed(item) for key, item in value.items()}
    return {**inner, "additionalProperties": False} if "properties" in value else inner


def check(definition: str, *documents: Any) -> None:
    """Hold documents to a definition, to the letter."""
    assert documents
    schema = {**closed(copy.deepcopy(SCHEMA)), "$ref": f"#/definitions/{definition}"}
    validate = fastjsonschema.compile(schema)
    for document in documents:
        validate(document)


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def talk() -> None:
    """Sessions of every kind: named, titled, pinned, forked, with an attachment, retried, and
    one that is deleted.
    """
    run("-p", "echo", "--name", "first", "-S", "Be brief.", "one")
    run("-p", "echo", "two", stdin=b"attached\n")
    run("sessions", "rename", "first", "--title", "What it is about")
    run("sessions", "fork", "first", "--at", "1")
    run("sessions", "pin", "first")
    run("sessions", "tag", "first", "work")
    run("retry", "-s", "first")
    run("-p", "echo", "three")
    run("sessions", "delete", "@1")


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ("sessions", "sessions list"),
        ("sessions", "sessions list --deleted"),
        ("transcript", "sessions show first"),
        ("transcript", "sessions show @1"),
        ("context", "sessions context first"),
        ("context", "sessions context @1 --full and now?"),
        ("context", "sessions context @1 -p openai -m gpt-6-luna"),
        ("search", "sessions search one"),
        ("search", "sessions search one OR attached -C 1 -n 1"),
        ("search", "sessions search rol:x"),
        ("search", "sessions search one --count"),
        ("search", "sessions search role:user"),
        ("tags", "sessions tags"),
        ("statistics", "sessions stats"),
        ("statistics", "sessions stats --by role"),
        ("costs", "sessions stats --cost"),
        ("costs", "sessions stats --cost --by role"),
        ("roles", "roles"),
        ("models", "models -p echo"),
        ("configuration", "config show"),
        ("configuration", "config show --set"),
        ("keys", "keys list"),
        ("database", "db info"),
        ("diagnosis", "doctor"),
        ("answer", "ask -p echo hello"),
        ("answer", "ask -p echo --no-save hello"),
        ("answer", "retry"),
    ],
)
@pytest.mark.usefixtures("talk")
def test_one_document_is_as_published(definition: str, words: str) -> None:
    environ = {"OPENAI_API_KEY": "sk-canary", "SYNAPSE_PROVIDER": "echo"}
    ran = run(*words.split(), "--json", environ=environ)
    assert ran.status in (0, 1), ran
    check(definition, ran.json())


@pytest.mark.usefixtures("talk")
def test_lists_of_sessions_line_by_line() -> None:
    for deleted in ([], ["--deleted"]):
        ran = run("sessions", "list", "--format", "jsonl", *deleted)
        check("session_line", *lines(ran.text))


@pytest.fixture
def server() -> Iterator[Loopback]:
    """Asked to fail in a way that passes, then to think and answer, then to break off."""

    def thinking(exchange: Exchange) -> None:
        exchange.start(200, {**scripts.EVENT_STREAM, "Transfer-Encoding": "chunked"})
        exchange.chunk(openai.chunk({"reasoning_content": "Hm."}))
        exchange.chunk(openai.chunk({"content": "Yes."}))
        if len(loopback.requests) < 3:
            exchange.chunk(openai.chunk(finish="stop"))
            exchange.chunk(openai.DONE)
        exchange.end_chunks()

    def answer(exchange: Exchange) -> None:
        (openai.error(503, "busy") if len(loopback.requests) == 1 else thinking)(exchange)

    with Loopback(answer) as loopback:
        yield loopback


def test_every_kind_of_event_is_as_published(
    server: Loopback, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "config.toml").write_text(
        f'[providers.here]\nkind = "openai"\nbase_url = "{server.url}/v1"\nmodel = "m"\n'
    )
    events = []
    for _ in range(2):
        ran = run("-p", "here", "--format", "jsonl", "hi")
        events += lines(ran.text)
    monkeypatch.setenv("SYNAPSE_CONTEXT_WINDOW", "5000")
    monkeypatch.setenv("SYNAPSE_CONTEXT_COMPACT_AT", "0.1")
    for times in (300, 300, 1_000):  # the last one is too much for a window without a summary
        events += lines(run("-p", "here", "-c", "--format", "jsonl", "I like it. " * times).text)
    refused = lines(run("-p", "here", "-s", "nowhere", "--format", "jsonl", "hi").text)
    assert [event["type"] for event in refused] == ["error"]  # nothing began
    events += refused
    check("event", *events)
    for event in events:
        check(f"event_{event['type']}", event)
    published = {name.removeprefix("event_") for name in SCHEMA["definitions"] if "event_" in name}
    assert {event["type"] for event in events} == published


def test_the_page_names_every_output_and_nothing_else() -> None:
    page = (ROOT / "docs" / "json.md").read_text()
    named = set(re.findall(r"`#/definitions/(\w+)`", page))
    outputs = {
        name
        for name, definition in SCHEMA["definitions"].items()
        if definition.get("description", "").startswith("synapse ")
    }
    assert named == outputs


def leaves() -> dict[str, Command]:
    """Every command that can be run, by the words that name it."""
    found: dict[str, Command] = {}
    for name, row in COMMANDS.items():
        if row.subcommands:
            found |= {f"{name} {inner}": command for inner, command in row.subcommands.items()}
        else:
            found[name] = row
    return found


WITHOUT_JSON = {"repl", "mcp"}
"""Commands that are a conversation, with a person or with a program."""


@pytest.mark.parametrize("name", sorted(leaves().keys() - WITHOUT_JSON))
def test_every_command_has_json_and_is_on_the_page(name: str) -> None:
    route = find_command(name.split())
    assert "--json" in build_parser(route)._option_string_actions
    assert f"`synapse {name} --json`" in (ROOT / "docs" / "json.md").read_text()
