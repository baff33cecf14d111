"""What a row of the PROVIDERS table says, dialects included. Data only: nothing is loaded."""

from __future__ import annotations

from synapse.ports import ImageSupport
from synapse.record import Record
from synapse.registry import Entry


class Dialect(Record):
    """How one vendor's wire format differs from the others of its kind."""

    token_cap: str = "max_tokens"
    """The field that bounds the answer's length."""
    output_caps: tuple[tuple[str, int], ...] = ()
    """Of a format that requires a bound: the most that a model takes, by the start of its name;
    sent when the user gave none. "" stands for every other model."""
    system_role: str = "system"
    """The role under which the system prompt is sent as a message; "" where it has a field of its
    own."""
    stream_options: tuple[tuple[str, object], ...] = (("include_usage", True),)
    """What to ask for in a stream; where it may be asked nothing, tokens are counted unasked."""
    reasoning_back: str = ""
    """The field in which an assistant message's reasoning must be sent back; "" if nowhere."""
    thinking: str = ""
    """The value of `thinking.type` that goes with a reasoning effort; "" if there is no such
    switch. Effort `none` then is `disabled`."""
    parameters: tuple[tuple[str, str], ...] = ()
    """Generation parameters that the server takes: common name, name on the wire (a dot goes
    one object deeper). All others are refused before anything is sent."""
    summary: str = ""
    """How long a summary of the reasoning to ask for; "" where none can be asked for."""
    unthinking: tuple[str, ...] = ()
    """How the names of the models begin that refuse to be asked for one."""
    efforts: tuple[str, ...] = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
    """The values that `reasoning` may have."""
    images: ImageSupport | None = None
    """Which images the server takes from models that can see; None for none at all."""


class ProviderRow(Entry):
    """One provider: where it is, what it is called there, how it speaks."""

    kind: str = ""
    """The wire format, one of TARGETS; "" for a provider that uses no network."""
    base_url: str = ""
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


def _same(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, name) for name in names)


_PENALTIES = _same("frequency_penalty", "presence_penalty")
_EFFORT = (("reasoning", "reasoning_effort"),)
_REASONING = (("reasoning", "reasoning.effort"),)
_SAMPLING = _same("temperature", "top_p")
_USUAL = _SAMPLING + _same("stop", "seed")
_EXTENDED = _USUAL + _PENALTIES + _EFFORT + _same("top_k", "min_p", "repetition_penalty")


def _images(megabytes: float, types: str = "png jpeg webp gif") -> ImageSupport:
    return ImageSupport(
        media_types=tuple(f"image/{name}" for name in types.split()),
        max_bytes=int(megabytes * 1_000_000),
    )


_IMAGES = _images(20)

OPENAI = Dialect(
    images=_IMAGES,
    token_cap="max_completion_tokens",
    system_role="developer",
    stream_options=(("include_usage", True), ("include_obfuscation", False)),
    parameters=_USUAL + _PENALTIES + _EFFORT,
)
OPENAI_RESPONSES = Dialect(
    images=_IMAGES,
    token_cap="max_output_tokens",
    system_role="",
    stream_options=(("include_obfuscation", False),),
    parameters=_SAMPLING + _REASONING,
    summary="auto",
    unthinking=("gpt-3", "gpt-4", "chatgpt-", "gpt-5-chat", "gpt-audio", "ft:gpt-3", "ft:gpt-4"),
)
# Thinking is on by default, and then every assistant message must carry `reasoning_content`,
# even an empty one of another provider. Sampling parameters have no effect while it thinks.
DEEPSEEK = Dialect(
    reasoning_back="reasoning_content",
    thinking="enabled",
    parameters=_same("temperature", "top_p", "stop") + _EFFORT,
    efforts=("none", "low", "medium", "high", "xhigh", "max"),
)
# temperature, top_p and top_k are gone from version 2026-10-21 of the format.
# Five megabytes an image, counted in the base64 of the wire.
ANTHROPIC = Dialect(
    images=_images(3.75),
    output_caps=(
        ("claude-haiku-4-5", 64_000),
        ("claude-sonnet-4-5", 64_000),
        ("claude-opus-4-5", 64_000),
        ("claude-", 128_000),
        ("", 32_000),
    ),
    thinking="adaptive",
    parameters=(("stop", "stop_sequences"), ("reasoning", "output_config.effort")),
    efforts=("none", "low", "medium", "high", "xhigh", "max"),
)
GEMINI = Dialect(
    images=_images(14, "png jpeg webp"),
    parameters=_same("temperature", "top_p", "stop") + _EFFORT,
    efforts=("none", "minimal", "low", "medium", "high"),
)
# Refuses every field that it does not know, `stream_options` and `max_completion_tokens` too.
MISTRAL = Dialect(
    images=_images(10),
    stream_options=(),
    parameters=(*_same("temperature", "top_p", "stop"), ("seed", "random_seed"), *_PENALTIES),
)
GROQ = Dialect(
    images=_images(3),
    token_cap="max_completion_tokens",
    parameters=_USUAL + _EFFORT,
    efforts=("none", "low", "medium", "high"),
)
# grok-4.7, the default, can't be kept from thinking; older models take `none`.
_XAI_EFFORTS = ("none", "low", "medium", "high", "xhigh")
XAI = Dialect(
    images=_images(20, "png jpeg"),
    token_cap="max_completion_tokens",
    parameters=_USUAL + _EFFORT,
    efforts=_XAI_EFFORTS,
)
XAI_RESPONSES = Dialect(
    images=_images(20, "png jpeg"),
    token_cap="max_output_tokens",
    stream_options=(),
    parameters=_SAMPLING + _REASONING,
    efforts=_XAI_EFFORTS,
)
OPENROUTER = Dialect(
    images=_IMAGES,
    parameters=_USUAL
    + _PENALTIES
    + _same("top_k", "min_p", "repetition_penalty")
    + (("reasoning", "reasoning.effort"),),
)
LLAMACPP = Dialect(
    images=_IMAGES,
    parameters=_USUAL
    + _PENALTIES
    + _same("top_k", "min_p")
    + (("repetition_penalty", "repeat_penalty"), ("reasoning", "reasoning_effort")),
)
COMPATIBLE = Dialect(images=_IMAGES, parameters=_EXTENDED)
COMPATIBLE_RESPONSES = Dialect(
    images=_IMAGES,
    token_cap="max_output_tokens",
    system_role="",
    stream_options=(),
    parameters=_SAMPLING + _REASONING,
)
OLLAMA = Dialect(images=_IMAGES, parameters=_USUAL + _PENALTIES + _EFFORT)

TARGETS = {
    "openai": "synapse.providers.openai_compatible:OpenAiCompatible",
    "anthropic": "synapse.providers.anthropic:Anthropic",
    "responses": "synapse.providers.responses:Responses",
}
"""Every wire format, by its `kind`, and what speaks it."""


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
