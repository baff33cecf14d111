"""Markdown with front matter: to be read by people, and by `sessions import` again.

What stands between a heading and the next is the text itself, to the byte. Each part begins with a
comment that holds a mark; the mark is chosen so that no text has it, so that no text can pretend to
be a message.
"""

from __future__ import annotations

import hashlib
import json

from synapse.archived import ArchivedMessage, Unreadable
from synapse.domain import Attachment, Role
from synapse.errors import ImportFailed
from synapse.formats._json_objects import (
    archived_message,
    archived_session,
    attachment,
    attachment_object,
    message_object,
    session_object,
)
from synapse.formats._json_values import Malformed
from synapse.formats.reading.json_values import parsed
from synapse.formats.reading.limits import LARGEST_ITEM
from synapse.formats.reading.texts import clean, utf8
from synapse.human_time import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, BinaryIO

    from synapse.archived import ArchivedSession, Remark
    from synapse.ports import ImportSource

_HEADINGS = {
    Role.USER: "You",
    Role.ASSISTANT: "Answer",
    Role.SYSTEM: "System",
    Role.TOOL: "Tool",
}
_MARK_DIGITS = 8


class MarkdownExporter:
    """See Exporter. Writes one session a file; its messages are held in memory."""

    def write(self, sessions: Iterable[ArchivedSession], file: BinaryIO) -> None:
        """See Exporter."""
        for archived in sessions:
            messages = list(archived.messages)
            mark = _free_mark(archived, messages)
            file.write(_bytes(_front_matter(archived, mark)))
            standing = archived.summaries[-1] if archived.summaries else None
            for one in messages:
                is_last = standing is not None and one.message.index == standing.last_index
                _write_message(one, mark, file, is_summarised=is_last)


def _free_mark(archived: ArchivedSession, messages: list[ArchivedMessage]) -> str:
    """Digits that stand in no text; always the same for the same session."""
    texts = [archived.session.title or "", archived.session.system_prompt or ""]
    for one in messages:
        texts += [one.message.content, one.message.reasoning]
        texts += [file.data.decode("utf-8", "replace") for file in one.message.attachments]
    number = 0
    while True:
        name = f"{archived.session.id} {number}"
        mark = hashlib.sha256(name.encode()).hexdigest()[:_MARK_DIGITS]
        if not any(mark in text for text in texts):
            return mark
        number += 1


def _front_matter(archived: ArchivedSession, mark: str) -> str:
    """YAML of which each value is JSON, which YAML holds: no text in it can be anything else."""
    fields = session_object(archived)
    lines = [
        f"format: {fields.pop('format')}",
        f"version: {fields.pop('version')}",
        f"mark: {mark}",
    ]
    lines += [f"{_key(name)}: {_json(value)}" for name, value in fields.items()]
    heading = archived.session.title or archived.session.name or ""
    top = f"\n# {' '.join(heading.split())}\n" if heading else ""
    return "---\n" + "\n".join(lines) + "\n---\n" + top


def _key(name: str) -> str:
    return name if name.isidentifier() else _json(name)


def _json(value: object) -> str:
    """Without characters that end a comment, or a line."""
    text = json.dumps(value, ensure_ascii=False)
    for character in "<>\u0085\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _write_message(
    archived: ArchivedMessage, mark: str, file: BinaryIO, *, is_summarised: bool
) -> None:
    message = archived.message
    fields = message_object(archived)
    del fields["content"]
    fields.pop("reasoning", None)
    fields.pop("attachments", None)
    notes = [message.model] if message.model and message.role is Role.ASSISTANT else []
    notes += [str(message.status)] if message.status != "complete" else []
    notes += ["replaced by a later answer"] if message.superseded else []
    notes += ["a summary is sent in place of all up to here"] if is_summarised else []
    heading = " · ".join([_HEADINGS[message.role], rfc3339(message.timestamp), *notes])
    _write(file, f"\n<!-- {mark} message {_json(fields)} -->\n## {_inline(heading)}\n\n")
    _write(file, message.content)
    if message.reasoning:
        _write(file, f"\n\n<!-- {mark} reasoning -->\n<details><summary>Reasoning</summary>\n\n")
        _write(file, message.reasoning)
        _write(file, f"\n\n<!-- {mark} end -->\n</details>")
    for one in message.attachments:
        _write_attachment(one, mark, file)
    file.write(b"\n")


def _write_attachment(one: Attachment, mark: str, file: BinaryIO) -> None:
    fields = attachment_object(one)
    text = fields.pop("text", None)
    encoded = fields.pop("base64", None)
    fields["encoding"] = "base64" if text is None else "text"
    _write(file, f"\n\n<!-- {mark} attachment {_json(fields)} -->\n")
    if text is not None:
        fence = _fence(text)
        _write(file, f"**{_inline(one.name)}**\n\n{fence}\n{text}\n{fence}")
    elif one.media_type.startswith("image/"):
        media_type = "".join(c for c in one.media_type if c.isalnum() or c in "/+.-")
        _write(file, f"![{_inline(one.name)}](data:{media_type};base64,{encoded})")
    else:
        _write(file, f"**{_inline(one.name)}**\n\n```\n{encoded}\n```")


def _fence(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return fence


def _inline(text: str) -> str:
    """As a part of a line: no mark-up, no second line."""
    line = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|!" else c for c in line)


def _write(file: BinaryIO, text: str) -> None:
    file.write(_bytes(text))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


# ------------------------------------------------------------------------------------ read again


def read_markdown(source: ImportSource) -> Iterator[ArchivedSession | Unreadable | Remark]:
    """The session of such a file. Raises ImportFailed for one that is cut short, or too large."""
    try:
        with source.open() as file:
            content = utf8(file).read(LARGEST_ITEM + 1)
    except OSError as error:
        raise ImportFailed(f"{source.name}: can't be read: {error.strerror}") from error
    if len(content) > LARGEST_ITEM:
        raise ImportFailed(f"{source.name}: larger than {LARGEST_ITEM >> 20} MiB")
    try:
        yield _Document(clean(content.decode("utf-8", "replace"))).session()
    except Malformed as error:
        yield Unreadable(place=source.name, reason=str(error))


class _Document:
    """A file of this format, taken apart."""

    def __init__(self, text: str) -> None:
        head, separator, self._body = text.removeprefix("---\n").partition("\n---\n")
        if not separator:
            raise Malformed("the front matter has no end")
        self._fields = dict(_front_matter_fields(head))
        self._mark = self._fields.pop("mark", None)
        if not isinstance(self._mark, str) or not self._mark:
            raise Malformed('no "mark" in the front matter')

    def session(self) -> ArchivedSession:
        session = archived_session(self._fields, ())
        before, *parts = self._body.split(f"\n<!-- {self._mark} message ")
        del before
        messages = tuple(
            self._message(part, session.session.id, index) for index, part in enumerate(parts, 1)
        )
        return session.replace(messages=messages)

    def _message(self, part: str, session_id: str, index: int) -> ArchivedMessage:
        fields, text = _comment(part)
        _heading, _, text = text.removeprefix("\n").partition("\n\n")
        text = text.removesuffix("\n")
        text, *attachments = text.split(f"\n\n<!-- {self._mark} attachment ")
        content, _, reasoning = text.partition(
            f"\n\n<!-- {self._mark} reasoning -->\n<details><summary>Reasoning</summary>\n\n"
        )
        reasoning = reasoning.partition(f"\n\n<!-- {self._mark} end -->\n</details>")[0]
        read = archived_message(
            {**fields, "content": content, "reasoning": reasoning}, session_id, index
        )
        files = tuple(map(_attachment, attachments))
        return read.replace(message=read.message.replace(attachments=files))


def _front_matter_fields(head: str) -> Iterator[tuple[str, Any]]:
    for line in head.split("\n"):
        name, separator, value = line.partition(": ")
        if not separator:
            raise Malformed(f"front matter that can't be read: {line[:40]!r}")
        if name.startswith('"'):
            name = _value(name)
        yield name, value if name in ("format", "mark") else _value(value)


def _value(text: str) -> Any:
    try:
        return parsed(text.encode())
    except ValueError as error:
        raise Malformed(f"no JSON: {text[:40]!r}") from error


def _comment(part: str) -> tuple[dict[str, Any], str]:
    """The object in a comment, and what follows the comment."""
    written, separator, rest = part.partition(" -->")
    fields = _value(written) if separator else None
    if not isinstance(fields, dict):
        raise Malformed("a message without its comment")
    return fields, rest


def _attachment(part: str) -> Attachment:
    fields, rest = _comment(part)
    rest = rest.removeprefix("\n")
    if rest.startswith("!["):
        encoded = rest.rpartition(";base64,")[2].rpartition(")")[0]
        return attachment({**fields, "base64": encoded})
    _, _, fenced = rest.partition("\n\n")
    fence, _, content = fenced.partition("\n")
    content = content.removesuffix(fence).removesuffix("\n")
    kind = "text" if fields.get("encoding") == "text" else "base64"
    return attachment({**fields, kind: content})
