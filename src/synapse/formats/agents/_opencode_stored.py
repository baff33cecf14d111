"""Where opencode keeps a session, its messages and their parts: a database, files, an export."""

from __future__ import annotations

from synapse.archived import Unreadable
from synapse.errors import ImportFailed
from synapse.formats._fields import fields, key, objects, text
from synapse.formats.reading.databases import opened
from synapse.formats.reading.json_values import parsed, whole
from synapse.formats.reading.sources import FileSource, is_safe_name
from synapse.formats.reading.times import moment
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from synapse.formats.reading.databases import Database
    from synapse.ports import ImportSource

_RENAMED = {
    "project_id": "projectID",
    "workspace_id": "workspaceID",
    "parent_id": "parentID",
    "share_url": "shareURL",
}
_JSON = ("revert", "model", "permission", "summary_diffs", "metadata")


class Stored(Record):
    """A session as it is exported, wherever it was."""

    info: dict[str, Any]
    messages: Sequence[tuple[dict[str, Any], list[dict[str, Any]]]]
    """Each with its parts, in order."""


def of_export(source: ImportSource) -> Iterator[Stored | Unreadable]:
    """What `opencode export` wrote. Raises ImportFailed."""
    value = fields(whole(source))
    messages = [
        (fields(each.get("info")), list(objects(each.get("parts"))))
        for each in objects(value.get("messages"))
    ]
    yield Stored(info=fields(value.get("info")), messages=messages)


def of_database(source: ImportSource) -> Iterator[Stored | Unreadable]:
    """The sessions of a database, one after the other. Raises ImportFailed."""
    with opened(source) as database:
        order = "ORDER BY time_created, id"
        if not database.has("session", "id", "time_created"):
            order = ""
        for row in database.records("session", order):
            id = key(row.get("id"))
            faults: list[Unreadable] = []
            yield Stored(info=_info(row), messages=_messages(database, id, faults))
            yield from faults


def _info(row: dict[str, Any]) -> dict[str, Any]:
    info = {_RENAMED.get(name, name): value for name, value in row.items()}
    for name in _JSON:
        if isinstance(info.get(name), str):
            try:
                info[name] = parsed(info[name].encode())
            except ValueError:
                continue  # it stays the text that it is
    info["time"] = {"created": row.get("time_created"), "updated": row.get("time_updated")}
    return info


def _messages(
    database: Database, session: str, faults: list[Unreadable]
) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """By when they were made: ids were not always in that order."""
    parts: dict[str, list[dict[str, Any]]] = {}
    for row in database.records("part", _ordered(database, "part"), session):
        part = _object(row, session, "part", faults)
        if part is not None:
            parts.setdefault(key(row.get("message_id")), []).append(part)
    found = []
    for row in database.records("message", _ordered(database, "message"), session):
        message = _object(row, session, "message", faults)
        if message is not None:
            message.setdefault("time", {"created": row.get("time_created")})
            found.append((message, parts.get(key(row.get("id")), [])))
    return found


def _ordered(database: Database, table: str) -> str:
    names = [name for name in ("time_created", "id") if database.has(table, name)]
    return "WHERE session_id = ?" + (f" ORDER BY {', '.join(names)}" if names else "")


def _object(
    row: dict[str, Any], session: str, what: str, faults: list[Unreadable]
) -> dict[str, Any] | None:
    data = row.get("data")
    raw = data.encode() if isinstance(data, str) else data if isinstance(data, bytes) else b""
    try:
        value = parsed(raw)
    except ValueError as error:
        reason = str(error)
    else:
        if isinstance(value, dict):
            return {"id": row.get("id"), **value}
        reason = "no object"
    place = f"session {session}, {what} {key(row.get('id'))}"
    faults.append(Unreadable(place=place, reason=reason))
    return None


def of_files(source: ImportSource) -> Iterator[Stored | Unreadable]:
    """A session of versions before 1.2: its messages and their parts are files of their own, in
    `message/SESSION` and `part/MESSAGE` beside the folder of the sessions. Raises ImportFailed.
    """
    info = fields(whole(source))
    id = key(info.get("id"))
    if source.path is None:
        reason = "its messages are in files of other folders: unpack the zip first"
        yield Unreadable(place=source.name, reason=reason)
        return
    faults: list[Unreadable] = []
    messages = []
    for message in _objects(_beside(source, "message", id), faults):
        mine = key(message.get("id"))
        parts = list(_objects(_beside(source, "part", mine), faults))
        parts += list(_objects(_beside(source, "part", id, mine), faults))  # the oldest
        messages.append((message, sorted(parts, key=lambda part: text(part.get("id")))))
    messages.sort(key=lambda each: _created(each[0]))
    yield Stored(info=info, messages=messages)
    yield from faults


def _created(message: dict[str, Any]) -> tuple[float, str]:
    created = fields(message.get("time")).get("created")
    at = moment(created)
    return (at.timestamp() if at else 0.0, text(message.get("id")))


def _objects(files: Iterable[ImportSource], faults: list[Unreadable]) -> Iterator[dict[str, Any]]:
    for file in files:
        try:
            value = whole(file)
        except (ImportFailed, OSError) as error:
            faults.append(Unreadable(place=file.name, reason=str(error)))
            continue
        if isinstance(value, dict):
            yield value
        else:
            faults.append(Unreadable(place=file.name, reason="no object"))


def _beside(source: ImportSource, *folders: str) -> Iterator[ImportSource]:
    """The files of a folder below `storage`, by their names; in the oldest versions it is below
    `storage/session`.
    """
    if source.path is None or not all(map(is_safe_name, folders)):
        return
    for base in source.path.absolute().parents[1:3]:
        for path in sorted(base.joinpath(*folders).glob("*.json")):
            yield FileSource(path)
