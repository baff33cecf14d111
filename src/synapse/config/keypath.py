"""Dotted keys as TOML writes them: `providers."my.server".model`."""

from __future__ import annotations

from synapse.config import simple_toml
from synapse.config.simple_toml import is_bare

_PART = r"""[ \t]*(?:([A-Za-z0-9_-]+)|("(?:\\.|[^"\\])*")|'([^'\n]*)')[ \t]*(\.|\Z)"""


def dotted(path: tuple[str, ...]) -> str:
    """The key for this path; parts that are no bare words are quoted."""
    return ".".join(part if is_bare(part) else quoted(part) for part in path)


def split_key(key: str) -> tuple[str, ...]:
    """The path that a dotted key stands for. Raises ValueError if it is none."""
    parts = key.split(".")
    if all(map(is_bare, parts)):
        return tuple(parts)
    if '"' in key and (quoted_parts := simple_toml.split_quoted(key)):
        return quoted_parts
    import re  # a third of a short question's cost, and most keys are bare

    path: list[str] = []
    position = 0
    while position < len(key) or key.endswith("."):
        match = re.compile(_PART).match(key, position)
        if match is None or (match.end() == len(key) and match.group(4) == "."):
            raise ValueError(f"{key!r} is no key")
        bare, basic, literal, _ = match.groups()
        path.append(unquoted(basic) if basic else bare or literal or "")
        position = match.end()
    if not path:
        raise ValueError("an empty text is no key")
    return tuple(path)


def quoted(text: str) -> str:
    """The text as a TOML basic string."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    from json import dumps  # JSON's strings are TOML's, but for DEL

    return dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def unquoted(token: str) -> str:
    """What a TOML string stands for. Raises ValueError."""
    import tomllib  # heavy, and the simple reader reads most files

    text: str = tomllib.loads(f"text = {token}")["text"]
    return text
