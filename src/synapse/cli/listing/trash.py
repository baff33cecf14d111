"""What is said about sessions that went into the trash, came back, or were destroyed."""

from __future__ import annotations

from synapse.advice import Advice
from synapse.cli.listing.ambiguous import session_lines
from synapse.cli.listing.tables import count
from synapse.config import shared_with_rust
from synapse.domain import SessionTotals
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from synapse.app.cleanup import CleanupReport
    from synapse.cli.context import Context
    from synapse.domain import ClockJump, Retention, SessionSummary


def label(summary: SessionSummary) -> str:
    """`4c3834c9 "docker-volumes" (14 messages)`."""
    name = f' "{clean_line(summary.session.name)}"' if summary.session.name else ""
    return f"{clean_line(summary.session.handle)}{name} ({count(summary.message_count, 'message')})"


def messages_of(sessions: Sequence[SessionSummary]) -> str:
    """`37 sessions (412 messages)`."""
    messages = sum(summary.message_count for summary in sessions)
    return totals_text(SessionTotals(sessions=len(sessions), messages=messages))


def totals_text(totals: SessionTotals) -> str:
    """`37 sessions (412 messages)`."""
    return f"{count(totals.sessions, 'session')} ({count(totals.messages, 'message')})"


def say_cleaned_up(context: Context, report: CleanupReport, retention: Retention) -> None:
    """Tell the user what a clean-up did, and how to undo it if that is possible."""
    result = report.result
    ended = _ended_line(result.purged, retention.trash_days or 0)
    if not result.total:
        context.say(ended)
        return
    reasons = []
    if result.by_retention:
        reasons.append(
            f"{result.by_retention:,} not used for {count(retention.retention_days, 'day')}"
        )
    if result.by_limit:
        reasons.append(f"{result.by_limit:,} above the limit of {retention.max_sessions:,}")
    what = count(result.total, "session")
    why = f"({', '.join(reasons)})"
    if retention.trash_days == 0 and result.purged >= result.total:
        context.say(f"Destroyed {what} {why}: session.trash_days is 0.")
        return
    moved = f"Moved {what} to the trash {why}."
    context.say(f"{ended}\n{moved}" if ended else moved, undo(report.newest))


def undo(sessions: Sequence[SessionSummary]) -> Advice:
    """To bring them back out of the trash, or all that is there if none are named."""
    if not sessions:
        return Advice("Undo:  ", "sessions restore", all=True)
    return Advice("Undo:  ", "sessions restore", *(summary.session.handle for summary in sessions))


def _ended_line(purged: int, trash_days: int) -> str:
    """What is gone for good is said, too."""
    if not purged:
        return ""
    return f"Destroyed {count(purged, 'session')} after {count(trash_days, 'day')} in the trash."


def clock_jump_line(jump: ClockJump) -> str:
    """Why there was no clean-up this time; empty if there was nothing to do anyway."""
    days = count(abs(jump.by).days, "day")
    if jump.by.total_seconds() < 0:
        return (
            f"Clean-up skipped this once: the clock went back by {days}. If it is wrong,"
            " correct it."
        )
    if not jump.matters:
        return ""
    return (
        f"Clean-up skipped this once: the clock went forward by {days} since the last one; these"
        " days don't count. If it is wrong, correct it."
    )


def say_destroyed(context: Context, what: str) -> None:
    """Tell the user that sessions were destroyed, and whether their text is gone."""
    if context.store.erases == "eventually":
        context.say(
            f"Destroyed {what}. No query finds them any more; their text stays in the server's"
            " files, logs, replicas and backups until the server drops it."
        )
    elif context.store.erasure_pending():
        context.say(
            f"Destroyed {what}. Another process is reading the database now; until it has ended,"
            " their text can still be read in the files. Then the next synapse erases it.",
            Advice("See whether it is done:  ", "db check"),
        )
    elif context.is_shared_with(shared_with_rust.NAME):
        context.say(
            f"Destroyed {what}. What {shared_with_rust.NAME} had deleted itself may still be on"
            " unused pages.",
            Advice("Gone for good:  ", "db vacuum"),
        )
    else:
        context.say(f"Destroyed {what}. Their text is gone from the database.")


FIRST = 5
"""Sessions that are named before a question about many."""


def announce(
    context: Context, sessions: Sequence[SessionSummary], total: int | None = None
) -> None:
    """List the first of the sessions that something is about to be done to; there are `total`."""
    total = len(sessions) if total is None else total
    ellipsis = context.glyphs().ellipsis
    lines = session_lines(sessions[:FIRST], ellipsis)
    if total > FIRST:
        lines.append(f"{ellipsis} and {total - FIRST:,} more")
    context.stderr.write("".join(f"{context.wrapped(f'  {line}')}\n" for line in lines))
