"""The picker as a numbered list: nothing moves, everything is said once."""

from __future__ import annotations

from synapse.cli.asking.confirm import ask_for_line
from synapse.cli.listing.ambiguous import session_lines
from synapse.cli.listing.snippet import snippet
from synapse.cli.picker.matching import nothing
from synapse.terminal.safe import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.context import Context
    from synapse.cli.picker.matching import Candidate, Candidates

_MOST = 20
_SAID_COLUMNS = 100


def pick_by_number(context: Context, candidates: Candidates, query: str) -> Candidate | None:
    """The one whose number is typed; words narrow the list, nothing at all cancels."""
    while True:
        *_, found = candidates.search(query, _MOST)
        _show(context, found, nothing(candidates))
        answer = ask_for_line(context, "Number, or words to look for (Enter alone: none): ")
        if not answer:
            return None
        if answer.isascii() and answer.isdecimal() and 1 <= int(answer) <= len(found):
            return found[int(answer) - 1]
        query = answer


def _show(context: Context, found: list[Candidate], otherwise: str) -> None:
    lines = session_lines([candidate.summary for candidate in found])
    if not lines:
        context.say(f"{otherwise.capitalize()}.")
    for number, (line, candidate) in enumerate(zip(lines, found, strict=True), 1):
        context.stderr.write(f"{context.wrapped(f'{number}. {line}')}\n")
        if candidate.hit is not None:
            hit = candidate.hit
            said = snippet(hit.text, hit.spans, _SAID_COLUMNS, ellipsis=context.glyphs().ellipsis)
            shown = clean_line(f"   message {hit.message.index}, {hit.message.role.value}: {said}")
            context.stderr.write(f"{context.wrapped(shown)}\n")
    if len(lines) == _MOST:
        context.say(f"There may be more than these {_MOST}; words narrow the list.")
