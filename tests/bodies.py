"""The body of a request as a row of the table of providers has it sent. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synapse.ports import ProviderOptions
from synapse.providers import PROVIDERS, anthropic, find, openai_compatible, responses
from synapse.providers._provider_rows import ProviderRow

if TYPE_CHECKING:
    from synapse.ports import ChatRequest

_TRANSLATORS = {
    "openai": openai_compatible.body_of,
    "anthropic": anthropic.body_of,
    "responses": responses.body_of,
}

OVER_HTTP = [name for name, row in PROVIDERS.items() if row.kind]
CHAT = [name for name, row in PROVIDERS.items() if row.kind == "openai" or row.chat]
"""Who has chat completions, if not as the first choice."""


def row_of(name: str, kind: str | None = None) -> ProviderRow:
    """The row, in its own format or in that of the kind."""
    row = find(name, ProviderOptions(kind=kind))
    assert isinstance(row, ProviderRow)
    return row


def body_for(name: str, sent: ChatRequest, kind: str | None = None) -> dict[str, Any]:
    """The body for the provider, in its own format or in that of the kind."""
    row = row_of(name, kind)
    return _TRANSLATORS[row.kind](sent, row.dialect, name)
