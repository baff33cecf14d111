"""A branch of a long session: as many statements as of a short one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.builders import a_finished_turn, a_session

from synapse.stores.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from typing import Any


def statements_of_a_fork(turns: int) -> int:
    """How many statements a branch of so many turns takes."""
    with SqliteStore(":memory:") as store:
        session = a_session()
        for number in range(turns):
            a_finished_turn(store, session, f"question {number}", create=number == 0)
        run: list[str] = []

        def trace(cursor: Any, sql: str, values: object) -> bool:
            run.append(sql)
            return True

        store._connection.raw.exec_trace = trace
        assert store.fork_session(session.id, a_session()) == 2 * turns
        return len(run)


def test_a_branch_of_a_long_session_takes_no_more_statements() -> None:
    assert statements_of_a_fork(40) == statements_of_a_fork(1)
