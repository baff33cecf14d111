"""`--role`, `--var` and `synapse roles`: what is sent, and what wins over what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, openai
from program import messages, run, sessions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """
provider = "bench"
model = "usual"
system_prompt = "Configured."
[parameters]
temperature = 0.9
top_p = 0.5
[providers.bench]
base_url = "{url}/v1"
model = "m"
[providers.other]
base_url = "{url}/other"
model = "others"
[roles.translator]
system = "You translate {{here}}."
prompt = "Into {{language}}:\\n\\n{{input}}"
defaults = {{ language = "German" }}
model = "cheap"
parameters = {{ temperature = 0, max_tokens = 7 }}
[roles.elsewhere]
provider = "other"
[roles.joke]
description = "Jokes"
prompt = "A joke about {{topic}}"
[roles.silent]
system = ""
"""


@pytest.fixture
def server(home: Path) -> Iterator[Loopback]:
    with Loopback(*[openai.answer("yes")] * 9) as loopback:
        folder = home / ".config" / "synapse"
        (folder / "roles").mkdir(parents=True)
        (folder / "config.toml").write_text(CONFIG.format(url=loopback.url))
        (folder / "roles" / "pirate.md").write_text("You are a pirate.\n")
        yield loopback


def body(server: Loopback, which: int = -1) -> dict[str, Any]:
    found: dict[str, Any] = server.requests[which].json()
    return found


def said(server: Loopback, which: int = -1) -> list[tuple[str, str]]:
    return [(m["role"], m["content"]) for m in body(server, which)["messages"]]


def test_a_role_is_who_answers_how_in_a_new_session(server: Loopback) -> None:
    ran = run("--role", "translator", "Good morning")
    assert (ran.status, ran.text) == (0, "yes\n"), ran
    assert said(server) == [
        ("system", "You translate {here}."),
        ("user", "Into German:\n\nGood morning"),
    ]
    sent = body(server)
    assert (sent["model"], sent["temperature"], sent["top_p"]) == ("cheap", 0, 0.5)
    assert sent["max_tokens"] == 7
    [session] = sessions()
    assert (session["model"], session["system_prompt"]) == ("cheap", "You translate {here}.")
    assert messages()[0]["content"] == "Into German:\n\nGood morning"
    run("-c", "And this?")  # the session keeps what it began with, the template was the question's
    assert said(server)[0] == ("system", "You translate {here}.")
    assert said(server)[-1] == ("user", "And this?")
    assert (body(server)["model"], body(server)["temperature"]) == ("cheap", 0.9)


def test_the_command_line_wins_over_the_role_and_that_over_the_environment(
    server: Loopback,
) -> None:
    environ = {
        "SYNAPSE_MODEL": "environs",
        "SYNAPSE_TEMPERATURE": "1.5",
        "SYNAPSE_SYSTEM_PROMPT": "E",
    }
    run("--role", "translator", "x", environ=environ)
    assert (body(server)["model"], body(server)["temperature"]) == ("cheap", 0)
    assert said(server)[0] == ("system", "You translate {here}.")
    run("--role", "pirate", "x", environ=environ)
    assert (body(server)["model"], body(server)["temperature"]) == ("environs", 1.5)
    given = ["-m", "mine", "-S", "Mine.", "--param", "temperature=0.4", "--param", "max_tokens=3"]
    run("--role", "translator", *given, "x", environ=environ)
    sent = body(server)
    assert (sent["model"], sent["temperature"], sent["max_tokens"]) == ("mine", 0.4, 3)
    assert said(server)[0] == ("system", "Mine.")
    run("--role", "elsewhere", "x", environ=environ)
    assert server.requests[-1].path.startswith("/other")
    assert body(server)["model"] == "others"  # the variable's is a model of another provider
    assert said(server)[0] == ("system", "E")
    run("--role", "elsewhere", "-p", "bench", "x")
    assert (server.requests[-1].path[:3], body(server)["model"]) == ("/v1", "m")
    run("--role", "silent", "x", environ=environ)
    assert said(server) == [("user", "x")]


def test_a_role_holds_from_the_question_on_that_a_session_goes_on_with(server: Loopback) -> None:
    run("--name", "old", "-m", "first", "one")
    run("-s", "old", "--role", "pirate", "two")
    assert body(server)["model"] == "first"  # the role names none: the session's own
    assert said(server) == [
        ("system", "You are a pirate."), ("user", "one"), ("assistant", "yes"), ("user", "two"),
    ]  # fmt: skip
    run("-s", "old", "--role", "pirate", "three")
    kinds = [m["role"] for m in messages("old")]
    assert kinds == ["user", "assistant", "system", "user", "assistant", "user", "assistant"]
    run("-s", "old", "--role", "translator", "four")
    assert (body(server)["model"], said(server)[0][1]) == ("cheap", "You translate {here}.")
    run("-s", "old", "five")
    assert (body(server)["model"], said(server)[0][1]) == ("first", "You translate {here}.")
    run("-s", "old", "--role", "elsewhere", "six")
    assert server.requests[-1].path.startswith("/other")
    run("-s", "old", "--role", "silent", "seven")
    assert said(server)[0] == ("user", "one")


def test_a_branch_gets_the_role_and_the_original_does_not(server: Loopback) -> None:
    run("--name", "old", "one")
    run("-s", "old", "--fork", "--role", "pirate", "two")
    assert said(server)[0] == ("system", "You are a pirate.")
    assert [m["role"] for m in messages("old")] == ["user", "assistant"]


def test_what_is_piped_in_is_the_input(server: Loopback) -> None:
    run("--role", "translator", "--var", "language=Greek", stdin=b"from a pipe\n")
    assert said(server)[-1] == ("user", "Into Greek:\n\nfrom a pipe")
    run("--role", "translator", "This:", stdin=b"attached\n")
    assert said(server)[-1][1].startswith("Into German:\n\nThis:")
    assert "attached" in said(server)[-1][1]


def test_a_template_without_a_place_for_a_question_needs_none(server: Loopback) -> None:
    assert run("--role", "joke", "--var", "topic=cats").status == 0
    assert said(server)[-1] == ("user", "A joke about cats")
    run("--role", "joke", "--var", "topic=a=b", "and dogs")
    assert said(server)[-1] == ("user", "A joke about a=b\n\nand dogs")


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        ("--role translater x", 2, 'no role "translater"; did you mean "translator"?\n'),
        ("--role joke x", 2, 'needs a value for "topic"\n  Give it:  --var topic=VALUE\n'),
        ("--role joke --var topc=1 x", 2, 'did you mean "topic"?'),
        ("--role joke --var topic x", 2, "--var topic: write it as NAME=VALUE"),
        ("--role joke --var =1 x", 2, "--var =1: write it as NAME=VALUE"),
        ("--var a=b x", 2, "it goes with --role NAME"),
        ("--role ../config x", 2, "there is no role"),
        ("--role bad x", 7, 'role "bad" can\'t be used: prompt: line 1 has a single'),
        ("--role who x", 7, "role \"who\": unknown provider 'opnai'"),
        ("--role translator", 2, "there is no prompt"),
        ("roles nobody", 2, 'there is no role "nobody"'),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent_or_stored(
    server: Loopback, home: Path, words: str, status: int, told: str
) -> None:
    folder = home / ".config" / "synapse" / "roles"
    (folder / "bad.md").write_text("---\nprompt: '{'\n---\n")
    (folder / "who.md").write_text("---\nprovider: opnai\n---\n")
    ran = run(*words.split())
    assert ran.status == status, ran
    assert told in ran.err
    assert "Traceback" not in ran.err
    assert (server.requests, sessions()) == ([], [])


def test_a_configuration_from_a_pipe_is_read_once(home: Path) -> None:
    import os

    config = '[roles.r]\nsystem = "S"\nprompt = "<{input}>"\nparameters = {}\n'
    read, write = os.pipe()
    os.write(write, f'provider = "echo"\nmodel = "named"\n{config}'.encode())
    os.close(write)
    try:
        ran = run("--config", f"/dev/fd/{read}", "--role", "r", "x")
    finally:
        os.close(read)
    assert ran.text == "<x>\n"
    assert sessions()[0]["model"] == "named"


def test_roles_are_listed_by_name_whole_and_with_what_is_wrong(
    server: Loopback, home: Path
) -> None:
    folder = home / ".config" / "synapse"
    names = ["elsewhere", "joke", "pirate", "silent", "translator"]
    assert [row[:4] for row in run("roles").rows] == [
        ["elsewhere", "other", "", ""],
        ["joke", "", "", "Jokes"],
        ["pirate", "", "", "You are a pirate."],
        ["silent", "", "", ""],
        ["translator", "", "cheap", "You translate {here}."],
    ]
    assert run("roles").rows[2][4] == str(folder / "roles" / "pirate.md")
    told = {role["name"]: role for role in run("roles", "--json").json()["roles"]}
    assert [*told] == names
    assert told["translator"]["variables"] == [{"name": "language", "default": "German"}]
    assert told["joke"]["variables"] == [{"name": "topic", "default": None}]
    one = run("roles", "translator").text
    for part in ("temperature=0.0, max_tokens=7", "language=German", "You translate", "Into {lang"):
        assert part in one
    (folder / "roles" / "bad.md").write_text("---\nx: 1\n---\n")
    ran = run("roles")
    assert (ran.status, len(ran.rows)) == (0, 6)
    assert 'warning: role "bad": unknown key "x"' in ran.err
    assert run("roles", "bad").status == 1
    checked = run("config", "check")
    assert checked.status == 1
    assert 'role "bad": unknown key "x"' in checked.text
    assert "note: " in checked.text
    assert "joke" in checked.text


def test_completion_knows_roles_and_their_variables(server: Loopback) -> None:
    def offered(*words: str) -> list[str]:
        return [row[0] for row in run("__complete", *words).rows]

    assert offered("--role", "") == ["elsewhere", "joke", "pirate", "silent", "translator"]
    assert offered("ask", "--role", "tr") == ["translator"]
    assert offered("--role=tr") == ["--role=translator"]
    assert offered("--role", "joke", "--var", "") == ["topic="]
    assert offered("--role", "nobody", "--var", "") == []
    assert offered("roles", "p") == ["pirate"]


def test_roles_of_other_programs_are_taken_in(home: Path) -> None:
    theirs = home / ".config" / "aichat" / "roles"
    theirs.mkdir(parents=True)
    (theirs / "poet.md").write_text("---\nuse_tools: fs\n---\nIn verse: __INPUT__")
    (theirs / "-bad.md").write_text("x")
    planned = run("config", "import-roles", "-n")
    assert [row[:3] for row in planned.rows] == [
        ["-bad", "aichat", "refused"],
        ["poet", "aichat", "written"],
    ]
    assert "poet: use_tools is not taken" in planned.err
    assert run("roles").rows == []
    (theirs / "-bad.md").unlink()
    assert run("config", "import-roles").status == 0
    assert run("-p", "echo", "--role", "poet", "x").text == "In verse: x\n"
    told = run("config", "import-roles", "--from", "aichat", "--json").json()
    [row] = told["roles"]
    assert (row["name"], row["from"], row["outcome"]) == ("poet", "aichat", "same")
    assert run("config", "import-roles", "--from", "llm").status == 1
    assert run("config", "import-roles", str(home / "nowhere")).status == 2
