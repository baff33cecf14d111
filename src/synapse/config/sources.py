"""Takes values from a file and from variables. Imported only where there are any."""

from __future__ import annotations

from synapse.config import kinds
from synapse.config.options import OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from synapse.config import Layers


def take_file(layers: Layers) -> None:
    """Lay the file's values over the defaults. Raises ConfigError if it can't be read."""
    from synapse.config import reader

    try:
        document = reader.read(layers.path)
    except FileNotFoundError:
        from synapse.config.problems import missing

        raise missing(layers) from None
    if document.open_to_others is not None:
        from synapse.config.problems import exposed

        raise exposed(layers, document.open_to_others)
    layers.has_file = True
    layers.put(
        document.values,
        {key: f"{layers.path}:{document.lines.get(key, 1)}" for key in document.values},
    )
    if document.problems:
        from synapse.config.problems import place

        layers.problems += [f"{place(layers, line)}: {text}" for line, text in document.problems]


def take_variables(layers: Layers, names: list[str]) -> None:
    """Lay the values of the environment variables among `names` over those of the file."""
    rows = {row[3]: row for row in OPTIONS}
    values: dict[str, Any] = {}
    for name in sorted(names):
        row, text = rows.get(name), layers.environ[name]
        if row is None or not text:
            continue
        try:
            values[row[0]] = kinds.parse(row[1], text)
        except ValueError as error:
            layers.problems.append(f"the variable {name} {error}")
    layers.put(values, {row[0]: name for name, row in rows.items() if row[0] in values})
