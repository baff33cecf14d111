"""Whether notes that a model wrote may stand for what was said. Pure: everything is looked up,
nothing is believed.

Small models copy, loop, answer what they were to describe, and invent; large ones are now and then
talked into it. What is kept of their notes stands in the messages that it cites.
"""

from __future__ import annotations

from synapse.app.context import words
from synapse.app.context.notes import Notes, joined, read
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from synapse.app.context.notes import Fact

LARGEST_SHARE = 0.8
"""Of the tokens that it replaces, what a summary may take at the most."""
_WHOLE = frozenset(
    (
        "stop", "end_turn", "stop_sequence", "complete", "completed", "eos", "eos_token", "eot",
        "end_of_turn", "endoftext", "end", "done", "finished", "normal", "stop_token", "stop_str",
    )
)  # fmt: skip
"""Words of all vendors for an answer that came to its end by itself."""
_RUN = 8
_RUN_OF_CHARACTERS = 16
_MOST_COPIED = 0.5
_LEAST_DISTINCT = 0.5
_LEAST_SUPPORTED = 0.6
_LEAST_ABOUT = 0.25
"""Share of the words of the course that must have been said: below it, it is in another language,
or about something else.
"""
_FEW = 6
"""Words of which no share is taken."""


class Verdict(Record):
    """What came of a try."""

    notes: Notes | None = None
    """What is kept, the earlier facts included; None if nothing is."""
    reason: str = ""
    """Why nothing is: ends a sentence that begins with `the summary`."""
    invented: int = 0
    """Lines that were left out because what they cite does not say so."""


def judge(
    text: str,
    finish_reason: str | None,
    *,
    said: Mapping[int, str],
    earlier: tuple[Fact, ...],
    replaced: int,
    cap: int,
    count: Callable[[str], int],
) -> Verdict:
    """Judge a summary of the messages `said`, by index; `earlier` are the facts that were there
    before.

    `count` gives the tokens of a text: at most `cap`, and at most 80 % of those that it replaces.
    """
    refused = _refused_at_sight(text, finish_reason, min(cap, int(LARGEST_SHARE * replaced)), count)
    if refused:
        return Verdict(reason=refused)
    found = read(text)
    if not found.has_heading:
        return Verdict(reason='does not begin with "Facts"')
    refused = _copied_or_looping(found, list(said.values()))
    if refused:
        return Verdict(reason=refused)
    known = {" ".join(fact.text.casefold().split()) for fact in earlier}
    new = [fact for fact in found.facts if " ".join(fact.text.casefold().split()) not in known]
    true = [fact for fact in new if stands(fact, said)]
    course = found.course if _is_about(found.course, said, earlier) else ""
    if not true and not course:
        why = "speaks of what was not said" if new or found.course else "says nothing"
        return Verdict(reason=why, invented=len(new))
    facts = joined(_unless_replaced(earlier, found.dropped, true), true)
    return Verdict(notes=Notes(facts=facts, course=course), invented=len(new) - len(true))


def _refused_at_sight(
    text: str, finish_reason: str | None, most: int, count: Callable[[str], int]
) -> str:
    if not text.strip():
        return "is empty"
    ended = (finish_reason or "").strip().lower()
    if ended not in _WHOLE:
        return f"was broken off ({ended or 'no end'})"
    if (size := count(text)) > most:
        return f"is too long ({size:,} tokens; at most {most:,} would save anything)"
    return ""


def _copied_or_looping(found: Notes, said: list[str]) -> str:
    spoken = words.words("\n".join([*(fact.text for fact in found.facts), found.course]))
    unspaced = sum(1 for word in spoken if words.is_unspaced(word[0]))
    length = _RUN_OF_CHARACTERS if unspaced > len(spoken) / 2 else _RUN
    ours = words.runs(spoken, length)
    if len(ours) < length:
        return ""
    if len(set(ours)) < _LEAST_DISTINCT * len(ours):
        return "repeats itself"
    original = {run for text in said for run in words.runs(words.words(text), length)}
    if sum(run in original for run in ours) >= _MOST_COPIED * len(ours):
        return "copies the conversation"
    return ""


def stands(fact: Fact, said: Mapping[int, str]) -> bool:
    """Whether the messages that a fact cites say it: all its numbers and names, and 60 % of these
    and its other words together. One that cites nothing that was said, or has nothing to go by,
    does not stand.
    """
    cited = "\n".join(said[index] for index in fact.cites if index in said)
    if not cited or any(index not in said for index in fact.cites):
        return False
    numbers, names = words.numbers(fact.text), words.names(fact.text)
    if not numbers <= words.numbers(cited):
        return False
    heard = set(words.words(cited))
    if not all(any(words.names_word(folded(name), word) for word in heard) for name in names):
        return False
    proven = numbers | {folded(name) for name in names}
    claims = words.evidence(fact.text) - proven
    found = len(proven) + words.supported(claims, words.evidence(cited))
    return found > 0 and found >= _LEAST_SUPPORTED * (len(claims) + len(proven))


def folded(name: str) -> str:
    """A name as words are compared."""
    return "".join(words.words(name))


def _is_about(course: str, said: Mapping[int, str], earlier: tuple[Fact, ...]) -> bool:
    claims = words.evidence(course)
    if not claims:
        return False
    if len(claims) < _FEW:
        return True
    heard = words.evidence("\n".join([*said.values(), *(fact.text for fact in earlier)]))
    return words.supported(claims, heard) >= _LEAST_ABOUT * len(claims)


def _unless_replaced(
    earlier: tuple[Fact, ...], dropped: tuple[int, ...], new: list[Fact]
) -> tuple[Fact, ...]:
    """The facts but for those that are struck, if a new one speaks of the same: a text that has a
    model strike everything strikes nothing.
    """
    fresh = words.evidence("\n".join(fact.text for fact in new))

    def is_replaced(fact: Fact) -> bool:
        return bool(set(fact.cites) & set(dropped)) and bool(
            words.supported(words.evidence(fact.text), fresh)
        )

    return tuple(fact for fact in earlier if not is_replaced(fact))
