"""The database of the Rust Synapse: `sessions.db` with two tables, of any of its versions.

Ids are kept: a file that was first imported, and then opened in place, is the same conversations.
Our own databases have the same tables and more; they are better exported, which loses nothing.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from synapse.advice import Advice
from synapse.archived import ArchivedMessage, ArchivedSession, Origin, Unreadable
from synapse.domain import Role, Session, StoredMessage
from synapse.errors import ImportFailed
from synapse.formats._building import UNKNOWN_MODEL, stable_id
from synapse.formats._fields import others, text
from synapse.formats.reading.databases import opened, tables_of
from synapse.formats.reading.json_values import json_field
from synapse.formats.reading.sources import FileSource
from synapse.formats.reading.times import moment
from synapse.timestamps import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from synapse.formats.reading.databases import Database
    from synapse.ports import ImportSource

PROGRAM = "rust-synapse"
_SESSIONS = {"id", "name", "provider", "model", "created_at", "updated_at"}
_MESSAGES = {"id", "session_id", "role", "content", "timestamp"}
_OURS = {"instructions", "deleted_at", "name_key"}
"""Columns of ours, one of which every version of our tables has."""
_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
_ROLES = {role.value: role for role in Role}
_JSON = ("tool_calls", "tool_results")


def places() -> list[Path]:
    """Its database on this machine, unless Synapse uses the same."""
    path = Path.home() / ".config/synapse/sessions.db"
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("sqlite:"):
        path = Path(re.sub("^sqlite:(//(?=/))?", "", url))
    return [path] if path.is_file() and not _is_ours(set(_columns(path))) else []


def _columns(path: Path) -> tuple[str, ...]:
    return tables_of(FileSource(path)).get("sessions", ())


class RustSynapseImporter:
    """Reads such a database."""

    def recognizes(self, source: ImportSource) -> bool:
        """By the columns of its two tables; ours have them as well."""
        tables = tables_of(source)
        sessions, messages = (set(tables.get(name, ())) for name in ("sessions", "messages"))
        return sessions >= _SESSIONS and messages >= _MESSAGES

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """Its sessions, the oldest first. Raises ImportFailed for a database of ours."""
        with opened(source) as database:
            if _is_ours(set(database.tables.get("sessions", ()))):
                raise ImportFailed(
                    f"{source.name}: a database of this Synapse: import what"
                    " `--db … sessions export --all -F jsonl` writes of it, which loses nothing",
                    _export(source),
                )
            for row in database.records("sessions", "ORDER BY created_at, rowid"):
                id = text(row.get("id"))
                if not id:
                    yield Unreadable(place="a row of sessions", reason="no id")
                    continue
                yield _session(database, row, id)


def _export(source: ImportSource) -> Advice:
    return Advice(
        "Take all of it along:  ",
        "sessions export",
        after=" | synapse sessions import -",
        database=source.name,
        all=True,
        format="jsonl",
    )


def _is_ours(columns: set[str]) -> bool:
    return bool(columns & _OURS)


def _session(database: Database, row: dict[str, Any], id: str) -> ArchivedSession:
    created = moment(row.get("created_at"))
    own = _kept_id(id, created)
    messages: list[ArchivedMessage] = []
    for said in database.records("messages", "WHERE session_id = ? ORDER BY timestamp, rowid", id):
        messages.append(_message(said, own, len(messages) + 1, created))
    times = [message.message.timestamp for message in messages]
    started = created or (min(times) if times else UNKNOWN)
    session = Session(
        id=own,
        provider=text(row.get("provider")) or PROGRAM,
        model=text(row.get("model")) or UNKNOWN_MODEL,
        created_at=started,
        updated_at=max(started, moment(row.get("updated_at")) or started),
        name=text(row.get("name")).strip() or None,
        system_prompt=text(row.get("system_prompt")) or None,
    )
    extra = others(row, (*_SESSIONS, "system_prompt"))
    return ArchivedSession(
        session=session,
        messages=tuple(messages),
        origin=Origin(program=PROGRAM, id=id),
        extra={name: value for name, value in extra.items() if not isinstance(value, bytes)},
    )


def _message(
    row: dict[str, Any], session: str, index: int, created: datetime | None
) -> ArchivedMessage:
    at = moment(row.get("timestamp")) or created
    id = text(row.get("id")) or f"{session}:{index}"
    role = text(row.get("role"))
    extra = {
        name: json_field(value) if name in _JSON else value
        for name, value in others(row, _MESSAGES).items()
        if not isinstance(value, bytes)
    }
    known = _ROLES.get(role)
    return ArchivedMessage(
        message=StoredMessage(
            id=_kept_id(id, at),
            session_id=session,
            role=known or Role.USER,
            content=text(row.get("content")),
            timestamp=at or UNKNOWN,
            index=index,
        ),
        extra=extra if known else {**extra, "role": role},
    )


def _kept_id(id: str, at: datetime | None) -> str:
    plain = id.lower()
    return plain if _UUID.match(plain) else stable_id(PROGRAM, id, at=at)
