"""How a refused configuration is told, with the commands that mend it."""

from __future__ import annotations

import os
from shlex import quote

from synapse.advice import RUN, Advice
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
        advice(
            "Fix it:  ", layers, f"config {_cure(layers)}", f"      ({count}; nothing was sent)"
        ),
    )


def missing(layers: Layers) -> ConfigError:
    """The file that the user named is not there."""
    return ConfigError(
        f"the configuration {layers.path} does not exist",
        advice("Make it:  ", layers, "config init"),
    )


def exposed(layers: Layers, mode: int) -> ConfigError:
    """The file holds a secret, and others can get at it."""
    return ConfigError(
        f"{layers.path} holds a secret, and other users can get at it (mode {mode:04o})",
        Advice("Fix it:  ", RUN, f"chmod 600 {quote(layers.path)}"),
    )


def place(layers: Layers, line: int | None) -> str:
    """`config.toml line 12`."""
    name = layers.path if layers.named else os.path.basename(layers.path)
    return f"{name} line {line}" if line else name


def advice(before: str, layers: Layers, verb: str, after: str = "", **options: bool) -> Advice:
    """To use a command on this very file."""
    named = layers.named
    if named and named != layers.environ.get("SYNAPSE_CONFIG"):
        return Advice(before, verb, after=after, config=named, **options)
    return Advice(before, verb, after=after, **options)


def _cure(layers: Layers) -> str:
    return "edit" if layers.has_file else "show"
