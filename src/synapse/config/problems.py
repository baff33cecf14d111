"""How a refused configuration is told, with the commands that mend it."""

from __future__ import annotations

import os
from shlex import quote

from synapse.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.config import Layers


def refusal(layers: Layers) -> ConfigError:
    """All problems as one error: the first is its message, the others are its first hints."""
    problems = layers.problems
    count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    return ConfigError(
        problems[0],
        *problems[1:],
        f"Fix it:  {command(layers, _cure(layers))}      ({count}; nothing was sent)",
    )


def missing(layers: Layers) -> ConfigError:
    """The file that the user named is not there."""
    return ConfigError(
        f"the configuration {layers.path} does not exist", f"Make it:  {command(layers, 'init')}"
    )


def exposed(layers: Layers, mode: int) -> ConfigError:
    """The file holds a secret, and others can get at it."""
    return ConfigError(
        f"{layers.path} holds a secret, and other users can get at it (mode {mode:04o})",
        f"Fix it:  chmod 600 {quote(layers.path)}",
    )


def place(layers: Layers, line: int | None) -> str:
    """`config.toml line 12`."""
    name = layers.path if layers.named else os.path.basename(layers.path)
    return f"{name} line {line}" if line else name


def command(layers: Layers, words: str) -> str:
    """The `synapse config` command that works on this very file."""
    named = layers.named
    if named and named != layers.environ.get("SYNAPSE_CONFIG"):
        return f"synapse --config {quote(named)} config {words}"
    return f"synapse config {words}"


def _cure(layers: Layers) -> str:
    return "edit" if layers.has_file else "show"
