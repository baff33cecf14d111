"""The PROVIDERS table, and how a row of it becomes an LlmProvider."""

from __future__ import annotations

import os

from synapse import registry
from synapse.errors import ConfigError
from synapse.ports import ProviderOptions
from synapse.providers import _provider_rows
from synapse.providers._provider_rows import TARGETS, ProviderRow, hosted, server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.ports import LlmProvider
    from synapse.providers._endpoint import ApiKey

PROVIDERS: dict[str, ProviderRow] = {
    "deepseek": hosted(
        "DeepSeek",
        "https://api.deepseek.com",
        "DEEPSEEK_API_KEY",
        "deepseek-v4-flash",
        _provider_rows.DEEPSEEK,
        ("deepseek-",),
    ),
    "openai": hosted(
        "OpenAI",
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        "gpt-6-luna",
        _provider_rows.OPENAI_RESPONSES,
        ("gpt-", "chatgpt-"),
        _provider_rows.OPENAI,
    ),
    "anthropic": ProviderRow(
        target=TARGETS["anthropic"],
        summary="Anthropic",
        kind="anthropic",
        base_url="https://api.anthropic.com",
        api_key_env="ANTHROPIC_API_KEY",
        needs_key=True,
        default_model="claude-sonnet-5-5",
        own_models=("claude-",),
        dialect=_provider_rows.ANTHROPIC,
    ),
    "gemini": hosted(
        "Google Gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "GEMINI_API_KEY",
        "gemini-flash-latest",
        _provider_rows.GEMINI,
        ("gemini-",),
    ),
    "mistral": hosted(
        "Mistral",
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        "mistral-medium-latest",
        _provider_rows.MISTRAL,
        ("mistral-", "ministral-", "magistral-", "codestral-", "devstral-", "pixtral-"),
    ),
    "groq": hosted(
        "Groq",
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        "openai/gpt-oss-120b",
        _provider_rows.GROQ,
    ),
    "xai": hosted(
        "xAI",
        "https://api.x.ai/v1",
        "XAI_API_KEY",
        "grok-4.7",
        _provider_rows.XAI_RESPONSES,
        ("grok-",),
        _provider_rows.XAI,
    ),
    "openrouter": hosted(
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        "openrouter/auto",
        _provider_rows.OPENROUTER,
    ),
    "ollama": server(
        "Ollama on this machine",
        "http://localhost:11434/v1",
        "OLLAMA_API_KEY",
        _provider_rows.OLLAMA,
        "ollama serve",
    ),
    "llamacpp": server(
        "llama.cpp's server on this machine",
        "http://localhost:8080/v1",
        "LLAMA_API_KEY",
        _provider_rows.LLAMACPP,
        "llama-server -m MODEL.gguf",
    ),
    "vllm": server(
        "vLLM on this machine",
        "http://localhost:8000/v1",
        "VLLM_API_KEY",
        _provider_rows.COMPATIBLE,
        "vllm serve MODEL",
    ),
    "lmstudio": server(
        "LM Studio on this machine",
        "http://localhost:1234/v1",
        "LM_API_TOKEN",
        _provider_rows.LLAMACPP,
        "lms server start",
    ),
    "local": ProviderRow(
        target="synapse.providers.local:LocalProvider",
        summary="a small demo model inside Synapse, without network",
        library="xllamacpp",
        default_model="smollm2-135m-instruct",
    ),
    "echo": ProviderRow(
        target="synapse.providers.echo:EchoProvider",
        summary="repeats the prompt, for trying and scripts",
        default_model="echo",
    ),
}
"""Every provider that is built in, in the order in which a default is looked for."""

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
        return _built_in(name, row, options)
    if options.base_url is None and options.kind is None:
        return registry.choose(PROVIDERS, name, kind="provider", group=ENTRY_POINTS)
    return _configured(name, options)


def _built_in(name: str, row: ProviderRow, options: ProviderOptions) -> ProviderRow:
    """The row in the format that was chosen; a server that takes a vendor's place is taken for
    one that has chat completions, as most have, unless its `kind` says more.
    """
    kind = options.kind
    if kind is None and row.chat is not None and not _is_vendors(options.base_url, row):
        kind = "openai"
    if kind in (None, row.kind):
        return row
    if kind == "openai" and row.chat is not None:
        return row.replace(target=TARGETS[kind], kind=kind, dialect=row.chat, chat=None)
    raise ConfigError(
        f'provider "{name}" is built in; its kind can\'t be changed to "{options.kind}"',
        "Give your server another name, with its own kind and base_url.",
    )


def _is_vendors(base_url: str | None, row: ProviderRow) -> bool:
    """Whether the address is one of the vendor's own, such as that of a region."""
    if base_url is None:
        return True
    host, own = (url.partition("://")[2].partition("/")[0] for url in (base_url, row.base_url))
    return host == own or host.endswith(f".{own}")


def _configured(name: str, options: ProviderOptions) -> ProviderRow:
    if options.base_url is None:
        raise ConfigError(f'provider "{name}" has a kind but no base_url')
    kind = options.kind or "openai"
    if kind == "anthropic":
        row = PROVIDERS["anthropic"]
        return row.replace(
            summary=f"the server {name}", api_key_env="", needs_key=False, default_model=None
        )
    if kind in TARGETS:
        is_chat = kind == "openai"
        dialect = _provider_rows.COMPATIBLE if is_chat else _provider_rows.COMPATIBLE_RESPONSES
        row = server(f"the server {name}", options.base_url, "", dialect, "")
        return row.replace(target=TARGETS[kind], kind=kind)
    from synapse.suggestions import suggestion

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
    if options.base_url is not None or options.kind is not None:
        return None
    plugin = registry.plugin(ENTRY_POINTS, name)
    if plugin is None:
        return None
    from synapse.providers import plugin_provider

    return plugin_provider.default_model(plugin)
