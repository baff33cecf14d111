"""Titles: what the user says a session is about, wherever sessions are shown or looked for."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from program import Terminal, run, sessions
from window import Window

from synapse.app.names import LONGEST_TITLE, check_title
from synapse.errors import UsageError
from synapse.stores.sqlite._migrations import migrations
from synapse.stores.sqlite._schema import APPLICATION_ID

if TYPE_CHECKING:
    from pathlib import Path

TITLE = "Volumes, or where the data goes"


@pytest.fixture
def titled(home: Path) -> dict[str, Any]:
    """The older of two sessions: `docker`, with a title; the other has neither."""
    run("-p", "echo", "--name", "docker", "Explain bind mounts")
    run("-p", "echo", "Something else")
    assert run("sessions", "rename", "docker", "--title", TITLE).status == 0
    return sessions()[1]


def table(*words: str) -> str:
    return run("sessions", "list", "--format", "table", *words, environ={"COLUMNS": "110"}).text


# --------------------------------------------------------------------------------- giving one


def test_a_title_is_given_and_taken_away(titled: dict[str, Any]) -> None:
    assert (titled["title"], titled["name"]) == (TITLE, "docker")
    ran = run("sessions", "rename", "docker", "--title", "Other")
    assert ran.err == f'{titled["handle"]} has the title "Other" now.\n'
    ran = run("sessions", "rename", "docker", "--no-title")
    assert ran.err == f"{titled['handle']} has no title now.\n"
    assert [session["title"] for session in sessions()] == [None, None]


def test_a_title_says_nothing_of_the_last_use(titled: dict[str, Any]) -> None:
    run("sessions", "rename", "docker", "--title", "Other")
    assert sessions()[1]["updated_at"] == titled["updated_at"]


def test_name_and_title_can_be_changed_at_once(titled: dict[str, Any]) -> None:
    ran = run("sessions", "rename", "docker", "podman", "--title", TITLE.upper())
    assert (ran.status, len(ran.err.splitlines())) == (0, 2)
    run("sessions", "rename", "podman", "--no-name", "--title", "New")
    assert [(s["name"], s["title"]) for s in sessions()] == [(None, None), (None, "New")]


@pytest.mark.parametrize(
    "words",
    [
        ["docker"],
        ["docker", "--title", "x", "--no-title"],
        ["docker", "name", "--no-name", "--title", "x"],
        ["docker", "new-name", "--title", ""],
        ["docker", "new-name", "--title", " \n\t"],
        ["docker", "new-name", "--title", "a\x1b[2Jb"],
        ["docker", "new-name", "--title", "w" * (LONGEST_TITLE + 1)],
        ["docker", "4c38", "--title", "a bad name"],
    ],
)
def test_what_can_not_be_done_changes_nothing(titled: dict[str, Any], words: list[str]) -> None:
    ran = run("sessions", "rename", *words)
    assert ran.status == 2, ran
    assert "\x1b" not in ran.err
    assert sessions()[1] == titled


@given(st.text(max_size=2 * LONGEST_TITLE))
def test_a_title_is_one_line_that_can_be_read(text: str) -> None:
    try:
        title = check_title(text)
    except UsageError:
        return
    assert 0 < len(title) <= LONGEST_TITLE
    assert title == title.strip() == unicodedata.normalize("NFC", title) == check_title(title)
    assert title.splitlines() == [title]
    assert "".join(title.split()) == "".join(unicodedata.normalize("NFC", text).split())


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" two\n lines\r\n", "two lines"),
        ("a\tb", "a b"),
        ("two  blanks", "two  blanks"),
        ("A\u030angstro\u0308m", "Ångström"),
        ("-x @1 4c38", "-x @1 4c38"),
    ],
)
def test_a_title_is_kept_as_it_can_be_read(typed: str, stored: str) -> None:
    assert check_title(typed) == stored


# --------------------------------------------------------------------------------- being shown


def test_a_title_stands_in_a_list_where_the_first_words_would(titled: dict[str, Any]) -> None:
    assert [line.split("  ")[-1] for line in table().splitlines()[1:]] == [
        "Something else",
        f"docker · {TITLE}",
    ]


def test_a_title_follows_no_name_in_a_list(titled: dict[str, Any]) -> None:
    run("sessions", "rename", "docker", "--no-name")
    assert table().splitlines()[2].endswith(f"  {TITLE}")


def test_tab_separated_values_keep_their_columns(titled: dict[str, Any]) -> None:
    assert run("sessions", "list").rows[1][5:] == ["docker", "Explain bind mounts"]


def test_a_transcript_begins_with_the_title(titled: dict[str, Any], program: Path) -> None:
    text = run("sessions", "show", "docker").text
    assert text.startswith(f"# {TITLE}\n\n- session: {titled['id']}\n- name: docker\n- model: ")
    assert run("sessions", "show", "docker", "--json").json()["session"]["title"] == TITLE
    with Terminal([str(program), "sessions", "show", "docker", "--no-pager"]) as terminal:
        terminal.end()
        assert f"title     {TITLE}" in terminal.text


def test_every_kind_of_json_has_the_title(titled: dict[str, Any]) -> None:
    for words in (["-s", "docker", "more"], ["retry", "-s", "docker"]):
        assert run("-p", "echo", "--json", *words).json()["session"]["title"] == TITLE
    assert run("sessions", "list", "--format", "jsonl").text.count(f'"title": "{TITLE}"') == 1


def test_a_screen_reader_hears_the_title_instead_of_the_beginning(
    titled: dict[str, Any], program: Path
) -> None:
    with Terminal([str(program), "sessions", "list", "--accessible"]) as terminal:
        terminal.end()
        assert f"Name: docker. Title: {TITLE}.\n" in terminal.text.replace("\r", "")


def test_a_title_of_another_program_is_harmless_on_a_terminal(
    titled: dict[str, Any], home: Path, program: Path
) -> None:
    database = apsw.Connection(str(home / ".config" / "synapse" / "sessions.db"))
    database.execute("UPDATE sessions SET title = 'a' || char(27) || ']0;x' || char(7, 10) || 'b'")
    database.close()
    for words in (["list"], ["show", "docker"], ["show", "nowhere"], ["delete", "--all", "-n"]):
        with Terminal([str(program), "sessions", *words, "--no-pager"]) as terminal:
            terminal.end()
            assert b"\x1b]0" not in terminal.seen, words
            assert b"\x07" not in terminal.seen, words


# ------------------------------------------------------------------------------- being looked for


def test_sessions_are_chosen_by_a_part_of_their_title(titled: dict[str, Any]) -> None:
    assert run("sessions", "list", "WHERE THE", "--format", "id").text == f"{titled['id']}\n"
    run("sessions", "delete", "--match", "where the data", "--yes")
    assert [session["title"] for session in sessions()] == [None]


def test_a_title_is_no_reference_but_suggests_its_session(titled: dict[str, Any]) -> None:
    run("sessions", "rename", "docker", "--title", "Volumes")
    for reference in ("Volumes", "volums"):
        ran = run("sessions", "show", reference)
        assert (ran.status, ran.out) == (3, b"")
        assert ran.err.splitlines()[0] == f'error: no session "{reference}"'
        assert titled["handle"] in ran.err.splitlines()[1]
        assert ran.err.splitlines()[1].split("  ")[2:4] == ["docker", "Volumes"]


def test_a_question_about_many_names_their_titles(titled: dict[str, Any], program: Path) -> None:
    with Terminal([str(program), "sessions", "delete", "--match", "data goes"]) as terminal:
        terminal.expect("[y/N]")
        assert f"docker  {TITLE[:10]}" in terminal.text
        terminal.type("n\n")
        assert terminal.end() == 1


def test_completion_knows_titles(titled: dict[str, Any]) -> None:
    line = run("__complete", "-s", "data go").text
    assert line.startswith(f"{titled['handle']}\tdocker · {TITLE} · 20")
    assert run("__complete", "-s", "bind m").text == line


def test_completion_looks_into_a_database_without_titles(home: Path) -> None:
    folder = home / ".config" / "synapse"
    folder.mkdir(parents=True, mode=0o700)
    database = apsw.Connection(str(folder / "sessions.db"))
    for number, file in migrations()[:3]:
        with open(file, encoding="utf-8") as sql:
            database.execute(sql.read())
        database.pragma("user_version", number)
    database.pragma("application_id", APPLICATION_ID)
    database.execute(
        "INSERT INTO sessions (id, name, provider, model, created_at, updated_at) "
        "VALUES ('01939f00-0000-7000-8000-0000000000a1', 'old', 'echo', 'echo', '2026', '2026')"
    )
    for typed in ("ol", ""):
        assert run("__complete", "-s", typed).text == "old\t000000a1 · 2026\n"
    assert run("__complete", "-s", "00000").text == "000000a1\told · 2026\n"
    assert database.pragma("user_version") == 3
    database.close()


def test_the_picker_knows_titles(titled: dict[str, Any], program: Path) -> None:
    command = [str(program), "sessions", "show", "--no-pager"]
    with Window(command, columns=100) as window:
        window.shows("Something else")
        window.type("wher data")
        window.hides("Something else")
        window.shows(f"docker · {TITLE[:10]}")
        window.type("\r")
        assert window.end() == 0
        assert any(line.split()[:2] == ["name", "docker"] for line in window.lines)


# -------------------------------------------------------------------------------------- branches


def test_a_branch_keeps_the_title_and_may_get_its_own(titled: dict[str, Any]) -> None:
    run("sessions", "fork", "docker")
    assert (sessions()[0]["title"], sessions()[0]["name"]) == (TITLE, None)
    run("sessions", "rename", "@1", "--title", "Mine")
    run("-p", "echo", "-s", "docker", "--fork", "What if?")
    assert [session["title"] for session in sessions()] == [TITLE, "Mine", None, TITLE]
