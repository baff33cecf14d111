"""Bytes of standard input and of files: read whole within a limit, as text, or refused.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import os
import stat

from synapse.advice import Advice
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.advice import Hint
    from synapse.cli.context import Context

_CHUNK = 1 << 16

RAISE_IT = Advice("Nothing was sent. Raise it:  ", "config set", "input.max_bytes", "N")


def read_whole(descriptor: int, most: int, what: str, hint: Hint = RAISE_IT) -> bytes:
    """Everything up to the end. Raises UsageError for more than `most` bytes, or a fault; `what`
    says in the message where it comes from, `hint` what to do about its size.
    """
    pieces: list[bytes] = []
    size = 0
    while True:
        try:
            piece = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            _wait_for_input(descriptor)
            continue
        except OSError as error:
            raise UsageError(f"can't read {what}: {error.strerror}") from error
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise _too_large(descriptor, size, most, what, hint)


def _too_large(descriptor: int, size: int, most: int, what: str, hint: Hint) -> UsageError:
    status = os.fstat(descriptor)
    # Of a pipe, only what has been read is known: it may be endless.
    whole = stat.S_ISREG(status.st_mode)
    known = f"has {status.st_size:,} bytes" if whole else f"has at least {size:,} bytes"
    return UsageError(
        f"{what} {known}, the limit is {most:,}",
        hint,
    )


def _wait_for_input(descriptor: int) -> None:
    import select  # few runs wait for it

    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    poll.poll()


def as_utf8(data: bytes) -> bytes:
    """The text in UTF-8 if it is UTF-16 with its mark (BOM), as Windows writes it; else the bytes
    as they are.
    """
    if data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return data
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError:
        return data
    return data if "\0" in text else text.encode()


def decoded(data: bytes, source: str, context: Context) -> str:
    """The text; bytes that are not UTF-8 are replaced, and the user is told how often."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("utf-8-sig", "replace")
    replaced = text.count("\ufffd") - data.count("\ufffd".encode())
    places = "place" if replaced == 1 else "places"
    context.warn(f"{source} is not UTF-8 in {replaced:,} {places}; replaced by \ufffd")
    return text


def refuse_binary(data: bytes, what: str, path: str | None) -> None:
    """Raise UsageError for a document or an archive, with the command that makes one of it;
    `path` is what to call it there, if it is a file.
    """
    from synapse.app.binaries import binary_kind

    known = binary_kind(data)
    if known is None:
        return
    from shlex import quote  # brings `re`

    kind, command = known
    raise UsageError(
        f"{what} is {kind}: neither a text nor an image",
        f"Nothing was sent. Send its text:  {command.format(quote(path) if path else 'FILE')}",
    )
