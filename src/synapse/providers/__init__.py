"""The PROVIDERS table, and how a row of it becomes an LlmProvider.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os

from synapse import registry
from synapse.advice import Advice
from synapse.errors import ConfigError
from synapse.ports import ProviderOptions
from synapse.providers import _dialects
from synapse.providers._provider_rows import (
    PROVIDERS,
    RETIRED,
    TARGETS,
    ProviderRow,
    is_vendors,
    server,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.ports import LlmProvider
    from synapse.providers._endpoint import ApiKey

__all__ = [
    "DEFAULT_OPTIONS",
    "ENTRY_POINTS",
    "PROVIDERS",
    "default_model",
    "find",
    "with_key",
]

ENTRY_POINTS = "synapse.providers"
"""The entry-point group of providers in other packages: `Class(options: ProviderOptions)`."""

DEFAULT_OPTIONS = ProviderOptions()


def with_key(
    name: str,
    options: ProviderOptions,
    key: ApiKey | None,
    environ: Mapping[str, str] = os.environ,
) -> LlmProvider:
    """The provider called `name`, ready to answer with this key and no other; nothing is sent.

    `environ` tells where certificates are, never a key: see `synapse.config.providers`. A name
    that is not in PROVIDERS stands for a compatible server if `options` has a `base_url`, else
    for an entry point of another package. Raises ConfigError for an unknown name or an unusable
    option.
    """
    row = find(name, options)
    if not isinstance(row, ProviderRow):
        from synapse.providers.plugin_provider import open_plugin

        if key is not None:
            options = options.replace(api_key=key.text, api_key_cmd=None)
        return open_plugin(name, row, options)
    if not row.kind:
        provider: LlmProvider = row.load()(options)
        return provider
    from synapse.providers._endpoint import endpoint_of

    endpoint = endpoint_of(name, row, options, key, environ)
    opened: LlmProvider = row.load()(endpoint, row.dialect, options)
    return opened


def find(name: str, options: ProviderOptions = DEFAULT_OPTIONS) -> registry.Entry:
    """The row for `name`: of the table, made from `options`, or of another package.

    Raises ConfigError for an unknown name, or a `kind` that can't be.
    """
    row = PROVIDERS.get(name)
    if row is not None:
        if options.like is not None:
            raise ConfigError(
                f'provider "{name}" is built in, and like no other',
                "Give your server another name, with its own like and base_url.",
            )
        return _corrected(name, _built_in(name, row, options), options)
    if options.like is not None:
        return _corrected(name, _like(name, options.like, options), options)
    if options.base_url is None and options.kind is None:
        if name in RETIRED:
            raise _retired(name)
        return registry.choose(PROVIDERS, name, kind="provider", group=ENTRY_POINTS)
    return _corrected(name, _configured(name, options), options)


def _corrected(name: str, row: ProviderRow, options: ProviderOptions) -> ProviderRow:
    if options.usage is None and options.max_tokens_field is None and options.cache is None:
        return row
    from synapse.providers._customised import dialect_of

    return row.replace(dialect=dialect_of(name, row.kind, row.dialect, options))


def _like(name: str, other: str, options: ProviderOptions) -> ProviderRow:
    """The other provider's row for a server of the user's own, or, without an address, for another
    account at that provider.
    """
    row = PROVIDERS.get(other)
    if row is None or not row.kind:
        from synapse.suggestions import suggestion  # only after a typing error

        known = [each for each, row in PROVIDERS.items() if row.kind]
        near = suggestion(other, known)
        raise ConfigError(
            f'provider "{name}" can\'t be like "{other}"'
            + (f'; did you mean "{near}"?' if near else ""),
            f"It can be like: {', '.join(known)}",
        )
    if options.kind not in (None, row.kind) and not (row.chat and options.kind == "openai"):
        raise ConfigError(
            f'provider "{name}" can\'t be like "{other}" and of the kind "{options.kind}":'
            f' {other} is of the kind "{row.kind}"',
            "Leave one of the two out.",
        )
    found = _built_in(other, row, options)
    if options.base_url is None:
        return found.replace(own_models=())
    return found.replace(
        summary=f"the server {name}",
        api_key_env="",
        needs_key=False,
        default_model=None,
        own_models=(),
        start_hint="",
    )


def _retired(name: str) -> ConfigError:
    service, day = RETIRED[name]
    return ConfigError(
        f'provider "{name}" is no more: {service} was shut down on {day}',
        Advice("See which models there are:  ", "models"),
    )


def _built_in(name: str, row: ProviderRow, options: ProviderOptions) -> ProviderRow:
    """The row in the format that was chosen; a server that takes a vendor's place is taken for
    one that has chat completions, as most have, unless its `kind` says more.
    """
    kind = options.kind
    if kind is None and row.chat is not None and not is_vendors(options.base_url, row):
        kind = "openai"
    if kind in (None, row.kind):
        return row
    if kind == "openai" and row.chat is not None:
        return row.replace(target=TARGETS[kind], kind=kind, dialect=row.chat, chat=None)
    raise ConfigError(
        f'provider "{name}" is built in; its kind can\'t be changed to "{options.kind}"',
        "Give your server another name, with its own kind and base_url.",
    )


def _configured(name: str, options: ProviderOptions) -> ProviderRow:
    if options.base_url is None:
        raise ConfigError(f'provider "{name}" has a kind but no base_url')
    kind = options.kind or "openai"
    if kind == "anthropic":
        row = PROVIDERS["anthropic"]
        return row.replace(
            summary=f"the server {name}",
            api_key_env="",
            needs_key=False,
            default_model=None,
            dialect=row.dialect.replace(cache_marks=()),
        )
    if kind in TARGETS:
        is_chat = kind == "openai"
        dialect = _dialects.COMPATIBLE if is_chat else _dialects.COMPATIBLE_RESPONSES
        row = server(f"the server {name}", options.base_url, "", dialect, "")
        return row.replace(target=TARGETS[kind], kind=kind)
    from synapse.suggestions import suggestion  # only after a typing error

    near = suggestion(kind, [*TARGETS])
    raise ConfigError(
        f'provider "{name}" has the unknown kind "{kind}"'
        + (f'; did you mean "{near}"?' if near else ""),
        f"Known: {', '.join(TARGETS)}",
    )


def default_model(name: str, options: ProviderOptions = DEFAULT_OPTIONS) -> str | None:
    """The model of `name` when the user names none; None if only the user can know it."""
    if options.model is not None:
        return options.model
    row = PROVIDERS.get(name)
    if row is not None:
        return row.default_model
    if options.like is not None and options.base_url is None and options.like in PROVIDERS:
        return PROVIDERS[options.like].default_model
    if options.base_url is not None or options.kind is not None or options.like is not None:
        return None
    plugin = registry.plugin(ENTRY_POINTS, name)
    if plugin is None:
        return None
    from synapse.providers import plugin_provider

    return plugin_provider.default_model(plugin)
