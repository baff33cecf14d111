"""Whose a spill file is, told from its first bytes.

Loading `spill`, which reads it, costs a start 5 million instructions: a file of another database
would cost them every time.
"""

from __future__ import annotations

import os

_BEGINNING = b'{"format": "synapse-spill", "version": '
_LOCATION = b', "location": '
_ENOUGH = 1 << 13
"""Bytes that hold the location, whose path is of 4,096 at the most."""


def may_belong_to(path: str, location: str) -> bool:
    """False if the file certainly belongs to another store than the one at `location`."""
    quoted = _quoted(location)
    if quoted is None:
        return True
    try:
        # whatever it is, don't wait for it
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            head = os.read(descriptor, _ENOUGH)
        finally:
            os.close(descriptor)
    except OSError:
        return True
    before, mark, named = head.partition(_LOCATION)
    if not mark or not before.startswith(_BEGINNING) or len(before) > len(_BEGINNING) + 9:
        return True
    is_whole = named.startswith(b'"') and b'"' in named[1:]
    return not is_whole or named.startswith(quoted)


def _quoted(location: str) -> bytes | None:
    """As JSON writes it; None if it holds what JSON would escape."""
    if location.isascii() and location.isprintable() and not {'"', "\\"} & set(location):
        return f'"{location}"'.encode()
    return None
