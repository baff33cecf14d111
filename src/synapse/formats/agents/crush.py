"""Conversations of crush: `.crush/crush.db` in the folder of each project."""

from __future__ import annotations

import json
import os
from pathlib import Path

from synapse.archived import Unreadable
from synapse.domain import Role, Status
from synapse.formats._answers import Answer, call_text, result_text
from synapse.formats._attachments import from_base64, from_data_url, without_data
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, first_text, key, objects, others, text
from synapse.formats._providers import provider_name
from synapse.formats.reading.databases import opened, tables_of
from synapse.formats.reading.json_values import parsed
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.domain import Attachment
    from synapse.formats.reading.databases import Database
    from synapse.ports import ImportSource

PROGRAM = "crush"
_DATABASE = "crush.db"
_LARGEST_LIST = 10_000_000


def places() -> list[Path]:
    """The databases of the projects that crush knows on this machine, and of this folder."""
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    found = [Path.cwd() / ".crush" / _DATABASE]
    try:
        text_of_list = (home / "crush" / "projects.json").read_bytes()[:_LARGEST_LIST]
        projects = fields(json.loads(text_of_list)).get("projects")
    except (OSError, ValueError, RecursionError):
        projects = None
    for project in objects(projects):
        folder = first_text(project.get("data_dir"), project.get("path"))
        base = Path(folder) if folder else None
        if base is not None and base.is_absolute() and "\x00" not in folder:
            found += [base / _DATABASE, base / ".crush" / _DATABASE]
    return [path for path in dict.fromkeys(found) if path.is_file()]


class CrushImporter:
    """Reads a database."""

    def recognizes(self, source: ImportSource) -> bool:
        """Whether it has the tables of one."""
        tables = tables_of(source)
        return {"session_id", "role", "parts"} <= set(tables.get("messages", ())) and (
            "parent_session_id" in tables.get("sessions", ())
        )

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """Its sessions, one after the other."""
        with opened(source) as database:
            is_dated = database.has("sessions", "created_at", "id")
            order = "ORDER BY created_at, id" if is_dated else ""
            for row in database.records("sessions", order):
                yield from _session(database, row, source)


def _session(
    database: Database, row: dict[str, Any], source: ImportSource
) -> Iterator[ArchivedSession | Unreadable]:
    id = key(row.get("id"))
    session = SessionBuilder(
        PROGRAM,
        id,
        started=moment(row.get("created_at")),
        used=moment(row.get("updated_at")),
        fallback=source.modified_at,
        title=text(row.get("title")),
        extra=others(row, ("id", "title", "created_at", "updated_at")),
    )
    names: dict[str, str] = {}
    has_order = database.has("messages", "created_at")
    tail = "WHERE session_id = ?" + (" ORDER BY created_at, rowid" if has_order else "")
    for message in database.records("messages", tail, id):
        data = message.get("parts")
        try:
            parts = parsed(data.encode() if isinstance(data, str) else data or b"[]")
        except (ValueError, TypeError, AttributeError) as error:
            place = f"session {id}, message {key(message.get('id'))}"
            yield Unreadable(place=place, reason=str(error))
            continue
        wrapped = [(text(each.get("type")), fields(each.get("data"))) for each in objects(parts)]
        _add(session, message, wrapped, names)
    if len(session):
        yield session.finished()


def _add(
    session: SessionBuilder,
    message: dict[str, Any],
    parts: list[tuple[str, dict[str, Any]]],
    names: dict[str, str],
) -> None:
    role, id = text(message.get("role")), key(message.get("id"))
    at = moment(message.get("created_at"))
    kept = others(
        message,
        "id session_id role parts model provider created_at updated_at finished_at".split(),
    )
    provider = provider_name(message.get("provider"))
    session.provider = provider or session.provider
    if role == "user":
        _add_question(session, id, at, parts, kept)
        return
    answer = Answer(session, id, at=at, provider=provider, model=text(message.get("model")) or None)
    answer.extra = kept
    status, error = Status.COMPLETE, None
    for kind, part in parts:
        if kind == "text":
            answer.say(text(part.get("text")))
        elif kind == "reasoning":
            answer.think(text(part.get("thinking")))
        elif kind == "tool_call":
            call = key(part.get("id"))
            names[call] = text(part.get("name"))
            content = call_text(names[call], part.get("input"))
            answer.tool(content, extra=part, source_id=f"call {call}" if call else None)
        elif kind == "tool_result":
            _add_result(answer, part, names)
        elif kind == "finish":
            status, error = _ending(part)
            answer.finish_reason = text(part.get("reason")) or None
        else:
            answer.extra.setdefault("parts", []).append(without_data({"type": kind, **part}))
    if message.get("is_summary_message") and role == "assistant":
        answer.extra["is_summary"] = True
    answer.finish(status, error)


def _add_question(
    session: SessionBuilder,
    id: str,
    at: datetime | None,
    parts: list[tuple[str, dict[str, Any]]],
    kept: dict[str, Any],
) -> None:
    asked: list[str] = []
    files: list[Attachment] = []
    for kind, part in parts:
        if kind == "text" and part.get("hidden") is not True:
            asked.append(text(part.get("text")))
        elif kind == "binary":
            name = first_text(part.get("Path"), part.get("path"))
            data = first_text(part.get("Data"), part.get("data"))
            files += from_base64(data, part.get("MIMEType", part.get("mime_type")), name)
        elif kind == "image_url":
            files += from_data_url(part.get("url"))
        elif kind != "finish":
            kept.setdefault("parts", []).append(without_data({"type": kind, **part}))
    if any(asked) or files:
        words = "\n\n".join(filter(None, asked))
        session.add(Role.USER, words, source_id=id or None, at=at, attachments=files, extra=kept)


def _add_result(answer: Answer, part: dict[str, Any], names: dict[str, str]) -> None:
    call = key(part.get("tool_call_id"))
    name = first_text(part.get("name"), names.get(call))
    failed = part.get("is_error") is True
    answer.tool(
        result_text(name, part.get("content"), failed=failed),
        extra=others(part, ("content", "data")),
        source_id=f"result {call}" if call else None,
        attachments=from_base64(part.get("data"), part.get("mime_type")),
    )


def _ending(part: dict[str, Any]) -> tuple[Status, str | None]:
    reason = text(part.get("reason"))
    if reason == "canceled":
        return Status.INTERRUPTED, None
    if reason in ("error", "content_filter"):
        told = (text(part.get("message")), text(part.get("details")))
        return Status.FAILED, ": ".join(filter(None, told)) or reason
    return Status.COMPLETE, None
