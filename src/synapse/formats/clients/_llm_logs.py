"""The first generation of llm's log: one table, a row for a question and its answer."""

from __future__ import annotations

from synapse.domain import Role, plausible_count
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import key, text
from synapse.formats.clients._llm_rows import (
    PROGRAM,
    first_line,
    kept,
    model_of,
)
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from synapse.archived import ArchivedSession
    from synapse.formats.reading.databases import Database


class LlmLogs:
    """Conversations in the table `log`, later called `logs`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        names = ("logs", "log")
        self._table = next((name for name in names if database.has(name, "prompt")), "")

    def sessions(self) -> Iterator[ArchivedSession]:
        """One for each first question, in the order of these."""
        for root, rows in self._conversations().items():
            yield self._session(root, rows)

    def _conversations(self) -> dict[str, list[int]]:
        """The rows of each conversation: those that reply to another, or name its first one."""
        if not self._table:
            return {}
        roots: dict[str, str] = {}
        found: dict[str, list[int]] = {}
        columns = self._database.tables[self._table]
        links = [name for name in ("reply_to_id", "chat_id") if name in columns]
        own = "id" if "id" in columns else "rowid"
        chosen = ", ".join([own, "rowid", *links])
        for id, row, *before in self._database.rows(
            f'SELECT {chosen} FROM "{self._table}" ORDER BY rowid'
        ):
            earlier = next((key(link) for link in before if key(link)), "")
            root = roots.get(earlier, earlier) or key(id)
            roots[key(id)] = root
            found.setdefault(root, []).append(row)
        return found

    def _session(self, root: str, rows: list[int]) -> ArchivedSession:
        builder: SessionBuilder | None = None
        for place in rows:
            for row in self._database.records(self._table, "WHERE rowid = ?", place):
                at = moment(
                    row.get("datetime_utc") or row.get("timestamp_utc") or row.get("timestamp")
                )
                provider, model = model_of(row)
                if builder is None:
                    builder = SessionBuilder(
                        PROGRAM,
                        f"log:{root}",
                        started=at,
                        title=first_line(text(row.get("prompt"))),
                        provider=provider,
                        model=model,
                        system_prompt=text(row.get("system")) or None,
                    )
                _add(builder, row, at, key(row.get("id")) or str(place))
        assert builder is not None
        return builder.finished()


def _add(builder: SessionBuilder, row: dict[str, Any], at: Any, id: str) -> None:
    provider, model = model_of(row)
    builder.add(Role.USER, text(row.get("prompt")), source_id=f"{id}:prompt", at=at)
    builder.add(
        Role.ASSISTANT,
        text(row.get("response")),
        source_id=id,
        at=at,
        provider=provider,
        model=model,
        elapsed_ms=plausible_count(row.get("duration_ms")),
        extra=kept(row),
    )
