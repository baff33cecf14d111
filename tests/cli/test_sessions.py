"""`synapse sessions`: list, show, rename, delete, restore, purge."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from program import messages, run, sessions

if TYPE_CHECKING:
    from pathlib import Path

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def ask(prompt: str, *options: str) -> str:
    """Start a session; its id."""
    answer = run("-p", "echo", "--json", *options, "--", prompt).json()
    return str(answer["session"]["id"])


# ------------------------------------------------------------------------------------------ list


def test_a_piped_list_is_seven_exact_fields_without_a_header() -> None:
    first = ask("one\ttab \\ and\nline")
    second = ask("two", "--name", "named")
    rows = run("sessions", "list").rows
    assert [row[0] for row in rows] == [second, first]
    assert all(UUID.fullmatch(row[0]) and RFC_3339.fullmatch(row[1]) for row in rows)
    assert rows[0][2:] == ["echo", "echo", "2", "named", "two"]
    assert len(rows[1]) == 7
    assert "\\\\" in rows[1][6]


def test_the_last_used_session_comes_first() -> None:
    first, second = ask("one"), ask("two")
    run("-s", first, "again")
    assert [row[0] for row in run("sessions").rows] == [first, second]


def test_a_header_can_be_had() -> None:
    ask("one")
    assert run("sessions", "list", "--header").rows[0] == [
        "id", "updated", "provider", "model", "messages", "name", "preview",
    ]  # fmt: skip


def test_twenty_sessions_are_listed_unless_told_otherwise() -> None:
    ids = [ask(f"question {number}") for number in range(21)]
    newest_first = ids[::-1]

    def listed(*options: str) -> list[str]:
        return run("sessions", "list", "--format", "id", *options).text.split()

    assert listed() == newest_first[:20]
    assert listed("-n", "3") == newest_first[:3]
    assert listed("-a") == listed("-n", "0") == newest_first


def test_json_and_jsonl_hold_the_same_sessions() -> None:
    ask("one")
    ask("two")
    whole = run("sessions", "list", "--json").json()
    assert whole["schema"] == 1
    lines = run("sessions", "list", "--format", "jsonl").text.splitlines()
    assert len(lines) == len(whole["sessions"]) == 2
    assert whole["sessions"][0]["preview"] == "two"


def test_an_empty_list_says_how_to_start() -> None:
    ran = run("sessions", "list")
    assert (ran.status, ran.out) == (0, b"")
    assert ran.err == 'No sessions yet. Start one:  synapse "Hello"\n'


@pytest.mark.parametrize(
    ("columns", "heads"),
    [
        (120, "ID UPDATED PROVIDER MODEL MSGS PREVIEW"),
        (99, "ID UPDATED MODEL MSGS PREVIEW"),
        (79, "ID UPDATED MSGS PREVIEW"),
        (59, "ID UPDATED PREVIEW"),
    ],
)
def test_a_narrow_table_has_fewer_columns_and_is_never_too_wide(columns: int, heads: str) -> None:
    from synapse.terminal.cells import width

    ask("東京 旅行 の計画 🚀 👩‍💻 " * 3)
    ask("a" * 200, "--name", "docker-volumes")
    environ = {"COLUMNS": str(columns)}
    lines = run("sessions", "list", "--format", "table", environ=environ).text.splitlines()
    assert lines[0].split() == heads.split()
    assert max(map(width, lines)) <= columns
    assert "docker-volumes · aaa" in lines[1]


def test_below_forty_columns_a_session_takes_two_lines() -> None:
    ask("hello there")
    lines = run("sessions", "list", "--format", "table", environ={"COLUMNS": "30"}).text.split("\n")
    assert lines[0].endswith("just now")
    assert lines[1] == "  hello there"


def test_full_shows_whole_ids_in_a_table() -> None:
    id = ask("one")
    assert id in run("sessions", "list", "--format", "table", "--full").text


def test_a_list_cleans_up_first_and_says_how_to_undo_it() -> None:
    ids = [ask(f"question {number}") for number in range(3)]
    ran = run("sessions", "list", "--format", "id", environ={"SYNAPSE_MAX_SESSIONS": "2"})
    assert ran.text.split() == ids[:0:-1]
    assert ran.err == (
        "Moved 1 session to the trash (1 above the limit of 2)."
        f" Undo:  synapse sessions restore {ids[0][-8:]}\n"
    )
    assert run("sessions", "restore", ids[0][-8:]).status == 0
    assert len(sessions()) == 3


def test_where_the_trash_keeps_nothing_no_undo_is_promised() -> None:
    for number in range(3):
        ask(f"question {number}")
    environ = {"SYNAPSE_MAX_SESSIONS": "2", "SYNAPSE_TRASH_DAYS": "0"}
    ran = run("sessions", "list", environ=environ)
    assert ran.err == "Destroyed 1 session (1 above the limit of 2): session.trash_days is 0.\n"
    assert run("sessions", "list", "--deleted").rows == []


def test_many_swept_sessions_are_brought_back_by_one_command() -> None:
    for number in range(6):
        ask(f"question {number}")
    ran = run("sessions", "list", environ={"SYNAPSE_MAX_SESSIONS": "1"})
    assert "Moved 5 sessions to the trash" in ran.err
    assert ran.err.endswith("synapse sessions restore --all\n")
    assert run("sessions", "restore", "--all").err == "Restored 5 sessions (10 messages).\n"


def test_a_question_cleans_up_after_its_answer_and_spares_its_own_session() -> None:
    first, second = ask("one"), ask("two")
    ran = run("-s", first, "three", environ={"SYNAPSE_MAX_SESSIONS": "1"})
    assert ran.text == "three\n"
    assert [session["id"] for session in sessions()] == [first]
    assert second[-8:] in ran.err


@pytest.mark.parametrize("variable", ["SYNAPSE_MAX_SESSIONS", "SYNAPSE_RETENTION_DAYS"])
def test_zero_keeps_everything(variable: str) -> None:
    ids = {ask("one"), ask("two")}
    assert run("sessions", "list", environ={variable: "0"}).err == ""
    assert {session["id"] for session in sessions()} == ids


def test_cleaning_up_can_be_switched_off() -> None:
    ask("one")
    ask("two")
    environ = {"SYNAPSE_MAX_SESSIONS": "1", "SYNAPSE_AUTO_CLEANUP": "false"}
    assert len(run("sessions", environ=environ).rows) == 2


# ------------------------------------------------------------------------------------------ show


def test_a_piped_session_is_markdown_with_a_heading_for_each_role() -> None:
    id = ask("# a\n\nb", "--name", "n")
    text = run("sessions", "show", "n").text
    assert text.startswith(f"# n\n\n- session: {id}\n- model: echo / echo\n")
    assert text.endswith("## user\n\n# a\n\nb\n\n## assistant\n\n# a\n\nb\n\n")


def test_one_message_is_given_byte_for_byte() -> None:
    ask("no newline at the end\x1b[0m")
    assert run("sessions", "show", "@1", "--message", "2").out == b"no newline at the end\x1b[0m"


def test_ranges_roles_and_the_last_messages_can_be_chosen() -> None:
    ask("one")
    run("-c", "two")

    def contents(*options: str) -> list[str]:
        shown = run("sessions", "show", "@1", "--json", *options).json()["messages"]
        return [f"{message['index']}{message['content']}" for message in shown]

    assert contents() == ["1one", "2one", "3two", "4two"]
    assert contents("--message", "2-3") == ["2one", "3two"]
    assert contents("--message", "3-") == ["3two", "4two"]
    assert contents("--role", "user") == ["1one", "3two"]
    assert contents("--last", "1") == ["4two"]
    assert contents("--last", "0") == []
    assert contents("--last", "99") == contents()
    assert contents("--role", "assistant", "--last", "1") == ["4two"]
    assert contents("--role", "assistant", "--last", "3") == contents("--role", "assistant")


@pytest.mark.parametrize("which", ["9", "0", "2-1", "x", "-1", "1-x", "", "³"])
def test_messages_that_are_not_there_are_an_error(which: str) -> None:
    ask("one")
    ran = run("sessions", "show", "@1", f"--message={which}")
    assert (ran.status, ran.out) == (2, b"")


@pytest.mark.parametrize("number", ["-1", "many"])
def test_the_last_messages_are_counted(number: str) -> None:
    ask("one")
    ran = run("sessions", "show", "@1", f"--last={number}")
    assert (ran.status, ran.out) == (2, b"")


def test_show_without_a_session_asks_for_one() -> None:
    assert run("sessions", "show").status == 2


# ---------------------------------------------------------------------------------------- rename


def test_a_session_is_renamed_and_loses_its_name_again() -> None:
    id = ask("one")
    assert run("sessions", "rename", "@1", "Größe").err == f'{id[-8:]} is called "Größe" now.\n'
    assert run("sessions", "show", "GRÖSSE", "--json").json()["session"]["name"] == "Größe"
    assert run("sessions", "rename", "größe", "--no-name").status == 0
    assert sessions()[0]["name"] is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        " x",
        "4c38",
        "DEADBEEF",
        "-x",
        "@1",
        "id:x",
        "Name:x",
        "a\nb",
        "a\x1bb",
        "w" * 65,
        "界" * 33,
    ],
)
def test_names_that_could_be_mistaken_are_refused(name: str) -> None:
    ask("one")
    ran = run("sessions", "rename", "@1", "--", name)
    assert ran.status == 2
    assert sessions()[0]["name"] is None


def test_a_name_can_be_held_by_one_session_only() -> None:
    ask("one", "--name", "notes")
    ask("two")
    ran = run("sessions", "rename", "@1", "NOTES")
    assert ran.status == 2
    assert sessions()[0]["name"] is None


# ------------------------------------------------------------------------- delete, restore, purge


def test_deleting_one_session_asks_nothing_and_says_how_to_undo_it() -> None:
    id = ask("one", "--name", "docker-volumes")
    ran = run("sessions", "delete", id)
    handle = id[-8:]
    assert ran.err == (
        f'Deleted {handle} "docker-volumes" (2 messages).'
        f" Undo:  synapse sessions restore {handle}\n"
    )
    assert (ran.status, ran.out, sessions()) == (0, b"", [])
    assert run("sessions", "list", "--deleted", "--format", "id").text == f"{id}\n"
    assert run("sessions", "restore", handle).status == 0
    assert [message["content"] for message in messages(id)] == ["one", "one"]


def test_deleting_several_needs_a_yes_where_nobody_can_be_asked() -> None:
    ids = [ask("one"), ask("two")]
    ran = run("sessions", "delete", *ids)
    assert (ran.status, len(sessions())) == (2, 2)
    assert "--yes" in ran.err
    assert run("sessions", "delete", *ids, "-y").err.startswith("Deleted 2 sessions (4 messages).")
    assert sessions() == []


def test_a_dry_run_changes_nothing() -> None:
    id = ask("one")
    assert "Would move 1 session (2 messages)" in run("sessions", "delete", id, "-n").err
    assert len(sessions()) == 1
    run("sessions", "delete", id)
    assert "Would destroy 1 session" in run("sessions", "purge", "-n").err
    assert run("sessions", "restore", id).status == 0


def test_one_unknown_session_keeps_all_others_from_being_deleted() -> None:
    id = ask("one")
    assert run("sessions", "delete", "-y", id, "nothing-like-it").status == 3
    assert len(sessions()) == 1


def test_a_session_in_the_trash_is_told_from_one_that_never_was() -> None:
    id = ask("one")
    run("sessions", "delete", id)
    ran = run("-s", id, "more")
    assert ran.status == 3
    assert ran.err == (
        f'error: "{id}" is in the trash\n  Restore it:  synapse sessions restore {id[-8:]}\n'
    )
    assert run("sessions", "restore", id).status == 0
    assert "is not in the trash" in run("sessions", "restore", id).err


def test_purge_promises_no_more_than_the_store_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    from synapse.stores.sqlite.store import SqliteStore

    id = ask("hello")
    run("sessions", "delete", id)
    monkeypatch.setattr(SqliteStore, "erases", "eventually")
    ran = run("sessions", "purge", "-y")
    assert ran.status == 0, ran
    assert ran.err.startswith(f"Destroyed {id[-8:]} (2 messages). No query finds them any more")
    assert "gone" not in ran.err


def test_purging_leaves_no_byte_of_the_text(home: Path) -> None:
    id = ask("a-very-remarkable-phrase")
    run("sessions", "delete", id)
    assert run("sessions", "purge").status == 2
    ran = run("sessions", "purge", "-y")
    assert ran.err == f"Destroyed {id[-8:]} (2 messages). Their text is gone from the database.\n"
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    assert not any(b"very-remarkable" in path.read_bytes() for path in files)


def test_delete_with_purge_does_both_at_once() -> None:
    id = ask("one")
    assert run("sessions", "delete", "--purge", id).status == 2
    assert run("sessions", "delete", "--purge", "-y", id).status == 0
    assert run("sessions", "list", "--deleted").out == b""
    assert run("-s", id, "x").status == 3


def test_purge_can_spare_what_was_deleted_lately() -> None:
    run("sessions", "delete", ask("one"))
    assert "Nothing to destroy" in run("sessions", "purge", "-y", "--older-than", "30d").err
    assert "Destroyed" in run("sessions", "purge", "-y", "--older-than", "0h").err


def test_a_live_session_is_not_purged_by_mistake() -> None:
    id = ask("one")
    ran = run("sessions", "purge", "-y", id)
    assert ran.status == 3
    assert "is not in the trash" in ran.err
    assert len(sessions()) == 1


@pytest.mark.parametrize("time", ["5m", "soon", "3", "-1d", "2026-13-01", "99999999999y"])
def test_times_that_are_none_are_refused(time: str) -> None:
    assert run("sessions", "purge", f"--older-than={time}", "-y").status == 2


# ---------------------------------------------------------------------------------------- errors


def test_an_unknown_reference_lists_what_may_have_been_meant() -> None:
    id = ask("Explain docker volumes", "--name", "docker-volumes")
    ran = run("-s", "docker-volume", "x")
    assert (ran.status, ran.out) == (3, b"")
    lines = ran.err.splitlines()
    assert lines[0] == 'error: no session "docker-volume"'
    assert lines[1].split("  ")[1:] == [
        id[-8:], "docker-volumes", "Explain docker volumes", "just now",
    ]  # fmt: skip
    assert lines[2] == "  List them:  synapse sessions list"


def test_an_ambiguous_prefix_lists_the_candidates() -> None:
    ids = [ask("one"), ask("two")]
    prefix = ids[0][:6]
    assert ids[1].startswith(prefix)
    ran = run("sessions", "show", prefix)
    assert ran.status == 3
    assert ran.err.splitlines()[0] == f'error: "{prefix}" matches 2 sessions'
    assert all(id[-8:] in ran.err for id in ids)
    assert ran.err.endswith("  Type more of the handle, or use the full id.\n")


@pytest.mark.parametrize(
    ("reference", "status"),
    [("", 2), ("@0", 2), ("@x", 2), ("id:xyz", 2), ("id:4c", 2), ("@2", 3), ("name:x", 3),
     ("4c", 3), ("0" * 32, 3), ("a\x1b]0;x", 3)],
)  # fmt: skip
def test_references_that_name_nothing_are_told_apart_from_malformed_ones(
    reference: str, status: int
) -> None:
    ask("one")
    ran = run("sessions", "show", f"{reference}")
    assert (ran.status, ran.out) == (status, b"")
