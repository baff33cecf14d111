"""What is done to all sessions that a filter means: asked first, done page by page, told after."""

from __future__ import annotations

from synapse.app import bulk_actions as bulk
from synapse.app.bulk_actions import limit_to_existing
from synapse.cli.asking.confirm import confirm, confirm_number
from synapse.cli.listing.json_result import record_sessions
from synapse.cli.listing.tables import count
from synapse.cli.listing.trash import FIRST, announce, label, totals_text
from synapse.cli.showing.progress import ProgressBar
from synapse.domain import SessionTotals
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from synapse.cli.context import Context
    from synapse.domain import SessionFilter


class BulkAction(Record):
    """What is done to many sessions, and the texts for it. `{}` stands for `37 sessions (412
    messages)`.
    """

    act: Callable[[list[str]], list[str]]
    """Does it to some ids; those that it changed."""
    deleted: bool
    """Whether to sessions in the trash."""
    progress: str
    """`Deleting`."""
    question: str = ""
    would: str = ""
    tell: Callable[[str], None]
    """Say in the end what was done, given a session's name or `37 sessions (412 messages)`."""
    refused: str = ""
    nothing: str


def run_bulk_action(
    context: Context,
    action: BulkAction,
    which: SessionFilter,
    *,
    dry_run: bool = False,
    ask: bool = True,
    typed: bool = False,
) -> int:
    """Do it to all sessions that fit the filter. If `ask`, ask first; if `typed`, the user must
    type their number to agree. Returns the exit status.
    """
    store = context.store
    first = store.list_sessions(which=which, deleted=action.deleted, limit=FIRST)
    if not first:
        record_sessions(context, ())
        context.say(action.nothing)
        return 0
    which = limit_to_existing(which, first[0])
    total = store.total_sessions(which, deleted=action.deleted)
    if dry_run:
        _record_all(context, which, action.deleted)
        announce(context, first, total.sessions)
        context.say(action.would.format(totals_text(total)))
        return 0
    if ask:
        question = action.question.format(totals_text(total))
        agreed = (confirm_number if typed else confirm)(context, question, first, total.sessions)
        if not agreed:
            record_sessions(context, ())
            context.say(action.refused)
            return 1
    done = _act_with_progress(context, action, which, total.sessions)
    what = label(first[0]) if done.sessions == total.sessions == 1 else totals_text(done)
    action.tell(what)
    return 0


def _record_all(context: Context, which: SessionFilter, deleted: bool) -> None:
    if context.as_json:  # all of them are read for nothing else
        record_sessions(
            context, context.store.list_sessions(which=which, deleted=deleted), dry_run=True
        )


def _act_with_progress(
    context: Context, action: BulkAction, which: SessionFilter, total: int
) -> SessionTotals:
    store = context.store
    done = SessionTotals()
    ids: list[str] = []

    def act(page: list[str]) -> list[str]:
        changed = action.act(page)
        ids.extend(changed)
        return changed

    try:
        with ProgressBar(context, action.progress, total, of="sessions") as bar:
            for done in bulk.act_on_each_page(
                store, which, act if context.as_json else action.act, deleted=action.deleted
            ):
                bar.update(done.sessions)
    except KeyboardInterrupt:
        # what was under way is rolled back, but not what was committed before it in the same page
        left = store.total_sessions(which, deleted=action.deleted).sessions
        context.say(
            f"Stopped after {total - left:,} of {count(total, 'session')}."
            " Run the same command again to go on."
        )
        raise
    finally:
        context.record(dry_run=False, ids=ids, sessions=done.sessions, messages=done.messages)
    return done
