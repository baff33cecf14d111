"""Conversations of opencode: its database, the files of versions before 1.2, and its exports."""

from __future__ import annotations

import os
from pathlib import Path

from synapse.archived import Unreadable
from synapse.domain import Role, Status, Usage, plausible_count
from synapse.formats._answers import Answer, call_text, result_text
from synapse.formats._attachments import from_data_url, without_data
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, first_text, key, objects, others, text
from synapse.formats._providers import provider_name
from synapse.formats.agents._opencode_stored import Stored, of_database, of_export, of_files
from synapse.formats.reading.databases import tables_of
from synapse.formats.reading.shapes import Form, shape_of
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.ports import ImportSource

PROGRAM = "opencode"
_PASSING = frozenset(("step-start", "step-finish", "snapshot", "patch"))
_TAKEN_OF_SESSION = frozenset("id title time time_created time_updated model".split())
_TAKEN = frozenset("id sessionID role time tokens error modelID providerID finish model".split())


def places() -> list[Path]:
    """The database, and the files of versions before 1.2, on this machine."""
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    folder = Path(home) / "opencode"
    found = [*sorted(folder.glob("opencode*.db")), folder / "storage"]
    return [path for path in found if path.exists()]


class OpencodeImporter:
    """Reads the database, one session of the older files, or an export."""

    def recognizes(self, source: ImportSource) -> bool:
        """Whether it is one of these."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        if shape.form is Form.SQLITE:
            tables = tables_of(source)
            return all("session_id" in tables.get(name, ()) for name in ("message", "part"))
        if shape.form is not Form.OBJECT:
            return False
        if isinstance(shape.first.get("info"), dict) and "messages" in shape.first:
            return "id" in shape.first["info"]
        return _is_session(shape.first)

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """The sessions in it."""
        shape = shape_of(source)
        if shape.form is Form.SQLITE:
            found = of_database(source)
        elif "info" in shape.first:
            found = of_export(source)
        else:
            found = of_files(source)
        for each in found:
            if isinstance(each, Unreadable):
                yield each
            else:
                yield from _session(each, source)


def _is_session(value: dict[str, Any]) -> bool:
    return (
        text(value.get("id")).startswith("ses_")
        and isinstance(value.get("time"), dict)
        and bool({"title", "version", "projectID", "directory"} & value.keys())
    )


def _session(stored: Stored, source: ImportSource) -> Iterator[ArchivedSession]:
    info = stored.info
    time = fields(info.get("time"))
    model = fields(info.get("model"))
    session = SessionBuilder(
        PROGRAM,
        key(info.get("id")),
        started=moment(time.get("created")),
        used=moment(time.get("updated")),
        fallback=source.modified_at,
        title=text(info.get("title")),
        provider=provider_name(model.get("providerID")),
        model=first_text(model.get("id"), model.get("modelID")) or None,
        extra=others(info, _TAKEN_OF_SESSION),
    )
    reverted = fields(info.get("revert"))
    boundary, part_boundary = key(reverted.get("messageID")), key(reverted.get("partID"))
    is_undone = False
    context: list[Any] = []
    for message, parts in stored.messages:
        is_boundary = bool(boundary) and key(message.get("id")) == boundary
        is_undone = is_undone or (is_boundary and not part_boundary)
        if text(message.get("role")) == "user":
            _add_question(session, message, parts, context, is_undone)
        else:
            _add_answer(session, message, parts, context, is_undone)
        is_undone = is_undone or is_boundary
    if context:
        session.extra["context"] = context
    if len(session):
        yield session.finished()


def _add_question(
    session: SessionBuilder,
    message: dict[str, Any],
    parts: list[dict[str, Any]],
    context: list[Any],
    is_undone: bool,
) -> None:
    asked, files = [], []
    kept: list[Any] = []
    for part in parts:
        kind, words = text(part.get("type")), text(part.get("text"))
        if kind == "text":
            if part.get("synthetic") is True or part.get("ignored") is True:
                context.append(words)
            else:
                asked += [words] if words else []
        elif kind == "file":
            found = list(from_data_url(part.get("url"), text(part.get("filename"))))
            files += found
            kept.append(without_data(part))
        elif kind == "subtask":
            asked.append(first_text(part.get("prompt"), part.get("description")))
            kept.append(part)
        elif kind not in _PASSING:
            kept.append(part)
    if not asked and not files:
        context += kept
        return
    extra = others(message, _TAKEN)
    if kept:
        extra["parts"] = kept
    if context:
        extra["context"] = list(context)
        context.clear()
    session.add(
        Role.USER,
        "\n\n".join(filter(None, asked)),
        source_id=key(message.get("id")) or None,
        at=moment(fields(message.get("time")).get("created")),
        superseded=is_undone,
        attachments=files,
        extra=extra,
    )


def _add_answer(
    session: SessionBuilder,
    message: dict[str, Any],
    parts: list[dict[str, Any]],
    context: list[Any],
    is_undone: bool,
) -> None:
    time = fields(message.get("time"))
    model = fields(message.get("model"))
    answer = Answer(
        session,
        key(message.get("id")),
        at=moment(time.get("created")),
        provider=provider_name(message.get("providerID") or model.get("providerID")),
        model=first_text(message.get("modelID"), model.get("modelID"), model.get("id")) or None,
    )
    answer.is_superseded = is_undone
    answer.usage = _usage(fields(message.get("tokens")))
    answer.finish_reason = text(message.get("finish")) or None
    answer.elapsed_ms = _milliseconds(time)
    answer.extra = others(message, _TAKEN)
    if context:
        answer.extra["context"] = list(context)
        context.clear()
    for part in parts:
        _add_part(answer, part)
    error = fields(message.get("error"))
    name = text(error.get("name"))
    if name == "MessageAbortedError":
        answer.finish(Status.INTERRUPTED)
    elif error:
        words = first_text(fields(error.get("data")).get("message"), error.get("message"))
        answer.finish(Status.FAILED, ": ".join(filter(None, (name, words))) or "error")
    else:
        answer.finish()


def _add_part(answer: Answer, part: dict[str, Any]) -> None:
    kind, words = text(part.get("type")), text(part.get("text"))
    if kind == "text":
        if part.get("ignored") is not True:
            answer.say(words)
    elif kind == "reasoning":
        answer.think(words)
    elif kind == "tool":
        _add_tool(answer, part)
    elif kind == "file":
        answer.attach(from_data_url(part.get("url"), text(part.get("filename"))))
        answer.extra.setdefault("parts", []).append(without_data(part))
    elif kind == "compaction":
        answer.tool(result_text("compaction", words), extra=others(part, ("text",)))
    elif kind not in _PASSING:
        answer.extra.setdefault("parts", []).append(without_data(part))


def _add_tool(answer: Answer, part: dict[str, Any]) -> None:
    """A call with what it gave back: both are one part."""
    state = fields(part.get("state"))
    name, status = text(part.get("tool")), text(state.get("status"))
    content = call_text(name, state.get("input"))
    if status == "error":
        content += "\n\n" + result_text("", state.get("error"), failed=True)
    elif status == "completed" or "output" in state:
        content += "\n\n" + result_text("", state.get("output"))
    kept = others(part, ("id", "sessionID", "messageID", "state"))
    kept["state"] = others(without_data(state), ("output",))
    call = key(part.get("callID"))
    started = moment(fields(state.get("time")).get("start"))
    answer.tool(content, at=started, extra=kept, source_id=f"call {call}" if call else None)
    for each in objects(state.get("attachments")):
        answer.attach(from_data_url(each.get("url"), text(each.get("filename"))))


def _usage(tokens: dict[str, Any]) -> Usage | None:
    if not tokens:
        return None
    cache = fields(tokens.get("cache"))
    sent = [tokens.get("input"), cache.get("read"), cache.get("write")]
    received = [tokens.get("output"), tokens.get("reasoning")]
    return Usage(
        input_tokens=_total(sent),
        output_tokens=_total(received),
        cached_tokens=plausible_count(cache.get("read")),
        cache_write_tokens=plausible_count(cache.get("write")),
        reasoning_tokens=plausible_count(tokens.get("reasoning")),
    )


def _total(counts: list[Any]) -> int | None:
    known = [found for each in counts if (found := plausible_count(each)) is not None]
    return sum(known) if known else None


def _milliseconds(time: dict[str, Any]) -> int | None:
    begun, ended = time.get("created"), time.get("completed")
    if isinstance(begun, int) and isinstance(ended, int):
        return plausible_count(ended - begun)
    return None
