"""Roles of aichat, templates of llm, patterns of fabric: what comes of them is asked as there.

scripts/sample_roles.py had the programs themselves say what they send of each sample.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from synapse.config import load
from synapse.config.roles.files import names_in
from synapse.config.roles.finding import find_role
from synapse.config.roles.role import RoleInUse
from synapse.config.roles.taking_in import KEPT, REFUSED, REPLACED, SAME, WRITTEN, Taken, take_in
from synapse.formats.roles import PROGRAMS, places, roles_at

HERE = Path(__file__).parent


def taken(path: Path, program: str | None = None, **how: bool) -> dict[str, Taken]:
    settings = load({}, os.environ)
    return {role.name: take_in(role, settings, **how) for role in roles_at(str(path), program)}


def asked(name: str, **given: str) -> tuple[str | None, str]:
    """The system prompt and the question that a role makes of `hello`."""
    role = RoleInUse(find_role(load({}, os.environ), name, os.environ), given, os.environ)
    return role.system, role.phrased("hello")


def sent(program: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / program / "sent.json").read_text())
    assert len(found) > 5
    return found


THERE = {"os": "linux", "os_family": "unix", "cwd": "/"}
"""Where the samples were sent from."""


def test_what_aichat_sends_of_its_roles_is_sent_of_them_here(home: Path) -> None:
    told = taken(HERE / "aichat", "aichat")
    assert told.keys() == sent("aichat").keys()
    for name, expected in sent("aichat").items():
        known = find_role(load({}, os.environ), name, os.environ).variables
        system, question = asked(name, **{key: THERE[key] for key in known})
        texts = [text for text in (system, question) if text]
        assert "\n\n".join(texts).rstrip() == expected.rstrip(), name
    settings = load({}, os.environ)
    terse = find_role(settings, "terse", os.environ)
    assert (terse.provider, terse.model) == ("openai", "gpt-4o")
    assert terse.parameters == {"temperature": 0.2, "top_p": 0.5}
    assert told["terse"].notes == (
        "use_tools is not taken",
        "foo is not taken",
        "{{__other__}} is left as it stands",
    )
    settled = find_role(settings, "settings", os.environ)
    assert (settled.provider, settled.model) == (None, "loopback-1")
    assert told["settings"].notes == ('there is no provider "loop" here: its model alone is taken',)
    assert "examples" in told["examples"].notes[0]
    assert told["empty"].outcome == WRITTEN


def test_what_llm_sends_of_its_templates_is_sent_of_them_here(home: Path) -> None:
    told = taken(HERE / "llm")
    assert told.keys() == sent("llm").keys()
    for name, expected in sent("llm").items():
        if name == "insystem":  # a question has no place in a system prompt
            assert asked(name) == (None, "Answer hello in verse")
        elif "missing" in expected:
            with pytest.raises(Exception, match='role "missing" needs a value for "topic"'):
                asked(name)
            assert asked(name, topic="$x {y}") == (None, "Write about $x {y}\n\nhello")
        else:
            system, question = asked(name)
            assert system == expected["system"], name
            assert question.split() == expected["prompt"].split(), name
    summary = find_role(load({}, os.environ), "summary", os.environ)
    assert summary.parameters == {"temperature": 0.3}
    assert told["summary"].notes == (
        "extract is not taken; -x does it",
        "fragments is not taken",
        "schema_object is not taken",
        "the option num_ctx is not taken",
    )
    greet = find_role(load({}, os.environ), "greet", os.environ)
    assert (greet.provider, greet.model) == ("openai", "gpt-4o-mini")


def test_patterns_of_fabric_are_system_prompts_or_templates(home: Path) -> None:
    told = taken(HERE / "fabric")
    assert set(told) == {"summarize", "ask_about", "mail"}
    system, question = asked("summarize", lang="Greek")
    assert system == "# IDENTITY\n\nYou summarise in Greek { }.\n\n# INPUT:\n\nINPUT:"
    assert question == "hello"
    assert asked("ask_about", topic="t") == (
        None,
        "Answer about t: hello ({{plugin:datetime:now}})",
    )
    assert told["ask_about"].notes == ("{{plugin:datetime:now}} is left as it stands",)
    assert asked("mail") == ("You write mails.", "From {me}:\n\nhello")


def test_one_file_or_one_folder_of_each_is_enough(home: Path) -> None:
    assert set(taken(HERE / "aichat" / "terse.md")) == {"terse"}
    assert set(taken(HERE / "llm" / "greet.yaml")) == {"greet"}
    assert set(taken(HERE / "fabric" / "patterns" / "mail")) == {"mail"}
    assert set(taken(HERE / "fabric" / "patterns" / "mail" / "system.md")) == {"mail"}
    with pytest.raises(ValueError, match="no role"):
        taken(HERE / "aichat" / "sent.json")


def test_the_older_file_of_all_roles_of_aichat(home: Path, tmp_path: Path) -> None:
    old = tmp_path / "roles.yaml"
    old.write_text(
        "- name: poet\n  prompt: In verse\n  model: claude:claude-9\n  temperature: 3\n"
        "- name: ../evil\n  prompt: x\n- name: 'a\tb'\n  prompt: x\n- prompt: nameless\n"
        "- name: list\n  prompt: [1]\n- 7\n"
    )
    told = taken(old)
    assert told["poet"].notes == ("temperature must be a number from 0 to 2: not taken",)
    poet = find_role(load({}, os.environ), "poet", os.environ)
    assert (poet.provider, poet.model, poet.system) == ("anthropic", "claude-9", "In verse")
    refused = {name for name, each in told.items() if each.outcome == REFUSED}
    assert refused == {"../evil", "a\tb", "roles[4]", "list", "roles[6]"}
    assert names_in(str(home / ".config" / "synapse" / "roles")) == ["poet"]
    assert taken(tmp_path)["poet"].outcome == SAME


def test_what_is_there_is_replaced_only_by_force(home: Path, tmp_path: Path) -> None:
    source = tmp_path / "a.md"
    source.write_text("first")
    assert taken(source, dry_run=True)["a"].outcome == WRITTEN
    file = home / ".config" / "synapse" / "roles" / "a.md"
    assert not file.exists()
    assert taken(source)["a"].outcome == WRITTEN
    assert file.stat().st_mode & 0o777 == 0o600
    source.write_text("second")
    assert taken(source)["a"].outcome == KEPT
    assert file.read_text() == "first\n"
    assert taken(source, force=True, dry_run=True)["a"].outcome == REPLACED
    assert file.read_text() == "first\n"
    assert taken(source, force=True)["a"].outcome == REPLACED
    assert file.read_text() == "second\n"
    config = home / ".config" / "synapse" / "config.toml"
    config.write_text('[roles.b]\nsystem = "x"\n')
    (tmp_path / "b.md").write_text("other")
    assert taken(tmp_path / "b.md", force=True)["b"].outcome == KEPT


BOMB = "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(9))


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("x.yaml", BOMB.encode(), "alias"),
        ("x.yaml", b"prompt: " + b"[" * 5000, "levels|no YAML|line"),
        ("x.yaml", b"prompt: !!python/object:os.system x", "constructor|tag"),
        ("x.yaml", b"- 1\n", ""),
        ("x.md", b"\xff\xfe\x00", "NUL|UTF-8"),
        ("x.md", b"\xff\xfa", "not UTF-8"),
        ("x.md", b"x" * (1 << 20) + b"y", "larger than 1 MiB"),
        ("x.md", b"---\n[1, 2]\n---\nx", "no list of names"),
        ("x.md", b"---\nmodel: [\n---\nx", "line"),
        ("x.md", b"---\nmodel: &a x\ntop_p: *a\n---\nx", "alias"),
    ],
)
def test_a_hostile_file_is_refused_alone(
    home: Path, tmp_path: Path, name: str, content: bytes, fault: str
) -> None:
    (tmp_path / name).write_bytes(content)
    [told] = taken(tmp_path / name).values()
    assert told.outcome == REFUSED
    assert re.search(fault, told.notes[0])
    assert not (home / ".config" / "synapse" / "roles").exists()


def test_a_pipe_or_a_folder_in_the_place_of_a_role_is_not_waited_for(
    home: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "gone.md").symlink_to("nowhere")
    told = taken(tmp_path, "aichat")
    assert {name: each.outcome for name, each in told.items()} == dict.fromkeys(
        ("pipe", "folder", "gone"), REFUSED
    )


@pytest.mark.parametrize(
    "prompt",
    [
        " leading\n  more\n", "\n\n", "tab\tand: colon\n- list", "yes", "1e5", "12:30", "null",
        "# x",
        "a\r\nb", "trailing  \nblank ", "'quotes\"", "é 東京 🚀\n\n\nend\n\n", "&a *b !c %d @e `f`",
        "---\nnot front\n---", "\x07bell\nand\x1b[0m", "0x1f", "~", "a\u2028b\nc",
    ],
)  # fmt: skip
def test_any_prompt_comes_through_the_file_as_it_was(
    home: Path, tmp_path: Path, prompt: str
) -> None:
    (tmp_path / "x.yaml").write_text(
        json.dumps({"prompt": prompt + "$input", "system": prompt}, ensure_ascii=False)
    )
    [told] = taken(tmp_path / "x.yaml").values()
    assert told.outcome == WRITTEN, told
    role = find_role(load({}, os.environ), "x", os.environ)
    clean = "".join(c if c not in "\x07\x1b" else "\ufffd" for c in prompt)
    assert role.prompt in (f"{prompt}{{input}}", f"{clean}{{input}}")
    expected = prompt.replace("\r\n", "\n").strip("\n") or None
    assert role.system in (expected, clean.replace("\r\n", "\n").strip("\n"))


def test_the_folders_are_found_where_the_programs_keep_them(home: Path, tmp_path: Path) -> None:
    kept = {
        "aichat": home / ".config" / "aichat",
        "llm": home / ".config" / "io.datasette.llm" / "templates",
        "fabric": home / ".config" / "fabric" / "patterns",
    }
    assert places(None, os.environ, str(home)) == []
    for folder in kept.values():
        folder.mkdir(parents=True)
    if sys.platform == "linux":
        assert places(None, os.environ, str(home)) == [str(kept[name]) for name in PROGRAMS]
    own = {**os.environ, "LLM_USER_PATH": str(tmp_path), "AICHAT_CONFIG_DIR": str(tmp_path / "a")}
    (tmp_path / "templates").mkdir()
    assert places("llm", own, str(home)) == [str(tmp_path / "templates")]
    assert places("aichat", own, str(home)) == []
