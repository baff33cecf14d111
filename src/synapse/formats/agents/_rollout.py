"""What the lines of a codex rollout say, one after the other."""

from __future__ import annotations

from synapse.domain import Role, Status, Usage, plausible_count
from synapse.formats._answers import call_text, result_text
from synapse.formats._attachments import from_base64, from_data_url, without_data
from synapse.formats._fields import fields, first_text, items, key, objects, others, text
from synapse.formats._providers import provider_name
from synapse.formats.agents._drafts import Draft
from synapse.formats.agents._injected import typed
from synapse.formats.reading.json_values import parsed
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

WRAPPED = frozenset(
    ("session_meta", "response_item", "event_msg", "turn_context", "compacted", "world_state")
)
"""Types of lines that have their content in `payload`."""
_PASSING = frozenset(("event_msg", "turn_context", "world_state", "token_usage_record"))
_WITHOUT_WORDS = frozenset(("ghost_snapshot", "compaction", "context_compaction", "other"))
_IMAGE_MARKS = ("<image", "</image>")


class Rollout:
    """Collects a conversation from its lines."""

    def __init__(self) -> None:
        self.meta: dict[str, Any] = {}
        self.meta_at: datetime | None = None
        self.drafts: list[Draft] = []
        self.name = ""
        """What the person calls it."""
        self.model: str | None = None
        self.others: list[Any] = []
        """Lines of types that nobody knows."""
        self.context: list[Any] = []
        """What the program said in the person's name, and nothing followed."""
        self._thoughts: list[str] = []
        self._tools: dict[str, str] = {}
        self._total: object = None

    def read(self, line: dict[str, Any]) -> None:
        """Take one line in."""
        at = moment(line.get("timestamp"))
        kind, payload = text(line.get("type")), fields(line.get("payload"))
        if kind == "session_meta":
            if not self.meta:  # a fork has the one of its origin in its copy, too
                self.meta, self.meta_at = payload, moment(payload.get("timestamp")) or at
        elif kind == "response_item":
            self._item(payload, at)
        elif kind == "compacted":
            self._compacted(payload, at)
        elif kind in _PASSING:
            self._event(kind, payload, at)
        elif "payload" not in line and (kind or "role" in line):
            self._item(line, at)  # the oldest files have no wrapping
        elif not kind and not self.meta and key(line.get("id")):
            self.meta, self.meta_at = line, at
        elif "record_type" not in line:
            self.others.append(line)

    def _event(self, kind: str, event: dict[str, Any], at: datetime | None) -> None:
        name = text(event.get("type"))
        if kind == "turn_context":
            self.model = first_text(event.get("model")) or self.model
        elif name == "token_count":
            self._count(fields(event.get("info")))
        elif name == "thread_rolled_back":
            self._roll_back(plausible_count(event.get("num_turns")) or 0)
        elif name == "thread_name_updated":
            self.name = first_text(event.get("thread_name")) or self.name
        elif name == "turn_aborted":
            self._abort(first_text(event.get("reason")))
        elif name == "error":
            draft = self._draft(Role.ASSISTANT, "", at, others(event, ("type", "message")))
            draft.status = Status.FAILED
            draft.error = first_text(event.get("message")) or "error"

    def _item(self, item: dict[str, Any], at: datetime | None) -> None:
        kind = text(item.get("type"))
        if kind == "message" or (not kind and "role" in item):
            self._message(item, at)
        elif kind == "reasoning":
            parts = [*objects(item.get("summary")), *objects(item.get("content"))]
            self._thoughts += [words for part in parts if (words := text(part.get("text")))]
        elif kind.endswith("_output"):
            self._result(kind, item, at)
        elif kind.endswith("_call"):
            self._call(kind, item, at)
        elif kind not in _WITHOUT_WORDS:
            self.others.append(item)

    def _message(self, item: dict[str, Any], at: datetime | None) -> None:
        role = text(item.get("role"))
        kept = others(item, ("type", "role", "content", "id"))
        content = item.get("content")
        parts = [{"text": content}] if isinstance(content, str) else list(objects(content))
        words = [said for part in parts if (said := text(part.get("text")))]
        if role == "assistant":
            draft = self._draft(Role.ASSISTANT, "\n\n".join(words), at, kept)
        elif role == "user":
            asked, around = _typed(words)
            self.context += around
            images = [part.get("image_url") for part in parts if part.get("image_url")]
            if not asked and not images:
                return
            draft = self._draft(Role.USER, "\n\n".join(asked), at, kept)
            for image in images:
                found = list(from_data_url(image))
                draft.attachments += found
                if not found:
                    draft.extra.setdefault("images", []).append(image)
        else:
            self.context += words
            return
        draft.source_id = key(item.get("id")) or None

    def _call(self, kind: str, item: dict[str, Any], at: datetime | None) -> None:
        action = fields(item.get("action"))
        name = first_text(item.get("name")) or kind.removesuffix("_call")
        if kind == "image_generation_call":
            arguments: object = item.get("revised_prompt")
        elif action:
            arguments = others(action, ("type",))
            if list(arguments) == ["command"]:
                arguments = {"command": " ".join(map(str, items(action["command"])))}
        else:
            arguments = item.get("arguments", item.get("input"))
        call = key(item.get("call_id")) or key(item.get("id"))
        self._tools[call] = name
        picture = kind == "image_generation_call"
        kept = others(item, ("result",) if picture else ())
        draft = self._draft(Role.TOOL, call_text(name, arguments), at, kept)
        draft.is_of_model = True
        draft.source_id = f"call {call}" if call else None
        if picture:
            draft.attachments += from_base64(item.get("result"), "image/png", f"{call or name}.png")

    def _result(self, kind: str, item: dict[str, Any], at: datetime | None) -> None:
        call = key(item.get("call_id"))
        output, failed = _output(item.get("output", item.get("tools")))
        name = self._tools.get(call) or kind.removesuffix("_output").removesuffix("_call")
        kept = others(without_data(item), ("output",) if output is item.get("output") else ())
        draft = self._draft(Role.TOOL, result_text(name, output, failed=failed), at, kept)
        draft.source_id = f"result {call}" if call else None
        for part in objects(item.get("output")):
            draft.attachments += from_data_url(part.get("image_url"))

    def _compacted(self, payload: dict[str, Any], at: datetime | None) -> None:
        """The history goes on with a summary, which the person did not write, nor get to see."""
        summary = text(payload.get("message"))
        kept = others(payload, ("message", "replacement_history"))
        self._draft(Role.TOOL, result_text("compaction", summary), at, kept)

    def _draft(self, role: Role, content: str, at: datetime | None, extra: dict[str, Any]) -> Draft:
        if self.context:
            extra, self.context = {**extra, "context": self.context}, []
        draft = Draft(role, content, at=at, extra=extra)
        if role is not Role.USER and self._thoughts:
            draft.reasoning, self._thoughts = "\n\n".join(self._thoughts), []
        if role is Role.ASSISTANT:
            draft.model = self.model
            draft.provider = provider_name(self.meta.get("model_provider")) or "openai"
        self.drafts.append(draft)
        return draft

    def _count(self, info: dict[str, Any]) -> None:
        total = info.get("total_token_usage")
        if not info or (total is not None and total == self._total):
            return  # limits were told anew, nothing was asked
        self._total = total
        last = fields(info.get("last_token_usage"))
        usage = Usage(
            input_tokens=plausible_count(last.get("input_tokens")),
            output_tokens=plausible_count(last.get("output_tokens")),
            cached_tokens=plausible_count(last.get("cached_input_tokens")),
            cache_write_tokens=plausible_count(last.get("cache_write_input_tokens")),
            reasoning_tokens=plausible_count(last.get("reasoning_output_tokens")),
        )
        for draft in reversed(self.drafts):
            if draft.role is Role.USER:
                break
            if draft.is_of_model:
                draft.usage = usage if draft.usage == Usage() else draft.usage
                draft.model = self.model
                break

    def _roll_back(self, turns: int) -> None:
        """The last questions that stand are taken back, with what came of them."""
        for draft in reversed(self.drafts):
            if turns <= 0:
                break
            if not draft.is_superseded:
                draft.is_superseded = True
                turns -= draft.role is Role.USER

    def _abort(self, reason: str) -> None:
        last = self.drafts[-1] if self.drafts else None
        if last is not None and last.role is Role.ASSISTANT and last.status is Status.COMPLETE:
            last.status = Status.INTERRUPTED
            last.finish_reason = reason or None


def _typed(words: list[str]) -> tuple[list[str], list[str]]:
    """What the person typed of these parts, and what the program put beside it."""
    asked, around = [], []
    for part in words:
        if part.strip().startswith(_IMAGE_MARKS) and len(part) < 200:
            continue  # stands before and behind each picture
        own, rest = typed(part)
        asked += [own] if own else []
        around += [rest] if rest else []
    return asked, around


def _output(value: object) -> tuple[object, bool]:
    """What a tool gave back, and whether it failed. Some versions wrap it into JSON in a text."""
    inner = value
    if isinstance(value, str) and value.startswith("{"):
        try:
            inner = parsed(value.encode())
        except ValueError:
            return value, False
        if not isinstance(inner, dict) or not isinstance(inner.get("output"), str):
            return value, False
    if isinstance(inner, dict):
        status = fields(inner.get("metadata")).get("exit_code", 0)
        failed = inner.get("success") is False or status not in (0, None)
        content = inner.get("output", inner.get("content"))
        return (content if isinstance(content, str) else without_data(inner)), failed
    if isinstance(inner, list) and all(text(fields(part).get("text")) for part in inner):
        return "\n\n".join(part["text"] for part in inner), False
    return without_data(inner), False
