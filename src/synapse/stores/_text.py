"""Text as every engine can hold it."""

from __future__ import annotations

import re

_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with NUL (PostgreSQL refuses it, SQLite's length() stops at it) and lone
    surrogates (they are no UTF-8) replaced by U+FFFD.
    """
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text if text.isascii() else _LONE_SURROGATES.sub("\ufffd", text)
