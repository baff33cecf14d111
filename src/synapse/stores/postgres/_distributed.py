"""The tables of a database on several machines, by the extension Citus.

A session is on one machine, with everything that belongs to it: each table is divided by the
session's id, and of one session all parts are together. So what is asked of a session costs the
same however many machines there are. Policies that look into another table are refused there; the
sessions of each owner are kept apart all the same, but can't be shared.
"""

from __future__ import annotations

from synapse.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.stores.servers.dialect import Raw, Rows

_HAS_EXTENSION = "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus')"
_IS_DISTRIBUTED = (
    "SELECT EXISTS (SELECT 1 FROM pg_dist_partition"
    " WHERE logicalrelid = CAST('sessions' AS regclass))"
)
_DISTRIBUTED = """
SELECT CAST(c.relname AS text)
FROM pg_dist_partition p JOIN pg_class c ON c.oid = CAST(p.logicalrelid AS oid)
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema()"""
_TABLES = """
SELECT CAST(c.relname AS text),
       coalesce(max(a.attname) FILTER (WHERE a.attname = 'session_id'),
                max(a.attname) FILTER (WHERE a.attname = 'owner'))
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname <> 'sessions'
GROUP BY c.relname ORDER BY c.relname"""
_SHARED_POLICIES = """
SELECT format('DROP POLICY %I ON %I.%I', policyname, schemaname, tablename)
FROM pg_policies WHERE schemaname = current_schema() AND starts_with(policyname, 'shared_')"""


def has_extension(raw: Raw) -> bool:
    """Whether the database can be distributed."""
    return bool(raw.execute(_HAS_EXTENSION)[0][0])


def is_distributed(raw: Raw) -> bool:
    """Whether the tables are."""
    return has_extension(raw) and bool(raw.execute(_IS_DISTRIBUTED)[0][0])


def distribute(raw: Raw, location: str) -> bool:
    """Divide the tables between the machines. Returns False if they are divided already. Raises
    ConfigError without the extension.
    """
    if not has_extension(raw):
        raise ConfigError(
            f"{location} can't be distributed: the extension citus is not in this database",
            "An administrator adds it:  CREATE EXTENSION citus  (docs/servers.md)",
        )
    if is_distributed(raw):
        return False
    for statement in plan(raw.execute(_TABLES), raw.execute(_SHARED_POLICIES)):
        raw.execute(statement)
    return True


def distribute_added(raw: Raw) -> None:
    """Divide what a step of the schema has added to tables that are divided already."""
    if is_distributed(raw):
        there = {table for (table,) in raw.execute(_DISTRIBUTED)}
        for statement in _divided([row for row in raw.execute(_TABLES) if row[0] not in there]):
            raw.execute(statement)


def plan(tables: Rows, shared_policies: Rows) -> list[str]:
    """The statements, in their order. What belongs to a session lies where it lies; what belongs to
    an owner is divided by the owner; what belongs to nobody is a copy on every machine.
    """
    return [
        *(policy for (policy,) in shared_policies),
        "SELECT create_distributed_table('sessions', 'id')",
        *_divided(tables),
    ]


def _divided(tables: Rows) -> list[str]:
    children = [table for table, column in tables if column == "session_id"]
    of_owners = [table for table, column in tables if column == "owner"]
    of_all = [table for table, column in tables if column is None]
    return [
        *(
            f"SELECT create_distributed_table('{table}', 'session_id', colocate_with => 'sessions')"
            for table in children
        ),
        *(
            f"SELECT create_distributed_table('{table}', 'owner', colocate_with => 'none')"
            for table in of_owners
        ),
        *(f"SELECT create_reference_table('{table}')" for table in of_all),
    ]
