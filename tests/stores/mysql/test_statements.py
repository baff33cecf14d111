"""The statements for MySQL and MariaDB keep to what both understand.

MySQL 8 can't be run where these tests run. What it refuses and MariaDB takes is looked for in the
text of the statements; its reference names each rule.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from synapse.stores import _queries, servers
from synapse.stores.mysql import _migrations
from synapse.stores.mysql.dialect import MysqlDialect

_FOLDERS = (Path(servers.__file__).parent, Path(_migrations.__file__).parent)
_FILES = sorted({path.stem for folder in _FOLDERS for path in folder.glob("*.sql")})
_STATEMENTS = {
    f"{file}.{name}": MysqlDialect().statements(file)[name]
    for file in _FILES
    for name in {
        name
        for folder in _FOLDERS
        if (folder / f"{file}.sql").exists()
        for name in _queries.load(str(folder / f"{file}.sql"))
    }
}
_FOREIGN = {
    "RETURNING": "MariaDB's alone, and not for UPDATE",
    "ON CONFLICT": "ON DUPLICATE KEY",
    "string_agg": "group_concat",
    "make_interval": "INTERVAL",
    "extract(epoch": "timestampdiff",
    "NULLS LAST": "unknown to both",
    "NULLS FIRST": "unknown to both",
    "ILIKE": "unknown to both",
    "EXCEPT": "MySQL from 8.0.31 on",
    "INTERSECT": "MySQL from 8.0.31 on",
    "LATERAL": "unknown to MariaDB 10.11",
    "FILTER (": "unknown to both",
    "session_user": "an account with a host here, and another one from each",
    "btrim": "trim",
    "date_trunc": "date_format",
    "::": "CAST",
    "nextval": "LAST_INSERT_ID",
}


@pytest.mark.parametrize("name", sorted(_STATEMENTS))
def test_a_statement_says_nothing_that_only_another_engine_knows(name: str) -> None:
    sql = _STATEMENTS[name]
    assert [word for word in _FOREIGN if word.lower() in sql.lower()] == []
    assert not re.search(r"\bnow\(\)", sql), "now() has whole seconds"
    assert not re.search(r"OFFSET [^;\n]*[-+*]", sql), "an offset is a number"


@pytest.mark.parametrize("name", sorted(_STATEMENTS))
def test_what_is_changed_is_not_asked_in_the_same_statement(name: str) -> None:
    """MySQL: error 1093, unless what is asked is put aside first, which LIMIT makes it."""
    sql = _STATEMENTS[name]
    changed = re.match(r"\s*(?:UPDATE|DELETE FROM) (\w+)", sql)
    if changed is None:
        return
    for asked in re.finditer(rf"\(\s*SELECT (?:(?!\(\s*SELECT)[^;])*?FROM {changed[1]}\b", sql):
        rest = _up_to_its_end(sql[asked.start() :])
        assert "LIMIT" in rest, f"{changed[1]} is changed, and asked: {rest}"


def _up_to_its_end(text: str) -> str:
    depth = 0
    for place, sign in enumerate(text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return text[: place + 1]
    return text


def test_the_schema_says_nothing_that_only_mariadb_knows() -> None:
    for _, path in _migrations.migrations():
        text = Path(path).read_text(encoding="utf-8")
        sql = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
        for word in ("TRIGGER", "SEQUENCE", "AUTO_INCREMENT", " uuid ", "WHERE deleted_at"):
            assert word not in sql
        # of these, MySQL takes no default that is a literal
        assert not re.search(r"(?:longtext|longblob)[^,\n]* DEFAULT ", sql)
        for table in re.findall(r"^CREATE TABLE .*", sql, re.MULTILINE):
            assert table.startswith("CREATE TABLE IF NOT EXISTS "), "a step may be run again"


def test_every_table_keeps_its_rows_in_transactions() -> None:
    for _, path in _migrations.migrations():
        text = Path(path).read_text(encoding="utf-8")
        assert text.count("CREATE TABLE") == text.count("ENGINE = InnoDB")
