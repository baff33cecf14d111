"""What a message of ChatGPT says, by the type of its content."""

from __future__ import annotations

from synapse.formats._answers import call_text, fenced, json_text, result_text
from synapse.formats._fields import fields, first_text, items, objects, text
from synapse.formats.reading.json_values import parsed
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from synapse.domain import Attachment
    from synapse.formats.accounts._files import Files

_DOCUMENTS = ("canmore.create_textdoc", "canmore.update_textdoc", "canmore.comment_textdoc")


class Said(Record):
    """The words of a message, and what goes with them."""

    words: str = ""
    attachments: tuple[Attachment, ...] = ()


def said(message: dict[str, Any], files: Files) -> Said:
    """Text and pictures. What is not in the export is named."""
    content = fields(message.get("content"))
    words: list[str] = []
    held: list[Attachment] = []
    seen: set[str] = set()
    for part in items(content.get("parts")):
        if isinstance(part, str):
            words.append(part)
        elif isinstance(part, dict):
            _part(part, files, words, held, seen)
    if not words:
        words.append(_other_words(content))
    for file in objects(fields(message.get("metadata")).get("attachments")):
        _file(file, files, words, held, seen)
    shown = "\n\n".join(word.strip("\n") for word in words if word.strip())
    return Said(words=shown, attachments=tuple(held))


def called(recipient: str, message: dict[str, Any]) -> str:
    """A call of a tool: what the model wrote to it."""
    content = fields(message.get("content"))
    parts = [part for part in items(content.get("parts")) if isinstance(part, str)]
    words = first_text(content.get("text"), "\n".join(parts))
    if recipient in _DOCUMENTS:
        return _document(recipient, words)
    if recipient == "python" and not words.lstrip().startswith("{"):
        return f"**python**\n\n{fenced(words, 'python')}"
    return call_text(recipient, words)


def answered(name: str, message: dict[str, Any], found: Said) -> str:
    """What a tool gave back."""
    content = fields(message.get("content"))
    kind = content.get("content_type")
    output = found.words
    if kind == "system_error":
        return result_text(first_text(content.get("name"), name), output, failed=True)
    if kind in ("tether_quote", "sonic_webpage"):
        heading = " ".join(
            text(content.get(field)) for field in ("title", "url") if text(content.get(field))
        )
        output = f"{heading}\n\n{output}" if heading else output
    if not output and found.attachments:
        return f"**{name}**" if name else ""
    return result_text(name, output)


def thoughts(content: dict[str, Any]) -> str:
    """Of a `thoughts` content: summaries as headings, and what is below them."""
    told: list[str] = []
    for thought in objects(content.get("thoughts")):
        summary, words = text(thought.get("summary")).strip(), text(thought.get("content")).strip()
        words = words or "".join(chunk for chunk in items(thought.get("chunks")) if chunk)
        told.append("\n\n".join(part for part in (summary and f"**{summary}**", words) if part))
    return "\n\n".join(each for each in told if each)


def instructions(message: dict[str, Any]) -> str:
    """What the user has told ChatGPT to know and to do, in every conversation."""
    content = fields(message.get("content"))
    data = fields(fields(message.get("metadata")).get("user_context_message_data"))
    about = first_text(data.get("about_user_message"), content.get("user_profile"))
    wanted = first_text(data.get("about_model_message"), content.get("user_instructions"))
    return "\n\n".join(part.strip() for part in (about, wanted) if part.strip())


def _part(
    part: dict[str, Any],
    files: Files,
    words: list[str],
    held: list[Attachment],
    seen: set[str],
) -> None:
    kind = text(part.get("content_type"))
    if kind == "real_time_user_audio_video_asset_pointer":
        _part(fields(part.get("audio_asset_pointer")), files, words, held, seen)
        return
    pointer = text(part.get("asset_pointer"))
    if not pointer:
        words.append(first_text(part.get("text"), part.get("content")))
        return
    seen.add(pointer.rpartition("//")[2])
    found = files.attachment(pointer)
    if found is not None:
        held.append(found)
    elif "audio" not in kind:  # what was spoken is told by its transcription
        prompt = text(fields(fields(part.get("metadata")).get("dalle")).get("prompt"))
        words.append(f"[Image: {prompt or pointer}]")


def _file(
    file: dict[str, Any],
    files: Files,
    words: list[str],
    held: list[Attachment],
    seen: set[str],
) -> None:
    id, name = text(file.get("id")), text(file.get("name"))
    if id in seen:
        return
    seen.add(id)
    kind = first_text(file.get("mime_type"), file.get("mimeType"))
    found = files.attachment(id, name, kind)
    if found is not None:
        held.append(found)
    elif name:
        words.append(f"[File: {name}]")


def _other_words(content: dict[str, Any]) -> str:
    """The text of a content without parts."""
    told = first_text(content.get("text"), content.get("result"), content.get("content"))
    if told:
        return told
    summary = first_text(content.get("summary"), content.get("snippet"))
    left = {
        name: value
        for name, value in content.items()
        if name not in ("content_type", "parts", "language", "assets", "tether_id") and value
    }
    return summary or (fenced(json_text(left), "json") if left else "")


def _document(recipient: str, words: str) -> str:
    """A document that the model wrote or changed beside the conversation."""
    try:
        given = parsed(words.encode("utf-8", "replace"))
    except ValueError:
        return call_text(recipient, words)
    if not isinstance(given, dict) or not isinstance(given.get("content"), str):
        return call_text(recipient, given)
    kind, _, language = text(given.get("type")).partition("/")
    name = " ".join(text(given.get("name")).split())
    heading = f"**{recipient}** ({name})" if name else f"**{recipient}**"
    return f"{heading}\n\n{fenced(given['content'], language if kind == 'code' else 'markdown')}"
