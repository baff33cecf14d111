"""Names of other programs for providers, as ours, where it is obvious who is meant."""

from __future__ import annotations

from synapse.formats._fields import text

_SAME = frozenset(
    "anthropic azure cerebras cloudflare cohere dashscope deepinfra deepseek fireworks gemini groq"
    " litellm llamacpp lmstudio mistral moonshot ollama openai openrouter perplexity together vllm"
    " xai zhipu".split()
)
_MEANT = {
    "aliyun": "dashscope",
    "anthropicai": "anthropic",
    "azureopenai": "azure",
    "claude": "anthropic",
    "cloudflareworkersai": "cloudflare",
    "fireworksai": "fireworks",
    "google": "gemini",
    "googleai": "gemini",
    "googlegemini": "gemini",
    "grok": "xai",
    "kimi": "moonshot",
    "llama-cpp": "llamacpp",
    "mistralai": "mistral",
    "moonshotai": "moonshot",
    "openaichat": "openai",
    "openairesponses": "openai",
    "qwen": "dashscope",
    "togetherai": "together",
    "workersai": "cloudflare",
    "xgrok": "xai",
    "zai": "zhipu",
    "zhipuai": "zhipu",
}
_BY_MODEL = (
    ("gpt-", "openai"),
    ("chatgpt-", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4-", "openai"),
    ("claude-", "anthropic"),
    ("gemini-", "gemini"),
    ("deepseek-", "deepseek"),
    ("grok-", "xai"),
    ("mistral-", "mistral"),
    ("codestral-", "mistral"),
    ("command-", "cohere"),
    ("sonar", "perplexity"),
)


def provider_name(word: object) -> str | None:
    """Our name of that provider; the word itself for one that we don't know, None for none."""
    name = text(word).strip()
    plain = name.lower()
    if plain in _SAME:
        return plain
    joined = "".join(letter for letter in plain if letter.isalnum())
    return _MEANT.get(plain) or _MEANT.get(joined) or (joined if joined in _SAME else name or None)


def provider_of_model(model: object) -> str | None:
    """The vendor that serves a model of this name; None if that is not plain from it. A name with
    a slash or a colon is one of a server of many vendors' models, or of one on this machine.
    """
    name = text(model).lower()
    if "/" in name or ":" in name:
        return None
    return next((provider for start, provider in _BY_MODEL if name.startswith(start)), None)
