"""The log of llm: `logs.db` of any version.

The tables changed twice, and what was in the old ones stays there, so that one file may hold three
generations: `log` or `logs`, then `responses` in `conversations`, then `turns` and `messages` in
`threads`. A conversation that was begun in one and gone on with in the next is one session.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from synapse.formats.clients._llm_logs import LlmLogs
from synapse.formats.clients._llm_responses import LlmResponses
from synapse.formats.clients._llm_threads import LlmThreads
from synapse.formats.reading.databases import opened, tables_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.archived import ArchivedSession, Unreadable
    from synapse.ports import ImportSource

_MIGRATIONS = "_llm_migrations"


def places() -> list[Path]:
    """The log of llm on this machine."""
    own = os.environ.get("LLM_USER_PATH")
    if own:
        folder = Path(own).expanduser()
    elif sys.platform == "darwin":
        folder = Path.home() / "Library/Application Support/io.datasette.llm"
    else:
        settings = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        folder = Path(settings) / "io.datasette.llm"
    path = folder / "logs.db"
    return [path] if path.is_file() else []


class LlmImporter:
    """Reads such a log."""

    def recognizes(self, source: ImportSource) -> bool:
        """By the list of its migrations, or, older than that, by its first table."""
        tables = tables_of(source)
        columns = {*tables.get("log", ()), *tables.get("logs", ())}
        return _MIGRATIONS in tables or {"prompt", "response", "model"} <= columns

    def read(self, source: ImportSource) -> Iterator[ArchivedSession | Unreadable]:
        """Its conversations, the oldest generation first."""
        with opened(source) as database:
            yield from LlmLogs(database).sessions()
            responses = LlmResponses(database)
            threads = LlmThreads(database, responses)
            yield from responses.sessions(without=threads.ids())
            yield from threads.sessions()
