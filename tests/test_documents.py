"""Every command of README and docs does what stands there: run as it is written, in a fresh home.

A new example in a block `console` needs nothing here: the output that it shows is compared with
what a terminal shows. For one in a block `sh`, `examples.py` says what it shows.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from examples import ANSWERS, NOT_RUN, SHOWS, SILENT
from loopback import Loopback, anthropic, openai, responses
from postgres_cluster import new_folder
from program import run
from server_keeper import kill_all_in
from transcripts import (
    PAGES,
    ROOT,
    Block,
    Program,
    blocks,
    comparable,
    fenced,
    inline_commands,
    programs,
)
from window import Window

from synapse.cli.command_line.parsing import build_parser
from synapse.cli.command_line.routing import find_command
from synapse.domain import Role, Session, StoredMessage
from synapse.errors import UsageError
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loopback.server import Exchange

BLOCKS = blocks()

UNCONFIGURED = "synapse config init"
"""Part of commands that presume that there is no configuration yet."""

SERVERS = "docs/servers.md"
"""The page whose commands start a server, and need a folder for it."""

COLUMNS = 80

STATE = ("export ", "cd ", "source ", ". ")
"""Beginnings of commands whose effect lasts: they precede those that follow in their block."""

OUTSIDE = {
    "pass": "#!/bin/sh\necho sk-of-the-documents\n",
    "ssh": '#!/bin/sh\nshift\nDATABASE_URL="sqlite:$HOME/other.db" exec "$@"\n',
}
"""Programs of others that examples call: a password manager that holds a key, and the way to
another machine, for which another database stands here.
"""

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da63fc"
    "ff1f0003030200efa2a75b0000000049454e44ae426082"
)


def write_chatgpt_export(path: Path) -> None:
    """What ChatGPT sends to whoever asks for his data."""
    nodes = [("system", ""), ("user", "Name a prime."), ("assistant", "Seven.")]
    mapping = {
        str(number): {
            "id": str(number),
            "parent": str(number - 1) if number else None,
            "children": [str(number + 1)] if number + 1 < len(nodes) else [],
            "message": {
                "id": f"message-{number}",
                "author": {"role": role},
                "create_time": 1764000000.5 + number,
                "content": {"content_type": "text", "parts": [text]},
            },
        }
        for number, (role, text) in enumerate(nodes)
    }
    conversation = {
        "id": "conversation", "title": "Primes", "create_time": 1764000000.5,
        "update_time": 1764000003.5, "current_node": "2", "mapping": mapping,
    }  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", json.dumps([conversation]))


def write_llm_log(home: Path) -> None:
    """What the program `llm` has logged."""
    folder = home / ".config" / "io.datasette.llm"
    folder.mkdir(parents=True)
    script = Path(__file__).parent / "formats" / "samples" / "llm" / "llm-0.36.sql"
    with closing(sqlite3.connect(folder / "logs.db")) as database:
        database.executescript(script.read_text())


def lived_in(home: Path, url: str) -> None:
    """A home as examples presume it: a provider that answers, and conversations with the names
    and handles that stand in them, the last used first.
    """
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "config.toml").write_text(
        f'provider = "ollama"\nmodel = "loopback-1"\n[providers.ollama]\nbase_url = "{url}/v1"\n'
        + "".join(
            f'[providers.{name}]\nbase_url = "{url}/{path}"\n'
            for name, path in (("openai", "v1"), ("openrouter", "v1"), ("anthropic", ""))
        )
        + '[roles.translator]\nprompt = "Into {language}: {input}"\n'
        + 'defaults = { language = "German" }\n'
    )
    write_llm_log(home)
    for path in (".config/aichat/roles/poet.md", ".config/fabric/patterns/summarize/system.md"):
        (home / path).parent.mkdir(parents=True)
        (home / path).write_text("Answer in verse.\n")
    now = datetime.now(UTC)
    with open_store(f"sqlite:{folder}/sessions.db") as store:
        for days, handle, name, question in (
            (60, "0a1b2c3d", None, "Why does rust have lifetimes?"),
            (3, "5e6f7a8b", "docker", "Explain docker volumes"),
            (2, "9c0d1e2f", None, "A regex for dates"),
            (1, "4c3834c9", None, "Where does the data of docker go?"),
        ):
            moment = now - timedelta(days=days)
            session = Session.new("ollama", "loopback-1").with_name(name)
            session = session.replace(
                id=session.id[:-8] + handle, created_at=moment, updated_at=moment
            )
            store.create_session(session)
            for role, text in (
                (Role.USER, question),
                (Role.ASSISTANT, "So: …"),
                (Role.USER, "And then?"),
            ):
                message = StoredMessage.new(session.id, role, text)
                store.add_message(message.replace(timestamp=moment))


def asked(request: Any) -> str:
    """Who was asked how much, and the last message as text: the outputs tell what was sent."""
    messages = request["messages"]
    content = messages[-1]["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    texts = (part.get("text", "[image]") for part in parts)
    return f"{request['model']} was sent {len(messages)}: {' '.join(' '.join(texts).split())}"


def answer(exchange: Exchange) -> None:
    """What every provider of the examples says."""
    path = exchange.request.path
    if path.endswith("/models"):
        openai.models("gpt-6-luna", "qwen/qwen3", "loopback-1")(exchange)
    elif path.endswith("/responses"):
        items = exchange.request.json()["input"]
        said = f"loopback was sent {len(items)}: {items[-1]['content']}"
        responses.respond(exchange, responses.said(said))
    elif path.endswith("/messages"):
        anthropic.answer(asked(exchange.request.json()))(exchange)
    else:
        openai.answer(asked(exchange.request.json()))(exchange)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """The folder in which examples are typed: a repository with a change, and files."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "docs").mkdir()
    (folder / "notes.md").write_text("Volumes outlive their containers.\n")
    (folder / "data.csv").write_text("day,turns\nMonday,3\n")
    (folder / "chart.png").write_bytes(PNG)
    (folder / "questions.txt").write_text("What is a monad?\nAnd a functor?\n")
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@b.example"]
    for words in (["init", "-q"], ["add", "notes.md"], ["commit", "-q", "-m", "Begin"]):
        subprocess.run([*git, *words], check=True)
    (folder / "notes.md").write_text("Volumes outlive their containers, and images.\n")
    write_chatgpt_export(folder / "chatgpt-export.zip")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, script in OUTSIDE.items():
        (tools / name).write_text(script)
        (tools / name).chmod(0o755)
    return folder


@pytest.fixture
def shell(desk: Path, program: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the server that answers; the examples' programs are on PATH."""
    monkeypatch.setenv("PATH", f"{desk.parent}/tools:{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-the-documents")
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-of-the-documents")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-documents")
    monkeypatch.chdir(desk)
    with Loopback(answer) as server:
        yield server.url


@pytest.fixture
def server_folder(desk: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the commands of docs/servers.md start a server, which ends with the test.

    PostgreSQL runs as no root. Where the tests do, `python` there is another user who may open what
    root may: the server is that user's.
    """
    folder = new_folder("synapse-doc-")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    if os.geteuid() == 0:
        rights = "+dac_override,+fowner"
        user = f"--reuid={folder.stat().st_uid} --regid={folder.stat().st_gid} --clear-groups"
        (desk.parent / "tools" / "python").write_text(
            f"#!/bin/sh\nexec setpriv {user} --inh-caps={rights} --ambient-caps={rights} "
            f'{sys.executable} "$@"\n'
        )
        (desk.parent / "tools" / "python").chmod(0o755)
    monkeypatch.chdir(folder)
    yield folder
    monkeypatch.chdir(desk)  # whoever is in the folder is ended
    kill_all_in(folder)
    shutil.rmtree(folder)


def test_a_server_is_tried_as_the_document_says(
    shell: str, home: Path, server_folder: Path
) -> None:
    lived_in(home, shell)
    block = next(block for block in SCRIPTS if block.page == SERVERS)
    assert len(block.steps) == 5  # so many commands are promised
    perform(block, home)


def reason_not_to_run(command: str) -> str | None:
    for beginning, reason in NOT_RUN.items():
        if command.startswith(beginning):
            return reason
    return None


def runnable(command: str) -> str:
    """The command, without jq where that is not installed: what it reads is then printed."""
    command = command.replace("=…", "=sk-of-the-documents")
    if shutil.which("jq") is None:
        command = re.sub(r" \| jq .*", "", command)
    return command


def typed(state: list[str], command: str) -> tuple[int, str]:
    """Type a command in a terminal: exit status, and what stands there in the end."""
    line = "; ".join([*state, runnable(command)])
    with Window(["bash", "--norc", "-c", line], columns=COLUMNS, rows=60) as window:
        for waits, keys in ANSWERS.get(command, ()):
            window.until(partial(_waits, waits), f"it does not wait at {waits!r}")
            window.type(keys)
        return window.end(), "\n".join(window.lines)


def _waits(mark: str, lines: list[str]) -> bool:
    return bool(lines) and lines[-1].endswith(mark)


def unwrapped(seen: str) -> str:
    """The text without the line ends of rows that were full: long paths go on in the next one."""
    return "".join(line if len(line) == COLUMNS else f"{line}\n" for line in seen.split("\n"))


def alternatives(block: Block) -> list[Block]:
    """The block; or its commands, each by itself, where they are examples of one command and
    nobody would type them one after the other.
    """
    if block.page != "docs/commands.md":
        return [block]
    return [block._replace(steps=(step,)) for step in block.steps]


def perform(block: Block, home: Path) -> None:
    """Run a block from top to bottom."""
    state: list[str] = []
    for command, shown in block.steps:
        if reason_not_to_run(command) is not None:
            continue
        status, seen = typed(state, command)
        place = f"{block.name}: {command}"
        assert status == 0, f"{place} ended with {status}:\n{seen}"
        assert "Traceback" not in seen, place
        if shown is not None and (" | jq " not in command or shutil.which("jq")):
            assert comparable(seen, home) == comparable(shown, home), f"{place} shows:\n{seen}"
        if shown is None and not command.startswith(SILENT):
            one_line = " ".join(unwrapped(seen).replace(str(home), "~").split())
            wanted = SHOWS.get(command)
            assert wanted is not None, f"SHOWS should say what is seen of {place}:\n{seen}"
            assert wanted in one_line, f"{place} shows:\n{seen}"
        if command.startswith(STATE):
            state.append(runnable(command))


SCRIPTS = [
    part
    for block in BLOCKS
    if any(step.shown is None for step in block.steps)
    for part in alternatives(block)
]
TRANSCRIPTS = [block for block in BLOCKS if all(step.shown is not None for step in block.steps)]


@pytest.mark.parametrize(
    "block", [b for b in SCRIPTS if b.page != SERVERS], ids=lambda block: block.name
)
def test_commands_do_what_they_are_said_to_do(
    block: Block, shell: str, home_with_weights: Path
) -> None:
    """In a home with conversations and a provider that answers."""
    lived_in(home_with_weights, shell)
    if UNCONFIGURED in block.steps[0].command:
        (home_with_weights / ".config" / "synapse" / "config.toml").unlink()
    perform(block, home_with_weights)


@pytest.mark.parametrize("block", TRANSCRIPTS, ids=lambda block: block.name)
def test_what_is_shown_is_what_a_terminal_shows(
    block: Block, shell: str, home_with_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a home in which nothing has been done but `synapse models pull local`."""
    for name in ("OPENAI", "ANTHROPIC", "OPENROUTER"):
        monkeypatch.delenv(f"{name}_API_KEY")
    perform(block, home_with_weights)


def test_the_readme_begins_with_what_is_shown() -> None:
    first = next(block for block in TRANSCRIPTS if block.page == "README.md")
    assert first.line < 40
    assert len(first.steps) >= 3


def test_every_reason_not_to_run_something_is_needed() -> None:
    commands = [step.command for block in BLOCKS for step in block.steps]
    for beginning in NOT_RUN:
        assert any(command.startswith(beginning) for command in commands), beginning
    assert len([each for each in commands if reason_not_to_run(each)]) < len(commands) / 5


def test_everything_that_stands_here_stands_in_a_document() -> None:
    commands = {step.command for block in BLOCKS for step in block.steps}
    assert set(ANSWERS) <= commands
    assert set(SHOWS) <= commands


def test_the_examples_of_configurations_are_valid(home: Path) -> None:
    blocks = [(page, text) for page in PAGES for text in fenced(page, "toml")]
    blocks = [(page, text) for page, text in blocks if not text.startswith("# pyproject.toml")]
    assert len(blocks) > 1
    for page, text in blocks:
        file = home / "config.toml"
        file.write_text(text)
        file.chmod(0o600)
        ran = run("--config", str(file), "config", "check")
        assert ran.status == 0, f"{page.name}: {ran.err}{ran.text}"


def test_the_example_of_the_library_runs(
    shell: str, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it stands, but for the port at which Ollama would listen."""
    (source,) = fenced(ROOT / "README.md", "python")
    address = f"p.PROVIDERS['ollama'] = p.PROVIDERS['ollama'].replace(base_url='{shell}/v1')"
    source = f"import synapse.providers as p\n{address}\n{source}"
    ended = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("qwen3 was sent 1: Hello\nqwen3 was sent 3: Shorter Usage(")
    assert (desk / "chats.db").exists()


PROGRAMS = programs(ROOT / "docs" / "library.md")


@pytest.mark.parametrize("example", PROGRAMS, ids=lambda example: f"line {example.line}")
def test_an_example_of_the_library_shows_what_stands_below_it(
    example: Program, shell: str, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a home in which nothing is configured; where OpenAI is asked, it is ours that answers."""
    for name, value in {
        "OPENAI_BASE_URL": f"{shell}/v1",
        "OPENAI_AGENTS_DISABLE_TRACING": "1",
        "no_proxy": "127.0.0.1,localhost",
    }.items():
        monkeypatch.setenv(name, value)
    ended = subprocess.run(
        [sys.executable, "-c", example.source], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.strip() == (example.shown or REMEMBERS).strip()


REMEMBERS = """loopback was sent 1: My name is Ada.
loopback was sent 3: What is my name?
"""
"""What the agent of the only example without an output says, whatever its model is called."""


def test_the_page_of_the_library_names_all_that_is_asked_for() -> None:
    assert len(PROGRAMS) >= 9
    assert len([example for example in PROGRAMS if example.shown is None]) == 1
    page = (ROOT / "docs" / "library.md").read_text()
    for name in ("ask", "aask", "Conversation", "create_provider", "create_storage", "reply"):
        assert re.search(rf"`?{name}\b", page)


def test_commands_in_running_text_have_the_words_and_options_that_there_are() -> None:
    commands = inline_commands()
    assert len(commands) > 40
    wrong = [f"{place}: {command}" for place, command in commands if not is_valid(command)]
    assert wrong == []


def is_valid(command: str) -> bool:
    """Whether there is such a command with such options; what it is given is not looked at."""
    plain = re.sub(r"[\[\]…]|\.\.\.", " ", command).replace("“", '"').replace("”", '"')
    plain = re.split(r"\s[|;>]\s|\s&&\s", plain)[0]
    words = shlex.split(plain)[1:]
    if words[:1] in (["--version"], ["--help"]):
        return True
    try:
        route = find_command(words)
    except UsageError:
        return False
    if route.command.subcommands:
        return True
    known = set(build_parser(route)._option_string_actions)
    given = {word.partition("=")[0] for word in route.arguments if re.match(r"--?\w", word)}
    given = {option for word in given for option in word.split("|")}
    return given <= known


@pytest.mark.parametrize(
    ("command", "valid"),
    [
        ("synapse sessions list [QUERY] --since 2w", True),
        ("synapse sessions lost", False),
        ("synapse config show --sett", False),
        ("synapse sesions list", False),
    ],
)
def test_a_wrong_command_in_running_text_would_be_found(command: str, valid: bool) -> None:
    assert is_valid(command) == valid


def test_the_checker_finds_what_differs(home: Path) -> None:
    """What it takes away before it compares is not what matters."""
    shown = "ab71068c · m · 33 → 8 tokens · 1.4 s"
    assert comparable("00d38285 · m · 33 → 8 tokens · 12 ms", home) == comparable(shown, home)
    for other in ("ab71068c · m · 33 → 9 tokens · 1.4 s", "ab71068c · n · 33 → 8 tokens · 1.4 s"):
        assert comparable(other, home) != comparable(shown, home)
