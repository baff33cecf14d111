"""What the reader looks for in a file that is wrong, or may be. Here alone, as `re` is dear: with
what it imports, 20 million instructions, a sixth of a question with its answer.
"""

from __future__ import annotations

import re

_SYNTAX_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)$")
_KEY_LINE = re.compile(rb"(?m)^[^#\n]*\bapi_key[\"']?\s*=")
_DEEP_KEY = re.compile(r"""(?:(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){64}""")
_PASSWORD = re.compile(r"://[^/?#@]*:[^/?#]*@")


def has_deep_key(text: str) -> bool:
    """Whether a key has so many parts that reading it takes minutes."""
    return _DEEP_KEY.search(text) is not None


def may_hold_key(content: bytes) -> bool:
    """Whether a line of a file that is no TOML looks as if it gave an API key."""
    return _KEY_LINE.search(content) is not None


def has_password(url: str) -> bool:
    """Whether a password stands in the URL."""
    return _PASSWORD.search(url) is not None


def without_place(message: str) -> tuple[str, int | None]:
    """What `tomllib` says is wrong, and in which line if it says that."""
    place = _SYNTAX_LINE.search(message)
    if place is None:
        return message.removesuffix(" (at end of document)"), None
    return message[: place.start()], int(place.group(1))
