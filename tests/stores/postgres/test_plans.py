"""That the server keeps people apart makes no list slower: the plans of the statements themselves,
as somebody sees them to whom others have shown something.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest
from people import BOB, shared_database

from synapse.stores.postgres.dialect import PostgresDialect

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILL = """
INSERT INTO synapse.sessions
    (id, owner, handle, name, name_key, provider, model, model_key, created_at, updated_at, used_at)
SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN 'bob' ELSE 'carol' END, n, n, n, 'echo', 'm',
       'm', now(), now() - n * interval '1 s', now() - n * interval '1 s'
FROM generate_series(1, 20000) AS n;
INSERT INTO synapse.messages (session_id, owner, seq, id, role, content, timestamp, added)
SELECT id, owner, 1, gen_random_uuid(), 'user', 'x', updated_at, handle FROM synapse.sessions
WHERE owner <> 'alice';
INSERT INTO synapse.grants (session_id, owner, grantee)
SELECT id, owner, 'bob' FROM synapse.sessions WHERE owner = 'carol' AND handle < 200;
ANALYZE
"""


@pytest.fixture(scope="module")
def bob() -> Iterator[Any]:
    with shared_database(18, private="x") as database:
        for statement in _FILL.split(";"):
            database.as_superuser(statement)
        connection = psycopg2.connect(f"{database.url(BOB)}&options=-csearch_path%3Dsynapse")
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SET max_parallel_workers_per_gather = 0")
            yield cursor


@pytest.mark.parametrize(
    ("name", "values", "most"),
    [
        ("list_live", {"limit": 20, "passed": 0}, 60),
        ("list_live", {"limit": 1, "passed": 100}, 150),
        ("last_used", {}, 20),
        ("list_trash", {"limit": 20, "passed": 0}, 20),
        ("find_by_name", {"name_key": "500", "deleted": False}, 20),
        ("last_times", {"session_id": "00000000-0000-0000-0000-000000000000"}, 20),
        (
            "find_by_prefix",
            {
                "id_from": "00000000-0000-0000-0000-000000000000",
                "id_to": "00000000-0000-0000-0000-0000000000ff",
                "handle_from": 500,
                "handle_to": 510,
                "deleted": False,
                "limit": 10,
            },
            100,
        ),
        (
            "prompts.recent_prompts",
            {"limit": 20, "before": 1 << 60, "longest": 9, "white": " "},
            200,
        ),
    ],
)
def test_a_list_reads_about_as_many_pages_as_it_has_rows(
    name: str, values: dict[str, object], most: int, bob: Any
) -> None:
    file, _, name = name.rpartition(".")
    sql = PostgresDialect().statements(file or "queries")[name]
    bob.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", values)
    [[[plan]]] = bob.fetchall()
    top = plan["Plan"]
    pages = top["Shared Hit Blocks"] + top["Shared Read Blocks"]
    assert pages <= most, plan
