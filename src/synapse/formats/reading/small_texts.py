"""Short files that people write by hand: read whole, or refused with the reason."""

from __future__ import annotations

import os
import stat

LARGEST = 1 << 20
"""Bytes of one: a longer file is no prompt."""


def small_text(path: str) -> str:
    """The text of a file, without a byte order mark and with line feeds at the ends of its lines.
    Raises FileNotFoundError, and ValueError with why it can't be taken.
    """
    try:
        # not blocking: a pipe of that name would be waited for
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ValueError("it is no file")
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"it can't be read: {(error.strerror or str(error)).lower()}") from error
    if len(content) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
    if b"\0" in content:
        raise ValueError("it holds NUL bytes: it is no text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    return text.replace("\r\n", "\n")
