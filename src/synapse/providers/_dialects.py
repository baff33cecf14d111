"""How one vendor's wire format differs from the others of its kind. Data only.

Where each fact comes from: docs/providers.md.
"""

from __future__ import annotations

from synapse.ports import ImageSupport
from synapse.record import Record


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
    only_in_chat: tuple[str, ...] = ()
    """Parameters that the vendor takes in its chat completions alone."""
    efforts: tuple[str, ...] = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
    """The values that `reasoning` may have."""
    cache_key: str = ""
    """The field in which the vendor wants to be told which turns belong together, so that they
    meet the same cache; "" where no document asks for it."""
    cache_header: str = ""
    """The header of the same meaning."""
    cache_marks: tuple[str, ...] = ()
    """How the names of the models begin that cache only what `cache_control` marks; "" stands for
    every model."""
    images: ImageSupport | None = None
    """Which images the server takes from models that can see; None for none at all."""


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
_CACHE_KEY = "prompt_cache_key"

OPENAI = Dialect(
    images=_IMAGES,
    token_cap="max_completion_tokens",
    system_role="developer",
    stream_options=(("include_usage", True), ("include_obfuscation", False)),
    parameters=_USUAL + _PENALTIES + _EFFORT,
    cache_key=_CACHE_KEY,
)
OPENAI_RESPONSES = Dialect(
    images=_IMAGES,
    token_cap="max_output_tokens",
    system_role="",
    stream_options=(("include_obfuscation", False),),
    parameters=_SAMPLING + _REASONING,
    only_in_chat=("stop", "seed", "frequency_penalty", "presence_penalty"),
    summary="auto",
    unthinking=("gpt-3", "gpt-4", "chatgpt-", "gpt-5-chat", "gpt-audio", "ft:gpt-3", "ft:gpt-4"),
    cache_key=_CACHE_KEY,
)
# Thinking is on by default, and then every assistant message must carry `reasoning_content`,
# even an empty one of another provider. Sampling parameters have no effect while it thinks.
DEEPSEEK = Dialect(
    images=_IMAGES,
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
    cache_marks=("",),
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
    parameters=(
        *_same("temperature", "top_p", "stop"),
        ("seed", "random_seed"),
        *_PENALTIES,
        *_EFFORT,
    ),
    efforts=("none", "high"),
    cache_key=_CACHE_KEY,
)
GROQ = Dialect(
    images=_images(3),
    token_cap="max_completion_tokens",
    parameters=_USUAL + _EFFORT,
    efforts=("none", "low", "medium", "high"),
)
# None of the models since grok-4.5 can be kept from thinking.
_XAI_EFFORTS = ("low", "medium", "high", "xhigh")
XAI = Dialect(
    images=_images(20, "png jpeg"),
    token_cap="max_completion_tokens",
    parameters=_USUAL + _EFFORT,
    efforts=_XAI_EFFORTS,
    cache_header="x-grok-conv-id",
)
XAI_RESPONSES = Dialect(
    images=_images(20, "png jpeg"),
    token_cap="max_output_tokens",
    stream_options=(),
    parameters=_SAMPLING + _REASONING,
    only_in_chat=("stop", "seed"),
    efforts=_XAI_EFFORTS,
    cache_key=_CACHE_KEY,
)
OPENROUTER = Dialect(
    images=_IMAGES,
    parameters=_USUAL
    + _PENALTIES
    + _same("top_k", "min_p", "repetition_penalty")
    + (("reasoning", "reasoning.effort"),),
    cache_marks=("anthropic/", "~anthropic/"),
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

# It sends usage unasked, and takes no `stream_options`.
PERPLEXITY = Dialect(
    images=_IMAGES,
    stream_options=(),
    parameters=_SAMPLING + _same("stop") + _PENALTIES + _same("top_k") + _EFFORT,
    efforts=("minimal", "low", "medium", "high"),
)
TOGETHER = Dialect(
    images=_IMAGES, stream_options=(), parameters=_EXTENDED, efforts=("low", "medium", "high")
)
FIREWORKS = Dialect(
    images=_IMAGES,
    parameters=_EXTENDED,
    efforts=("none", "low", "medium", "high"),
)
DEEPINFRA = Dialect(
    images=_IMAGES,
    parameters=_USUAL + _PENALTIES + _same("top_k", "min_p", "repetition_penalty"),
)
MOONSHOT = Dialect(
    images=_IMAGES,
    token_cap="max_completion_tokens",
    parameters=_SAMPLING + _same("stop") + _PENALTIES + _EFFORT,
    efforts=("low", "high", "max"),
)
ZHIPU = Dialect(images=_IMAGES, stream_options=(), parameters=_USUAL + _EFFORT)
DASHSCOPE = Dialect(
    images=_IMAGES,
    parameters=_USUAL + _same("presence_penalty", "top_k"),
)
CEREBRAS = Dialect(
    images=_IMAGES,
    token_cap="max_completion_tokens",
    parameters=_USUAL + _PENALTIES + _EFFORT,
    efforts=("none", "low", "medium", "high"),
)
# It refuses `stream_options`.
COHERE = Dialect(
    images=_IMAGES,
    stream_options=(),
    parameters=_USUAL + _PENALTIES,
)
CLOUDFLARE = Dialect(images=_IMAGES, parameters=_USUAL + _PENALTIES)
