"""Rules of the turn that are the same on every engine."""

from __future__ import annotations

from synapse import timestamps
from synapse.errors import SessionBusy
from synapse.light.dates import timedelta
from synapse.stores import _owner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.domain import StoredMessage

_CLOCKS_DIFFER = timedelta(hours=1)


def in_order_of_time(
    prompt: StoredMessage | None, answer: StoredMessage, last: str | None, question: str | None
) -> tuple[StoredMessage | None, StoredMessage]:
    """The two with times that have the order of their places, for programs that know no other.
    `last` and `question` are the times of the session's last message and last prompt.

    An answer is always behind its question, whose time gives way. Both are behind what the session
    has already, unless that is of a clock that was wrong by more than programs that write at once
    explain.
    """
    if prompt is not None:
        latest = answer.timestamp - timedelta(microseconds=1)
        prompt = prompt.replace(timestamp=min(prompt.timestamp, latest))
        prompt = _just_after(prompt, last, at_most=_CLOCKS_DIFFER)
        return prompt, _just_after(answer, timestamps.to_text(prompt.timestamp))
    return None, _just_after(_just_after(answer, last, at_most=_CLOCKS_DIFFER), question)


def _just_after(
    message: StoredMessage, earlier: str | None, *, at_most: timedelta | None = None
) -> StoredMessage:
    """The message with the next moment, if it does not come after `earlier`, which is ahead of it
    by so much at the most.
    """
    if earlier is None:
        return message
    moment = timestamps.readable(earlier)
    ahead = moment - message.timestamp
    if ahead < timedelta(0) or (at_most is not None and ahead > at_most):
        return message
    return message.replace(timestamp=moment + timedelta(microseconds=1))


def busy(handle: str, owner: str, begun: str) -> SessionBusy:
    """The error for a session whose answer is being received by `owner` since `begun`."""
    pid = _owner.process_id(owner)
    told = f"{handle} is answering in another terminal (pid {pid}, {_time_since(begun)}"
    if _owner.is_stopped(owner):
        return SessionBusy(f"{told}; that process is stopped)", f"Let it go on:  kill -CONT {pid}")
    return SessionBusy(f"{told})")


def _time_since(moment: str) -> str:
    """`12 s`, `4 min`; nothing is negative, whatever became of the clock."""
    passed = timestamps.now() - timestamps.readable(moment)
    seconds = max(0, int(passed.total_seconds()))
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60:,} min"
