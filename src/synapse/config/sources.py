"""Takes values from a file and from variables. Imported only where there are any.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse.config import kinds
from synapse.config.options import OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from synapse.config import Layers


_RUST_DEFAULT = "deepseek"
"""Who answers in the Rust program, which made this key, where the file names no provider."""


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
    layers.notes += document.notes
    layers.skipped += document.skipped
    layers.open_token = document.open_token
    values = document.values
    origins = {key: f"{layers.path}:{document.lines.get(key, 1)}" for key in values}
    if "api_key" in values:
        _give_key(values, origins)
    layers.put(values, origins)
    if document.problems:
        from synapse.config.problems import place

        layers.problems += [f"{place(layers, line)}: {text}" for line, text in document.problems]


def _give_key(values: dict[str, Any], origins: dict[str, str]) -> None:
    """A key at the top is that of the file's own provider, whoever is asked in the end."""
    from synapse.config.keypath import dotted

    origin = origins["api_key"]
    if "provider" not in values:
        values["provider"], origins["provider"] = _RUST_DEFAULT, origin
    key = dotted(("providers", values["provider"], "api_key"))
    if key not in values:
        values[key], origins[key] = values["api_key"], origin


def take_variables(layers: Layers, names: list[str]) -> None:
    """Lay the values of the environment variables among `names` over those of the file."""
    options = {option.variable: option for option in OPTIONS}
    # DATABASE_URL may be set for another project; this one is read after it, and wins
    options["SYNAPSE_DATABASE_URL"] = options["DATABASE_URL"]
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name in sorted(names):
        option, text = options.get(name), layers.environ[name]
        if option is None or not text:
            continue
        try:
            values[option.key] = kinds.parse(option.kind, text)
            origins[option.key] = name
        except ValueError as error:
            layers.problems.append(f"the variable {name} {error}")
    layers.put(values, origins)
