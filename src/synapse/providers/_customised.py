"""What the user adds to the requests of one provider. Pure."""

from __future__ import annotations

from synapse.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.ports import ProviderOptions
    from synapse.providers._dialects import Dialect

_UNRESERVED = frozenset(b"-._~")


def merged(body: Mapping[str, object], extra: Mapping[str, object]) -> dict[str, object]:
    """The body with more in it: tables are joined, all else takes the place of what is there."""
    result = {**body}
    for name, value in extra.items():
        here = result.get(name)
        both = isinstance(here, dict) and isinstance(value, dict)
        result[name] = merged(here, value) if both else value  # type: ignore[arg-type]
    return result


def query_of(query: Mapping[str, str]) -> str:
    """`a=1&b=2`, every other byte than letters and digits escaped."""
    return "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in query.items())


def _escaped(text: str) -> str:
    return "".join(
        chr(byte) if (chr(byte).isalnum() and byte < 128) or byte in _UNRESERVED else f"%{byte:02X}"
        for byte in text.encode("utf-8", "replace")
    )


def dialect_of(name: str, kind: str, dialect: Dialect, options: ProviderOptions) -> Dialect:
    """The dialect as the user corrects it. Raises ConfigError for what the format has not."""
    if options.usage is not None and kind != "openai":
        raise ConfigError(f'provider "{name}": usage is for kind "openai" alone')
    if options.max_tokens_field is not None and kind == "anthropic":
        raise ConfigError(f'provider "{name}": max_tokens_field has no meaning with "anthropic"')
    if options.usage is False:
        dialect = dialect.replace(stream_options=())
    elif options.usage and not dialect.stream_options:
        dialect = dialect.replace(stream_options=(("include_usage", True),))
    if options.max_tokens_field is not None:
        dialect = dialect.replace(token_cap=options.max_tokens_field)
    if options.cache is False:
        return dialect.replace(cache_key="", cache_header="", cache_marks=())
    if options.cache and not (dialect.cache_key or dialect.cache_header or dialect.cache_marks):
        if kind == "anthropic":
            return dialect.replace(cache_marks=("",))
        return dialect.replace(cache_key="prompt_cache_key")
    return dialect
