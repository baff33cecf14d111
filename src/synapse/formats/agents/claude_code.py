"""Conversations of Claude Code: `$CLAUDE_CONFIG_DIR/projects/PROJECT/SESSION.jsonl`."""

from __future__ import annotations

import os
from pathlib import Path

from synapse.archived import Unreadable
from synapse.formats._fields import fields, key, objects, text
from synapse.formats.agents._copies import origin_of
from synapse.formats.agents._transcript import Transcript
from synapse.formats.reading.json_values import entries
from synapse.formats.reading.records import json_lines
from synapse.formats.reading.shapes import Form, shape_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synapse.archived import ArchivedSession
    from synapse.formats.reading.json_values import Entry
    from synapse.ports import ImportSource

_WEB = "loglines"
"""Where a session that ran in the browser has its lines."""


def places() -> list[Path]:
    """Folders in which Claude Code keeps conversations on this machine."""
    home = os.environ.get("CLAUDE_CONFIG_DIR")
    homes = [Path(home)] if home else [Path.home() / ".claude", _config_home() / "claude"]
    return [path for each in homes if (path := each / "projects").is_dir()]


def _config_home() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


class ClaudeCodeImporter:
    """Reads a file of a project. It may hold lines of several sessions."""

    def recognizes(self, source: ImportSource) -> bool:
        """Whether one of the first lines is one of a session."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        if shape.form is Form.OBJECT and _WEB in shape.first:
            return any(map(_is_line, objects(shape.first[_WEB])))
        if shape.form not in (Form.LINES, Form.OBJECT):
            return False
        return any(_is_line(fields(value)) for value in shape.values)

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """Its sessions, each with its branches and sub-agents."""
        sessions: dict[str, Transcript] = {}
        # Until a line says whose it is, it is taken for one of the file's session.
        current = source.name.replace("\\", "/").rpartition("/")[2].partition(".")[0]
        for entry in _lines(source):
            if entry.error or not isinstance(entry.value, dict):
                reason = entry.error or "no object"
                yield Unreadable(place=entry.place, reason=reason)
                continue
            line = entry.value
            current = key(line.get("sessionId")) or current
            if current not in sessions:
                sessions[current] = Transcript(current, source.modified_at)
            sessions[current].read(line)
        for session in sessions.values():
            yield from session.sessions(origin_of(session, source))


def _lines(source: ImportSource) -> Iterable[Entry]:
    shape = shape_of(source)
    if shape.form is Form.OBJECT and _WEB in shape.first:
        return entries(source, _WEB)
    return json_lines(source)


def _is_line(line: dict[str, object]) -> bool:
    kind = text(line.get("type"))
    if kind == "summary":
        return "leafUuid" in line
    return "sessionId" in line and (
        "parentUuid" in line or kind in ("queue-operation", "custom-title", "last-prompt", "mode")
    )
