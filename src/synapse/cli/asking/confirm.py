"""Questions to the user. Asked only where they can be seen and answered."""

from __future__ import annotations

import os

from synapse.cli.listing.trash import announce
from synapse.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from synapse.cli.context import Context
    from synapse.domain import SessionSummary

_LONGEST_ANSWER = 1024


def confirm(
    context: Context, question: str, about: Sequence[SessionSummary], total: int | None = None
) -> bool:
    """List the sessions, of which there are `total`, and ask `question [y/N]`. Anything but yes is
    no, also Ctrl-C and Ctrl-D. Raises UsageError, which names the flag to use instead, if there is
    no terminal to ask on.
    """
    answer = _ask(context, question, " [y/N] ", about, total)
    return answer.lower() in ("y", "yes")


def confirm_number(
    context: Context, question: str, about: Sequence[SessionSummary], number: int
) -> bool:
    """Like `confirm`, for what must not be agreed to by habit: the user types the number of
    sessions.
    """
    answer = _ask(context, question, f" Type the number, {number:,}, to go on: ", about, number)
    return answer.replace(",", "") == str(number)


def _ask(
    context: Context,
    question: str,
    how: str,
    about: Sequence[SessionSummary],
    total: int | None,
) -> str:
    if not context.can_ask():
        raise UsageError(f"there is no terminal to ask on: {question}", "Pass --yes (or --dry-run)")
    announce(context, about, total)
    try:
        context.stderr.write(context.wrapped(f"{question}{how}".rstrip()) + " ")
        answer = _read_line(context.streams.stdin)
    except KeyboardInterrupt:
        answer = None
    if answer is None:
        context.say("")
        return ""
    return answer.strip()


def confirm_by_default(context: Context, question: str) -> bool:
    """Ask `question [Y/n]`. Enter and Ctrl-D mean yes, Ctrl-C means no. Call it only if
    `context.can_ask()`.
    """
    try:
        context.stderr.show(f"{question} [Y/n] ")
        answer = _read_line(context.streams.stdin)
    except KeyboardInterrupt:
        context.say("")
        return False
    if answer is None:
        context.say("")
        return True
    return answer.strip().casefold() not in ("n", "no")


def ask_for_line(context: Context, question: str) -> str:
    """Read a line from the user, without blanks at its ends; "" for nothing, Ctrl-C and Ctrl-D.
    Call it only if `context.can_ask()`.
    """
    try:
        context.stderr.write(context.wrapped(question.rstrip()) + " ")
        answer = _read_line(context.streams.stdin)
    except KeyboardInterrupt:
        answer = None
    if answer is None:
        context.say("")
    return (answer or "").strip()


def _read_line(descriptor: int) -> str | None:
    """A line from the terminal; None at its end (Ctrl-D)."""
    data = b""
    while not data.endswith(b"\n") and len(data) < _LONGEST_ANSWER:
        piece = os.read(descriptor, _LONGEST_ANSWER)
        if not piece:
            return None
        data += piece
    return data.decode("utf-8", "replace")
