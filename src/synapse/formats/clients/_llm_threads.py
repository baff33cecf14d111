"""The third generation of llm's log: a tree of messages, in which threads end."""

from __future__ import annotations

from synapse.domain import Role, plausible_count
from synapse.formats._answers import Answer, call_text, result_text
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, items, objects, text
from synapse.formats.clients._llm_rows import (
    PROGRAM,
    attachments_of,
    kept,
    model_of,
    name_of,
    naming,
    part_of,
    schema_of,
    usage_of,
)
from synapse.formats.reading.json_values import json_field
from synapse.formats.reading.times import moment, ulid_moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.formats.clients._llm_responses import LlmResponses
    from synapse.formats.reading.databases import Database

_CHAIN = """
WITH RECURSIVE chain(hash, parent, role, metadata, depth) AS (
    SELECT hash, parent_hash, role, provider_metadata, 0 FROM messages WHERE hash = ?
    UNION ALL
    SELECT m.hash, m.parent_hash, m.role, m.provider_metadata, depth + 1
    FROM messages AS m JOIN chain ON m.hash = chain.parent
    WHERE depth < 100000
)
SELECT hash, role, metadata FROM chain ORDER BY depth
"""
_ROLES = {"system": Role.SYSTEM, "user": Role.USER, "tool": Role.TOOL}


class LlmThreads:
    """Conversations in `threads`. Messages are shared between them, so that times and tokens are
    those of the turns of each.
    """

    def __init__(self, database: Database, responses: LlmResponses) -> None:
        self._database = database
        self._responses = responses
        self._is_there = database.has("threads", "id", "tip_message_hash") and database.has(
            "messages", "hash", "parent_hash", "role", "provider_metadata"
        )

    def ids(self) -> frozenset[str]:
        """Of all threads; conversations of the second generation are among them if they were gone
        on with.
        """
        if not self._is_there:
            return frozenset()
        return frozenset(id for (id,) in self._database.rows("SELECT id FROM threads"))

    def sessions(self) -> Iterator[ArchivedSession]:
        """One for each thread; forks behind what they were forked from."""
        if not self._is_there:
            return
        order = "ORDER BY forked_from IS NOT NULL, rowid"
        for row in self._database.records(
            "threads", order if self._database.has("threads", "forked_from") else "ORDER BY rowid"
        ):
            thread = _Thread(self._database, row, self._responses)
            origin = self._origin(row)
            if origin is not None:
                thread.branch_off(origin)
            if len(thread.builder):
                yield thread.builder.finished()
            for tip in thread.other_tips:
                branch = _Thread(self._database, row, self._responses, tip)
                branch.branch_off(thread)
                yield branch.builder.finished()

    def _origin(self, row: dict[str, Any]) -> _Thread | None:
        origin = row.get("forked_from")
        if not origin or origin == row["id"]:
            return None
        found = next(self._database.records("threads", "WHERE id = ?", origin), None)
        return _Thread(self._database, found, self._responses) if found else None


class _Thread:
    """One thread as a session; or, with a `tip`, what branches off it and ends there."""

    def __init__(
        self, database: Database, row: dict[str, Any], responses: LlmResponses, tip: str = ""
    ) -> None:
        self._database = database
        self._id = text(row["id"])
        self._chain = self._read_chain(tip or row["tip_message_hash"])
        self.other_tips: list[str] = []
        """Where turns of the same thread ended that are not before its tip."""
        self._turns = self._read_turns()
        old = 0 if tip else self._covered(responses)
        if old:
            self.builder = responses.begun(self._id)
        else:
            started = ulid_moment(self._id) or moment(row.get("datetime_utc"))
            name = f"{self._id}:{tip}" if tip else self._id
            self.builder = SessionBuilder(PROGRAM, name, started=started, title=name_of(row))
        self.counts = {hash: len(self.builder) for hash, _, _ in self._chain[:old]}
        """After each message of llm's, how many of the session there are."""
        for place in range(old, len(self._chain)):
            self._add(place)
            self.counts[self._chain[place][0]] = len(self.builder)

    def branch_off(self, origin: _Thread) -> None:
        """Say where it comes from."""
        shared = [hash for hash, _, _ in self._chain if hash in origin.counts]
        if shared:
            self.builder.fork_of(origin.builder, origin.counts[shared[-1]])

    def _read_chain(self, tip: object) -> list[tuple[Any, ...]]:
        chain: dict[str, tuple[Any, ...]] = {}
        for message in self._database.rows(_CHAIN, (tip,)):
            if message[0] in chain:
                break  # a circle
            chain[message[0]] = message
        return list(reversed(chain.values()))

    def _read_turns(self) -> dict[int, dict[str, Any]]:
        """The turns by the places in the chain at which what the model said begins."""
        places = {hash: place for place, (hash, _, _) in enumerate(self._chain)}
        found: dict[int, dict[str, Any]] = {}
        for turn in self._database.records("turns", "WHERE thread_id = ? ORDER BY rowid", self._id):
            before = turn.get("parent_message_hash")
            start = places[before] + 1 if before in places else 0 if before is None else None
            tip = turn.get("tip_message_hash")
            if start is not None and tip in places:
                found[start] = turn
            elif isinstance(tip, str) and tip not in places:
                self.other_tips = [each for each in self.other_tips if each != before] + [tip]
        return found

    def _covered(self, responses: LlmResponses) -> int:
        """How many messages of the chain are in the second generation: those before the question
        of the first turn, if there are as many answers.
        """
        first = min(self._turns, default=len(self._chain))
        roles = [role for _, role, _ in self._chain[:first]]
        answers = roles.count("assistant")
        if not answers or responses.count(self._id) < answers:
            return 0
        return len(roles) - roles[::-1].index("assistant")

    def _turn(self, place: int) -> dict[str, Any]:
        """The turn to which a message belongs: the one that it was the question for, or that said
        it.
        """
        starts = sorted(self._turns)
        _, role, _ = self._chain[place]
        if role == "assistant":
            own = [start for start in starts if start <= place]
            return self._turns[own[-1]] if own else {}
        later = [start for start in starts if start > place]
        return self._turns[later[0]] if later else {}

    def _add(self, place: int) -> None:
        hash, role, metadata = self._chain[place]
        turn = self._turn(place)
        at = moment(turn.get("datetime_utc"))
        extra = {"provider_metadata": json_field(metadata)} if metadata else {}
        parts = list(
            self._database.records("parts", "WHERE message_hash = ? ORDER BY position", hash)
        )
        if role == "assistant":
            self._answer(hash, parts, turn, at, extra, is_first=place in self._turns)
        elif role == "system" and not len(self.builder) and not self.builder.system_prompt:
            self.builder.system_prompt = "\n\n".join(map(self._words, parts))
        else:
            self._said(hash, _ROLES.get(role, Role.USER), parts, at, extra)

    def _said(
        self,
        hash: str,
        role: Role,
        parts: list[dict[str, Any]],
        at: datetime | None,
        extra: dict[str, Any],
    ) -> None:
        words: list[str] = []
        ids: list[object] = []
        raw: list[dict[str, Any]] = []
        for part in parts:
            payload = part_of(part)
            ids += _attached(payload)
            if part.get("type") == "tool_result":
                raw.append(payload)
                words.append(_result(payload))
            elif part.get("type") != "attachment":
                words.append(self._words(part))
        held, named = attachments_of(self._database, ids)
        if raw:
            extra = {**extra, "tool_results": raw}
        if named:
            extra = {**extra, "attachments": named}
        content = "\n\n".join(word for word in (*words, naming(named)) if word)
        if content or held:
            self.builder.add(role, content, source_id=hash, at=at, attachments=held, extra=extra)

    def _answer(
        self,
        hash: str,
        parts: list[dict[str, Any]],
        turn: dict[str, Any],
        at: datetime | None,
        extra: dict[str, Any],
        *,
        is_first: bool,
    ) -> None:
        provider, model = model_of(turn)
        answer = Answer(self.builder, hash, at=at, provider=provider, model=model)
        answer.extra = extra
        if is_first:
            answer.usage = usage_of(turn)
            answer.elapsed_ms = plausible_count(turn.get("duration_ms"))
            answer.extra = {**extra, **kept(turn), **schema_of(self._database, turn)}
        if model:
            self.builder.provider, self.builder.model = provider, model
        for part in parts:
            payload = part_of(part)
            held, _ = attachments_of(self._database, _attached(payload))
            if part.get("type") == "reasoning":
                answer.think(self._words(part))
            elif part.get("type") == "tool_call":
                call = call_text(text(payload.get("name")), payload.get("arguments"))
                answer.tool(call, extra={"tool_call": payload})
            elif part.get("type") == "tool_result":
                answer.tool(_result(payload), extra={"tool_result": payload}, attachments=held)
            else:
                answer.say(self._words(part))
                answer.attach(held)
        answer.finish()

    def _words(self, part: dict[str, Any]) -> str:
        """Its text; of one that borrows from fragments, with these in their places."""
        own = text(part.get("text"))
        if own:
            return own
        pieces: list[str] = []
        for piece in objects(part_of(part).get("text_ref")):
            if "literal" in piece:
                pieces.append(text(piece["literal"]))
            else:
                sql = "SELECT content FROM fragments WHERE id = ?"
                found = self._database.rows(sql, (piece.get("fragment"),))
                pieces += [text(content) for (content,) in found]
        return "".join(pieces)


def _attached(payload: dict[str, Any]) -> list[object]:
    """Ids of the attachments of a part."""
    one = fields(payload.get("attachment")).get("id")
    several = [fields(each).get("id") for each in items(payload.get("attachments"))]
    return [id for id in (one, *several) if isinstance(id, str)]


def _result(payload: dict[str, Any]) -> str:
    fault = text(payload.get("exception"))
    return result_text(
        text(payload.get("name")), payload.get("output") or fault, failed=bool(fault)
    )
