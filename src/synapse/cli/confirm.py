"""Questions to the user. Asked only where they can be seen and answered."""

from __future__ import annotations

import os

from synapse.cli.trash import announce
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from synapse.cli.context import Context
    from synapse.domain import SessionSummary

_LONGEST_ANSWER = 1024


def confirm(context: Context, question: str, about: Sequence[SessionSummary]) -> bool:
    """Name the sessions and ask `question [y/N]`; anything but yes, Ctrl-C and Ctrl-D included,
    is no. Raises UsageError, which names the flag, where nobody can be asked.
    """
    if not context.can_ask():
        raise UsageError(f"nobody is there to answer: {question}", "Pass --yes (or --dry-run)")
    announce(context, about)
    try:
        context.stderr.show(f"{question} [y/N] ")
        answer = _read_line(context.streams.stdin)
    except KeyboardInterrupt:
        answer = None
    if answer is None:
        context.say("")
        return False
    return answer.strip().lower() in ("y", "yes")


def _read_line(descriptor: int) -> str | None:
    """A line from the terminal; None at its end (Ctrl-D)."""
    data = b""
    while not data.endswith(b"\n") and len(data) < _LONGEST_ANSWER:
        piece = os.read(descriptor, _LONGEST_ANSWER)
        if not piece:
            return None
        data += piece
    return data.decode("utf-8", "replace")
