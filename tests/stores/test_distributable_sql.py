"""The SQL of the stores on servers keeps the rules by which PostgreSQL's tables can be divided
between machines (Citus), so that a session costs the same however many there are:

no triggers · no sequences · no function that gives another value at each call · no LATERAL · the
session's id in every key · the owner in every row, and policies that ask nothing else · one
statement to append · what is asked of a session names it, so that one shard answers.

No such engine is in any package registry: this is what can be held without one.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import synapse.stores
from synapse.stores import _queries

if TYPE_CHECKING:
    from collections.abc import Iterator

STORES = Path(synapse.stores.__file__).parent
FOLDERS = (STORES / "servers", STORES / "postgres")
SCHEMA = sorted((STORES / "postgres" / "schema").glob("*.sql"))
NOT_DISTRIBUTED = {"shared_policies.sql"}
"""What is never run on a database that is divided; `_distributed` takes it back."""

FORBIDDEN = {
    "a trigger": r"\bTRIGGER\b",
    "a sequence": r"\b(SMALL|BIG)?SERIAL\b|\bSEQUENCE\b|\bnextval\b|\bAS IDENTITY\b",
    "a function that is never the same": (
        r"\b(clock_timestamp|timeofday|random|gen_random_uuid|uuidv7|uuidv4|uuid_generate_v\d)\s*\("
    ),
    "LATERAL": r"\bLATERAL\b",
}
ACROSS = {
    "session_of_message": "who knows an answer's id only, after a restart: by a key on every shard",
    "messages_elsewhere": "whether a message that is merged is another session's: as above",
    "session_of_summary": "who removes one knows nothing but its id",
    "forked_here": "branches of a session, which are sessions of their own",
    "forks_at": "branches of a session, which are sessions of their own",
}
"""Statements of which every shard is asked, and why. None of them is part of a turn."""
CHILDREN = (
    "messages",
    "answer_chunks",
    "attachments",
    "session_changes",
    "imports",
    "message_extras",
    "summaries",
    "words",
    "grants",
)


def without_comments(sql: str) -> str:
    return "\n".join(line.partition("--")[0] for line in sql.splitlines())


def faults_of(sql: str) -> list[str]:
    """What of FORBIDDEN is in it."""
    return [
        what
        for what, pattern in FORBIDDEN.items()
        if re.search(pattern, without_comments(sql), re.IGNORECASE)
    ]


def sql_files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (path for path in folder.rglob("*.sql") if path.name not in NOT_DISTRIBUTED)


def sql_of_python() -> Iterator[tuple[str, str]]:
    """The texts in our Python that are SQL: those that begin with one of its words."""
    words = ("select", "insert", "update", "delete", "with", "create", "alter")
    for folder in FOLDERS:
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    first, _, rest = node.value.strip().partition(" ")
                    # without a table, nothing is sent to another machine
                    told = node.value.replace("extract(epoch FROM", "")
                    if not re.search(r"\b(FROM|INTO|UPDATE|TABLE)\b", told):
                        continue
                    if first.isupper() and first.lower() in words and rest:
                        yield f"{path.name}:{node.lineno}", node.value


def statements() -> dict[str, str]:
    """Of all files, by file and name; what is only a condition is left out."""
    return {
        f"{path.parent.name}/{path.stem}.{name}": without_comments(sql)
        for path in sql_files()
        if path.parent.name != "schema"
        for name, sql in _queries.load(str(path)).items()
        if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", without_comments(sql))
    }


def test_nothing_is_used_that_a_distributed_engine_refuses() -> None:
    files = {path.name: faults_of(path.read_text()) for path in sql_files()}
    assert len(files) > 5
    assert {name: faults for name, faults in files.items() if faults} == {}
    python = {place: faults_of(sql) for place, sql in sql_of_python()}
    assert python
    assert {place: faults for place, faults in python.items() if faults} == {}


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON x EXECUTE FUNCTION f()", "a trigger"),
        ("CREATE TABLE x (id bigserial)", "a sequence"),
        ("UPDATE x SET t = clock_timestamp()", "a function that is never the same"),
        ("SELECT * FROM x, lateral (SELECT 1) y", "LATERAL"),
    ],
)
def test_what_is_refused_would_be_found(sql: str, fault: str) -> None:
    assert faults_of(sql) == [fault]
    assert faults_of(f"-- {sql}\nSELECT now()") == []


def tables() -> dict[str, str]:
    """What stands between the brackets, by table."""
    sql = without_comments("".join(path.read_text() for path in SCHEMA))
    return dict(re.findall(r"CREATE TABLE (\w+) \((.*?)\n\);", sql, re.DOTALL))


def divided_by(table: str, columns: str) -> str:
    """The column that says where a row lies."""
    if table == "sessions":
        return "id"
    return "session_id" if re.search(r"^\s+session_id uuid", columns, re.MULTILINE) else "owner"


def test_every_key_has_the_column_that_says_where_a_row_lies() -> None:
    assert set(CHILDREN) < set(tables())
    for table, columns in tables().items():
        where = divided_by(table, columns)
        assert re.search(r"^\s+owner text COLLATE \"C\"", columns, re.MULTILINE), table
        keys = re.findall(r"(?:PRIMARY KEY|UNIQUE|FOREIGN KEY) \(([^)]*)\)", columns)
        keys += re.findall(r"^\s+(\w+) \w+[^,\n]*PRIMARY KEY", columns, re.MULTILINE)
        for key in keys:
            assert where in re.split(r",\s*", key), (table, key)
        if table in CHILDREN:
            # nobody's row can be put into another's session
            assert "REFERENCES sessions (id, owner) ON DELETE CASCADE" in columns + extra_keys(
                table
            )


def extra_keys(table: str) -> str:
    sql = without_comments("".join(path.read_text() for path in SCHEMA))
    return " ".join(" ".join(re.findall(rf"ALTER TABLE {table} ADD ([^;]*);", sql)).split())


def test_indexes_that_forbid_doubles_have_it_too() -> None:
    sql = without_comments("".join(path.read_text() for path in SCHEMA))
    for table, key in re.findall(r"CREATE UNIQUE INDEX \w+ ON (\w+) \(([^)]*)\)", sql):
        assert divided_by(table, tables()[table]) in key


def test_policies_ask_nothing_but_the_row() -> None:
    sql = without_comments("".join(path.read_text() for path in SCHEMA))
    policies = re.findall(r"CREATE POLICY (\w+) ON (\w+)([^;]*);", sql)
    assert {table for name, table, _ in policies if name == "own"} == set(tables())
    for _, table, policy in policies:
        conditions = re.sub(r"\b(owner|grantee) = CAST\(session_user AS text\)|true", "", policy)
        left = re.sub(r"FOR SELECT|TO CURRENT_USER|USING|WITH CHECK|[()\s]", "", conditions)
        assert left == "", (table, policy)


def test_a_message_is_appended_in_one_statement() -> None:
    append = _queries.load(str(STORES / "postgres" / "queries.sql"))["append_message"]
    words = " ".join(without_comments(append).split())
    assert words.count(";") <= 1
    assert re.match(r"WITH session AS \( UPDATE sessions SET .* RETURNING .*\) INSERT INTO", words)


NAMED = re.compile(r"\b(session_id|id) (=|IN) :(id|ids|session_id|session_ids|copy_id)\b")
OWNED = re.compile(r"\bowner = session_user\b|\bgrantee = session_user\b")


def is_of_one_session_or_one_owner(sql: str) -> bool:
    sql = sql.replace("CAST(session_user AS text)", "session_user")
    touches = re.search(
        r"\b(FROM|JOIN|INTO|UPDATE)\s+(sessions|" + "|".join(CHILDREN) + r")\b", sql
    )
    is_new = "INSERT INTO sessions" in sql or ("INSERT INTO words" in sql and ":session_id" in sql)
    return not touches or bool(NAMED.search(sql) or OWNED.search(sql)) or is_new


def test_every_statement_says_whose_rows_or_which_sessions() -> None:
    found = statements()
    assert len(found) > 100
    wrong = {
        name
        for name, sql in found.items()
        if not is_of_one_session_or_one_owner(sql) and name.partition(".")[2] not in ACROSS
    }
    assert wrong == set()


def test_what_changes_rows_of_a_session_names_it() -> None:
    for name, sql in statements().items():
        for table in CHILDREN:
            changes = re.search(rf"\b(UPDATE|DELETE FROM) {table}\b", sql)
            if changes and table != "grants" and not name.startswith("postgres/search."):
                assert NAMED.search(sql), name


def names_in(path: str) -> set[str]:
    """The statements that a module names in its calls."""
    tree = ast.parse((STORES / "servers" / path).read_text())
    known = {name.partition(".")[2] for name in statements()}
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {text for text in texts if isinstance(text, str)} & known


OF_OWNERS = {"latest_time", "find_by_name", "rivals", "position"}
"""Asked where a session is made or named, over all sessions of its owner."""


def test_a_turn_asks_one_shard_in_each_of_its_statements() -> None:
    names = (names_in("_turn.py") | {"append_message", "lease", "add_chunk"}) - ACROSS.keys()
    assert {"finish_answer", "advance_session", "last_times", "drop_chunks"} <= names
    everything = statements()
    for name in names - OF_OWNERS:
        for path in ("servers/queries", "postgres/queries"):
            sql = everything.get(f"{path}.{name}", "session_id = :session_id")
            assert NAMED.search(sql), name


def test_tables_lie_where_their_sessions_lie() -> None:
    """The plan of `db init --distributed`, for the tables of the schema."""
    from synapse.stores.postgres._distributed import plan

    columns = [(table, divided_by(table, text)) for table, text in tables().items()]
    rows = [row for row in columns if row[0] != "sessions"] + [("schema_numbers", None)]
    statements = plan(rows, [("DROP POLICY shared_read ON synapse.messages",)])
    assert statements[:2] == [
        "DROP POLICY shared_read ON synapse.messages",
        "SELECT create_distributed_table('sessions', 'id')",
    ]
    for table in CHILDREN:
        assert (
            f"SELECT create_distributed_table('{table}', 'session_id', colocate_with => 'sessions')"
        ) in statements
    for table in ("clock", "clock_gaps"):
        assert (
            f"SELECT create_distributed_table('{table}', 'owner', colocate_with => 'none')"
            in statements
        )
    assert statements[-1] == "SELECT create_reference_table('schema_numbers')"
    assert len(statements) == len(rows) + 2


class Server:
    """What is asked of a database in which all tables are divided but some; and what it is told."""

    def __init__(self, divided: bool, *new: str) -> None:
        self.divided = divided
        self.new = new
        self.told: list[str] = []

    def execute(self, sql: str, values: object = None) -> list[tuple[object, ...]]:
        if "pg_extension" in sql or "AS regclass" in sql:
            return [(self.divided,)]
        columns = {table: divided_by(table, text) for table, text in tables().items()}
        if "pg_dist_partition" in sql:
            return [(table,) for table in columns if table not in self.new]
        if "pg_attribute" in sql:
            return [row for row in columns.items() if row[0] != "sessions"]
        self.told.append(sql)
        return []


def test_what_a_step_adds_to_divided_tables_is_divided_at_once() -> None:
    from synapse.stores.postgres._distributed import distribute_added

    server = Server(True, "summaries")
    distribute_added(server)  # type: ignore[arg-type]
    assert server.told == [
        "SELECT create_distributed_table('summaries', 'session_id', colocate_with => 'sessions')"
    ]
    for other in (Server(True), Server(False, "summaries")):
        distribute_added(other)  # type: ignore[arg-type]
        assert other.told == []


def test_a_table_refers_to_the_sessions_when_it_is_divided() -> None:
    """Before, Citus refuses the key: it is a step of its own, behind the one of the table."""
    made = [path.name for path in SCHEMA if "CREATE TABLE summaries" in path.read_text()]
    tied = [path.name for path in SCHEMA if "ADD CONSTRAINT summaries_session" in path.read_text()]
    assert made < tied
