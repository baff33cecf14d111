"""Conversations of aichat: the YAML file of a session, and the log of questions outside of them."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from synapse.formats.clients._aichat_log import HEADING, log_records
from synapse.formats.clients._aichat_session import session_of
from synapse.formats.reading.shapes import Form, shape_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.archived import ArchivedSession, Unreadable
    from synapse.ports import ImportSource

_MODEL = re.compile(r"^model: ", re.MULTILINE)
_MESSAGES = re.compile(r"^(compressed_)?messages:( \[\])?\s*$", re.MULTILINE)


def places() -> list[Path]:
    """The log, and the folders of sessions, of agents too."""
    folder = _settings()
    own = os.environ.get("AICHAT_SESSIONS_DIR")
    sessions = [Path(own)] if own else [folder / "sessions"]
    sessions += sorted(folder.glob("agents/*/sessions"))
    log = Path(os.environ.get("AICHAT_MESSAGES_FILE") or folder / "messages.md")
    return [path for path in sessions if path.is_dir()] + ([log] if log.is_file() else [])


def _settings() -> Path:
    own = os.environ.get("AICHAT_CONFIG_DIR")
    if own:
        return Path(own)
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/aichat"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "aichat"


class AichatImporter:
    """Reads either file."""

    def recognizes(self, source: ImportSource) -> bool:
        """By the fields of a session, or by the heading of the log."""
        try:
            shape = shape_of(source)
        except OSError:
            return False
        return shape.form is Form.TEXT and (_is_log(shape.text) or _is_session(shape.text))

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """The session; of the log, one for each question."""
        if _is_log(shape_of(source).text):
            yield from log_records(source)
        else:
            yield session_of(source)


def _is_log(text: str) -> bool:
    return bool(HEADING.match(text.partition("\n")[0].rstrip("\r")))


def _is_session(text: str) -> bool:
    return bool(_MODEL.search(text) and _MESSAGES.search(text))
