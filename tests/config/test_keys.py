"""Where a key comes from, and the file that keeps keys."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synapse.cli.advice.as_command import hint_lines
from synapse.config import key_store, keys
from synapse.errors import ConfigError, CredentialsError, UsageError
from synapse.ports import ProviderOptions
from synapse.providers import PROVIDERS
from synapse.providers._endpoint import ApiKey
from synapse.providers._provider_rows import ProviderRow
from synapse.registry import Entry

if TYPE_CHECKING:
    from pathlib import Path

NONE = ProviderOptions()
ROW = ProviderRow(target="x:X", summary="X", kind="openai", api_key_env="X_KEY")


@pytest.fixture
def environ(home: Path) -> dict[str, str]:
    return {"HOME": str(home)}


def keys_file(environ: dict[str, str]) -> Path:
    from pathlib import Path

    return Path(environ["HOME"], ".config/synapse/keys.toml")


def test_the_first_source_that_has_a_key_wins(environ: dict[str, str]) -> None:
    command = f'{sys.executable} -c \'print("of-the-command"); print("second line")\''
    options = ProviderOptions(api_key="of-the-config", api_key_cmd=command)
    environ["X_KEY"] = " of-the-environment\n"
    key_store.store_key("x", "of-the-store", environ)

    def found(options: ProviderOptions) -> tuple[str | None, str] | None:
        source = keys.source_of("x", ROW, options, environ)
        return None if source is None else (source.text, source.origin)

    def used(options: ProviderOptions) -> str | None:
        key = keys.key_for("x", ROW, options, environ)
        return None if key is None else key.text

    assert found(options) == ("of-the-environment", "X_KEY")
    assert used(options) == "of-the-environment"
    del environ["X_KEY"]
    assert found(options) == ("of-the-store", str(keys_file(environ)))
    assert used(options) == "of-the-store"
    assert key_store.forget_key("x", environ)
    assert found(options) == (None, "api_key_cmd")
    assert used(options) == "of-the-command"
    assert found(options.replace(api_key_cmd=None)) == ("of-the-config", "api_key")
    assert used(options.replace(api_key_cmd=None)) == "of-the-config"
    assert found(NONE) is None
    assert used(NONE) is None


def test_a_source_that_holds_nothing_is_passed_by(environ: dict[str, str]) -> None:
    environ["X_KEY"] = "\n"
    key_store.store_key("x", " ", environ)
    assert keys.source_of("x", ROW, ProviderOptions(api_key=" "), environ) is None


def test_a_variable_of_the_users_choice_takes_the_place_of_the_rows(
    environ: dict[str, str],
) -> None:
    environ |= {"X_KEY": "row", "MINE": "mine"}
    options = ProviderOptions(api_key_env="MINE")
    assert keys.key_for("x", ROW, options, environ) == ApiKey(text="mine")
    del environ["MINE"]
    with pytest.raises(CredentialsError, match='no API key for provider "x"') as caught:
        keys.key_for("x", ROW, options, environ)
    assert "or for now:     export MINE=…" in hint_lines(caught.value.hints)


def test_a_vendors_key_is_not_taken_for_somebodys_server(environ: dict[str, str]) -> None:
    environ["OPENAI_API_KEY"] = "openais"
    row, options = PROVIDERS["openai"], ProviderOptions(base_url="https://proxy.example")
    assert keys.key_for("openai", row, options.replace(api_key="mine"), environ) == ApiKey(
        text="mine"
    )
    assert keys.key_for("openai", row, options, environ) == ApiKey(text="openais", is_vendors=True)


def test_a_provider_of_another_package_is_handed_its_key_too(environ: dict[str, str]) -> None:
    row = Entry(target="parrot:Parrot", summary="from the package 'parrot'")
    assert keys.key_for("parrot", row, NONE, environ) is None
    assert keys.key_for("parrot", row, ProviderOptions(api_key_cmd="echo k"), environ) == ApiKey(
        text="k"
    )
    key_store.store_key("parrot", "stored", environ)
    assert keys.key_for("parrot", row, NONE, environ) == ApiKey(text="stored")


def test_a_key_is_not_shown_by_accident() -> None:
    assert "canary" not in repr(ApiKey(text="sk-canary"))


def test_what_a_command_says_reaches_the_user_and_its_failure_is_told(
    environ: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    options = ProviderOptions(api_key_cmd="echo the safe is locked >&2; exit 3")
    with pytest.raises(CredentialsError) as caught:
        keys.key_for("x", ROW, options, environ)
    assert capfd.readouterr().err == "the safe is locked\n"
    assert caught.value.message == ('the api_key_cmd of provider "x" gave no key (exit status 3)')
    assert hint_lines(caught.value.hints) == (
        f"Run it yourself to see why:  {options.api_key_cmd}",
    )
    assert caught.value.exit_status == 4


def test_a_command_that_prints_nothing_gave_no_key(environ: dict[str, str]) -> None:
    with pytest.raises(CredentialsError, match=r"gave no key \(exit status 0\)"):
        keys.key_for("x", ROW, ProviderOptions(api_key_cmd="true", api_key="beside"), environ)


def test_a_command_has_only_so_long(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "COMMAND_TIMEOUT", 0.2)
    with pytest.raises(CredentialsError, match=r"took longer than 0\.2 s"):
        keys.key_for("x", ROW, ProviderOptions(api_key_cmd="exec sleep 60"), environ)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606, 0o620])
def test_a_store_that_others_can_get_at_is_refused(environ: dict[str, str], mode: int) -> None:
    key_store.store_key("x", "sk-canary", environ)
    file = keys_file(environ)
    file.chmod(mode)
    for use in (
        lambda: key_store.stored_keys(environ),
        lambda: key_store.store_key("y", "k", environ),
        lambda: key_store.forget_key("x", environ),
    ):
        with pytest.raises(ConfigError) as caught:
            use()
        assert f"(mode {mode:04o})" in caught.value.message
        assert hint_lines(caught.value.hints) == (f"Fix it:  chmod 600 {file}",)


@pytest.mark.parametrize(
    "content",
    [b"x = [", b"x = 5", b"[x]\nkey = 'sk-canary'", b"x = 'sk-canary\n", b"x = sk-canary",
     b"x = 'sk-canary'\nx = 'b'", b"\xff sk-canary"],
)  # fmt: skip
def test_a_damaged_store_is_told_and_left_as_it_is(environ: dict[str, str], content: bytes) -> None:
    key_store.store_key("y", "k", environ)
    file = keys_file(environ)
    file.write_bytes(content)
    for use in (
        lambda: key_store.stored_keys(environ),
        lambda: key_store.store_key("y", "k", environ),
    ):
        with pytest.raises(ConfigError, match=r"keys\.toml") as caught:
            use()
        assert "canary" not in "\n".join([caught.value.message, *hint_lines(caught.value.hints)])
    assert file.read_bytes() == content


def test_comments_in_the_store_stay(environ: dict[str, str]) -> None:
    key_store.store_key("x", "one", environ)
    file = keys_file(environ)
    file.write_text(file.read_text() + "# of the firm\n\"my.server\" = 'two' # until May\n")
    key_store.store_key("z", "three", environ)
    assert key_store.stored_keys(environ) == {"x": "one", "my.server": "two", "z": "three"}
    assert "# of the firm\n\"my.server\" = 'two' # until May\n" in file.read_text()


@settings(deadline=None, max_examples=50)
@given(
    stored=st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30),
        max_size=5,
    )
)
def test_what_was_stored_is_found(
    stored: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    environ = {"HOME": str(tmp_path_factory.mktemp("home"))}
    for name, key in stored.items():
        key_store.store_key(name, key, environ)
    assert key_store.stored_keys(environ) == stored
    for name in stored:
        assert key_store.forget_key(name, environ)
    assert key_store.stored_keys(environ) == {}


@pytest.mark.parametrize("key", ["", "  ", "two words", "ключ", "a\x07b", "a\nb"])
def test_what_can_be_no_key_is_refused(key: str) -> None:
    with pytest.raises(UsageError, match="nothing was stored") as caught:
        keys.checked(key)
    assert not key.strip() or key not in caught.value.message


def test_a_mask_shows_the_end_of_long_keys_only() -> None:
    assert keys.masked("sk-abcdefghijklmnop") == "…mnop"
    assert keys.masked("shortkey") == "…"
