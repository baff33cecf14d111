"""Roles as they are written, and what is wrong with them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from synapse.config import load
from synapse.config.roles import template
from synapse.config.roles.finding import all_roles, find_role, role_names
from synapse.config.roles.judging import faults, notes
from synapse.config.roles.role import Role, RoleInUse, name_fault
from synapse.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from synapse.config import Settings


# ------------------------------------------------------------------------------- templates


def test_names_in_braces_are_replaced_and_doubled_braces_are_one() -> None:
    text = '{a}{{"x": {{{a}}}}} {b-c} {größe}'
    assert template.variables(text) == ["a", "b-c", "größe"]
    values = {"a": "{b-c}", "b-c": "2", "größe": "3"}
    assert template.filled(text, values) == '{b-c}{"x": {{b-c}}} 2 3'
    assert template.filled("{{}}", {}) == "{}"
    assert template.filled("", {}) == ""


@pytest.mark.parametrize(
    "text", ["{", "}", "a\n{ b }", "{}", "{a", "{1a}", "{a b}", "{{}", "{a}}", "{a.b}", "{a!r}"]
)
def test_a_brace_of_neither_kind_is_a_fault_with_its_line(text: str) -> None:
    with pytest.raises(ValueError, match=f"line {text.count(chr(10)) + 1} has a single"):
        template.variables(text)


def test_a_long_text_of_braces_is_read_once() -> None:
    """Looking for the end of each brace anew would take minutes."""
    assert template.filled("{{" * 400_000 + "}}" * 400_000, {}) == "{" * 400_000 + "}" * 400_000


def used(role: Role, **given: str) -> RoleInUse:
    return RoleInUse(role, given, {"SHELL": "/bin/zsh"})


def test_a_question_has_its_place_or_stands_below() -> None:
    assert used(Role(name="r", source="")).phrased("q") == "q"
    assert used(Role(name="r", source="", prompt="<{input}|{input}>")).phrased("q") == "<q|q>"
    below = used(Role(name="r", source="", prompt="Do it. \n"))
    assert below.phrased("q") == "Do it.\n\nq"
    assert below.phrased("") == "Do it. \n"
    assert not below.role.asks_for_input


def test_a_variable_is_given_or_has_a_default_or_is_asked_for() -> None:
    role = Role(name="r", source="", prompt="{tone} {b} {shell}: {input}", defaults={"b": "2"})
    assert used(role, tone="{b}").phrased("q") == "{b} 2 zsh: q"
    assert used(role, tone="", shell="fish", b="3").phrased("q") == " 3 fish: q"
    with pytest.raises(UsageError, match='needs a value for "tone"') as missing:
        used(role)
    assert missing.value.hints == ("Give it:  --var tone=VALUE",)
    with pytest.raises(UsageError, match='no variable "tome"; did you mean "tone"') as unknown:
        used(role, tome="1")
    assert unknown.value.hints == ("It has:  tone, b, shell",)
    with pytest.raises(UsageError, match='"input" is the question itself'):
        used(role, input="x")


def test_a_system_prompt_is_a_template_only_if_it_says_so() -> None:
    plain = Role(name="r", source="", system='Answer as {"a": 1}, {name}')
    assert used(plain).system == plain.system
    with pytest.raises(UsageError) as told:
        used(plain, name="x")
    assert "system_template = true" in str(told.value.hints)
    spoken = Role(name="r", source="", system="{name} {{}}", system_template=True)
    assert used(spoken, name="x").system == "x {}"
    with pytest.raises(ConfigError, match="which only prompt has a place for"):
        used(spoken.replace(system="{input}"))
    with pytest.raises(ConfigError, match=r'prompt: line 1 has a single "\{"'):
        used(Role(name="r", source="f.md", prompt="{ x"))


# ------------------------------------------------------------------------- where they stand


def written(home: Path, text: str, **files: str) -> Settings:
    folder = home / ".config" / "synapse"
    (folder / "roles").mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(text)
    for name, content in files.items():
        (folder / "roles" / f"{name}.md").write_text(content)
    return load({}, os.environ)


TABLE = """
[roles.translator]
description = "Translates."
system_file = "texts/t.txt"
prompt = "Into {language}: {input}"
provider = "openai"
model = "gpt-6-luna"
parameters = { temperature = 0, max_tokens = 9, stop = "END" }
defaults = { language = "German", n = 3 }
"""
FILE = """---
description: "Translates."
prompt: "Into {language}: {input}"
provider: openai
model: gpt-6-luna
parameters: {temperature: 0, max_tokens: 9, stop: END}
defaults: {language: German, n: 3}
---

You translate.
"""


def test_a_table_and_a_file_say_the_same(home: Path) -> None:
    texts = home / ".config" / "synapse" / "texts"
    texts.mkdir(parents=True)
    (texts / "t.txt").write_text("You translate.\n")
    settings = written(home, TABLE, other=FILE, crlf=FILE.replace("\n", "\r\n"))
    table = find_role(settings, "translator", os.environ)
    assert table.fault is None
    assert table.source.endswith("config.toml:3")
    assert table.parameters == {"temperature": 0.0, "max_tokens": 9, "stop": ("END",)}
    assert table.defaults == {"language": "German", "n": "3"}
    assert table.option_values == {
        "provider": "openai", "model": "gpt-6-luna", "max_tokens": 9,
        "parameters.temperature": 0.0, "parameters.stop": ("END",),
    }  # fmt: skip
    for name in ("other", "crlf"):
        file = find_role(settings, name, os.environ)
        assert file.source.endswith(f"roles/{name}.md")
        assert file == table.replace(name=name, source=file.source)
    assert role_names(settings) == ["crlf", "other", "translator"]
    assert faults(settings, os.environ) == []
    assert [note.rpartition(": ")[0].split()[-1] for note in notes(settings, os.environ)] == [
        "defaults"
    ] * 3


def test_a_mistyped_name_gets_the_one_that_was_meant(home: Path) -> None:
    settings = written(home, "[roles.translator]\nsystem = 'x'\n", summary="Sum up.")
    for typed, meant in (("translater", "translator"), ("sumary", "summary")):
        with pytest.raises(UsageError, match=f'no role "{typed}"; did you mean "{meant}"'):
            find_role(settings, typed, os.environ)
    for hostile in ("../config", "/etc/passwd", "a\0b", "", ".", "off", "x" * 5000):
        with pytest.raises(UsageError, match="there is no role"):
            find_role(settings, hostile, os.environ)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("---\nmodle: x\n---\n", 'unknown key "modle"; did you mean "model"?'),
        ("---\ntemperature: 1\n---\n", 'did you mean "parameters.temperature"?'),
        ("---\nparameters: {temprature: 1}\n---\n", 'did you mean "temperature"?'),
        ("---\nparameters: {temperature: hot}\n---\n", "parameters.temperature must be a number"),
        ("---\nmodel: 7\n---\n", "model must be a text in quotes"),
        ("---\nsystem: x\n---\n", "the system prompt is the Markdown below"),
        ("---\nsystem_template: maybe\n---\n", "must be true or false"),
        ("---\nmodel: x\nbody", "no other such line ends"),
        ("---\n- a\n---\n", "no list of names and values"),
        ("---\na: [\n---\n", "line 3"),
        ("---\nmodel: &m x\nprovider: *m\n---\n", "alias"),
        ("---\nprompt: '{'\n---\n", 'prompt: line 1 has a single "{"'),
    ],
)
def test_what_is_wrong_with_a_file_is_told_and_spoils_no_other(
    home: Path, content: str, fault: str
) -> None:
    settings = written(home, "", bad=content, good="You are good.")
    bad, good = all_roles(settings, os.environ)
    assert (bad.name, good.fault) == ("bad", None)
    assert bad.fault is not None
    assert fault in bad.fault
    [told] = faults(settings, os.environ)
    assert told == f'{bad.source}: role "bad": {bad.fault}'
    with pytest.raises(ConfigError, match='role "bad" can\'t be used'):
        RoleInUse(bad, {}, {})


def test_what_can_not_be_read_is_told(home: Path) -> None:
    settings = written(
        home,
        '[roles.gone]\nsystem_file = "nowhere.txt"\n[roles.big]\nsystem_file = "big.txt"\n'
        '[roles.who]\nprovider = "opnai"\n[roles."a/b"]\nsystem = "x"\n',
    )
    folder = home / ".config" / "synapse"
    (folder / "big.txt").write_bytes(b"x" * ((1 << 20) + 1))
    (folder / "roles" / "latin.md").write_bytes("Grüße".encode("latin-1"))
    (folder / "roles" / "huge.md").write_bytes(b"x" * ((1 << 20) + 1))
    (folder / "roles" / "binary.md").write_bytes(b"a\0b")
    (folder / "roles" / "folder.md").mkdir()
    os.mkfifo(folder / "roles" / "pipe.md")
    told = "\n".join(faults(settings, os.environ))
    for part in (
        "nowhere.txt can't be read: no such file",
        "big.txt can't be read: it is larger than 1 MiB",
        "unknown provider 'opnai'", 'role "a/b": a name must not', 'role "latin": it is not UTF-8',
        'role "huge": it is larger than 1 MiB', 'role "binary": it holds NUL',
        'role "folder": it', 'role "pipe": it is no file',
    ):  # fmt: skip
        assert part in told
    assert len(told.splitlines()) == 9


def test_a_table_is_judged_with_the_rest_of_the_configuration(home: Path) -> None:
    wrong = (
        '[roles.x]\nmodle = "m"\nparameters = { temperature = 9, topp = 1 }\nsystem = 3\n'
        'description = ""\ndefaults = { a = [1] }\n'
    )
    with pytest.raises(ConfigError) as refused:
        written(home, wrong)
    told = "\n".join([refused.value.message, *map(str, refused.value.hints)])
    for part in (
        'line 2: unknown key "modle" in [roles.x]',
        "line 3: roles.x.parameters.temperature must be",
        "line 4: roles.x.system must be a text",
        "line 5: roles.x.description", "line 6: roles.x.def",
    ):  # fmt: skip
        assert part in told


def test_what_is_right_but_worth_a_word_is_a_note(home: Path) -> None:
    settings = written(
        home,
        '[roles.a]\nprompt = "Do"\nsystem = "{now}"\nsystem_template = true\n'
        'system_file = "x"\ndefaults = { b = "c" }\n',
        a="hidden",
    )
    assert faults(settings, os.environ) == []
    told = [note.partition('role "a": ')[2] for note in notes(settings, os.environ)]
    first = [text.split()[0] for text in told]
    assert first == ["prompt", "it", "system_file", "defaults:", "{now}"]


@pytest.mark.parametrize("name", ["", " a", "-a", ".a", "a/b", "a\\b", "a\tb", "OFF", "x" * 65])
def test_some_names_no_role_can_have(name: str) -> None:
    assert name_fault(name) is not None


@pytest.mark.parametrize("name", ["a", "code-review", "übersetzer", "two words", "a#b", "東京"])
def test_most_names_a_role_can_have(name: str) -> None:
    assert name_fault(name) is None
