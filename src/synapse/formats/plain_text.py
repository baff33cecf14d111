"""Plain text: a conversation to read, or to search with other tools."""

from __future__ import annotations

from synapse.domain import Role, Status
from synapse.human_time import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from synapse.archived import ArchivedSession
    from synapse.domain import StoredMessage, Summary

_SPEAKERS = {
    Role.USER: "You",
    Role.ASSISTANT: "Answer",
    Role.SYSTEM: "System",
    Role.TOOL: "Tool",
}
_RULE = "-" * 72


class TextExporter:
    """See Exporter."""

    def write(self, sessions: Iterable[ArchivedSession], file: BinaryIO) -> None:
        """See Exporter."""
        for archived in sessions:
            file.write(_bytes(_head(archived)))
            standing = archived.summaries[-1] if archived.summaries else None
            for one in archived.messages:
                file.write(_bytes(_message(one.message)))
                if standing is not None and one.message.index == standing.last_index:
                    file.write(_bytes(_summary(standing)))


def _head(archived: ArchivedSession) -> str:
    session = archived.session
    lines = [session.title or session.name or f"Session {session.handle}"]
    lines += [
        f"{session.created_at:%Y-%m-%d} to {session.updated_at:%Y-%m-%d} (UTC),"
        f" {session.provider}/{session.model}, {session.id}"
    ]
    if session.name and session.title:
        lines.append(f"Name: {session.name}")
    if archived.tags:
        lines.append(f"Tags: {' '.join(archived.tags)}")
    if session.forked_from:
        lines.append(f"Branch of {session.forked_from}, from message {session.forked_at}")
    if session.system_prompt:
        lines += ["", "System prompt:", session.system_prompt]
    return "\n".join(lines) + "\n"


def _message(message: StoredMessage) -> str:
    notes = [_SPEAKERS[message.role], rfc3339(message.timestamp)]
    if message.model and message.role is Role.ASSISTANT:
        notes.append(message.model)
    if message.status is not Status.COMPLETE:
        notes.append(message.status.value)
    if message.superseded:
        notes.append("replaced by a later one")
    if message.refused:
        notes.append("refused")
    parts = [f"\n{_RULE}\n{message.index}  {', '.join(notes)}\n"]
    if message.reasoning:
        parts.append(f"(reasoning)\n{message.reasoning}\n(end of the reasoning)\n")
    parts.append(message.content)
    if message.error:
        parts.append(f"[{message.error}]")
    for attachment in message.attachments:
        if attachment.is_text:
            parts.append(f"[{attachment.name}]\n{attachment.data.decode('utf-8', 'replace')}")
        elif attachment.is_sent:
            parts.append(
                f"[{attachment.name}: {attachment.media_type}, {len(attachment.data):,} bytes]"
            )
    return "\n".join(parts) + "\n"


def _summary(summary: Summary) -> str:
    notes = ["Summary of everything above", rfc3339(summary.created_at)]
    notes += [summary.model] if summary.model else []
    notes.append("sent in its place")
    return f"\n{_RULE}\n{', '.join(notes)}\n{summary.content}\n"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
