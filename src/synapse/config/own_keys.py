"""Every API key that the user has, as far as it costs nothing to know: for masking them."""

from __future__ import annotations

from synapse.config.key_store import stored_keys
from synapse.providers._provider_rows import PROVIDERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.config import Settings


def own_keys(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """The keys in the environment, in `keys.toml` and in the configuration. No command is run and
    no keychain is asked: both may want a passphrase. Raises ConfigError if `keys.toml` can't be
    used.
    """
    variables = {row.api_key_env for row in PROVIDERS.values()}
    variables |= {options.api_key_env or "" for options in settings.providers.values()}
    found = [environ.get(variable, "") for variable in sorted(variables)]
    found += stored_keys(environ).values()
    found += [options.api_key or "" for options in settings.providers.values()]
    return sorted({key.strip() for key in found} - {""})
