"""Conversations of codex: the rollouts in `$CODEX_HOME/sessions` and `archived_sessions`."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from synapse.archived import Unreadable
from synapse.errors import ImportFailed
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, first_text, key, others, text
from synapse.formats._providers import provider_name
from synapse.formats.agents._rollout import WRAPPED, Rollout
from synapse.formats.reading.records import json_lines
from synapse.formats.reading.shapes import Form, shape_of
from synapse.formats.reading.sources import FileSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synapse.archived import ArchivedSession
    from synapse.ports import ImportSource

PROGRAM = "codex"
_CREDENTIALS = re.compile(r"://[^/@\s]*@")
_INDEX = "session_index.jsonl"
_FOLDERS = ("sessions", "archived_sessions")
_LEVELS = 5
"""From a rollout up to the folder that has the index."""


def places() -> list[Path]:
    """Folders in which codex keeps conversations on this machine."""
    home = Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex")
    return [path for name in _FOLDERS if (path := home / name).is_dir()]


class CodexImporter:
    """Reads a rollout; each is one conversation."""

    def recognizes(self, source: ImportSource) -> bool:
        """Whether one of the first lines is one of a rollout."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        if shape.form not in (Form.LINES, Form.OBJECT):
            return False
        lines = [fields(value) for value in shape.values]
        return any(_is_wrapped(line) for line in lines) or _is_of_the_oldest(lines)

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """The conversation, and what of it can't be read."""
        rollout = Rollout()
        for entry in json_lines(source):
            if entry.error:
                yield Unreadable(place=entry.place, reason=entry.error)
            elif isinstance(entry.value, dict):
                rollout.read(entry.value)
            else:
                yield Unreadable(place=entry.place, reason="no object")
        if rollout.drafts:
            session = _built(rollout, source)
            _name_origin(session, rollout, source)
            yield session.finished()


def _is_wrapped(line: dict[str, object]) -> bool:
    return text(line.get("type")) in WRAPPED and isinstance(line.get("payload"), dict)


def _is_of_the_oldest(lines: list[dict[str, object]]) -> bool:
    """A first line about the session, then what the model was sent and gave back."""
    if not lines or not {"id", "timestamp", "instructions"} <= lines[0].keys():
        return False
    kinds = {text(line.get("type")) for line in lines[1:]}
    return not lines[1:] or bool(kinds & {"message", "reasoning", "function_call"})


def _built(rollout: Rollout, source: ImportSource) -> SessionBuilder:
    meta = rollout.meta
    id = key(meta.get("id")) or source.name.rpartition("/")[2]
    extra = others(meta, ("id", "timestamp", "type"))
    git = fields(extra.get("git"))
    if url := text(git.get("repository_url")):
        # People clone with a password in the address.
        extra["git"] = {**git, "repository_url": _CREDENTIALS.sub("://", url)}
    if rollout.context:
        extra["context"] = rollout.context
    if rollout.others:
        extra["other_lines"] = rollout.others
    if "archived_sessions" in source.name.replace("\\", "/").split("/"):
        extra["is_archived"] = True
    session = SessionBuilder(
        PROGRAM,
        id,
        started=rollout.meta_at,
        fallback=source.modified_at,
        title=rollout.name or _name_in_index(source, id),
        provider=provider_name(meta.get("model_provider")) or "openai",
        model=rollout.model,
        extra=extra,
    )
    for draft in rollout.drafts:
        draft.add_to(session)
    return session


def _name_in_index(source: ImportSource, id: str) -> str | None:
    """What the program's own list calls it. The list is beside the folder of the sessions."""
    if source.path is None:
        beside = (name for name in source.neighbours() if name.rpartition("/")[2] == _INDEX)
        found = next((index for name in beside if (index := source.neighbour(name))), None)
        return _names(found).get(id) if found else None
    for folder in source.path.absolute().parents[:_LEVELS]:
        file = folder / _INDEX
        if file.is_file():
            return _names_on_disk(file, file.stat().st_mtime_ns).get(id)
    return None


@lru_cache(maxsize=1)  # every rollout asks
def _names_on_disk(index: Path, modified: int) -> Mapping[str, str]:
    return _names(FileSource(index))


def _names(index: ImportSource) -> Mapping[str, str]:
    names = {}
    try:
        for entry in json_lines(index):
            line = fields(entry.value)
            names[key(line.get("id"))] = text(line.get("thread_name"))  # the newest wins
    except ImportFailed:
        pass  # the list is a convenience; what can be read of it counts
    return names


def _name_origin(session: SessionBuilder, rollout: Rollout, source: ImportSource) -> None:
    """Say what a fork branched off, if the rollout of that can be found: the fork's own has a copy
    of the history, and nothing that tells where it ends.
    """
    id = first_text(rollout.meta.get("forked_from_id"), rollout.meta.get("forked_from"))
    origin = _rollout_of(id, source) if id else None
    if origin is None:
        return
    other = Rollout()
    try:
        for entry in json_lines(origin):
            other.read(fields(entry.value))
    except ImportFailed:
        return  # which is told when that file is imported itself
    if other.drafts and key(other.meta.get("id")) == id:
        session.fork_of_same(_built(other, origin))


def _rollout_of(id: str, source: ImportSource) -> ImportSource | None:
    if not id.replace("-", "").isalnum():
        return None
    ending = f"-{id}.jsonl"
    if source.path is None:
        beside = (name for name in source.neighbours() if name.endswith(ending))
        return next((found for name in beside if (found := source.neighbour(name))), None)
    path = source.path.absolute()
    files = list(path.parent.glob(f"rollout-*{ending}"))
    for folder in path.parents[:_LEVELS]:
        if folder.name in _FOLDERS and not files:
            homes = (folder.parent / name for name in _FOLDERS)
            files = [each for home in homes for each in home.rglob(f"*{ending}")]
    return FileSource(files[0]) if files else None
