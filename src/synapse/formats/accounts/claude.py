"""The export of a Claude account: `conversations.json` in its zip, out of it, or alone; and what
the site's own interface gives, the same objects with branches and models.
"""

from __future__ import annotations

from synapse.archived import Unreadable
from synapse.formats._fields import objects
from synapse.formats.accounts._claude_conversation import Conversation
from synapse.formats.reading.json_values import entries
from synapse.formats.reading.records import records
from synapse.formats.reading.shapes import Form, shape_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.formats.reading.json_values import Entry
    from synapse.ports import ImportSource

_MESSAGES = "chat_messages"
_WHOLE = "conversations"


class ClaudeImporter:
    """Reads a file of conversations. Projects and users in the same zip are none."""

    def recognizes(self, source: ImportSource) -> bool:
        """By a conversation's `chat_messages`."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        if shape.form not in (Form.ARRAY, Form.OBJECT, Form.LINES):
            return False
        first = shape.first
        return _is_conversation(first) or any(map(_is_conversation, objects(first.get(_WHOLE))))

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """Its conversations, each with its branches."""
        for entry in _conversations(source):
            value = entry.value
            if entry.error or not isinstance(value, dict):
                yield Unreadable(place=entry.place, reason=entry.error or "no object")
                continue
            name = value.get("name")
            place = f"{entry.place}" + (f" ({name[:60]!r})" if isinstance(name, str) else "")
            if not isinstance(value.get(_MESSAGES), list):
                yield Unreadable(place=place, reason=f'no "{_MESSAGES}"')
                continue
            yield from Conversation(value, source.modified_at).sessions()


def _conversations(source: ImportSource) -> Iterable[Entry]:
    if _WHOLE in shape_of(source).first:
        return entries(source, _WHOLE)
    return records(source)


def _is_conversation(value: dict[str, Any]) -> bool:
    if _MESSAGES in value:
        return True
    known = {"uuid", "name", "created_at", "updated_at", "account"}
    return known <= value.keys() and "docs" not in value
