"""`--json` of the verbs: what came of them, as docs/schema.json says, from real runs."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from cli.test_json import WITHOUT_JSON, check, leaves, talk
from program import Terminal, run, sessions

from synapse.cli.listing.json_result import add_json

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["talk"]

OWN = {
    "ask", "retry", "sessions list", "sessions show", "sessions stats", "models", "config show",
    "keys list", "db info", "doctor", "sessions search", "sessions tags", "sessions context",
    "roles", *WITHOUT_JSON,
}  # fmt: skip
"""Commands whose output is a document of its own: test_json.py has them."""
SHARING = {"db members", "db grant", "db revoke"}
"""Commands for which there have to be several people: stores/postgres/test_sharing.py has them."""

RUNS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "sessions delete": [
        ("first", {"sessions": 1, "messages": 3, "dry_run": False}),
        ("first @2 -n", {"dry_run": True, "sessions": 2}),
        ("@1 @2 -y", {"sessions": 2}),
        ("--all -y", {"sessions": 2}),
        ("--all -n", {"sessions": 2, "dry_run": True}),
        ("--match nothing-like-it -y", {"sessions": 0, "ids": []}),
        ("first --purge -y", {"sessions": 1}),
    ],
    "sessions restore": [("--all", {"sessions": 1}), ("--since 2099-01-01", {"sessions": 0})],
    "sessions purge": [("-y", {"sessions": 1}), ("-n", {"sessions": 1, "dry_run": True})],
    "sessions pin": [("first @2", {"sessions": 1}), ("first", {"sessions": 0})],
    "sessions unpin": [("first @2", {"sessions": 1})],
    "sessions tag": [("first @2 home", {"sessions": 2}), ("first work", {"sessions": 0})],
    "sessions untag": [("first @2 work", {"sessions": 1})],
    "sessions export": [
        ("first -o a.md", {"sessions": 1, "files": ["a.md"]}),
        ("--all -F jsonl -o all.jsonl", {"files": ["all.jsonl"]}),
        ("--all -F md -o folder", {}),
    ],
    "sessions import": [
        ("-n exported.jsonl", {"dry_run": True, "imported": 0, "failed": 0}),
        ("exported.jsonl", {"dry_run": False, "imported": 0, "updated": 0, "ids": []}),
    ],
    "sessions prune": [
        ("--keep 1 -n", {"sessions": 2, "dry_run": True}),
        ("--keep 1 -y", {"sessions": 2, "dry_run": False}),
        ("--keep 99 -y", {"sessions": 0}),
    ],
    "sessions rename": [("first second", {}), ("first --title T", {}), ("first --no-name", {})],
    "sessions fork": [("first --at 1 --name branch", {"messages": 1})],
    "sessions compact": [("first --undo", {"summary": None, "status": 1})],
    "config path": [("", {"exists": False})],
    "config get": [
        ("session.max_sessions", {"key": "session.max_sessions", "value": 0}),
        ("model", {"value": None, "status": 1}),
    ],
    "config set": [
        ("session.max_sessions 7", {"value": 7}),
        ("ui.color never", {"value": "never"}),
    ],
    "config unset": [("model", {"removed": False, "status": 1, "key": "model"})],
    "config edit": [("", {"problems": []})],
    "config check": [("", {"problems": []})],
    "config init": [("-p echo", {"provider": "echo", "model": None})],
    "config import-roles": [("", {"roles": [], "status": 1}), ("-n", {"dry_run": True})],
    "keys set": [("openai", {"provider": "openai", "key": "…"})],
    "keys remove": [("openai", {"removed": False, "status": 1})],
    "db path": [("", {})],
    "db init": [("", {})],
    "db check": [("", {"findings": []}), ("--repair", {"findings": [], "repaired": []})],
    "db backup": [("copy.db", {})],
    "db restore": [("old.db", {})],
    "db copy": [("new.db", {"left": [], "merged": 0}), ("old.db", {"copied": 0, "only_there": 0})],
    "db vacuum": [("", {})],
    "db recover": [("", {"answers": 0}), ("--into new.db", {"unreadable": 0})],
    "completion": [("bash", {"shell": "bash"}), ("fish --install", {"shell": "fish"})],
    "help": [("", {"topic": ""}), ("sessions delete", {"topic": "sessions delete"})],
}
CASES = [(name, words, facts) for name, runs in RUNS.items() for words, facts in runs]


def test_every_verb_is_run_here() -> None:
    assert set(RUNS) | OWN | SHARING == set(leaves())
    assert add_json.__doc__


@pytest.mark.parametrize(("name", "words", "facts"), CASES)
@pytest.mark.usefixtures("talk")
def test_what_came_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str, facts: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    run("db", "backup", "old.db")
    run("sessions", "export", "--all", "-F", "jsonl", "-o", "exported.jsonl")
    before = {row["id"] for row in sessions()}
    ran = run(
        *name.split(), "--json", *words.split(), stdin=b"sk-canary\n", environ={"EDITOR": "true"}
    )
    told = ran.json()
    assert told["command"] == name
    assert told["status"] == ran.status
    check(name.replace(" ", "_").replace("-", "_"), told)
    if "value" in facts and name == "config get" and facts["value"] is not None:
        facts = {**facts, "value": run("config", "get", facts["key"]).text.strip()}
        told["value"] = str(told["value"])
    assert {key: told[key] for key in facts} == facts
    assert b"sk-canary" not in ran.out
    if "delete" in name and not told["dry_run"]:
        assert before - {row["id"] for row in sessions()} == set(told["ids"])


@pytest.mark.usefixtures("talk")
def test_what_they_said_is_what_is() -> None:
    """The facts against what is there afterwards."""
    [old] = [row for row in sessions() if row["name"] == "first"]
    renamed = run("sessions", "rename", "first", "other", "--title", "T", "--json").json()
    assert renamed["session"] == {**renamed["session"], "id": old["id"], "name": "other"}
    assert renamed["session"]["title"] == "T"
    branch = run("sessions", "fork", "other", "--json").json()
    assert branch["origin"] == old["id"]
    assert branch["session"]["id"] in {row["id"] for row in sessions()}
    gone = run("sessions", "delete", "other", "--json").json()["ids"]
    assert gone == [old["id"]]
    assert run("sessions", "restore", "other", "--json").json()["ids"] == gone
    again = run("sessions", "restore", branch["session"]["id"], "--json")
    assert again.json()["error"]["code"]


def test_a_damage_is_told(home: Path) -> None:
    import apsw

    run("-p", "echo", "hi")
    raw = apsw.Connection(str(home / ".config" / "synapse" / "sessions.db"))
    raw.execute("UPDATE sessions SET title = CAST(x'ff' AS TEXT)")
    raw.close()
    found = run("db", "check", "--json")
    check("db_check", found.json())
    assert (found.status, len(found.json()["findings"])) == (1, 1)
    mended = run("db", "check", "--repair", "--json")
    check("db_check", mended.json())
    assert (mended.status, mended.json()["findings"]) == (0, [])
    assert len(mended.json()["repaired"]) == 1


def test_what_was_saved_of_a_damaged_file_stands_beside_the_error(
    home: Path, tmp_path: Path
) -> None:
    run("-p", "echo", "hi")
    for _ in range(40):
        run("-p", "echo", "x" * 6000)
    path = home / ".config" / "synapse" / "sessions.db"
    assert run("db", "vacuum").status == 0
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 8192] = b"\xa5" * 8192
    path.write_bytes(data)
    ran = run("db", "recover", "--into", str(tmp_path / "new.db"), "--json")
    assert ran.status == 8, ran
    check("db_recover", ran.json())
    assert ran.json()["status"] == 8
    assert ran.json()["error"]["code"] == "partly_done"
    assert ran.json()["unreadable"] > 0


@pytest.mark.parametrize(
    "words",
    [
        "sessions delete nowhere",
        "sessions delete",
        "sessions delete @1 @2",
        "sessions restore nowhere",
        "sessions rename nowhere x",
        "sessions fork nowhere",
        "sessions pin nowhere",
        "sessions unpin nowhere",
        "sessions prune --keep 0",
        "sessions prune --keep 1",
        "sessions purge nowhere",
        "sessions purge",
        "config get nothing.like.it",
        "config set model",
        "config init -p nobody",
        "keys set nobody",
        "db backup /nowhere/x",
        "db restore /nowhere/x",
        "db copy nowhere://x",
        "completion tcsh",
        "help nothing-like-it",
        "models pull nothing",
    ],
)
@pytest.mark.usefixtures("talk")
def test_what_fails_is_an_error_object(words: str) -> None:
    ran = run(*words.split(), "--json")
    assert ran.status in (2, 3, 6, 7), ran
    value = ran.json()
    if words.startswith("sessions pr"):  # the plan was told before anybody could be asked
        value = {"schema": value["schema"], "error": value["error"]}
    check("failure", value)


@pytest.mark.usefixtures("talk")
def test_who_says_no_gets_a_document(program: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with out.open("wb") as file:
        command = [str(program), "sessions", "delete", "@1", "@2", "--json"]
        with Terminal(command, stdout=file.fileno()) as terminal:
            terminal.expect("[y/N]")
            terminal.type("n\r")
            assert terminal.end() == 1
    told = json.loads(out.read_bytes())
    check("sessions_delete", told)
    assert (told["ids"], told["status"]) == ([], 1)


@pytest.mark.usefixtures("talk")
def test_who_chooses_nothing_gets_a_document(program: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with out.open("wb") as file:
        command = [str(program), "sessions", "fork", "--json", "--accessible"]
        with Terminal(command, stdout=file.fileno()) as terminal:
            terminal.expect("Number")
            terminal.type("\r")
            assert terminal.end() == 130
    check("outcome", json.loads(out.read_bytes()))


def test_weights_that_are_there(weights: Path, home: Path) -> None:
    from synapse.providers.local_model import weights as known

    place = home / ".cache" / "synapse" / "models" / known.FILE_NAME
    place.parent.mkdir(parents=True)
    os.symlink(weights, place)
    ran = run("models", "pull", "local", "--json")
    check("models_pull", ran.json())
    assert ran.json()["path"] == str(place)
    assert ran.json()["fetched"] is False


def test_without_json_nothing_is_different(home: Path) -> None:
    run("-p", "echo", "hi")
    assert run("db", "path").text == f"{home}/.config/synapse/sessions.db\n"
    assert run("config", "get", "session.database_url").status in (0, 1)
    assert run("completion", "bash").text.count("synapse") > 3
    assert len(run("sessions", "fork", "@1").text.strip()) == 36
