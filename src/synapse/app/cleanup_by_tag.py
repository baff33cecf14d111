"""The rules of a clean-up, applied among the sessions of one tag."""

from __future__ import annotations

from synapse.domain import CleanupPlan, SessionFilter, Status
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.domain import Retention, SessionSummary
    from synapse.ports import SessionStore

_PAGE = 500


class Pruning(Record):
    """What the rules name."""

    ids: tuple[str, ...]
    """The sessions that go into the trash, the last used first."""
    plan: CleanupPlan
    """How many there are, by the first rule that names each."""


def among_tagged(store: SessionStore, rules: Retention, tag: str) -> Pruning:
    """What the rules name among the live sessions with this tag, as if there were no others: its
    `max_sessions` are the last used of these. Spares pinned sessions and those being answered;
    `max_size` and `retention_days` are not looked at.
    """
    reasons = {"age": 0, "empty": 0, "limit": 0, "pinned": 0}
    ids = []
    for number, summary in enumerate(_tagged(store, tag), 1):
        reason = _reason(summary, number, rules)
        if reason is None or summary.last_status is Status.STREAMING:
            continue
        if summary.session.pinned:
            reason = "pinned"
        else:
            ids.append(summary.session.id)
        reasons[reason] += 1
    plan = CleanupPlan(
        by_retention=reasons["age"],
        by_emptiness=reasons["empty"],
        by_limit=reasons["limit"],
        pinned=reasons["pinned"],
    )
    return Pruning(ids=tuple(ids), plan=plan)


def _reason(summary: SessionSummary, number: int, rules: Retention) -> str | None:
    if rules.unused_since is not None and summary.session.updated_at < rules.unused_since:
        return "age"
    if rules.empty and not summary.message_count:
        return "empty"
    return "limit" if 0 < rules.max_sessions < number else None


def _tagged(store: SessionStore, tag: str) -> Iterator[SessionSummary]:
    which = SessionFilter(tags=(tag,))
    last = None
    while page := store.list_sessions(which=which, limit=_PAGE, after=last):
        yield from page
        last = page[-1]
