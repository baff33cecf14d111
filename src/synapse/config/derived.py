"""Values that are made from others: files that were named, URLs, tables of the user's names.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os

from synapse import paths
from synapse.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from synapse.config import Layers
    from synapse.model_table.known import Prices
    from synapse.ports import ProviderOptions

MAX_PROMPT_BYTES = 1 << 20


def system_prompt(layers: Layers) -> str | None:
    """The system prompt, read from its file if it has one. Raises ConfigError."""
    path = layers.values["system_prompt_file"]
    if path is None:
        text: str | None = layers.values["system_prompt"]
        return text
    path = _absolute(layers, "system_prompt_file", path)
    try:
        return prompt_in(path)
    except ValueError as error:
        raise ConfigError(
            f"the system prompt {path} can't be read: {error}",
            f"It was named by:  {layers.origins['system_prompt_file']}",
        ) from error


def prompt_in(path: str) -> str:
    """The text of a file that holds a prompt. Raises ValueError with why it can't be read."""
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_PROMPT_BYTES + 1)
        if len(content) > MAX_PROMPT_BYTES:
            raise ValueError(f"it is larger than {MAX_PROMPT_BYTES >> 20} MiB")
        return content.decode().rstrip("\n")
    except OSError as error:
        raise ValueError((error.strerror or str(error)).lower()) from error
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None


def database_url(layers: Layers) -> str | None:
    """The database URL with a path made absolute; None if none was configured.

    A URL of another scheme than sqlite's stays as it is: the stores refuse it by its name. A text
    without a scheme is the path of a file.
    """
    url: str | None = layers.values["session.database_url"]
    if url is None:
        return None
    from synapse.stores._url import SQLITE, split

    scheme, path = split(url)
    if scheme != SQLITE:
        return url
    if path.startswith(":memory:"):
        return f"{SQLITE}:{path}"
    return f"{SQLITE}:{_absolute(layers, 'session.database_url', path)}"


def providers(layers: Layers) -> dict[str, ProviderOptions]:
    """What was configured of each provider."""
    from synapse.config.keypath import split_key

    found: dict[str, dict[str, Any]] = {}
    for key, value in layers.values.items():
        if key.startswith("providers."):
            _, name, option = split_key(key)
            found.setdefault(name, {})[option] = value
    if not found:
        return {}
    from synapse.ports import ProviderOptions

    return {name: ProviderOptions(**options) for name, options in found.items()}


def roles(layers: Layers) -> dict[str, dict[str, Any]]:
    """The tables of roles, by name, each option by its own."""
    from synapse.config.keypath import split_key

    found: dict[str, dict[str, Any]] = {}
    for key, value in layers.values.items():
        if key.startswith("roles."):
            _, name, option = split_key(key)
            found.setdefault(name, {})[option] = value
    return found


def aliases(layers: Layers) -> dict[str, str]:
    """Short names and the models that they stand for."""
    from synapse.config.keypath import split_key

    return {
        split_key(key)[1]: value
        for key, value in layers.values.items()
        if key.startswith("aliases.")
    }


def prices(layers: Layers) -> dict[str, Prices]:
    """What models cost, by PROVIDER/MODEL."""
    if not any(key.startswith("prices.") for key in layers.values):
        return {}
    from synapse.config import model_prices

    return model_prices.prices(layers.values)


def _absolute(layers: Layers, key: str, path: str) -> str:
    # One in the configuration file starts at that file's folder: it must not name another file
    # in every working directory.
    path = paths.expand(path, layers.environ)
    if layers.origins[key].startswith(layers.path + ":"):
        return os.path.join(os.path.dirname(os.path.abspath(layers.path)), path)
    return path
