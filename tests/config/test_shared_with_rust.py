"""The Rust program's configuration file, understood as it stands."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from synapse.config import Settings, load, resolve, shared_with_rust
from synapse.config.keys import source_of
from synapse.errors import ConfigError
from synapse.ports import ProviderOptions
from synapse.providers import PROVIDERS

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = """\
# Which provider answers: deepseek, anthropic or openai
provider = "deepseek"

# Better in an environment variable
# api_key = "sk-0123456789abcdef"

model = "deepseek-chat"
max_tokens = 4096

# What is said first
# system_prompt = "You are a helpful assistant."
# system_prompt_file = "system.md"

[session]
# database_url = "sqlite:sessions.db"
max_sessions = 100
retention_days = 90
auto_cleanup = true

[mcp]
config_path = "mcp_servers.json"

# [telegram]
# token = "123:abc"
# allowed_users = [1, 2]
# max_sessions_per_chat = 10

# [logging]
# directory = "logs"
# max_files = 7
# rotation = "daily"
"""
"""Every key that it has, with that program's defaults."""


def active(text: str) -> str:
    """The text with every commented key in force."""
    return re.sub(r"(?m)^# (?=\[|\w+ = )", "", text)


def load_text(home: Path, text: str, mode: int = 0o600, **environ: str) -> Settings:
    write(home, text, mode)
    return load({}, {"HOME": str(home), **environ})


def write(home: Path, text: str, mode: int = 0o600) -> None:
    file = home / ".config" / "synapse" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)


def key_of(settings: Settings, provider: str, **environ: str) -> str | None:
    options = settings.providers.get(provider, ProviderOptions())
    source = source_of(provider, PROVIDERS[provider], options, environ)
    return source.text if source is not None else None


def test_its_file_is_taken_as_it_stands(tmp_path: Path) -> None:
    assert load_text(tmp_path, EXAMPLE).model == "deepseek-chat"
    everything = active(EXAMPLE)
    assert set(tomllib.loads(everything)) >= {"api_key", "mcp", "telegram", "logging"}
    settings = load_text(tmp_path, everything)
    assert settings.system_prompt == "You are a helpful assistant."
    assert key_of(settings, "deepseek") == "sk-0123456789abcdef"


@pytest.mark.parametrize("table", ["mcp", "telegram", "logging"])
@pytest.mark.parametrize(
    "inside", ["", 'a = "b"', "token = 5\n[{}.deep.er]\nx = [1, {{ y = 2 }}]", "rotation = 'odd'"]
)
def test_its_tables_are_skipped_with_whatever_is_in_them(
    tmp_path: Path, table: str, inside: str
) -> None:
    load_text(tmp_path, f"[{table}]\n{inside.format(table)}\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[mpc]\na = 1", "unknown table [mpc]"),
        ("[loging]", "unknown table [loging]"),
        ("mcp = 5", 'unknown key "mcp"'),
        ("[session.mcp]\na = 1", 'unknown key "mcp" in [session]'),
        ("[session]\ntoken = 'x'", 'unknown key "token" in [session]'),
        ("[sesion]\nmax_sessions = 3", 'unknown table [sesion]; did you mean "session"?'),
        ("api_key = 5", "api_key must be a text in quotes"),
        ('[ui]\napi_key = "x"', 'unknown key "api_key" in [ui]; did you mean "api_key"?'),
    ],
)
def test_what_is_misspelt_stays_an_error(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_text(tmp_path, text)
    assert said in caught.value.message
    assert caught.value.exit_status == 7


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ('provider = "openai"\napi_key = "top"', {"openai": "top", "deepseek": None}),
        ('api_key = "top"', {"deepseek": "top", "openai": None, "anthropic": None}),
        (
            'provider = "anthropic"\napi_key = "top"\n[providers.anthropic]\napi_key = "own"',
            {"anthropic": "own", "deepseek": None},
        ),
        (
            'api_key = "top"\n[providers.openai]\napi_key = "own"',
            {"openai": "own", "deepseek": "top"},
        ),
    ],
)
def test_a_key_at_the_top_is_that_of_the_file_s_provider(
    tmp_path: Path, text: str, keys: dict[str, str | None]
) -> None:
    settings = load_text(tmp_path, text, SYNAPSE_PROVIDER="xai")
    assert {name: key_of(settings, name) for name in keys} == keys
    assert key_of(settings, "xai") is None


def test_a_key_at_the_top_gives_way_to_the_variable(tmp_path: Path) -> None:
    settings = load_text(tmp_path, 'provider = "openai"\napi_key = "top"')
    assert key_of(settings, "openai", OPENAI_API_KEY="from the environment") == (
        "from the environment"
    )
    assert key_of(settings, "openai", OPENAI_API_KEY="") == "top"


def test_who_has_the_only_key_answers(tmp_path: Path) -> None:
    assert load_text(tmp_path, 'api_key = "top"').provider == "deepseek"
    assert load_text(tmp_path, 'api_key = "top"', SYNAPSE_PROVIDER="echo").provider == "echo"


@pytest.mark.parametrize("text", ['api_key = "top"', '[logging]\napi_key = "x"'])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="holds a secret"):
        load_text(tmp_path, text, 0o644)


def test_a_token_that_others_can_read_is_only_told(tmp_path: Path) -> None:
    write(tmp_path, '[telegram]\ntoken = "123:abc"\n', 0o644)
    notes = shared_with_rust.notes(resolve({}, {"HOME": str(tmp_path)}))
    assert len(notes) == 2
    assert "other users can read the token in [telegram] (mode 0644):  chmod 600" in notes[1]
    assert "123:abc" not in "".join(notes)


@pytest.mark.parametrize("order", [1, -1])
def test_an_inline_prompt_wins_over_a_file(tmp_path: Path, order: int) -> None:
    lines = ['system_prompt = "inline"', 'system_prompt_file = "/nowhere"'][::order]
    assert load_text(tmp_path, "\n".join(lines)).system_prompt == "inline"
    line = 1 + lines.index('system_prompt_file = "/nowhere"')
    assert shared_with_rust.notes(resolve({}, {"HOME": str(tmp_path)})) == [
        f"config.toml line {line}: system_prompt is set as well, and wins"
    ]
    # a variable still wins over both
    file = tmp_path / "prompt"
    file.write_text("from a file\n")
    settings = load_text(tmp_path, "\n".join(lines), SYNAPSE_SYSTEM_PROMPT_FILE=str(file))
    assert settings.system_prompt == "from a file"
    write(tmp_path, "")
    both = {"SYNAPSE_SYSTEM_PROMPT_FILE": str(file), "SYNAPSE_SYSTEM_PROMPT": "inline"}
    assert load({}, {"HOME": str(tmp_path), **both}).system_prompt == "inline"


def test_one_note_for_its_tables(tmp_path: Path) -> None:
    write(tmp_path, "\n[mcp]\na = 1\n[logging]\n")
    assert shared_with_rust.notes(resolve({}, {"HOME": str(tmp_path)})) == [
        "config.toml line 2: [mcp] and [logging] are for the Rust Synapse and skipped here"
    ]


OTHER = (
    'provider = "groq"',
    'model = "openai/gpt"',
    "max_tokens = 0",
    'system_prompt = "x"',
    'system_prompt_file = "x.md"',
    '[session]\ndatabase_url = "sqlite:~/s.db"',
    '[session]\ndatabase_url = "/x/s.db?mode=rwc"',
    '[session]\ndatabase_url = "sqlite:/x/s.db?mode=rwc"',
    "[session]\nmax_sessions = 0",
    "[session]\nretention_days = 0",
)
SAME = (
    'provider = "openai"',
    'model = "gpt"',
    "max_tokens = 1",
    'system_prompt_file = "/x.md"',
    '[session]\ndatabase_url = "sqlite:/x/s.db"',
    "[session]\nmax_sessions = 1000000\nretention_days = 36500",
)


@pytest.mark.parametrize("text", OTHER)
def test_a_value_with_another_meaning_there_is_told_with_its_place(
    tmp_path: Path, text: str
) -> None:
    write(tmp_path, text)
    [note] = shared_with_rust.other_meanings(resolve({}, {"HOME": str(tmp_path)}))
    key = re.findall(r"(\w+) =", text)[-1]
    assert re.match(rf"config\.toml line \d: (session\.)?{key}: ", note)


@pytest.mark.parametrize("text", SAME)
def test_a_value_with_the_same_meaning_is_not(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    assert shared_with_rust.other_meanings(resolve({}, {"HOME": str(tmp_path)})) == []


def test_a_variable_that_both_read_is_named(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "DATABASE_URL": "sqlite:~/s.db"}
    [note] = shared_with_rust.other_meanings(resolve({}, environ))
    assert note.startswith("DATABASE_URL: session.database_url: ")
    assert note.endswith(f"write sqlite:{tmp_path}/s.db")
