"""What goes with a message, inside the page."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from synapse.formats.html import code, markup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.domain import Attachment

SHOWN_IMAGES = frozenset(
    ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp")
)
"""Images that a browser shows, and that hold nothing but pixels: SVG can hold a script."""

_BYTES = "application/octet-stream"
_UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u202a-\u202e\u2066-\u2069]+')
_PIECE = 3 * 256 * 1024
"""Bytes that become Base64 at once: a multiple of three."""


def pieces(attachment: Attachment) -> Iterable[str]:
    """The HTML of one attachment, piece by piece: it may be large."""
    name = markup.line(attachment.name or "attachment")
    kind = attachment.media_type.partition(";")[0].strip().lower()
    about = f'<span class="about">{markup.line(attachment.media_type[:80])}, ' + (
        f"{size_text(len(attachment.data))}</span>"
    )
    if kind in SHOWN_IMAGES:
        yield f'<figure><img alt="{name}" loading="lazy" decoding="async" src="data:{kind};base64,'
        yield from _base64(attachment.data)
        yield f'"><figcaption dir="auto">{name} {about}</figcaption></figure>\n'
    elif attachment.is_text:
        yield f'<details class="file"><summary dir="auto">{name} {about}</summary>\n'
        yield code.file(attachment.data.decode(errors="replace"), attachment.name)
        yield "</details>\n"
    else:
        # Whatever it is said to be, the browser is told to save bytes: it opens nothing.
        saved = markup.line(_UNSAFE_IN_NAMES.sub("_", attachment.name) or "attachment")
        yield f'<p class="file"><a download="{saved}" href="data:{_BYTES};base64,'
        yield from _base64(attachment.data)
        yield f'">Save {name}</a> {about}</p>\n'


def size_text(size: int) -> str:
    """`12 KB`, `3.4 MB`: in units of 1,000, as browsers count."""
    if size < 1_000:
        return f"{size} bytes"
    if size < 1_000_000:
        return f"{size // 1_000} KB"
    return f"{size / 1_000_000:.1f} MB"


def _base64(data: bytes) -> Iterable[str]:
    for start in range(0, len(data), _PIECE):
        yield base64.b64encode(data[start : start + _PIECE]).decode()
