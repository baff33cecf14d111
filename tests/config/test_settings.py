"""Which source of a value wins, and what the values become."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from synapse.config import Settings, load
from synapse.domain import Retention
from synapse.errors import ConfigError
from synapse.model_table.known import Prices

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def environ(home: Path) -> dict[str, str]:
    return {"HOME": str(home)}


def write(home: Path, text: str) -> Path:
    file = home / ".config" / "synapse" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_without_a_file_the_defaults_are_in_force(environ: dict[str, str], home: Path) -> None:
    settings = load({}, environ)
    assert settings.database_url == f"sqlite:{home}/.config/synapse/sessions.db"
    assert settings.retention == Retention(retention_days=90, max_sessions=100, trash_days=30)
    assert settings.auto_cleanup
    assert settings.model is None
    assert settings.max_tokens is None
    assert settings.parameters == {}
    assert settings.providers == {}
    assert settings.origins == {}
    assert not (home / ".config").exists()


def test_a_flag_wins_over_the_environment_which_wins_over_the_file(
    environ: dict[str, str], home: Path
) -> None:
    file = write(home, 'model = "of-the-file"\n')
    assert load({"model": None}, environ).model == "of-the-file"
    assert load({}, environ).origins == {"model": f"{file}:1"}
    environ["SYNAPSE_MODEL"] = "of-the-environment"
    assert load({}, environ).model == "of-the-environment"
    assert load({}, environ).origins == {"model": "SYNAPSE_MODEL"}
    settings = load({"model": "of-the-flag"}, environ)
    assert settings.model == "of-the-flag"
    assert settings.origins == {"model": "flag"}


def test_an_empty_variable_does_not_count(environ: dict[str, str], home: Path) -> None:
    write(home, 'model = "of-the-file"\n')
    environ |= {"SYNAPSE_MODEL": "", "DATABASE_URL": "", "SYNAPSE_CONFIG": ""}
    assert load({}, environ).model == "of-the-file"


def test_variables_of_other_programs_are_left_alone(environ: dict[str, str]) -> None:
    environ |= {"SYNAPSE_SERVER_NAME": "matrix.example", "DATABASE_URL_RO": "mysql://h/x"}
    assert load({}, environ).origins == {}


def test_values_of_variables_get_their_type(environ: dict[str, str]) -> None:
    environ |= {
        "SYNAPSE_MAX_SESSIONS": "0",
        "SYNAPSE_AUTO_CLEANUP": "no",
        "SYNAPSE_TEMPERATURE": "0.5",
        "SYNAPSE_TRASH_DAYS": "never",
        "SYNAPSE_ACCESSIBLE": "1",
        "SYNAPSE_ASCII": "auto",
        "SYNAPSE_STOP": "END",
    }
    settings = load({}, environ)
    assert settings.retention.max_sessions == 0
    assert settings.auto_cleanup is False
    assert settings.parameters == {"temperature": 0.5, "stop": ("END",)}
    assert settings.retention.trash_days is None
    assert settings.ui.accessible is True
    assert settings.ui.ascii == "auto"


def test_the_config_flag_wins_over_the_variable(
    environ: dict[str, str], tmp_path: Path, home: Path
) -> None:
    write(home, 'model = "usual"\n')
    (tmp_path / "variable.toml").write_text('model = "variable"\n')
    (tmp_path / "flag.toml").write_text('model = "flag"\n')
    environ["SYNAPSE_CONFIG"] = str(tmp_path / "variable.toml")
    assert load({}, environ).model == "variable"
    assert load({}, environ, str(tmp_path / "flag.toml")).model == "flag"


def test_xdg_config_home_is_honoured_unless_it_is_relative(
    environ: dict[str, str], tmp_path: Path, home: Path
) -> None:
    environ["XDG_CONFIG_HOME"] = str(tmp_path / "xdg")
    assert load({}, environ).config_file == str(tmp_path / "xdg/synapse/config.toml")
    environ["XDG_CONFIG_HOME"] = "relative"
    assert load({}, environ).config_file == f"{home}/.config/synapse/config.toml"


def test_the_working_directory_is_never_looked_into(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("config.toml", "synapse.toml", ".synapse.toml", "synapse/config.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text('model = "of-a-stranger"\n')
    monkeypatch.chdir(tmp_path)
    assert load({}, environ).model is None


def test_a_model_does_not_follow_to_another_provider(environ: dict[str, str], home: Path) -> None:
    write(home, 'provider = "deepseek"\nmodel = "deepseek-v4-flash"\n')
    assert load({"provider": "deepseek"}, environ).model == "deepseek-v4-flash"
    assert load({"provider": "openai"}, environ).model is None
    assert load({"provider": "openai", "model": "gpt"}, environ).model == "gpt"
    environ["SYNAPSE_PROVIDER"] = "openai"
    assert load({}, environ).model is None
    assert "model" not in load({}, environ).origins


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("sqlite:~/a.db", "sqlite:{home}/a.db"),
        ("sqlite://~/a.db", "sqlite:{home}/a.db"),
        ("sqlite:///var/a.db", "sqlite:/var/a.db"),
        ("sqlite:a.db", "sqlite:a.db"),
        ("sqlite::memory:", "sqlite::memory:"),
        ("~/a.db", "sqlite:{home}/a.db"),
        ("/var/a.db", "sqlite:/var/a.db"),
        ("./a:b.db", "sqlite:./a:b.db"),
        ("sqlite:////var/a.db", "sqlite:/var/a.db"),
        ("SQLite:/var/a.db", "sqlite:/var/a.db"),
        ("//var/a.db", "sqlite:/var/a.db"),
        (":memory:", "sqlite::memory:"),
        ("C:/a.db", "sqlite:C:/a.db"),
        ("postgresql+psycopg://user:pw@host/db", "postgresql+psycopg://user:pw@host/db"),
        ("sqlite+aiosqlite:////var/a.db", "sqlite+aiosqlite:////var/a.db"),
        ("jdbc:postgresql://host/db", "jdbc:postgresql://host/db"),
        ("mysql://user:pw@host/db", "mysql://user:pw@host/db"),
        ("postgres:somewhere", "postgres:somewhere"),
    ],
)
def test_a_database_url_is_expanded_and_a_foreign_one_left_alone(
    environ: dict[str, str], home: Path, given: str, found: str
) -> None:
    expected = found.format(home=home)
    assert load({"session.database_url": given}, environ).database_url == expected
    assert load({}, environ | {"DATABASE_URL": given}).database_url == expected


def test_the_database_flag_wins_over_the_variable_and_that_over_the_file(
    environ: dict[str, str], home: Path
) -> None:
    write(home, '[session]\ndatabase_url = "sqlite:/file.db"\n')
    assert load({}, environ).database_url == "sqlite:/file.db"
    environ["DATABASE_URL"] = "sqlite:/variable.db"
    assert load({}, environ).database_url == "sqlite:/variable.db"
    assert load({"session.database_url": "/flag.db"}, environ).database_url == "sqlite:/flag.db"


def test_a_relative_path_in_the_file_starts_at_the_file(
    environ: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "prompt.md").write_text("Be brief.\n\n")
    (folder / "c.toml").write_text(
        'system_prompt_file = "prompt.md"\n[session]\ndatabase_url = "sqlite:own.db"\n'
    )
    settings = load({}, environ, str(folder / "c.toml"))
    assert settings.system_prompt == "Be brief."
    assert settings.database_url == f"sqlite:{folder}/own.db"


def test_a_system_prompt_of_a_higher_source_replaces_the_file_of_a_lower_one(
    environ: dict[str, str], home: Path
) -> None:
    write(home, 'system_prompt_file = "/nowhere/at/all"\n')
    assert load({"system_prompt": "Mine."}, environ).system_prompt == "Mine."
    with pytest.raises(ConfigError, match="/nowhere/at/all can't be read: no such file"):
        load({}, environ)


def test_a_system_prompt_that_is_no_text_is_refused(environ: dict[str, str], home: Path) -> None:
    (home / "prompt").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load({"system_prompt_file": "~/prompt"}, environ)
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        load({"system_prompt_file": "/dev/zero"}, environ)


def test_providers_and_aliases_are_read_whatever_their_names_are(
    environ: dict[str, str], home: Path
) -> None:
    write(
        home,
        '[aliases]\nfast = "deepseek/x"\n"very.fast" = "y"\n'
        '[providers."my.server"]\nbase_url = "http://localhost:1/v1"\ntimeout = 3\n'
        '[providers.plain]\napi_key = "sk-secret"\n',
    )
    settings = load({}, environ)
    assert settings.aliases == {"fast": "deepseek/x", "very.fast": "y"}
    assert settings.providers["my.server"].base_url == "http://localhost:1/v1"
    assert settings.providers["my.server"].timeout == 3.0
    assert settings.providers["plain"].api_key == "sk-secret"


def test_no_secret_is_in_the_repr(environ: dict[str, str], home: Path) -> None:
    write(home, '[providers.x]\napi_key = "sk-secret"\n')
    environ["DATABASE_URL"] = "postgresql://user:hunter2@host/db"
    shown = repr(load({}, environ))
    assert "sk-secret" not in shown
    assert "hunter2" not in shown


def test_zero_tokens_leave_the_limit_to_the_provider(environ: dict[str, str]) -> None:
    assert load({}, environ | {"SYNAPSE_MAX_TOKENS": "0"}).max_tokens is None


def test_settings_are_immutable(environ: dict[str, str]) -> None:
    settings: Settings = load({}, environ)
    with pytest.raises(AttributeError):
        settings.model = "x"  # type: ignore[misc]


def test_the_environment_of_the_process_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_MODEL", "m")
    assert load({}, os.environ).model == "m"


def test_compact_at_is_a_share_or_a_number_of_tokens(environ: dict[str, str], home: Path) -> None:
    assert load({}, environ).compact_at == 0.8
    for text, value in (
        ("0.5", 0.5), ("1", 1.0), ("0.1", 0.1), ("95000", 95_000), ('"95k"', 95_000),
        ('"1.5M"', 1_500_000), ('"0.7"', 0.7), ('"80%"', 0.8), ('"95_000"', 95_000), ("256", 256),
        ('"12.5 %"', 0.125), ('" 95 K "', 95_000),
    ):  # fmt: skip
        write(home, f"[context]\ncompact_at = {text}\n")
        found = load({}, environ).compact_at
        assert (found, type(found)) == (value, type(value)), text
    named = load({}, {**environ, "SYNAPSE_CONTEXT_COMPACT_AT": "95k"})
    assert named.compact_at == 95_000


@pytest.mark.parametrize(
    "text",
    [
        "0", "0.05", "-1", "1.5", "2", "255", "1000000001", '"k"', '"95x"', '"1e5"', '"-5k"', "nan",
        "inf", "true", '""', '"0.0001k"', '"9999999999999999999k"', '"1..5k"', '"９５k"', "[1]",
    ],
)  # fmt: skip
def test_what_is_neither_is_refused(environ: dict[str, str], home: Path, text: str) -> None:
    write(home, f"[context]\ncompact_at = {text}\n")
    with pytest.raises(ConfigError) as caught:
        load({}, environ)
    told = str(caught.value)
    assert "compact_at must be a share of the window from 0.1 to 1, or tokens" in told
    assert caught.value.exit_status == 7


def test_prices_are_read_by_the_name_of_the_model(environ: dict[str, str], home: Path) -> None:
    assert load({}, environ).prices == {}
    write(
        home,
        '[prices."openai/gpt-4.1"]\ninput = 0.15\noutput = 3\ncached = 0.0375\n'
        "[prices.'mine/a/b']\ncache_write = 1e-6\n",
    )
    assert load({}, environ).prices == {
        "openai/gpt-4.1": Prices(input=150_000, cached=37_500, output=3_000_000),
        "mine/a/b": Prices(cache_write=1),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("input = -0.1", "input must be a number from 0 to 1000000, not -0.1"),
        ('input = "0.15"', 'input must be a number from 0 to 1000000, not "0.15"'),
        ("output = nan", "output must be a number from 0 to 1000000, not nan"),
        ("output = inf", "output must be a number from 0 to 1000000, not inf"),
        ("cached = true", "cached must be a number from 0 to 1000000, not true"),
        ("cache_write = 1e7", "cache_write must be a number from 0 to 1000000"),
        ("inptu = 1", 'unknown key "inptu" in [prices."openai/m"]; did you mean "input"?'),
    ],
)
def test_a_price_that_can_not_be_is_refused(
    environ: dict[str, str], home: Path, text: str, told: str
) -> None:
    write(home, f'[prices."openai/m"]\n{text}\n')
    with pytest.raises(ConfigError) as caught:
        load({}, environ)
    assert told in str(caught.value)
    assert " line 2: " in str(caught.value)
    assert caught.value.exit_status == 7


@pytest.mark.parametrize("name", ["openai", '"/m"', '"openai/"', '""'])
def test_a_price_of_no_model_is_refused(environ: dict[str, str], home: Path, name: str) -> None:
    write(home, f"[prices.{name}]\ninput = 1\n")
    with pytest.raises(ConfigError, match="must be named PROVIDER/MODEL: "):
        load({}, environ)


def test_a_price_that_is_no_table_is_refused(environ: dict[str, str], home: Path) -> None:
    for text in ("prices = 3", '[prices]\n"openai/m" = 3'):
        write(home, f"{text}\n")
        with pytest.raises(ConfigError, match="must be a table"):
            load({}, environ)
