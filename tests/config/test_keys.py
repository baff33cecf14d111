"""Where a key comes from, and the file that keeps keys."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synapse import keys
from synapse.errors import ConfigError, CredentialsError, UsageError
from synapse.ports import ProviderOptions

if TYPE_CHECKING:
    from pathlib import Path

NONE = ProviderOptions()


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
    keys.store_key("x", "of-the-store", environ)

    def found(options: ProviderOptions) -> tuple[str, str] | None:
        return keys.resolve_key("x", "X_KEY", options, environ)

    assert found(options) == ("of-the-environment", "X_KEY")
    del environ["X_KEY"]
    assert found(options) == ("of-the-store", str(keys_file(environ)))
    assert keys.forget_key("x", environ)
    assert found(options) == ("of-the-command", "api_key_cmd")
    assert found(options.replace(api_key_cmd=None)) == ("of-the-config", "api_key")
    assert found(NONE) is None


def test_a_variable_of_the_users_choice_takes_the_place_of_the_rows(
    environ: dict[str, str],
) -> None:
    environ |= {"X_KEY": "row", "MINE": "mine"}
    options = ProviderOptions(api_key_env="MINE")
    assert keys.resolve_key("x", "X_KEY", options, environ) == ("mine", "MINE")


def test_a_vendors_key_is_not_taken_for_somebodys_server(environ: dict[str, str]) -> None:
    environ["OPENAI_API_KEY"] = "openais"
    options = ProviderOptions(base_url="https://proxy.example", api_key="mine")
    assert keys.resolve_key("openai", "OPENAI_API_KEY", options, environ) == ("mine", "api_key")


def test_options_are_left_alone_where_the_environment_has_the_key(
    environ: dict[str, str],
) -> None:
    assert keys.with_key("x", "X_KEY", NONE, environ | {"X_KEY": "k"}) is NONE
    assert keys.with_key("x", "X_KEY", NONE, environ) is NONE
    keys.store_key("x", "stored", environ)
    options = ProviderOptions(api_key_cmd="exit 1")
    assert keys.with_key("x", "X_KEY", options, environ) == ProviderOptions(api_key="stored")


def test_a_command_that_fails_is_told_with_what_it_said(environ: dict[str, str]) -> None:
    options = ProviderOptions(api_key_cmd="echo the safe is locked >&2; exit 3")
    with pytest.raises(CredentialsError) as caught:
        keys.resolve_key("x", "", options, environ)
    assert caught.value.message == ('the api_key_cmd of provider "x" gave no key (exit status 3)')
    assert caught.value.hints[0] == "the safe is locked"
    assert caught.value.exit_status == 4


def test_a_command_that_prints_nothing_gave_no_key(environ: dict[str, str]) -> None:
    with pytest.raises(CredentialsError, match=r"gave no key \(exit status 0\)"):
        keys.resolve_key("x", "", ProviderOptions(api_key_cmd="true"), environ)


def test_a_command_has_only_so_long(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "COMMAND_TIMEOUT", 0.2)
    with pytest.raises(CredentialsError, match=r"took longer than 0\.2 s"):
        keys.resolve_key("x", "", ProviderOptions(api_key_cmd="exec sleep 60"), environ)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606, 0o620])
def test_a_store_that_others_can_get_at_is_refused(environ: dict[str, str], mode: int) -> None:
    keys.store_key("x", "sk-canary", environ)
    file = keys_file(environ)
    file.chmod(mode)
    for use in (
        lambda: keys.stored_keys(environ),
        lambda: keys.store_key("y", "k", environ),
        lambda: keys.forget_key("x", environ),
    ):
        with pytest.raises(ConfigError) as caught:
            use()
        assert f"(mode {mode:04o})" in caught.value.message
        assert caught.value.hints == (f"Fix it:  chmod 600 {file}",)


@pytest.mark.parametrize(
    "content",
    [b"x = [", b"x = 5", b"[x]\nkey = 'sk-canary'", b"x = 'sk-canary\n", b"x = sk-canary",
     b"x = 'sk-canary'\nx = 'b'", b"\xff sk-canary"],
)  # fmt: skip
def test_a_damaged_store_is_told_and_left_as_it_is(environ: dict[str, str], content: bytes) -> None:
    keys.store_key("y", "k", environ)
    file = keys_file(environ)
    file.write_bytes(content)
    for use in (lambda: keys.stored_keys(environ), lambda: keys.store_key("y", "k", environ)):
        with pytest.raises(ConfigError, match=r"keys\.toml") as caught:
            use()
        assert "canary" not in "\n".join([caught.value.message, *caught.value.hints])
    assert file.read_bytes() == content


def test_comments_in_the_store_stay(environ: dict[str, str]) -> None:
    keys.store_key("x", "one", environ)
    file = keys_file(environ)
    file.write_text(file.read_text() + "# of the firm\n\"my.server\" = 'two' # until May\n")
    keys.store_key("z", "three", environ)
    assert keys.stored_keys(environ) == {"x": "one", "my.server": "two", "z": "three"}
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
        keys.store_key(name, key, environ)
    assert keys.stored_keys(environ) == stored
    for name in stored:
        assert keys.forget_key(name, environ)
    assert keys.stored_keys(environ) == {}


@pytest.mark.parametrize("key", ["", "  ", "two words", "ключ", "a\x07b", "a\nb"])
def test_what_can_be_no_key_is_refused(key: str) -> None:
    with pytest.raises(UsageError, match="nothing was stored") as caught:
        keys.checked(key)
    assert not key.strip() or key not in caught.value.message


def test_a_mask_shows_the_end_of_long_keys_only() -> None:
    assert keys.masked("sk-abcdefghijklmnop") == "…mnop"
    assert keys.masked("shortkey") == "…"
