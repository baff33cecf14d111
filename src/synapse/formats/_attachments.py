"""Pictures and files that come within a conversation."""

from __future__ import annotations

import base64
import binascii
import re

from synapse.domain import Attachment
from synapse.formats.reading.limits import LARGEST_ATTACHMENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_DATA = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w=.+-]+)*?)(;base64)?,", re.ASCII)
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_ENDINGS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "text/plain": "txt",
}


def from_data_url(url: object, name: str = "") -> Iterator[Attachment]:
    """What a `data:` URL holds, if it is one that can be read; nothing for any other."""
    if isinstance(url, str) and (found := _DATA.match(url)) and found[3]:
        yield from from_base64(url[found.end() :], found[1] or "text/plain", name)


def from_base64(data: object, media_type: object, name: str = "") -> Iterator[Attachment]:
    """The bytes, if they can be read and are not too many."""
    if not isinstance(data, str) or len(data) > LARGEST_ATTACHMENT * 4 // 3 or not data:
        return
    kind = media_type.lower() if isinstance(media_type, str) else ""
    if not _TYPE.fullmatch(kind):
        kind = "application/octet-stream"
    try:
        content = base64.b64decode(data, validate=False)
    except (binascii.Error, ValueError):
        return
    ending = _ENDINGS.get(kind) or kind.partition("/")[2].partition("+")[0]
    plain = name.replace("\\", "/").rpartition("/")[2].strip()[:200]
    yield Attachment(name=plain or f"attachment.{ending}", media_type=kind, data=content)


def without_data(value: object) -> object:
    """The value with a remark in the place of long `data:` URLs, whose bytes are kept as
    attachments.
    """
    if isinstance(value, dict):
        return {key: without_data(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_data(each) for each in value]
    if isinstance(value, str) and len(value) > 1000 and (found := _DATA.match(value)):
        return f"{value[: found.end()]}… ({len(value):,} characters)"
    return value
