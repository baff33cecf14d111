"""Pictures and files that an export holds beside the conversations."""

from __future__ import annotations

import mimetypes
import re

from synapse.domain import Attachment
from synapse.formats.reading.limits import LARGEST_ATTACHMENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from synapse.ports import ImportSource

_ID = re.compile(r"file[-_][A-Za-z0-9]+")
_TYPES = {"webp": "image/webp", "md": "text/markdown", "heic": "image/heic"}
"""Endings that Python does not know everywhere."""


class Files:
    """Finds them by their ids, with which their names begin."""

    def __init__(self, source: ImportSource) -> None:
        self._source = source
        self._names: Mapping[str, str] | None = None

    def attachment(self, pointer: str, name: str = "", kind: str = "") -> Attachment | None:
        """The file, called `name` if that is known; None if it is not there, or too large."""
        id = pointer.rpartition("//")[2]
        own = _ID.match(id)
        path = self._by_id().get(own[0]) if own else None
        found = self._source.neighbour(path) if path else None
        if found is None or path is None:
            return None
        try:
            with found.open() as file:
                content = file.read(LARGEST_ATTACHMENT + 1)
        except OSError:
            return None
        if len(content) > LARGEST_ATTACHMENT:
            return None
        plain = path.rpartition("/")[2]
        return Attachment(
            name=name or plain.removeprefix(f"{id}-") or plain,
            media_type=kind or _type_of(plain) or _type_of(name) or "application/octet-stream",
            data=content,
        )

    def _by_id(self) -> Mapping[str, str]:
        if self._names is None:
            names: dict[str, str] = {}
            for path in self._source.neighbours():
                id = _ID.match(path.rpartition("/")[2])
                if id:
                    names.setdefault(id[0], path)
            self._names = names
        return self._names


def _type_of(name: str) -> str:
    ending = name.rpartition(".")[2].lower()
    return _TYPES.get(ending) or mimetypes.guess_type(name)[0] or ""
