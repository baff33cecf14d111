"""Attachments of a question: which files are taken, and how they are sent."""

from __future__ import annotations

from synapse.domain import Attachment
from synapse.errors import UsageError
from synapse.ports import capabilities_of
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from synapse.domain import StoredMessage
    from synapse.ports import ImageSupport, LlmProvider

TEXT = "text/plain"
LARGEST_IMAGE = 20_000_000
"""Bytes above which no provider takes an image; most stop earlier."""

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def image_type(data: bytes) -> str | None:
    """The media type of an image, recognised by its first bytes; None if it is not an image that
    can be sent.
    """
    for beginning, media_type in _MAGIC:
        if data.startswith(beginning):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def text(name: str, content: str, *, source: str = "file") -> Attachment:
    """Make an attachment of a text."""
    return Attachment(
        name=name, media_type=TEXT, data=content.encode("utf-8", "replace"), source=source
    )


def check(attachments: Iterable[Attachment], provider: LlmProvider) -> None:
    """Raise UsageError for an image that the provider does not take, or not in this size."""
    support = image_support_of(provider)
    for attachment in attachments:
        if attachment.is_text:
            continue
        fault = why_not_sendable(attachment, support)
        if fault is not None:
            raise UsageError(
                f"{provider.name} can't be sent {attachment.name}: {fault}",
                "Nothing was sent, and nothing stored.",
            )


def image_support_of(provider: LlmProvider) -> ImageSupport | None:
    """Which images the provider takes; None if it takes none."""
    return capabilities_of(provider).images


def why_not_sendable(image: Attachment, support: ImageSupport | None) -> str | None:
    """Why an image can't be sent; None if it can."""
    if support is None:
        return "it takes no images"
    if image.media_type not in support.media_types:
        known = ", ".join(kind.partition("/")[2] for kind in support.media_types)
        return f"it takes no {image.media_type.partition('/')[2]} images, only {known}"
    if len(image.data) > support.max_bytes:
        return f"it has {len(image.data):,} bytes, the limit is {support.max_bytes:,}"
    return None


class MessageParts(Record):
    """A message in the form in which it is sent."""

    content: str
    images: tuple[Attachment, ...] = ()
    left_out: tuple[str, ...] = ()
    """Names of images that the provider does not take; `content` has a line for each."""


def message_parts(message: StoredMessage, support: ImageSupport | None) -> MessageParts:
    """Split a message into text and images. Attached texts follow the message's text, each under
    its name. What was piped in follows without a name, as the user wrote the question for that.
    """
    texts = [message.content] if message.content else []
    images, left_out = [], []
    for attachment in message.attachments:
        if not attachment.is_sent:
            continue
        if attachment.is_text:
            texts.append(_named(attachment))
        elif why_not_sendable(attachment, support) is None:
            images.append(attachment)
        else:
            left_out.append(attachment.name)
            texts.append(f"[image {attachment.name}, not shown to this model]")
    return MessageParts(content="\n\n".join(texts), images=tuple(images), left_out=tuple(left_out))


def _named(attachment: Attachment) -> str:
    content = attachment.data.decode("utf-8", "replace")
    if attachment.source == "stdin":
        return content
    if attachment.source == "command":
        return f"The output of {attachment.name.removeprefix('$ ')}:\n\n{content}"
    name = attachment.name.replace("&", "&amp;").replace('"', "&quot;")
    end = "" if content.endswith("\n") else "\n"
    return f'<file name="{name}">\n{content}{end}</file>'
