"""Parts of a large file that others refer to: on the disk, by name, until they are asked for."""

from __future__ import annotations

import json
import tempfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self


class Spool:
    """Values by name. Only the names are in memory."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="synapse-import-")  # noqa: SIM115
        self._places: dict[str, tuple[int, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, name: str, value: Any) -> None:
        """Keep a value; of several with one name, the last."""
        raw = json.dumps(value).encode()
        self._file.seek(0, 2)
        self._places[name] = (self._file.tell(), len(raw))
        self._file.write(raw)

    def get(self, name: str) -> Any:
        """The value of this name; None if there is none."""
        place = self._places.get(name)
        if place is None:
            return None
        self._file.seek(place[0])
        return json.loads(self._file.read(place[1]))
