"""What a configuration says of a provider's format that can't all be true."""

from __future__ import annotations

from synapse.config.keypath import dotted, split_key
from synapse.errors import ConfigError
from synapse.ports import ProviderOptions
from synapse.providers import PROVIDERS, find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.config.reader import Document

_ABOUT_IT = ("like", "kind", "usage", "max_tokens_field")


def contradictions(document: Document) -> Iterator[tuple[int | None, str]]:
    """Line and text of each."""
    providers: dict[str, dict[str, Any]] = {}
    for key, value in document.values.items():
        if key.startswith("providers."):
            _, name, option = split_key(key)
            providers.setdefault(name, {})[option] = value
    for name, options in providers.items():
        said = [option for option in _ABOUT_IT if option in options]
        if not said or not (name in PROVIDERS or {"like", "base_url"} & options.keys()):
            continue  # half a provider, which is no fault before it is asked
        try:
            find(name, ProviderOptions(**options))
        except ConfigError as error:
            yield document.lines.get(dotted(("providers", name, said[0]))), error.message
