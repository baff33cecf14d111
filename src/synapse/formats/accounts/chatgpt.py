"""The export of a ChatGPT account: `conversations.json`, or its parts `conversations-000.json` and
so on, in the zip with the pictures, out of it, or alone. A single conversation, as the site's own
interface gives it, is read as well.
"""

from __future__ import annotations

import re

from synapse.archived import Unreadable
from synapse.formats._fields import fields, objects
from synapse.formats.accounts._chatgpt_conversation import Conversation
from synapse.formats.accounts._files import Files
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

_NAME = re.compile(r"(^|[/\\ ])conversations(-\d+)?\.json$")
_WHOLE = "conversations"
"""The key of the array, where that is not all of the file."""


class ChatGptImporter:
    """Reads a file of conversations. In other files of the export there are none."""

    def recognizes(self, source: ImportSource) -> bool:
        """By a conversation's `mapping`; an empty file by its name."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        if shape.form is Form.ARRAY and not shape.values:
            return bool(_NAME.search(source.name)) and shape.text.startswith("[")
        if shape.form not in (Form.ARRAY, Form.OBJECT, Form.LINES):
            return False
        return _is_conversation(shape.first) or any(
            map(_is_conversation, objects(shape.first.get(_WHOLE)))
        )

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """Its conversations, each with its branches."""
        files = Files(source)
        for entry in _conversations(source):
            value = entry.value
            if entry.error or not isinstance(value, dict):
                yield Unreadable(place=entry.place, reason=entry.error or "no object")
                continue
            title = value.get("title")
            place = f"{entry.place}" + (f" ({title[:60]!r})" if isinstance(title, str) else "")
            if not isinstance(value.get("mapping"), dict):
                yield Unreadable(place=place, reason='no "mapping"')
                continue
            yield from Conversation(value, files, source.modified_at).sessions()


def _conversations(source: ImportSource) -> Iterable[Entry]:
    if _WHOLE in shape_of(source).first:
        return entries(source, _WHOLE)
    return records(source)


def _is_conversation(value: dict[str, Any]) -> bool:
    if "mapping" in value:
        return isinstance(value["mapping"], dict) or value["mapping"] is None
    known = {"conversation_id", "current_node", "create_time", "moderation_results"}
    return len(known & fields(value).keys()) > 1
