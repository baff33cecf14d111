"""Conversations of mods: `mods.db` names them, and each is in a file `ID.gob` beside it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from synapse.archived import Unreadable
from synapse.domain import Role
from synapse.formats._answers import Answer, call_text, result_text
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, objects, others, text
from synapse.formats._providers import provider_name, provider_of_model
from synapse.formats.clients._gob import GobError, gob_value
from synapse.formats.reading.databases import opened, tables_of
from synapse.formats.reading.limits import LARGEST_ITEM
from synapse.formats.reading.texts import clean
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.ports import ImportSource

PROGRAM = "mods"
_ENDING = ".gob"
_DATABASE = "mods.db"
_ID = re.compile(r"(?:^|.*[/\\ ])([0-9a-f]{40})\.gob$")
_TAKEN = ("Role", "Content", "ToolCalls", "Name")
_ROLES = {"system": Role.SYSTEM, "user": Role.USER, "tool": Role.TOOL}


def places() -> list[Path]:
    """The database on this machine."""
    if sys.platform == "darwin":
        usual = Path.home() / "Library/Application Support"
    else:
        usual = Path.home() / ".local/share"
    folder = Path(os.environ.get("XDG_DATA_HOME") or usual)
    path = folder / "mods" / "conversations" / _DATABASE
    return [path] if path.is_file() else []


class ModsImporter:
    """Reads the database with the files beside it, or one such file alone."""

    def recognizes(self, source: ImportSource) -> bool:
        """By the columns of its table; a file alone by its name, where no database is beside it."""
        if _is_database(source):
            return True
        try:
            return bool(
                _ID.match(source.name)
                and source.neighbour(_DATABASE) is None
                and isinstance(gob_value(_content(source)), list)
            )
        except (OSError, GobError):
            return False

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """Its conversations, those without a row in the database last."""
        if not _is_database(source):
            name = source.name.replace("\\", "/").rpartition("/")[2].removesuffix(_ENDING)
            yield _read(source, {"id": name})
            return
        known: set[str] = set()
        with opened(source) as database:
            # The column's type makes a number of an id that looks like one.
            ids = [
                text(id) for (id,) in database.rows("SELECT CAST(id AS TEXT) FROM conversations")
            ]
            rows = database.records("conversations", "ORDER BY rowid")
            for id, row in zip(ids, rows, strict=True):
                name = _file_name(source, id, row)
                known.add(name)
                file = source.neighbour(name)
                if file is None:
                    reason = f"the file {name} is not there"
                    yield Unreadable(
                        place=f"conversation {id!r} ({row.get('title')!r})", reason=reason
                    )
                else:
                    yield _read(file, {**row, "id": name.removesuffix(_ENDING)})
        for name in sorted(source.neighbours()):
            file = source.neighbour(name) if _ID.match(name) and name not in known else None
            if file is not None:
                yield _read(file, {"id": name.rpartition("/")[2].removesuffix(_ENDING)})


def _is_database(source: ImportSource) -> bool:
    columns = set(tables_of(source).get("conversations", ()))
    return {"id", "title", "updated_at"} <= columns and "project_id" not in columns


def _file_name(source: ImportSource, id: str, row: dict[str, Any]) -> str:
    """The file of a row: also of one whose id SQLite took for a number, 12e34… or only digits."""
    if source.neighbour(id + _ENDING) is not None or isinstance(row.get("id"), str):
        return id + _ENDING
    wanted = float(row["id"])
    for name in source.neighbours():
        own = _ID.match(name)
        if own and _as_number(own[1]) == wanted:
            return name
    return id + _ENDING


def _as_number(digits: str) -> float | None:
    try:
        return float(digits)
    except ValueError:
        return None


def _content(source: ImportSource) -> bytes:
    with source.open() as file:
        content = file.read(LARGEST_ITEM + 1)
    if len(content) > LARGEST_ITEM:
        raise GobError(f"larger than {LARGEST_ITEM >> 20} MiB")
    return content


def _read(file: ImportSource, row: dict[str, Any]) -> ArchivedSession | Unreadable:
    try:
        value = gob_value(_content(file))
    except GobError as error:
        return Unreadable(place=file.name, reason=f"no gob of mods: {error}")
    except OSError as error:
        return Unreadable(place=file.name, reason=error.strerror or str(error))
    if not isinstance(value, list):
        return Unreadable(place=file.name, reason="no list of messages")
    return _session(row, [*objects(value)], file)


def _session(
    row: dict[str, Any], said: list[dict[str, Any]], file: ImportSource
) -> ArchivedSession:
    model = text(row.get("model")) or None
    builder = SessionBuilder(
        PROGRAM,
        text(row["id"]),
        used=moment(row.get("updated_at")),
        fallback=moment(row.get("updated_at")) or file.modified_at,
        title=text(row.get("title")),
        provider=provider_name(row.get("api")) or provider_of_model(model),
        model=model,
    )
    names: dict[str, str] = {}
    for message in said:
        _add(builder, message, names)
    return builder.finished()


def _add(builder: SessionBuilder, message: dict[str, Any], names: dict[str, str]) -> None:
    role, words = text(message.get("Role")), clean(text(message.get("Content")))
    calls = list(objects(message.get("ToolCalls")))
    extra = {name: _plain(value) for name, value in others(message, _TAKEN).items()}
    if role == "assistant":
        answer = Answer(
            builder, str(len(builder) + 1), provider=builder.provider, model=builder.model
        )
        answer.extra = extra
        answer.say(words)
        for call in calls:
            function = fields(call.get("Function"))
            name = text(function.get("Name"))
            names[text(call.get("ID"))] = name
            arguments = function.get("Arguments")
            given = clean(_plain(arguments)) if isinstance(arguments, bytes) else arguments
            answer.tool(call_text(name, given), extra={"tool_call": _plain(call)})
        answer.finish()
    elif role == "system" and not len(builder) and not builder.system_prompt:
        builder.system_prompt = words
    elif role == "tool":
        for call in calls or [{}]:
            name = names.get(text(call.get("ID")), text(message.get("Name")))
            shown = result_text(name, words, failed=call.get("IsError") is True)
            builder.add(Role.TOOL, shown, extra={**extra, "tool_result": _plain(call)})
    else:
        builder.add(_ROLES.get(role, Role.USER), words, extra=extra)


def _plain(value: Any) -> Any:
    """As JSON has it: bytes are UTF-8."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value
