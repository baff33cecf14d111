"""The providers as the user configured them: which one answers, and one with its key.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os

from synapse.ports import ProviderOptions
from synapse.providers import PROVIDERS, find, with_key
from synapse.providers._provider_rows import ProviderRow, filled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.ports import LlmProvider

DEFAULT_OPTIONS = ProviderOptions()


def open_provider(
    name: str,
    options: ProviderOptions = DEFAULT_OPTIONS,
    environ: Mapping[str, str] = os.environ,
) -> LlmProvider:
    """The provider called `name`, ready to answer, with the key that `synapse.config.keys` finds
    for it; nothing is sent.

    A name that is not in PROVIDERS stands for a compatible server if `options` has a
    `base_url`, else for an entry point of another package. Raises ConfigError for an unknown
    name or an unusable option, CredentialsError if there is no key where one is needed.
    """
    row = find(name, options)
    if isinstance(row, ProviderRow) and not row.kind:
        return with_key(name, options, None, environ)
    from synapse.config.keys import key_for

    return with_key(name, options, key_for(name, row, options, environ), environ)


def default_provider(
    configured: Mapping[str, ProviderOptions], environ: Mapping[str, str]
) -> str | None:
    """Who answers if nobody is named: the first row of PROVIDERS that needs a key and has it in
    the environment, else the first that has it in `keys.toml`, else the first that has it in the
    configuration, else the local model if it is there, else None. Runs no command, and asks no
    keychain. Raises ConfigError if `keys.toml` can't be used.
    """
    from synapse.config.key_store import stored_keys
    from synapse.config.keys import key_variable

    rows = {
        name: (row, configured.get(name, DEFAULT_OPTIONS))
        for name, row in PROVIDERS.items()
        if row.needs_key and _has_address(row, configured.get(name, DEFAULT_OPTIONS), environ)
    }
    for name, (row, options) in rows.items():
        if environ.get(key_variable(row, options), "").strip():
            return name
    stored = stored_keys(environ)
    for name in rows:
        if name in stored:
            return name
    for name, (_, options) in rows.items():
        if options.api_key_cmd is not None or options.api_key:
            return name
    from synapse.providers.local_model.weights import local_ready

    return "local" if local_ready(environ) else None


def has_key(
    name: str, configured: Mapping[str, ProviderOptions], environ: Mapping[str, str]
) -> bool:
    """Whether a provider of the table has a key where no command has to be run for it, and no
    keychain asked. Raises ConfigError if `keys.toml` can't be used.
    """
    from synapse.config.key_store import stored_keys
    from synapse.config.keys import key_variable

    options = configured.get(name, DEFAULT_OPTIONS)
    if options.api_key or options.api_key_cmd is not None:
        return True
    variable = key_variable(PROVIDERS[name], options)
    return bool(environ.get(variable, "").strip()) or name in stored_keys(environ)


def _has_address(row: ProviderRow, options: ProviderOptions, environ: Mapping[str, str]) -> bool:
    """Whether it is known where the provider is: some are at an address of the user's own."""
    return options.base_url is not None or not filled(row.base_url, environ)[1]
