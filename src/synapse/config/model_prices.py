"""What the configuration says of prices: the tables `[prices."PROVIDER/MODEL"]`."""

from __future__ import annotations

from synapse.config.keypath import dotted, split_key
from synapse.model_table.known import Prices

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from synapse.config.reader import Document

_PICO_OF_A_MILLION = 1_000_000
"""Pico-dollars per token in a dollar per million tokens."""


def prices(values: Mapping[str, Any]) -> dict[str, Prices]:
    """The configured prices, by PROVIDER/MODEL."""
    found = {}
    for name, parts in _tables(values).items():
        pico = {part: round(dollars * _PICO_OF_A_MILLION) for part, dollars in parts.items()}
        found[name] = Prices().replace(**pico)
    return found


def problems(document: Document) -> Iterator[tuple[int | None, str]]:
    """Line and text of each name that is none of a model."""
    for name, parts in _tables(document.values).items():
        provider, _, model = name.partition("/")
        if not provider.strip() or not model.strip():
            line = document.lines.get(dotted(("prices", name, next(iter(parts)))))
            yield (
                line,
                f"{dotted(('prices', name))} must be named PROVIDER/MODEL: "
                + ('prices."openai/gpt-6-luna"'),
            )


def _tables(values: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for key, value in values.items():
        if key.startswith("prices."):
            _, name, part = split_key(key)
            found.setdefault(name, {})[part] = value
    return found
