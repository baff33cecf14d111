"""Notes on a conversation: how they are written down, read, and sent. Pure.

    Facts:
    [#4] The daughter is called Mia and is seven.
    Course:
    The user asked about …

A fact begins with the numbers of the messages that it was taken from. Facts are carried on word for
word: a later summary adds to them, or strikes those that a new one replaces.
"""

from __future__ import annotations

import re

from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

FACTS = "Facts:"
COURSE = "Course:"

_CITED = re.compile(
    r"\s*(?:[-*•]\s+|\d{1,3}[.)]\s+)?"
    r"(?:(\[\s*#\d+(?:[\s,;\-–]*#?\d+)*\s*\](?:[\s,]*\[\s*#\d+\s*\])*)|(#\d+(?:\s*,\s*#\d+)*))"
    r"\s*(?:user|assistant)?\s*[:.)\-–]?\s*(.*)"
)
_DROP = re.compile(r"\s*[-*•]?\s*drop:?\s+\[?#(\d+)\]?\.?\s*", re.IGNORECASE)
_HEADING = re.compile(
    r"\s*(?:#{1,6}\s+)?[*_]*\(?(?:\d[.)])?\)?\s*[\"“]?[*_]*(facts|course)[*_\"”]*\s*:?[*_]*\s*:?\s*(.*)",
    re.IGNORECASE,
)


class Fact(Record):
    """One line of the notes that holds beyond the turn in which it was said."""

    cites: tuple[int, ...]
    """Indexes of the messages that it was taken from."""
    text: str

    @property
    def line(self) -> str:
        """As it is kept and sent."""
        return f"[{', '.join(f'#{index}' for index in self.cites)}] {self.text}"


class Notes(Record):
    """What stands for a part of a conversation."""

    facts: tuple[Fact, ...] = ()
    course: str = ""
    """What was asked and answered."""
    dropped: tuple[int, ...] = ()
    """Messages whose facts a model says are replaced; as kept, always empty."""
    has_heading: bool = True
    """Whether the text began as notes have to."""

    @property
    def text(self) -> str:
        """As they are kept and sent."""
        parts = [FACTS, *(fact.line for fact in self.facts)] if self.facts else []
        if self.course:
            parts += [COURSE, self.course]
        return "\n".join(parts)


def read(text: str) -> Notes:
    """The notes that a text holds, ours or a model's. Lines of the facts that cite nothing are left
    out.
    """
    facts: list[Fact] = []
    course: list[str] = []
    dropped: list[int] = []
    part = ""
    has_heading = False
    for number, line in enumerate(text.strip().splitlines()):
        heading = _HEADING.fullmatch(line)
        if heading and (not heading[2] or part != heading[1].lower()):
            part, line = heading[1].lower(), heading[2]
            has_heading = has_heading or number == 0
        if part == "course":
            course.append(line.strip())
        elif struck := _DROP.fullmatch(line):
            dropped.append(int(struck[1]))
        elif cited := _CITED.fullmatch(line):
            facts += _fact(cited[1] or cited[2], cited[3])
    return Notes(
        facts=tuple(facts),
        course=" ".join(" ".join(course).split()),
        dropped=tuple(dropped),
        has_heading=has_heading,
    )


def _fact(citation: str, text: str) -> list[Fact]:
    text = text.strip()
    # as a citation in a session's first 10 ** 9 messages: what is longer is no index
    cites = tuple(dict.fromkeys(int(digits) for digits in re.findall(r"\d{1,9}", citation)))
    return [Fact(cites=cites, text=text)] if text and cites else []


def joined(facts: Iterable[Fact], more: Iterable[Fact]) -> tuple[Fact, ...]:
    """Facts in the order of what they were taken from, each text once."""
    found: dict[str, Fact] = {}
    for fact in (*facts, *more):
        found.setdefault(" ".join(fact.text.casefold().split()), fact)
    return tuple(sorted(found.values(), key=lambda fact: fact.cites))
