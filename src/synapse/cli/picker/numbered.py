"""The picker as a numbered list: nothing moves, everything is said once."""

from __future__ import annotations

from synapse.cli.asking.confirm import ask_for_line
from synapse.cli.listing.ambiguous import session_lines
from synapse.cli.picker.matching import Sessions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.domain import SessionSummary

_MOST = 20


def pick_by_number(context: Context, query: str) -> SessionSummary | None:
    """The session whose number is typed; words narrow the list, nothing at all cancels."""
    sessions = Sessions(context.store)
    while True:
        found = _first(sessions, query)
        _show(context, found)
        answer = ask_for_line(context, "Number, or words to look for (Enter alone: none): ")
        if not answer:
            return None
        if answer.isascii() and answer.isdecimal() and 1 <= int(answer) <= len(found):
            return found[int(answer) - 1]
        query = answer


def _first(sessions: Sessions, query: str) -> list[SessionSummary]:
    *_, found = sessions.search(query, _MOST)
    return found


def _show(context: Context, found: list[SessionSummary]) -> None:
    lines = session_lines(found)
    if not lines:
        context.say("Nothing matches.")
    for number, line in enumerate(lines, 1):
        context.stderr.write(f"{context.wrapped(f'{number}. {line}')}\n")
    if len(lines) == _MOST:
        context.say(f"There may be more than these {_MOST}; words narrow the list.")
