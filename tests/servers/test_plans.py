"""Which index a statement walks along: what is asked at every start, or for a page, costs as much
as its rows.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import postgres_server
import pytest
from contract.builders import NOON, a_session
from postgres_cluster import execute

from synapse.domain import Retention, SessionFilter
from synapse.stores import open_store
from synapse.stores.postgres.store import PostgresStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SESSIONS = 5000
_FILL = f"""
SET search_path TO synapse, public;
INSERT INTO sessions (id, handle, name, name_key, provider, model, model_key, created_at,
                      updated_at, used_at, deleted_at, tags, tag_keys)
SELECT id, n, name, name, 'echo', 'm', 'm', moment, moment, moment,
       CASE WHEN n % 10 = 0 THEN moment END, tags, tags
FROM (
    SELECT n, CAST(md5(CAST(n AS text)) AS uuid) AS id,
           CASE WHEN n % 100 = 0 THEN 'name' || n END AS name,
           CASE WHEN n % 50 = 0 THEN ' rust ' END AS tags,
           TIMESTAMPTZ '2026-11-01 00:00:00+00' + n * INTERVAL '1 minute' AS moment
    FROM generate_series(1, {SESSIONS}) AS n) AS made;
INSERT INTO messages (session_id, seq, id, role, content, timestamp, added)
SELECT id, seq, CAST(md5(id || ' ' || seq) AS uuid),
       CASE WHEN seq % 2 = 1 THEN 'user' ELSE 'assistant' END, 'words', updated_at,
       CAST(extract(epoch FROM updated_at) * 1000000 AS bigint) * 1024 + seq
FROM sessions, generate_series(1, 6) AS seq;
ANALYZE sessions; ANALYZE messages;
"""


@pytest.fixture
def store() -> Iterator[PostgresStore]:
    url = postgres_server.fresh_archive()
    schema = execute(
        url, "SELECT table_schema FROM information_schema.tables WHERE table_name = 'sessions'"
    )[0][0]
    execute(url, _FILL.replace("synapse, public", f"{schema}, public"))
    with open_store(url) as opened:
        assert isinstance(opened, PostgresStore)
        yield opened


def plans(store: PostgresStore, call: Callable[[], object]) -> list[str]:
    """The plan of each statement that reads while this is called."""
    connection = store._connection
    found = []
    read = connection.read

    def explained(sql: str, values: Any = None) -> Any:
        found.append("\n".join(row[0] for row in read(f"EXPLAIN {sql}", values)))
        return read(sql, values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "read", explained)
        call()
    assert found
    return found


@pytest.mark.parametrize("deleted", [False, True])
@pytest.mark.parametrize(
    "which", [None, SessionFilter(provider="echo"), SessionFilter(text="name", named=True)]
)
def test_pages_follow_the_index_of_their_order(
    store: PostgresStore, deleted: bool, which: SessionFilter | None
) -> None:
    # what no index has in this order is sorted all the same: the plan tells
    for other in ("sort", "seqscan", "bitmapscan"):
        store._connection.read(f"SET enable_{other} = off")
    index = "sessions_trash" if deleted else "sessions_live"
    middle = store.nth_session(200, deleted=deleted)
    for after in (None, middle):
        plan = plans(
            store,
            lambda after=after: store.list_sessions(  # type: ignore[misc]
                limit=20, deleted=deleted, which=which, after=after
            ),
        )[0]
        assert f"using {index}" in plan
        assert "Sort" not in plan
        if after is not None:
            condition = next(line for line in plan.splitlines() if "Index Cond" in line)
            assert "_at <=" in condition


def test_a_range_of_times_bounds_the_walk(store: PostgresStore) -> None:
    which = SessionFilter(since=NOON, until=NOON + timedelta(hours=1))
    plan = plans(store, lambda: store.list_sessions(limit=20, which=which))[0]
    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert "using sessions_live" in plan
    assert "updated_at >=" in condition
    assert "updated_at <" in condition


@pytest.mark.parametrize(
    ("call", "index"),
    [
        (lambda store: store.nth_session(40), "sessions_live"),
        (lambda store: store.last_used(), "sessions_used"),
        (lambda store: store.find_by_name("name100"), "sessions_name"),
        (lambda store: store.recent_prompts(20), "messages_prompts"),
        (lambda store: store.recent_prompts(20, before=str(1 << 60)), "messages_prompts"),
        (lambda store: store.tags(), "sessions_tagged"),
    ],
)
def test_what_is_looked_up_is_found_by_an_index(
    store: PostgresStore, call: Callable[[PostgresStore], object], index: str
) -> None:
    plan = plans(store, lambda: call(store))[0]
    assert index in plan
    assert "Seq Scan on sessions" not in plan


def test_a_clean_up_that_finds_nothing_costs_a_look_a_rule(store: PostgresStore) -> None:
    newest = NOON + timedelta(days=365)
    store.create_session(a_session(updated=newest))
    rules = Retention(retention_days=10_000, max_sessions=SESSIONS + 1, trash_days=10_000)
    for plan in plans(store, lambda: store.cleanup(rules)):
        assert "Seq Scan on sessions" not in plan
        assert "Seq Scan on messages" not in plan
