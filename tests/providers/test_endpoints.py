"""Which server is asked, with which key, and what is refused before anything is sent."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from loopback.asking import KEY, request

from synapse import providers
from synapse.cli.advice.as_command import hint_lines
from synapse.config.key_store import store_key
from synapse.config.keys import key_for
from synapse.config.providers import default_provider, open_provider
from synapse.errors import ConfigError, CredentialsError
from synapse.ports import Cancellation, ProviderOptions
from synapse.providers import PROVIDERS, default_model
from synapse.providers._endpoint import ApiKey, Endpoint, endpoint_of
from synapse.providers._provider_rows import ProviderRow
from synapse.providers.local_model.weights import SIZE
from synapse.providers.local_model.weights import path as path_of_weights


def endpoint(name: str, environ: dict[str, str] | None = None, **options: Any) -> Endpoint:
    settings = ProviderOptions(**options)
    row = providers.find(name, settings)
    assert isinstance(row, ProviderRow)
    key = key_for(name, row, settings, environ or {})
    return endpoint_of(name, row, settings, key, environ or {})


NEEDS_KEY = [name for name, row in PROVIDERS.items() if row.needs_key]


@pytest.mark.parametrize("name", NEEDS_KEY)
def test_a_missing_key_is_told_before_anything_is_sent(name: str) -> None:
    with pytest.raises(CredentialsError) as caught:
        open_provider(name, environ={})
    assert caught.value.message == f'no API key for provider "{name}"'
    assert caught.value.exit_status == 4
    assert hint_lines(caught.value.hints) == (
        f"Store one:      synapse keys set {name}",
        f"or for now:     export {PROVIDERS[name].api_key_env}=…",
        'Try it without: synapse -p echo "hello"',
    )


@pytest.mark.parametrize("name", [n for n, row in PROVIDERS.items() if row.kind])
def test_every_row_of_the_network_opens_with_its_key(name: str) -> None:
    opened = open_provider(name, environ={PROVIDERS[name].api_key_env: KEY})
    assert opened.name == name
    assert KEY not in repr(opened)
    assert KEY not in repr(vars(opened))


GAPS = {
    "azure": ("AZURE_OPENAI_ENDPOINT", "https://me.openai.azure.com", "/openai/v1"),
    "cloudflare": (
        "CLOUDFLARE_ACCOUNT_ID",
        "0a1b",
        "https://api.cloudflare.com/client/v4/accounts/0a1b/ai/v1",
    ),
}


@pytest.mark.parametrize("name", GAPS)
def test_an_address_of_the_users_own_is_asked_for_before_anything_is_sent(name: str) -> None:
    variable, _, _ = GAPS[name]
    opened = open_provider(name, environ={PROVIDERS[name].api_key_env: KEY})
    for attempt in (
        lambda: opened.check(request()),
        lambda: opened.stream(request(), Cancellation()),
        opened.list_models,
    ):
        with pytest.raises(ConfigError) as caught:
            attempt()
        assert variable in caught.value.message
        assert hint_lines(caught.value.hints) == (
            f"Set it:  export {variable}=…",
            f"or write the whole address as base_url in [providers.{name}].",
        )


@pytest.mark.parametrize("name", GAPS)
def test_an_address_is_made_whole_by_the_environment_or_the_configuration(name: str) -> None:
    variable, value, whole = GAPS[name]
    expected = whole if whole.startswith("https") else value + whole
    path = whole if name == "azure" else ""
    for text in (value, f"{value}/", f" {value}{path} "):
        environ = {PROVIDERS[name].api_key_env: KEY, variable: text}
        assert endpoint(name, environ).base_url == expected
    environ = {PROVIDERS[name].api_key_env: KEY}
    own = endpoint(name, environ, base_url="https://mine.example/v1")
    assert (own.base_url, own.missing) == ("https://mine.example/v1", "")


def test_a_provider_without_an_address_is_not_the_default() -> None:
    environ = {"AZURE_OPENAI_API_KEY": "k", "MOONSHOT_API_KEY": "k"}
    assert default_provider({}, environ) == "moonshot"
    environ["AZURE_OPENAI_ENDPOINT"] = "https://me.openai.azure.com"
    assert default_provider({}, environ) == "azure"


@pytest.mark.parametrize("name", ["ollama", "llamacpp", "vllm", "lmstudio", "echo"])
def test_servers_on_this_machine_need_no_key(name: str) -> None:
    assert open_provider(name, environ={}).name == name


def test_an_unknown_provider_is_told_with_a_near_name() -> None:
    with pytest.raises(ConfigError, match="did you mean 'openai'"):
        open_provider("opnai", environ={})


def test_the_environment_goes_before_a_command_and_that_before_a_key_beside_it() -> None:
    assert endpoint("openai", {"OPENAI_API_KEY": "e"}, api_key="s").key == "e"
    assert endpoint("openai", api_key="s", api_key_cmd="echo c").key == "c"
    assert endpoint("openai", api_key=" s ").key == "s"
    assert endpoint("openai", api_key_cmd="echo ' c '; echo other").key == "c"
    assert endpoint("openai", {"OPENAI_API_KEY": " ", "MINE": "m"}, api_key_env="MINE").key == "m"


def test_a_server_of_the_users_own_gets_the_users_own_key_and_not_the_vendors() -> None:
    environ = {"OPENAI_API_KEY": "for-openai-only"}
    own = {"base_url": "https://mine.example/v1", "api_key": "mine"}
    assert endpoint("openai", environ, **own).key == "mine"


@pytest.mark.parametrize("command", ["false", "true", "exit 3"])
def test_a_command_that_gives_no_key_is_told(command: str) -> None:
    with pytest.raises(CredentialsError, match="gave no key") as caught:
        endpoint("openai", api_key_cmd=command)
    assert command in hint_lines(caught.value.hints)[0]


def test_a_provider_is_handed_its_key_and_looks_for_none() -> None:
    environ = {"OPENAI_API_KEY": KEY}
    options = ProviderOptions(api_key=KEY, api_key_env="OPENAI_API_KEY", api_key_cmd=f"echo {KEY}")
    row = PROVIDERS["openai"]
    assert endpoint_of("openai", row, options, None, environ).key is None
    assert endpoint_of("openai", row, options, ApiKey(text="k"), environ).key == "k"


@pytest.mark.parametrize("key", ["a b", "a\nX-Injected: 1", "schlüssel", "a\x7f"])
def test_a_key_that_could_not_be_one_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(CredentialsError) as caught:
        endpoint("openai", api_key=key)
    assert key not in caught.value.message


def test_a_named_variable_that_is_not_set_is_an_error_also_for_a_server_without_need() -> None:
    with pytest.raises(CredentialsError) as caught:
        endpoint("mine", base_url="http://localhost:1/v1", api_key_env="MY_KEY")
    assert "export MY_KEY=…" in hint_lines(caught.value.hints)[1]


@pytest.mark.parametrize(
    ("base_url", "url", "socket"),
    [
        ("http://localhost:1234/v1/", "http://localhost:1234/v1", None),
        ("HTTPS://Example.org", "HTTPS://Example.org", None),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1", None),
        ("https://x.example/v1/chat/completions", "https://x.example/v1", None),
        ("unix:/run/llm.sock", "http://localhost/v1", "/run/llm.sock"),
        ("unix:/run/llm.sock:/", "http://localhost", "/run/llm.sock"),
        ("unix:/run/a:b.sock:/api/v2", "http://localhost/api/v2", "/run/a:b.sock"),
    ],
)
def test_addresses_of_every_kind_are_understood(
    base_url: str, url: str, socket: str | None
) -> None:
    found = endpoint("mine", base_url=base_url)
    assert (found.base_url, found.unix_socket) == (url, socket)


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "localhost:8080",
        "ftp://x.example",
        "http://",
        "https:///v1",
        "https://user:pw@x.example/v1",
        "https://x.example/v1?key=abc",
        "https://x.example/v1#a",
        "https://x.example/v 1",
        "https://x.example/\n",
        "unix:relative.sock",
        "file:///etc/passwd",
    ],
)
def test_addresses_that_can_not_be_are_refused(base_url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        endpoint("mine", base_url=base_url)
    assert "pw" not in caught.value.message


@pytest.mark.parametrize(
    ("authority", "here"),
    [
        ("localhost", True),
        ("LOCALHOST:80", True),
        ("a.localhost", True),
        ("127.0.0.1:1", True),
        ("127.9.9.9", True),
        ("[::1]:80", True),
        ("127.0.0.1.evil.example", False),
        ("127.evil", False),
        ("localhost.evil.example", False),
        ("[::2]", False),
        ("[::1.evil", False),
        ("192.168.1.5:8000", False),
        ("0.0.0.0", False),
    ],
)
def test_only_this_machine_counts_as_this_machine(authority: str, here: bool) -> None:
    assert Endpoint(provider="p", base_url=f"http://{authority}/v1").is_here is here


def test_a_vendors_key_is_not_sent_unencrypted_to_another_machine() -> None:
    environ = {"OPENAI_API_KEY": KEY}
    with pytest.raises(ConfigError, match="unencrypted") as caught:
        endpoint("openai", environ, base_url="http://10.0.0.5/v1")
    assert KEY not in caught.value.message
    assert endpoint("openai", environ, base_url="http://127.0.0.1/v1").key == KEY
    assert endpoint("openai", environ, base_url="https://10.0.0.5/v1").key == KEY


def test_a_key_configured_for_a_server_may_go_there_as_the_user_says() -> None:
    assert endpoint("lan", base_url="http://10.0.0.5/v1", api_key=KEY).key == KEY
    assert endpoint("lan", base_url="http://10.0.0.5/v1").key is None


def test_a_custom_server_speaks_the_format_of_its_kind() -> None:
    kinds = {"openai": "OpenAiCompatible", "anthropic": "Anthropic", None: "OpenAiCompatible"}
    for kind, name in kinds.items():
        options = ProviderOptions(kind=kind, base_url="http://localhost:1")
        assert type(open_provider("mine", options, environ={})).__name__ == name


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("mine", {"kind": "opena", "base_url": "http://localhost"}, 'did you mean "openai"'),
        ("mine", {"kind": "openai"}, "no base_url"),
        ("openai", {"kind": "anthropic"}, "built in"),
    ],
)
def test_a_kind_that_can_not_be_is_refused(name: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        open_provider(name, ProviderOptions(**options), environ={"OPENAI_API_KEY": "k"})


def test_the_default_provider_is_the_first_with_a_key_else_the_local_one(home: Path) -> None:
    def default(**options: ProviderOptions) -> str | None:
        return default_provider(options, environ)

    environ = {"HOME": str(home), "VLLM_API_KEY": "k"}
    assert default() is None
    weights = Path(path_of_weights(environ))
    weights.parent.mkdir(parents=True)
    weights.touch()
    os.truncate(weights, SIZE)
    assert default() == "local"
    assert default(groq=ProviderOptions(api_key="k")) == "groq"
    assert default(groq=ProviderOptions(api_key_cmd="exit 1")) == "groq"
    store_key("mistral", "k", environ)
    assert default(groq=ProviderOptions(api_key="k")) == "mistral"
    environ |= {"XAI_API_KEY": "k", "OPENAI_API_KEY": " ", "MINE": "k"}
    assert default() == "xai"
    assert default(gemini=ProviderOptions(api_key_env="MINE")) == "gemini"
    environ["OPENAI_API_KEY"] = "k"
    assert default() == "openai"


def test_the_default_model_is_the_configured_one_or_the_rows() -> None:
    assert default_model("openai") == "gpt-6-luna"
    assert default_model("openai", ProviderOptions(model="x")) == "x"
    assert default_model("ollama") is None
    assert default_model("mine") is None
    for name in NEEDS_KEY:
        assert default_model(name)


def test_a_provider_of_another_package_is_found_by_its_entry_point(tmp_path: Any) -> None:
    folder = tmp_path / "parrot-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: parrot\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[synapse.providers]\nparrot = parrot:Parrot\n")
    code = "class Parrot:\n    name = 'parrot'\n    def __init__(self, options): pass\n"
    (tmp_path / "parrot.py").write_text(code)
    sys.path.insert(0, str(tmp_path))
    try:
        assert open_provider("parrot", environ={}).name == "parrot"
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("parrot", None)


def test_nothing_of_an_endpoint_shows_its_key() -> None:
    here = endpoint("openai", api_key=KEY)
    assert here.key == KEY
    assert KEY not in repr(here)
    assert KEY not in f"{here}"
