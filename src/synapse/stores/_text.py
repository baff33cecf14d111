"""Text as every engine can hold it."""

from __future__ import annotations

TAG = "tag:"
"""Before a folded tag, where it is said when it was put on or taken off."""


def storable(text: str) -> str:
    """`text` with NUL (PostgreSQL refuses it, SQLite's length() stops at it) and lone
    surrogates (they are no UTF-8) replaced by U+FFFD.
    """
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        import re  # a start-up pays for it only where there is something to replace

        return re.sub("[\ud800-\udfff]", "\ufffd", text)
    return text


def folded(text: str) -> str:
    """The form in which names are compared and texts searched, on every engine: as it can be
    stored, NFC, case folded.
    """
    if text.isascii() and "\0" not in text:
        return text.lower()
    from unicodedata import normalize  # ASCII needs none

    return normalize("NFC", normalize("NFC", storable(text)).casefold())
