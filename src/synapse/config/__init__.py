"""What the user configured: flags over environment over file over defaults.

The file is `--config`, else `$SYNAPSE_CONFIG`, else `config.toml` in the configuration folder;
never one in the working directory, or a cloned repository could redirect a base URL and collect
keys. No file is needed.
"""

from __future__ import annotations

from synapse.config.layers import Layers
from synapse.config.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Layers", "Settings", "load", "resolve"]


def resolve(
    flags: Mapping[str, object], environ: Mapping[str, str], config_path: str | None = None
) -> Layers:
    """Every option's value and origin. Raises ConfigError only if the file can't be read."""
    layers = Layers(environ, config_path)
    layers.read_file()
    layers.read_environment()
    layers.read_flags(flags)
    return layers


def load(
    flags: Mapping[str, object], environ: Mapping[str, str], config_path: str | None = None
) -> Settings:
    """The configuration in force.

    `flags` are by an option's key (`model`, `session.database_url`, `ui.color`); None stands for
    a flag that was not given. `config_path` is `--config`. Raises ConfigError with all problems.
    """
    return resolve(flags, environ, config_path).settings()
