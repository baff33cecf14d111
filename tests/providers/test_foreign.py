"""Providers of other packages: what they say when they fail holds no key."""

from __future__ import annotations

import pytest

from synapse.errors import ConfigError, ProviderError
from synapse.ports import Cancellation, ChatRequest, ProviderOptions
from synapse.providers.foreign import open_foreign
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


ROW = Entry(target=f"{__name__}:Indiscreet", summary="of the package indiscreet")


def test_the_key_is_not_quoted_when_it_fails() -> None:
    options = ProviderOptions(api_key=KEY, model="m")
    provider = open_foreign("indiscreet", ROW, options)
    request = ChatRequest(model="m", messages=())
    with pytest.raises(ProviderError) as failed:
        list(provider.stream(request, Cancellation()))
    said = "\n".join((failed.value.message, *failed.value.hints))
    assert KEY not in said
    assert "GET /?key=*** refused for ***" in said


def test_the_key_is_not_quoted_when_it_can_not_be_made() -> None:
    with pytest.raises(ConfigError) as failed:
        open_foreign("indiscreet", ROW, ProviderOptions(api_key=KEY, model="none"))
    assert KEY not in failed.value.message
    assert "***" in failed.value.message
