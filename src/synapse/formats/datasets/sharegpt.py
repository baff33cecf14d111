"""ShareGPT: an array, or a line each, of `conversations` with `from` and `value`."""

from __future__ import annotations

from synapse.archived import Unreadable
from synapse.domain import Role
from synapse.formats._answers import fenced, json_text
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, items, key, objects, text
from synapse.formats._providers import provider_of_model
from synapse.formats.apps._kept import kept
from synapse.formats.datasets._identity import digest
from synapse.formats.reading.records import records
from synapse.formats.reading.shapes import Form, shape_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.ports import ImportSource

PROGRAM = "sharegpt"
_ROLES = {
    "human": Role.USER,
    "user": Role.USER,
    "prompter": Role.USER,
    "gpt": Role.ASSISTANT,
    "assistant": Role.ASSISTANT,
    "model": Role.ASSISTANT,
    "chatgpt": Role.ASSISTANT,
    "bing": Role.ASSISTANT,
    "bard": Role.ASSISTANT,
    "system": Role.SYSTEM,
    "function_call": Role.TOOL,
    "observation": Role.TOOL,
    "tool": Role.TOOL,
}
_TAKEN = ("id", "conversations", "system", "title", "model")


class ShareGptImporter:
    """Reads such a file."""

    def recognizes(self, source: ImportSource) -> bool:
        """By the first conversation."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        if shape.form not in (Form.ARRAY, Form.OBJECT, Form.LINES):
            return False
        said = list(objects(shape.first.get("conversations")))
        return bool(said) and "from" in said[0] and "value" in said[0]

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """Its conversations."""
        for entry in records(source):
            value = fields(entry.value)
            if entry.error or not isinstance(entry.value, dict):
                yield Unreadable(place=entry.place, reason=entry.error or "no object")
            elif not isinstance(value.get("conversations"), list):
                yield Unreadable(place=entry.place, reason='no "conversations"')
            else:
                yield _session(value, source.modified_at)


def _session(value: dict[str, Any], modified_at: datetime | None) -> ArchivedSession:
    said = [*objects(value["conversations"])]
    model = text(value.get("model")) or None
    own = key(value.get("id"))
    # Parts of one dump have the same ids as parts of another: the words belong to the name.
    builder = SessionBuilder(
        PROGRAM,
        f"{own}:{digest(said)}" if own else digest(said),
        fallback=modified_at,
        title=text(value.get("title")),
        provider=provider_of_model(model),
        model=model,
        system_prompt=text(value.get("system")) or None,
        extra=kept(value, _TAKEN),
    )
    for message in said:
        _add(builder, message)
    return builder.finished()


def _add(builder: SessionBuilder, message: dict[str, Any]) -> None:
    who = text(message.get("from")).lower()
    given = message.get("value")
    words = given if isinstance(given, str) else "" if given is None else json_text(given)
    extra = kept(message, ("from", "value"))
    role = _ROLES.get(who)
    if role is None:
        role, extra = Role.USER, {**extra, "from": who}
    if role is Role.SYSTEM and not len(builder) and not builder.system_prompt:
        builder.system_prompt = words
        return
    if role is Role.TOOL:
        words, extra = f"**{who}**\n\n{fenced(words)}", {**extra, "message": message}
    if words or items(message.get("images")):
        builder.add(role, words, extra=extra)
