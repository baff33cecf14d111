"""Which session of Claude Code is a copy of another's beginning.

A fork, and in older versions whatever is gone on with, is a file of its own in the same folder: it
begins with the same lines, with the same `uuid` and time, and does not say where they are from.
"""

from __future__ import annotations

from functools import lru_cache

from synapse.errors import ImportFailed
from synapse.formats._fields import fields, key, text
from synapse.formats.agents._transcript import Transcript
from synapse.formats.reading.records import json_lines
from synapse.formats.reading.shapes import shape_of
from synapse.formats.reading.sources import FileSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from synapse.ports import ImportSource


def origin_of(own: Transcript, source: ImportSource) -> Transcript | None:
    """The session that was copied; None if this is none of a copy, or nobody can tell."""
    first = own.first_uuid
    if not first:
        return None
    best: Transcript | None = None
    longest = 0
    for other in _alike(first, source):
        if other.id == own.id:
            continue
        shared = _shared(own, other)
        if shared > longest and _is_earlier(other, own, shared):
            best, longest = other, shared
    return best


def _shared(one: Transcript, other: Transcript) -> int:
    count = 0
    for mine, theirs in zip(one.spoken, other.spoken, strict=False):
        if mine[0] != theirs[0]:
            break
        count += 1
    return count


def _is_earlier(one: Transcript, other: Transcript, shared: int) -> bool:
    """Whether it went on before the other did, behind what they share. What went no further is
    what was copied whole; of two that are equal, the one with the lesser id is taken for it.
    """

    def next_of(transcript: Transcript) -> tuple[float, str]:
        following = transcript.spoken[shared:]
        at = following[0][1] if following else None
        return (at.timestamp() if at else 0.0, transcript.id)

    return next_of(one) < next_of(other)


def _alike(first: str, source: ImportSource) -> Iterator[Transcript]:
    """The sessions beside this one that begin with the same line."""
    for file in _beginning_so(first, source):
        transcript: Transcript | None = None
        try:
            for entry in json_lines(file):
                line = fields(entry.value)
                id = key(line.get("sessionId"))
                if transcript is None and id:
                    transcript = Transcript(id, None)
                if transcript is not None and id in ("", transcript.id):
                    transcript.read(line)
        except (ImportFailed, OSError):
            continue  # which is told when that file is imported itself
        if transcript is not None:
            yield transcript


def _beginning_so(first: str, source: ImportSource) -> Sequence[ImportSource]:
    if source.path is not None:
        folder = source.path.absolute().parent
        found = _first_lines(folder, folder.stat().st_mtime_ns).get(first, [])
        return [FileSource(path) for path in found if path != source.path.absolute()]
    own = _stem(source.name)
    beside = (source.neighbour(name) for name in source.neighbours() if name.endswith(".jsonl"))
    return [
        file for file in beside if file and _stem(file.name) != own and _first_uuid(file) == first
    ]


@lru_cache(maxsize=1)  # every session of the folder asks
def _first_lines(folder: Path, modified: int) -> Mapping[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        if uuid := _first_uuid(FileSource(path)):
            found.setdefault(uuid, []).append(path)
    return found


def _first_uuid(file: ImportSource) -> str:
    """The id of the first line that is one of the conversation, if the first lines have one."""
    try:
        lines = (fields(value) for value in shape_of(file).values)
        return next((key(line["uuid"]) for line in lines if text(line.get("uuid"))), "")
    except OSError:
        return ""


def _stem(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].partition(".")[0]
