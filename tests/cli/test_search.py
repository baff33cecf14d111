"""`synapse sessions search`: what is found, and how it is shown."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from app.test_query_language import random_query
from contract.builders import a_session
from program import Ran, run
from window import Window

from synapse.domain import Attachment, Role, StoredMessage
from synapse.stores import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from synapse.domain import Session
    from synapse.ports import SessionStore

START = datetime(2026, 11, 1, 12, tzinfo=UTC)

DOCKER = (
    (Role.USER, "Where does docker keep its volumes?"),
    (Role.ASSISTANT, "In /var/lib/docker/volumes, which fills the disk."),
    (Role.USER, "The disk is full: no space left on device"),
    (Role.ASSISTANT, "Remove what nobody uses:\n\n    docker system prune --volumes"),
)
TRAVEL = (
    (Role.USER, "東京旅行の計画を立ててください"),
    (Role.ASSISTANT, "Zuerst ein Café in Kraków, dann die große Straße."),
)
CODE = (
    (Role.SYSTEM, "You are terse."),
    (Role.USER, "How do I call getUserName(a.b.c) in C++ -> x == y?"),
    (Role.ASSISTANT, "Like that. The disk has nothing to do with it. 100% sure, user_name."),
)


def add(store: SessionStore, session: Session, number: int, role: Role, text: str) -> StoredMessage:
    message = StoredMessage.new(session.id, role, text).replace(
        timestamp=START + timedelta(minutes=number),
        model="gpt-5-mini" if role is Role.ASSISTANT else None,
        provider="openai" if role is Role.ASSISTANT else None,
    )
    store.add_message(message)
    return message


@pytest.fixture(autouse=True)
def archive(home: Path) -> None:
    """Three sessions: docker (oldest), travel, code; a message a minute."""
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    number = 0
    with open_store(f"sqlite:{folder}/sessions.db") as store:
        for name, texts in (("docker", DOCKER), ("travel", TRAVEL), ("code", CODE)):
            session = a_session(updated=START, name=name, provider="openai", model="gpt-5-mini")
            store.create_session(session)
            for role, text in texts:
                number += 1
                add(store, session, number, role, text)
    run("config", "set", "session.auto_cleanup", "false")


def names() -> dict[str, str]:
    return {row[0]: row[5] for row in run("sessions", "list", "-a").rows}


def found(*words: str) -> list[str]:
    """`docker 3` for each hit, as they come."""
    ran = run("sessions", "search", *words)
    assert ran.status == (0 if ran.out else 1), ran
    known = names() | {row[0]: row[5] for row in run("sessions", "list", "--deleted").rows}
    return [f"{known[row[0]]} {row[1]}" for row in ran.rows]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("disk", ["code 3", "docker 3", "docker 2"]),
        ("DISK docker", ["docker 2"]),
        ('"no space left"', ["docker 3"]),
        ('"space no"', []),
        ("disk -full", ["code 3", "docker 2"]),
        ("dock*", ["docker 4", "docker 2", "docker 1"]),
        ("device OR terse", ["code 1", "docker 3"]),
        ("(terse OR device) -space", ["code 1"]),
        ("旅行", ["travel 1"]),
        ("東", ["travel 1"]),
        ("cafe krakow strasse", ["travel 2"]),
        ("getUserName", ["code 2"]),
        ("username", []),
        ("user_name", ["code 3"]),
        ("a.b.c", ["code 2"]),
        ("C++", ["code 2"]),
        ("==", ["code 2"]),
        ("->", ["code 2"]),
        ("100%", ["code 3"]),
        ("/var/lib", ["docker 2"]),
        ("role:user disk", ["docker 3"]),
        ("role:system", ["code 1"]),
        ("-role:user -role:assistant", ["code 1"]),
        ("name:dock disk", ["docker 3", "docker 2"]),
        ("-name:dock disk", ["code 3"]),
        ("in:docker disk", ["docker 3", "docker 2"]),
        ("-in:docker disk", ["code 3"]),
        ("in:nowhere disk", []),
        ("model:GPT-5 disk", ["code 3", "docker 3", "docker 2"]),
        ("model:claude disk", []),
        ("provider:openai terse", ["code 1"]),
        ("disk before:2026-11-01T12:04Z", ["docker 3", "docker 2"]),
        ("disk after:2026-11-01T12:03Z", ["code 3", "docker 3"]),
        ("has:attachment", []),
        ("role:nobody", []),
        ("unfound", []),
    ],
)
def test_a_query_finds(query: str, expected: list[str]) -> None:
    assert found(query) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("disk -n 1", ["code 3"]),
        ("disk -n 0", ["code 3", "docker 3", "docker 2"]),
        ("disk -s docker", ["docker 3", "docker 2"]),
        ("disk in:code -s docker", []),
        ("disk --role user", ["docker 3"]),
        ("--role system", ["code 1"]),
        ("disk --since 2026-11-01T12:03Z", ["code 3", "docker 3"]),
        ("disk --until 2026-11-01T12:04Z", ["docker 3", "docker 2"]),
        ("disk --since 2026-11-01T12:03Z --until 2026-11-01T12:04Z", ["docker 3"]),
        ("disk -full", ["code 3", "docker 2"]),
        ("-full disk --role assistant", ["code 3", "docker 2"]),
        ("-n 1 -full -- disk", ["code 3"]),
        ("-- -full disk", ["code 3", "docker 2"]),
        ("-- --volumes", ["docker 4"]),
        ("system --> prune", []),
        ("disk -s docker -n5", ["docker 3", "docker 2"]),
        ("disk --rank -n 1", ["docker 3"]),
        ("disk --deleted", []),
    ],
)
def test_options_choose(options: str, expected: list[str]) -> None:
    assert found(*options.split()) == expected


def test_a_row_has_id_number_role_time_and_a_piece_of_the_text() -> None:
    [row] = run("sessions", "search", "prune").rows
    assert row[0] in names()
    assert row[1:] == [
        "4",
        "assistant",
        "2026-11-01T12:04:00Z",
        "Remove what nobody uses: docker system prune --volumes",
    ]


def test_the_number_is_the_one_that_show_takes() -> None:
    [row] = run("sessions", "search", "prune").rows
    assert run("sessions", "show", row[0], "--message", row[1]).text == DOCKER[3][1]


def test_messages_around_a_hit_are_told_apart() -> None:
    rows = run("sessions", "search", "device", "-C", "1").rows
    assert [(row[1], row[5]) for row in rows] == [
        ("2", "context"),
        ("3", "match"),
        ("4", "context"),
    ]
    assert run("sessions", "search", "terse", "-C", "5").text.count("\n") == 3


def test_sessions_and_numbers_alone() -> None:
    listed = run("sessions", "search", "disk", "-l")
    assert [row[5] for row in listed.rows] == ["code", "docker"]
    assert {tuple(row) for row in listed.rows} < {
        tuple(row) for row in run("sessions", "list", "-a").rows
    }
    assert run("sessions", "search", "disk", "--count").text == "3\n"
    assert run("sessions", "search", "disk", "--count", "-l").text == "2\n"
    nothing = run("sessions", "search", "unfound", "--count")
    assert (nothing.status, nothing.text) == (1, "0\n")


def test_the_trash_is_searched_when_asked_and_only_it() -> None:
    run("sessions", "delete", "docker")
    assert found("disk") == ["code 3"]
    assert found("disk", "--deleted") == ["docker 3", "docker 2"]
    assert found("disk", "--deleted", "in:docker") == ["docker 3", "docker 2"]
    assert found("disk", "in:docker") == []


def test_nothing_found_is_silent_for_programs() -> None:
    assert repr(run("sessions", "search", "unfound")) == repr(Ran(1, b"", ""))


def test_reasoning_is_found_where_it_is_asked_for(home: Path) -> None:
    with open_store(f"sqlite:{home}/.config/synapse/sessions.db") as store:
        [code] = store.find_by_name("code")
        message = StoredMessage.new(code.session.id, Role.ASSISTANT, "Forty-two.")
        store.add_message(message.replace(reasoning="The user wants the answer to the ultimate"))
    assert found("ultimate") == []
    assert found("in:reasoning ultimate") == ["code 4"]
    assert found("in:reasoning forty") == []


def test_the_text_of_an_attachment_is_found_and_named(home: Path) -> None:
    with open_store(f"sqlite:{home}/.config/synapse/sessions.db") as store:
        [code] = store.find_by_name("code")
        notes = Attachment(name="notes.md", media_type="text/plain", data="Überfällig".encode())
        image = Attachment(name="a.png", media_type="image/png", data=b"\x89PNG")
        message = StoredMessage.new(code.session.id, Role.USER, "Read this")
        store.add_message(message.replace(attachments=(image, notes)))
    assert found("uberfallig") == ["code 4"]
    assert found("has:attachment") == ["code 4"]
    assert found("has:attachment read") == ["code 4"]
    assert found("-has:attachment disk") == ["code 3", "docker 3", "docker 2"]
    [hit] = run("sessions", "search", "überfällig", "--json").json()["hits"]
    assert (hit["where"], hit["attachment"], hit["spans"]) == ("attachment", 2, [[0, 10]])
    assert hit["snippet"] == "Überfällig"


# ------------------------------------------------------------------------------------- bad input


def test_without_anything_to_look_for_it_is_told_what_to_say() -> None:
    ran = run("sessions", "search")
    assert (ran.status, ran.out) == (2, b"")
    assert ran.err.startswith("error: what should be searched for?\n")


@pytest.mark.parametrize("blank", ["", "  ", "\t"])
def test_a_blank_query_finds_nothing(blank: str) -> None:
    assert repr(run("sessions", "search", blank)) == repr(Ran(1, b"", ""))


def test_a_megabyte_is_refused_with_the_limit() -> None:
    ran = run("sessions", "search", "x" * 1_000_000)
    assert (ran.status, ran.out) == (2, b"")
    assert "1,000,000 characters; a search takes 10,000" in ran.err


def test_what_looks_like_a_filter_is_a_word_and_noted() -> None:
    ran = run("sessions", "search", "rol:user")
    assert (ran.status, ran.out) == (1, b"")
    assert ran.err == "rol:user is looked for as a word: did you mean role:.\n"
    assert run("sessions", "search", "-q", "rol:user").err == ""


def test_an_unknown_session_of_an_option_is_an_error_of_its_own() -> None:
    assert run("sessions", "search", "disk", "-s", "nowhere").status == 3
    ran = run("sessions", "search", "disk in:nowhere")
    assert (ran.status, ran.out) == (1, b"")
    assert 'in:nowhere names no session: no session "nowhere"' in ran.err


def test_random_queries_are_answered() -> None:
    chance = random.Random("answered")
    for _ in range(120):
        text = (
            random_query(chance)
            .replace("\x00", "")
            .encode("utf-8", "surrogateescape")
            .decode("utf-8", "surrogateescape")
        )
        ran = run("sessions", "search", "--", text)
        assert ran.status in (0, 1), (ascii(text), ran)
        assert "internal error" not in ran.err


# ------------------------------------------------------------------------------------------ JSON


def test_json_has_the_whole_message_and_the_places() -> None:
    document = run("sessions", "search", "disk", "-n", "2", "--json").json()
    assert {name: document[name] for name in ("schema", "query", "found", "more", "notes")} == {
        "schema": 1,
        "query": "disk",
        "found": 2,
        "more": True,
        "notes": [],
    }
    hit = document["hits"][1]
    begin, end = hit["spans"][0]
    assert hit["session"]["name"] == "docker"
    assert hit["message"]["content"][begin:end] == "disk"
    assert (hit["message"]["index"], hit["where"], hit["attachment"]) == (3, "content", None)


def test_json_of_nothing_found_proposes_what_is_there() -> None:
    ran = run("sessions", "search", "rol:x volumse", "--json")
    assert ran.status == 1
    document = ran.json()
    assert (document["found"], document["hits"], document["more"]) == (0, [], False)
    assert document["did_you_mean"] == "rol:x volumes"
    assert len(document["notes"]) == 1


def test_json_counts_too() -> None:
    assert run("sessions", "search", "disk", "--count", "--json").json()["found"] == 3
    hits = run("sessions", "search", "device", "-C", "1", "--json").json()["hits"]
    assert [message["index"] for message in hits[0]["context"]] == [2, 4]


# ------------------------------------------------------------------------------- on the terminal


def on_terminal(program: Path, *words: str, columns: int = 80, **environ: str) -> Window:
    command = [str(program), "sessions", "search", *words]
    return Window(command, columns=columns, rows=24, environ=environ)


def styled(window: Window) -> set[str]:
    """What stands on the screen bold and underlined."""
    marked = []
    for row in range(window.screen.lines):
        cells = [window.screen.buffer[row][column] for column in range(window.screen.columns)]
        text = "".join(cell.data if cell.bold and cell.underscore else " " for cell in cells)
        marked += text.split()
    return set(marked)


def test_hits_are_grouped_by_session_with_the_match_marked(program: Path) -> None:
    with on_terminal(program, "disk", NO_COLOR="1") as window:
        assert window.end() == 0
        lines = [" ".join(line.split()) for line in window.lines]
        handles = {row[5]: row[0][-8:] for row in run("sessions", "list", "-a").rows}
        assert lines[0].startswith(f"{handles['code']} code · How do I call getUserName(a.b.c)")
        assert (
            lines[1]
            == "#3 assistant Like that. The disk has nothing to do with it. 100% sure, user_…"
        )
        assert lines[2] == ""
        assert lines[3].startswith(f"{handles['docker']} docker · Where does docker keep")
        assert lines[4:] == [
            "#2 assistant In /var/lib/docker/volumes, which fills the disk.",
            "#3 user The disk is full: no space left on device",
        ]
        assert styled(window) == {"disk"}


def test_no_style_is_written_where_none_is_wanted(program: Path) -> None:
    with on_terminal(program, "disk", TERM="dumb") as window:
        assert window.end() == 0
        assert b"\x1b" not in window.seen


@pytest.mark.parametrize("columns", [20, 40, 60])
def test_on_a_narrow_terminal_no_line_is_broken(columns: int, program: Path) -> None:
    with on_terminal(program, "disk OR 計画 OR große", columns=columns) as window:
        assert window.end() == 0
        assert {"disk", "計画", "große"} <= styled(window)
        heads = [line for line in window.lines if line.startswith("  #")]
        assert len(heads) == 5


def test_messages_around_are_shown_once(program: Path) -> None:
    with on_terminal(program, "disk", "-s", "docker", "-C", "1") as window:
        assert window.end() == 0
        numbers = [line.split()[0] for line in window.lines if line.startswith("  #")]
        assert numbers == ["#1", "#2", "#3", "#4"]


def test_only_the_sessions(program: Path) -> None:
    with on_terminal(program, "disk", "-l") as window:
        assert window.end() == 0
        assert [line.split()[1] for line in window.lines] == ["code", "docker"]


def test_for_screen_readers_it_is_said_in_words(program: Path) -> None:
    with on_terminal(program, "device", "--accessible", TERM="xterm") as window:
        assert window.end() == 0
        text = " ".join(" ".join(window.lines).split())
        assert "Name: docker. Begins: Where does docker keep its volumes?." in text
        assert "Message 3, user: The disk is full: no space left on device" in text


def test_more_than_is_shown_is_told_with_how_to_see_it(program: Path) -> None:
    with on_terminal(program, "disk", "-full", "-n", "1") as window:
        assert window.end() == 0
        assert window.lines[-1] == (
            "The first message · more: synapse sessions search disk -full -n 2"
        )


def test_nothing_found_is_said_with_what_may_have_been_meant(program: Path) -> None:
    with on_terminal(program, "volumse", "docker") as window:
        assert window.end() == 1
        assert window.lines == [
            "No message matches.",
            "Did you mean:  synapse sessions search 'volumes docker'",
        ]


def test_what_overruns_the_screen_goes_through_the_pager(program: Path, home: Path) -> None:
    with open_store(f"sqlite:{home}/.config/synapse/sessions.db") as store:
        [code] = store.find_by_name("code")
        for number in range(60):
            add(store, code.session, 100 + number, Role.USER, f"question {number}")
    with on_terminal(program, "question", "-n", "0", PAGER="cat -n | tail -1") as window:
        assert window.end() == 0
        assert window.lines[-1].split() == ["61", "#63", "user", "question", "59"]
