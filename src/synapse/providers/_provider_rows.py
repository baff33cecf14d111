"""The table of providers, and what a row of it says. Data only: no provider is loaded."""

from __future__ import annotations

from synapse.providers import _dialects
from synapse.providers._dialects import Dialect
from synapse.registry import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.ports import ProviderOptions

TARGETS = {
    "openai": "synapse.providers.openai_compatible:OpenAiCompatible",
    "anthropic": "synapse.providers.anthropic:Anthropic",
    "responses": "synapse.providers.responses:Responses",
}
"""Every wire format, by its `kind`, and what speaks it."""


class ProviderRow(Entry):
    """One provider: where it is, what it is called there, how it speaks."""

    kind: str = ""
    """The wire format, one of TARGETS; "" for a provider that uses no network."""
    base_url: str = ""
    """Where it is; what stands in braces is the environment variable that says so."""
    api_key_env: str = ""
    """The environment variable that holds the key; "" if there is none."""
    needs_key: bool = False
    """Whether nothing works without a key."""
    default_model: str | None = None
    """The model to use when none is named; None where only the user can know."""
    own_models: tuple[str, ...] = ()
    """Of a vendor that serves no models but its own: how their names begin."""
    dialect: Dialect = Dialect()
    chat: Dialect | None = None
    """Of a vendor that is asked in another format: how its chat completions differ. They are for
    `kind = "openai"`, and for a server that takes the vendor's place."""
    start_hint: str = ""
    """Of a server on this machine: the command that starts it."""


def hosted(
    summary: str,
    base_url: str,
    key: str,
    model: str,
    dialect: Dialect,
    own_models: tuple[str, ...] = (),
    chat: Dialect | None = None,
) -> ProviderRow:
    """The row of a service that needs a key, and speaks OpenAI's chat completions, or, with the
    dialect of those as `chat`, its Responses.
    """
    kind = "openai" if chat is None else "responses"
    return ProviderRow(
        target=TARGETS[kind],
        summary=summary,
        kind=kind,
        base_url=base_url,
        api_key_env=key,
        needs_key=True,
        default_model=model,
        own_models=own_models,
        dialect=dialect,
        chat=chat,
    )


def server(summary: str, base_url: str, key: str, dialect: Dialect, start: str) -> ProviderRow:
    """The row of a program that serves OpenAI's format on this machine, mostly without a key."""
    return ProviderRow(
        target=TARGETS["openai"],
        summary=summary,
        kind="openai",
        base_url=base_url,
        api_key_env=key,
        dialect=dialect,
        start_hint=start,
    )


PROVIDERS: dict[str, ProviderRow] = {
    "deepseek": hosted(
        "DeepSeek",
        "https://api.deepseek.com",
        "DEEPSEEK_API_KEY",
        "deepseek-flash",
        _dialects.DEEPSEEK,
        ("deepseek-",),
    ),
    "openai": hosted(
        "OpenAI",
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        "gpt-6-luna",
        _dialects.OPENAI_RESPONSES,
        ("gpt-", "chatgpt-"),
        _dialects.OPENAI,
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
        dialect=_dialects.ANTHROPIC,
    ),
    "gemini": hosted(
        "Google Gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "GEMINI_API_KEY",
        "gemini-flash-latest",
        _dialects.GEMINI,
        ("gemini-",),
    ),
    "mistral": hosted(
        "Mistral",
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        "mistral-medium-latest",
        _dialects.MISTRAL,
        ("mistral-", "ministral-", "magistral-", "codestral-", "devstral-", "pixtral-"),
    ),
    "groq": hosted(
        "Groq",
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        "openai/gpt-oss-120b",
        _dialects.GROQ,
    ),
    "xai": hosted(
        "xAI",
        "https://api.x.ai/v1",
        "XAI_API_KEY",
        "grok-4.7",
        _dialects.XAI_RESPONSES,
        ("grok-",),
        _dialects.XAI,
    ),
    "openrouter": hosted(
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        "openrouter/auto",
        _dialects.OPENROUTER,
    ),
    "azure": hosted(
        "Azure OpenAI",
        "{AZURE_OPENAI_ENDPOINT}/openai/v1",
        "AZURE_OPENAI_API_KEY",
        "gpt-6-luna",
        _dialects.OPENAI_RESPONSES,
        chat=_dialects.OPENAI,
    ),
    "perplexity": hosted(
        "Perplexity",
        "https://api.perplexity.ai",
        "PERPLEXITY_API_KEY",
        "sonar-pro",
        _dialects.PERPLEXITY,
        ("sonar",),
    ),
    "together": hosted(
        "Together AI",
        "https://api.together.ai/v1",
        "TOGETHER_API_KEY",
        "openai/gpt-oss-120b",
        _dialects.TOGETHER,
    ),
    "fireworks": hosted(
        "Fireworks AI",
        "https://api.fireworks.ai/inference/v1",
        "FIREWORKS_API_KEY",
        "accounts/fireworks/models/deepseek-v4p1-flash",
        _dialects.FIREWORKS,
    ),
    "deepinfra": hosted(
        "DeepInfra",
        "https://api.deepinfra.com/v1/openai",
        "DEEPINFRA_TOKEN",
        "deepseek-ai/DeepSeek-V4.1-Flash",
        _dialects.DEEPINFRA,
    ),
    "moonshot": hosted(
        "Moonshot AI (Kimi)",
        "https://api.moonshot.ai/v1",
        "MOONSHOT_API_KEY",
        "kimi-k3",
        _dialects.MOONSHOT,
        ("kimi-", "moonshot-"),
    ),
    "zhipu": hosted(
        "Z.ai (Zhipu)",
        "https://api.z.ai/api/paas/v4",
        "ZAI_API_KEY",
        "glm-5.3",
        _dialects.ZHIPU,
        ("glm-",),
    ),
    "dashscope": hosted(
        "Alibaba Cloud Model Studio (Qwen)",
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        "DASHSCOPE_API_KEY",
        "qwen3.8-flash",
        _dialects.DASHSCOPE,
    ),
    "cerebras": hosted(
        "Cerebras",
        "https://api.cerebras.ai/v1",
        "CEREBRAS_API_KEY",
        "gpt-oss-120b",
        _dialects.CEREBRAS,
    ),
    "cohere": hosted(
        "Cohere",
        "https://api.cohere.ai/compatibility/v1",
        "CO_API_KEY",
        "command-a-plus-05-2026",
        _dialects.COHERE,
        ("command-",),
    ),
    "cloudflare": hosted(
        "Cloudflare Workers AI",
        "https://api.cloudflare.com/client/v4/accounts/{CLOUDFLARE_ACCOUNT_ID}/ai/v1",
        "CLOUDFLARE_API_KEY",
        "@cf/openai/gpt-oss-120b",
        _dialects.CLOUDFLARE,
    ),
    "ollama": server(
        "Ollama on this machine",
        "http://localhost:11434/v1",
        "OLLAMA_API_KEY",
        _dialects.OLLAMA,
        "ollama serve",
    ),
    "llamacpp": server(
        "llama.cpp's server on this machine",
        "http://localhost:8080/v1",
        "LLAMA_API_KEY",
        _dialects.LLAMACPP,
        "llama-server -m MODEL.gguf",
    ),
    "vllm": server(
        "vLLM on this machine",
        "http://localhost:8000/v1",
        "VLLM_API_KEY",
        _dialects.COMPATIBLE,
        "vllm serve MODEL",
    ),
    "lmstudio": server(
        "LM Studio on this machine",
        "http://localhost:1234/v1",
        "LM_API_TOKEN",
        _dialects.LLAMACPP,
        "lms server start",
    ),
    "litellm": server(
        "LiteLLM's proxy on this machine",
        "http://localhost:4000/v1",
        "LITELLM_PROXY_API_KEY",
        _dialects.COMPATIBLE,
        "litellm --config config.yaml",
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

RETIRED = {
    "github": ("GitHub Models", "2026-07-30"),
    "github-models": ("GitHub Models", "2026-07-30"),
}
"""Services that users of other programs look for, and the day since which they are no more."""


def vendor_of(name: str, options: ProviderOptions) -> str | None:
    """The row whose models a provider serves at the same prices; None if nobody knows.

    A provider of the table is itself, wherever it is asked: a gateway that takes a vendor's place
    is paid like it. Another one is the vendor at whose address it is, or, without an address, whose
    account it is.
    """
    if name in PROVIDERS:
        return name
    if options.base_url is None:
        return options.like if options.like in PROVIDERS else None
    for vendor, row in PROVIDERS.items():
        if row.needs_key and is_vendors(options.base_url, row):
            return vendor
    return None


def is_vendors(base_url: str | None, row: ProviderRow) -> bool:
    """Whether the address is one of the vendor's own, such as that of a region."""
    if base_url is None:
        return True
    host, own = (url.partition("://")[2].partition("/")[0] for url in (base_url, row.base_url))
    return bool(own) and (host == own or host.endswith(f".{own}"))


def filled(base_url: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """A row's address with what the environment says in place of its braces; and the variable
    that is not set, or "" if there is none.
    """
    before, brace, rest = base_url.partition("{")
    if not brace:
        return base_url, ""
    variable, _, after = rest.partition("}")
    value = environ.get(variable, "").strip().rstrip("/")
    return f"{before}{value.removesuffix(after)}{after}", "" if value else variable
