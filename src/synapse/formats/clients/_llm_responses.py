"""The second generation of llm's log: responses in conversations."""

from __future__ import annotations

from synapse.domain import Role, plausible_count
from synapse.formats._answers import Answer, call_text, result_text
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, objects, text
from synapse.formats.clients._llm_rows import (
    PROGRAM,
    arguments_of,
    attachments_of,
    first_line,
    kept,
    model_of,
    name_of,
    naming,
    schema_of,
    usage_of,
)
from synapse.formats.reading.json_values import json_field
from synapse.formats.reading.times import moment, ulid_moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.formats.reading.databases import Database


class LlmResponses:
    """Conversations whose answers are in `responses`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_there = database.has("responses", "id", "response")

    def sessions(self, *, without: Collection[str]) -> Iterator[ArchivedSession]:
        """One for each conversation, and for each response that is in none; but for those that
        `without` names.
        """
        if not self._is_there:
            return
        if self._database.has("conversations", "id"):
            for row in self._database.records("conversations", "ORDER BY rowid"):
                if row["id"] in without:
                    continue
                builder = self.begun(row["id"])
                if len(builder):
                    yield builder.finished()
        for (id,) in self._database.rows(
            "SELECT id FROM responses WHERE conversation_id IS NULL"
            " OR conversation_id NOT IN (SELECT id FROM conversations) ORDER BY rowid"
            if self._database.has("conversations", "id")
            else "SELECT id FROM responses ORDER BY rowid"
        ):
            yield self._alone(id)

    def count(self, id: str) -> int:
        """How many answers a conversation has here."""
        if not self._is_there:
            return 0
        sql = "SELECT count(*) FROM responses WHERE conversation_id = ?"
        return int(next(self._database.rows(sql, (id,)))[0])

    def begun(self, id: str) -> SessionBuilder:
        """The conversation as far as it is here."""
        found = next(self._database.records("conversations", "WHERE id = ?", id), {})
        rows = self._database.records("responses", "WHERE conversation_id = ? ORDER BY rowid", id)
        return self._built(id, name_of(found), rows, model_of(found))

    def _alone(self, id: str) -> ArchivedSession:
        rows = self._database.records("responses", "WHERE id = ?", id)
        return self._built(f"response:{id}", None, rows, (None, None)).finished()

    def _built(
        self,
        id: str,
        name: str | None,
        rows: Iterator[dict[str, Any]],
        model: tuple[str | None, str | None],
    ) -> SessionBuilder:
        builder = SessionBuilder(
            PROGRAM, id, started=ulid_moment(id), title=name, provider=model[0], model=model[1]
        )
        system: str | None = None
        for row in rows:
            at = moment(row.get("datetime_utc")) or ulid_moment(row["id"])
            words = self._fragments("system_fragments", row["id"], text(row.get("system")))
            if not len(builder):
                builder.system_prompt = system = words
                builder.title = builder.title or first_line(text(row.get("prompt")))
            elif words and words != system:
                builder.add(Role.SYSTEM, words, source_id=f"{row['id']}:system", at=at)
                system = words
            self._add(builder, row, at)
        return builder

    def _add(self, builder: SessionBuilder, row: dict[str, Any], at: datetime | None) -> None:
        id = row["id"]
        for number, (content, extra) in enumerate(self._results(id), 1):
            builder.add(Role.TOOL, content, source_id=f"{id}:result:{number}", at=at, extra=extra)
        prompt = self._fragments("prompt_fragments", id, text(row.get("prompt")))
        prompt = prompt or _from_messages(row.get("prompt_json"), has_calls=bool(len(builder)))
        held, named = attachments_of(self._database, self._attached(id))
        prompt = "\n\n".join(part for part in (prompt, naming(named)) if part)
        if prompt or held:
            extra = {"attachments": named} if named else {}
            builder.add(
                Role.USER, prompt, source_id=f"{id}:prompt", at=at, attachments=held, extra=extra
            )
        provider, model = model_of(row)
        answer = Answer(builder, id, at=at, provider=provider, model=model)
        answer.usage = usage_of(row)
        answer.elapsed_ms = plausible_count(row.get("duration_ms"))
        answer.extra = {**kept(row), **schema_of(self._database, row)}
        answer.think(text(row.get("reasoning")))
        answer.say(text(row.get("response")))
        for call in self._of_response("tool_calls", id):
            arguments = arguments_of(call.get("arguments"))
            answer.tool(
                call_text(text(call.get("name")), arguments),
                extra={"tool_call": {**_shown(call), "arguments": arguments}},
            )
        answer.finish()

    def _results(self, id: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for result in self._of_response("tool_results", id):
            fault = text(result.get("exception"))
            output = text(result.get("output")) or fault
            name = text(result.get("name"))
            yield result_text(name, output, failed=bool(fault)), {"tool_result": _shown(result)}

    def _of_response(self, table: str, id: str) -> Iterator[dict[str, Any]]:
        if self._database.has(table, "response_id"):
            yield from self._database.records(table, "WHERE response_id = ? ORDER BY rowid", id)

    def _attached(self, id: str) -> list[object]:
        if not self._database.has("prompt_attachments", "response_id", "attachment_id"):
            return []
        order = ' ORDER BY "order"' if self._database.has("prompt_attachments", "order") else ""
        sql = f"SELECT attachment_id FROM prompt_attachments WHERE response_id = ?{order}"
        return [attachment for (attachment,) in self._database.rows(sql, (id,))]

    def _fragments(self, table: str, id: str, words: str) -> str:
        """The words with the fragments before them that were given to the same answer."""
        if not self._database.has(table, "response_id", "fragment_id"):
            return words
        sql = (
            f"SELECT content FROM {table} JOIN fragments ON fragments.id = fragment_id"
            ' WHERE response_id = ? ORDER BY "order"'
        )
        pieces = [text(content) for (content,) in self._database.rows(sql, (id,))]
        return "\n".join(piece for piece in (*pieces, words) if piece)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    left_out = ("id", "response_id", "tool_id", "instance_id")
    return {name: each for name, each in row.items() if name not in left_out and each is not None}


def _from_messages(prompt: object, *, has_calls: bool) -> str:
    """The question, where it is only in the messages that were sent; not after a tool's result,
    where there is none.
    """
    if has_calls:
        return ""
    messages = list(objects(fields(json_field(prompt)).get("messages")))
    last = messages[-1] if messages else {}
    return text(last.get("content")) if last.get("role") == "user" else ""
