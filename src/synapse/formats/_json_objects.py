"""A session and a message as objects of JSON, and back. docs/formats.md describes them."""

from __future__ import annotations

import base64
import binascii
import re

from synapse.archived import ArchivedMessage, ArchivedSession, Origin
from synapse.domain import Attachment, Role, Session, Status, StoredMessage, plausible_count
from synapse.formats._json_summaries import (
    USAGE_FIELDS,
    summaries_of,
    summary_object,
    usage_object,
    usage_of,
)
from synapse.formats._json_values import (
    UUID,
    Malformed,
    id_of,
    list_of,
    moment_of,
    readable,
    text_of,
    told,
    words_of,
)
from synapse.timestamps import from_text, to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from typing import Any

    from synapse.archived import PlainMessage

FORMAT = "synapse-session"
VERSION = 1
"""Raised when a reader of before would misunderstand a file. Fields that are only added don't: a
reader keeps what it does not know.
"""
EXTRA = "extra"
"""Holds the unknown fields that are called like known ones: other programs have these."""
_SESSION_FIELDS = frozenset(
    (
        "format", "version", "type", "id", "name", "title", "provider", "model", "system_prompt",
        "created_at", "updated_at", "deleted_at", "pinned", "tags", "forked_from", "forked_at",
        "forked_after", "origin", "changes", "message_count", "messages", "summaries", EXTRA,
    )
)  # fmt: skip
_MESSAGE_FIELDS = frozenset(
    (
        "type", "id", "index", "role", "content", "reasoning", "timestamp", "status",
        "finish_reason", "error", "provider", "model", "usage", "elapsed_ms", "superseded",
        "refused", "after", "attachments", EXTRA,
    )
)  # fmt: skip
_PLAIN_FIELDS = frozenset(
    (
        "type", "id", "index", "role", "content", "reasoning", "timestamp", "finish_reason",
        "provider", "model", "usage", "elapsed_ms",
    )
)  # fmt: skip
_ROLES = frozenset(role.value for role in Role)
_COUNTED = frozenset(("input_tokens", "output_tokens"))
_UNPRICED = (None,) * 5
_MORE = ("cached_tokens", "cache_write_tokens", "reasoning_tokens", "cost")
_NO_USAGE: dict[str, Any] = {}
_MOST_HOURS = 10_000
_WITHIN_HOUR = re.compile(r":[0-5]\d:[0-5]\d\.\d{6}\+00:00", re.ASCII).fullmatch


def session_object(archived: ArchivedSession) -> dict[str, Any]:
    """A session without its messages. Fields that say nothing are left out."""
    session, origin = archived.session, archived.origin
    return {
        **_unknown(archived.extra, _SESSION_FIELDS),
        "format": FORMAT,
        "version": VERSION,
        "id": session.id,
        **told(name=session.name, title=session.title),
        "provider": session.provider,
        "model": session.model,
        **told(system_prompt=session.system_prompt),
        "created_at": to_text(session.created_at),
        "updated_at": to_text(session.updated_at),
        **told(
            deleted_at=_time(session.deleted_at),
            pinned=session.pinned or None,
            tags=list(archived.tags) or None,
            forked_from=session.forked_from,
            forked_at=session.forked_at,
            forked_after=archived.forked_after,
            origin=origin and {"program": origin.program, "id": origin.id},
            changes={what: to_text(time) for what, time in sorted(archived.changes.items())}
            or None,
            message_count=archived.message_count,
            summaries=[summary_object(one) for one in archived.summaries] or None,
        ),
    }


def message_object(archived: ArchivedMessage) -> dict[str, Any]:
    """A message. Fields that say nothing are left out."""
    message = archived.message
    return {
        **_unknown(archived.extra, _MESSAGE_FIELDS),
        "id": message.id,
        "role": message.role.value,
        "content": message.content,
        "timestamp": to_text(message.timestamp),
        **told(
            reasoning=message.reasoning or None,
            status=None if message.status is Status.COMPLETE else message.status.value,
            finish_reason=message.finish_reason,
            error=message.error,
            provider=message.provider,
            model=message.model,
            usage=usage_object(message.usage) or None,
            elapsed_ms=message.elapsed_ms,
            superseded=message.superseded or None,
            refused=message.refused,
            after=archived.after,
            attachments=[attachment_object(one) for one in message.attachments] or None,
        ),
    }


def _unknown(extra: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """Unknown fields as they are written: those whose names are taken stand together in one."""
    taken = {name: value for name, value in extra.items() if name in known}
    rest = {name: value for name, value in extra.items() if name not in known}
    return {**rest, EXTRA: taken} if taken else rest


def _extra(fields: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """The unknown fields of an object."""
    unknown = fields.keys() - known  # none, nearly always
    extra = {name: fields[name] for name in fields if name in unknown}
    taken = fields.get(EXTRA)
    return {**extra, **taken} if isinstance(taken, dict) else extra


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)


def attachment_object(attachment: Attachment) -> dict[str, Any]:
    described = {
        "name": attachment.name,
        "media_type": attachment.media_type,
        "source": attachment.source,
    }
    if attachment.is_text or not attachment.is_sent:
        try:
            return {**described, "text": attachment.data.decode("utf-8")}
        except UnicodeDecodeError:
            pass
    return {**described, "base64": base64.b64encode(attachment.data).decode("ascii")}


def archived_session(
    fields: Mapping[str, Any], messages: Iterable[ArchivedMessage]
) -> ArchivedSession:
    """The session that an object describes. Raises Malformed."""
    session = Session(
        id=id_of(fields, "id"),
        name=text_of(fields, "name"),
        title=text_of(fields, "title"),
        provider=text_of(fields, "provider") or "unknown",
        model=text_of(fields, "model") or "unknown",
        system_prompt=text_of(fields, "system_prompt"),
        created_at=moment_of(fields, "created_at"),
        updated_at=moment_of(fields, "updated_at"),
        deleted_at=moment_of(fields, "deleted_at") if fields.get("deleted_at") else None,
        pinned=fields.get("pinned") is True,
        forked_from=id_of(fields, "forked_from") if fields.get("forked_from") else None,
        forked_at=plausible_count(fields.get("forked_at")),
    )
    return ArchivedSession(
        session=session,
        messages=messages,
        message_count=plausible_count(fields.get("message_count")),
        tags=tuple(words_of(fields, "tags")),
        origin=_origin(fields.get("origin")),
        changes=_changes(fields.get("changes")),
        forked_after=text_of(fields, "forked_after"),
        summaries=summaries_of(fields, session.id),
        extra=_extra(fields, _SESSION_FIELDS),
    )


def archived_message(fields: Mapping[str, Any], session_id: str, index: int) -> ArchivedMessage:
    """The message that an object describes. Raises Malformed."""
    usage = fields.get("usage")
    if not isinstance(usage, dict):
        usage = {}
    extra = _extra(fields, _MESSAGE_FIELDS)
    if newer := {name: usage[name] for name in usage if name not in USAGE_FIELDS}:
        extra = {"usage": newer, **extra}
    content = fields.get("content")
    if not isinstance(content, str):
        raise Malformed('no "content"')
    return ArchivedMessage(
        message=StoredMessage(
            id=id_of(fields, "id"),
            session_id=session_id,
            index=index,
            role=_one_of(Role, fields, "role", None),
            content=content,
            reasoning=text_of(fields, "reasoning") or "",
            timestamp=moment_of(fields, "timestamp"),
            status=_one_of(Status, fields, "status", Status.COMPLETE),
            finish_reason=text_of(fields, "finish_reason"),
            error=text_of(fields, "error"),
            provider=text_of(fields, "provider"),
            model=text_of(fields, "model"),
            usage=usage_of(usage),
            elapsed_ms=plausible_count(fields.get("elapsed_ms")),
            superseded=fields.get("superseded") is True,
            refused=text_of(fields, "refused"),
            attachments=tuple(attachment(one) for one in list_of(fields, "attachments")),
        ),
        after=text_of(fields, "after"),
        extra=extra,
    )


class PlainMessages:
    """Makes plain messages of objects that `parsed` gave: what is in them can be stored."""

    def __init__(self) -> None:
        self._hours: set[str] = set()

    def of(self, fields: Mapping[str, Any], index: int) -> PlainMessage | None:
        """None if there is more in it, or if it is not right: see `archived_message`."""
        if not fields.keys() <= _PLAIN_FIELDS:
            return None
        get: Any = fields.get
        id, role, content, timestamp = get("id"), get("role"), get("content"), get("timestamp")
        reasoning, usage = get("reasoning", ""), get("usage", _NO_USAGE)
        finish_reason, provider, model = get("finish_reason"), get("provider"), get("model")
        if (
            type(content) is not str
            or type(reasoning) is not str
            or type(role) is not str
            or role not in _ROLES
            or (provider is not None and type(provider) is not str)
            or (model is not None and type(model) is not str)
            or (finish_reason is not None and type(finish_reason) is not str)
            or type(id) is not str
            or not UUID(id)
            or type(timestamp) is not str
            or not self._is_time(timestamp)
        ):
            return None
        sent = received = None
        more: Any = _UNPRICED
        if usage is not _NO_USAGE:
            if type(usage) is not dict:
                return None
            if not usage.keys() <= _COUNTED:
                more = _priced(usage)
                if more is None:
                    return None
            sent = plausible_count(usage.get("input_tokens"))
            received = plausible_count(usage.get("output_tokens"))
        elapsed_ms = plausible_count(get("elapsed_ms"))
        return (
            id, role, content, timestamp, reasoning, finish_reason, provider, model,
            sent, received, elapsed_ms, *more, index,
        )  # fmt: skip

    def _is_time(self, text: str) -> bool:
        """Whether it is a time as `to_text` writes it."""
        hour = text[:13]
        if _WITHIN_HOUR(text, 13) is None:
            return False
        if hour in self._hours:
            return True
        whole = f"{hour}:00:00.000000+00:00"
        try:
            is_hour = to_text(from_text(whole)) == whole
        except (ValueError, OverflowError):
            return False
        if is_hour and len(self._hours) < _MOST_HOURS:
            self._hours.add(hour)
        return is_hour


def _priced(usage: Mapping[str, Any]) -> tuple[object, ...] | None:
    """What a PlainMessage says of caches, thoughts and costs; None if there is more in it."""
    source = usage.get("cost_source")
    if not usage.keys() <= USAGE_FIELDS or (source is not None and type(source) is not str):
        return None
    return (*(plausible_count(usage.get(name)) for name in _MORE), source)


def _one_of(kind: Any, fields: Mapping[str, Any], name: str, default: Any) -> Any:
    value = fields.get(name)
    if value is None and default is not None:
        return default
    try:
        return kind(value)
    except ValueError:
        raise Malformed(f'"{name}" is unknown: {str(value)[:40]!r}') from None


def _origin(value: Any) -> Origin | None:
    if not isinstance(value, dict):
        return None
    program, id = value.get("program"), value.get("id")
    if not isinstance(program, str) or not isinstance(id, str):
        return None
    return Origin(program=program, id=id)


def _changes(value: Any) -> dict[str, datetime]:
    if not isinstance(value, dict):
        return {}
    return {
        what: readable(time, "changes")
        for what, time in value.items()
        if isinstance(what, str) and isinstance(time, str)
    }


def attachment(value: Any) -> Attachment:
    if not isinstance(value, dict):
        raise Malformed("an attachment is no object")
    text, encoded = value.get("text"), value.get("base64")
    if isinstance(text, str):
        data = text.encode("utf-8", "replace")
    elif isinstance(encoded, str):
        try:
            data = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise Malformed("the content of an attachment is no Base64") from None
    else:
        raise Malformed("an attachment without its content")
    return Attachment(
        name=text_of(value, "name") or "attachment",
        media_type=text_of(value, "media_type") or "application/octet-stream",
        source=text_of(value, "source") or "file",
        data=data,
    )
