"""Providers of other packages: what they say when they fail holds no key."""

from __future__ import annotations

import pytest

from synapse.cli.advice.as_command import hint_lines
from synapse.errors import ConfigError, ProviderError
from synapse.ports import Cancellation, Capabilities, ChatRequest, ProviderOptions, capabilities_of
from synapse.providers.plugin_provider import open_plugin
from synapse.registry import Entry

KEY = "no-prefix-that-anybody-knows"


class Indiscreet:
    """A provider that puts the key it was given into its exceptions."""

    name = "indiscreet"

    def __init__(self, options: ProviderOptions) -> None:
        self._key = options.api_key
        if options.model == "none":
            raise KeyError(self._key)

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> None:
        raise RuntimeError(f"GET /?key={self._key}\nrefused for {self._key}")


class Able(Indiscreet):
    """One that says what it can, or something that is no such thing."""

    def __init__(self, options: ProviderOptions) -> None:
        self.capabilities = Capabilities(notice="squawk") if options.model == "m" else 5


ROW = Entry(target=f"{__name__}:Indiscreet", summary="of the package indiscreet")


def test_the_key_is_not_quoted_when_it_fails() -> None:
    options = ProviderOptions(api_key=KEY, model="m")
    provider = open_plugin("indiscreet", ROW, options)
    request = ChatRequest(model="m", messages=())
    with pytest.raises(ProviderError) as failed:
        list(provider.stream(request, Cancellation()))
    said = "\n".join((failed.value.message, *hint_lines(failed.value.hints)))
    assert KEY not in said
    assert "GET /?key=*** refused for ***" in said


def test_the_key_is_not_quoted_when_it_can_not_be_made() -> None:
    with pytest.raises(ConfigError) as failed:
        open_plugin("indiscreet", ROW, ProviderOptions(api_key=KEY, model="none"))
    assert KEY not in failed.value.message
    assert "***" in failed.value.message


def test_what_it_can_is_what_it_says_or_nothing() -> None:
    row = ROW.replace(target=f"{__name__}:Able")
    able = open_plugin("able", row, ProviderOptions(model="m"))
    assert capabilities_of(able) == Capabilities(notice="squawk", default_model="m")
    silent = open_plugin("indiscreet", ROW, ProviderOptions(model="m"))
    assert capabilities_of(silent) == Capabilities(default_model="m")
    with pytest.raises(ProviderError, match="its capabilities are none"):
        capabilities_of(open_plugin("able", row, ProviderOptions(model="other")))
