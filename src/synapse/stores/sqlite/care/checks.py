"""What must hold in a database, and how it is mended where it doesn't."""

from __future__ import annotations

import os

import apsw

from synapse.ports import Finding
from synapse.stores import _queries
from synapse.stores.sqlite import _externally_deleted, _folding, _tags
from synapse.stores.sqlite._migrations import migrations
from synapse.stores.sqlite._raw_rows import rows
from synapse.stores.sqlite.care import invalid_text as _texts
from synapse.stores.sqlite.care import search_checks as _search
from synapse.stores.sqlite.search.writing import give_up

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_STATEMENTS = _queries.load(os.path.join(os.path.dirname(__file__), "checks.sql"))
GIVE_A_SESSION = _STATEMENTS["repair messages without a session"]
"""Makes a stand-in for each session of which only messages are left."""
_AFTERWARDS = {
    "times": (
        "Where a time could not be read, the time of the last use stands now, and what was there is"
        " kept in the table original_texts."
    ),
    "leftover chunks": (
        "Pieces of answers that had ended were removed; what the answers did not have of them is"
        " kept in the table original_texts."
    ),
    "leftover summaries": (
        "Summaries that stood for other messages than there are now were removed; the messages are"
        " sent as they are."
    ),
    "leftover attachments": "Attachments of messages that are gone were removed.",
}
"""What a repair could not leave as it was."""
_INVARIANTS = [name for name in _STATEMENTS if not name.startswith("repair ")]
# a session for orphaned messages must be there before what is derived from them
_REPAIRS = sorted(_INVARIANTS, key=lambda name: name != "messages without a session")


def problems(raw: apsw.Connection) -> Iterator[Finding]:
    """Everything that is wrong, the engine's own complaints first.

    Goes no further where the engine finds the file damaged: what would follow says nothing.
    """
    complaints = integrity(raw)
    if complaints != ["ok"]:
        for complaint in complaints:
            yield Finding(
                subject="integrity", text=complaint, repairable=_only_indexes([complaint])
            )
        if not _only_indexes(complaints):
            return
    yield from _schema_problems(raw)
    if texts := _texts.finding(raw):
        yield texts
    yield from _search.problems(raw)
    for name in _INVARIANTS:
        yield from _broken(name, [row[0] for row in rows(raw, _STATEMENTS[name])])
    yield from _broken("folded texts", list(_folding.wrong(raw)))
    yield from _broken("tags", _tags.wrong(raw))


def _broken(invariant: str, ids: list[str]) -> Iterator[Finding]:
    if ids:
        yield Finding(
            subject=invariant,
            text=f"{len(ids)} wrong, such as {ids[0]}",
            repairable=True,
            afterwards=_AFTERWARDS.get(invariant, ""),
        )


def repair(raw: apsw.Connection) -> None:
    """Inside a write transaction: put back what is missing, derive anew what is derived."""
    fresh = _fresh()
    try:
        _put_columns_back(raw, fresh)
        expected = _expected_schema(fresh)
    finally:
        fresh.close()
    unseen = False
    for kind, name, sql in expected:
        present = raw.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)).fetchall()
        if present != [(sql,)]:
            if present:
                raw.execute(f'DROP {kind} "{name}"')
            raw.execute(sql)
            unseen = unseen or name.startswith("search_")
    if unseen or any(_search.problems(raw)) or integrity(raw) != ["ok"]:
        give_up(raw)  # built anew from the texts
    raw.execute("REINDEX")
    _texts.mend(raw)
    bring_doubled_back(raw)
    derive_anew(raw)


def derive_anew(raw: apsw.Connection) -> None:
    """Inside a write transaction: everything that follows from other things, as it should be."""
    for name in _REPAIRS:
        raw.execute(_STATEMENTS[f"repair {name}"])
    _folding.fold_all(raw)
    _tags.mend(raw)


def bring_doubled_back(raw: apsw.Connection) -> None:
    """Sessions that another program deleted only in part, which is a mishap and no deletion; and
    those that came back from elsewhere.
    """
    for (session_id,) in raw.execute(_STATEMENTS["deleted sessions that are there"]).fetchall():
        _externally_deleted.bring_back(raw, str(session_id), live=True)


def _put_columns_back(raw: apsw.Connection, fresh: apsw.Connection) -> None:
    tables = fresh.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall()
    for table, sql in tables:
        present = {row[1] for row in raw.execute(f"PRAGMA table_info({table})")}
        if not present:
            raw.execute(str(sql))
            continue
        for _, name, kind, needed, default, _ in fresh.execute(f"PRAGMA table_info({table})"):
            if name not in present:
                rule = f" NOT NULL DEFAULT {default}" if needed else ""
                raw.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}{rule}")


def integrity(raw: apsw.Connection) -> list[str]:
    """What the engine has to complain of; `ok` alone if it is nothing."""
    try:
        return [str(row[0]) for row in raw.execute("PRAGMA integrity_check(20)")]
    except apsw.CorruptError as error:
        return [str(error)]
    except apsw.SQLError as error:
        # of a search index that can't even be opened, which keeps it from checking all the rest
        return [f"fts5: {error}", *_integrity_of_tables(raw)]


def _integrity_of_tables(raw: apsw.Connection) -> list[str]:
    tables = raw.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
    ).fetchall()
    complaints = []
    for (name,) in tables:
        try:
            found = [str(row[0]) for row in raw.execute(f'PRAGMA integrity_check("{name}")')]
        except apsw.CorruptError as error:
            found = [str(error)]
        complaints += [complaint for complaint in found if complaint != "ok"]
    return complaints


def is_of_search(complaint: str) -> bool:
    """Whether it is about the search index, without which everything is found as well."""
    return "fts5" in complaint.lower()


def _schema_problems(raw: apsw.Connection) -> Iterator[Finding]:
    rows = raw.execute("SELECT name, sql FROM sqlite_schema")
    present = {str(name): sql for name, sql in rows}
    fresh = _fresh()
    expected = _expected_schema(fresh)
    fresh.close()
    for kind, name, sql in expected:
        if present.get(name) != sql:
            state = "is not ours" if name in present else "is missing"
            yield Finding(subject="schema", text=f"the {kind} {name} {state}", repairable=True)


def _fresh() -> apsw.Connection:
    """An empty database of the newest schema, in memory."""
    fresh = apsw.Connection(":memory:")
    for _, path in migrations():
        with open(path, encoding="utf-8") as file:
            fresh.execute(file.read())
    return fresh


def _expected_schema(fresh: apsw.Connection) -> list[tuple[str, str, str]]:
    """Kind, name and SQL of the triggers, indexes and views that the migrations make."""
    rows = fresh.execute(
        "SELECT type, name, sql FROM sqlite_schema "
        "WHERE type IN ('trigger', 'index', 'view') AND sql IS NOT NULL"
    )
    return [(str(kind), str(name), str(sql)) for kind, name, sql in rows]


def _only_indexes(complaints: list[str]) -> bool:
    return all(
        ("index" in complaint or is_of_search(complaint)) and "Tree" not in complaint
        for complaint in complaints
    )
