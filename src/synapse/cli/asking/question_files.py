"""Files that go with a question: texts and images."""

from __future__ import annotations

import os

from synapse.app import attachments
from synapse.cli.asking.reading import RAISE_IT, as_utf8, decoded, read_whole, refuse_binary
from synapse.domain import Attachment
from synapse.errors import UsageError
from synapse.paths import expand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context

STDIN = "-"
_NAME_OF_STDIN = "stdin"
_BEGINNING = 16
"""Bytes that tell an image."""


def attach(value: str, context: Context, said: str = "-f ") -> Attachment:
    """What `-f VALUE` attaches: a file, or standard input for `-`. `said` is what the user wrote
    before the value.

    Raises UsageError for what can't be read, is too large, or is neither a text nor an image.
    """
    if value == STDIN:
        return _attachment(
            context.streams.stdin, "standard input", _NAME_OF_STDIN, "stdin", context
        )
    path = expand(value, context.environ)
    try:
        if os.path.isdir(path):
            raise UsageError(f"{said}{value}: that is a folder; attach its files, one by one")
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(f"{said}{value}: {error.strerror}") from error
    try:
        return _attachment(descriptor, value, _shown(os.path.basename(path)), "file", context)
    finally:
        os.close(descriptor)


def _attachment(descriptor: int, what: str, name: str, source: str, context: Context) -> Attachment:
    most = max(attachments.LARGEST_IMAGE, context.settings.input_max_bytes)
    data = read_whole(descriptor, most, what, "Nothing was sent. No provider takes as much.")
    image = attachments.image_type(data[:_BEGINNING])
    if image is not None:
        if source == "stdin":
            name = f"{name}.{image.partition('/')[2]}"
        return Attachment(name=name, media_type=image, data=data, source=source)
    data = as_utf8(data)
    refuse_binary(data, what, None if source == "stdin" else what)
    if b"\0" in data:
        raise UsageError(
            f"{what} is neither a text nor a png, jpeg, gif or webp image",
            "Nothing was sent. Send a text:  strings FILE | synapse …",
        )
    limit = context.settings.input_max_bytes
    if len(data) > limit:
        raise UsageError(
            f"{what} has {len(data):,} bytes, the limit for texts is {limit:,}",
            RAISE_IT,
        )
    return attachments.text(name, decoded(data, what, context), source=source)


def _shown(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")
