"""What is done when a conversation outgrows its model's window: which turns stay as they are, and
how much is summarised. Pure: it reckons with counts of tokens.
"""

from __future__ import annotations

from synapse.domain import Role
from synapse.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from synapse.app.context.measuring import Measurement
    from synapse.domain import StoredMessage

LARGEST_WINDOW = 10**9
"""Tokens; a number above it is no window of any model."""
SMALL_WINDOW = 4_096
"""Tokens up to which a window has no room for notes that a model of its size could be trusted to
write.
"""
_MOST_RESERVED = 16_384
_MOST_KEPT = 16_000
_WANTED = (150, 1_500)


class Limits(Record):
    """What a window allows, in tokens."""

    window: int
    usable: int
    """The window without what the answer needs."""
    trigger: int
    """A prompt above it is made shorter."""
    keep: int
    """How much of the newest turns stays word for word."""


def limits(window: int | None, compact_at: float, max_tokens: int | None = None) -> Limits | None:
    """What `window` allows; None if it is not known, or no number that a window can have: then
    nothing is ever made shorter for its size.

    `compact_at` up to 1 is a share of the window, above it a number of tokens. An answer gets
    `max_tokens`, but never more than half the window; else a quarter of it, 16,384 at the most.
    """
    if window is None or not 0 < window <= LARGEST_WINDOW:
        return None
    reserved = min(max_tokens, window // 2) if max_tokens else min(_MOST_RESERVED, window // 4)
    usable = window - reserved
    wanted = int(compact_at * window) if compact_at <= 1 else int(compact_at)
    share = 0.30 if window <= SMALL_WINDOW else 0.25
    return Limits(
        window=window,
        usable=usable,
        trigger=max(1, min(wanted, usable)),
        keep=min(int(share * usable), _MOST_KEPT),
    )


class Turn(Record):
    """A question with all that came of it, by its place in the session."""

    first: int
    last: int
    """Indexes of its first and its last message."""
    messages: int
    """Live ones, sent or not."""
    tokens: int


def turns_of(live: Sequence[tuple[int, Role, int]]) -> list[Turn]:
    """The turns of a session from its live messages: index, role and tokens of each, in order.

    A turn begins with a question that follows something else than a question; what comes before
    the first one is a part of it.
    """
    turns: list[Turn] = []
    begin, answered = 0, False
    for place, (_, role, tokens) in enumerate(live):
        # neighbouring questions are sent as one; what a system or a tool says is no answer
        if role is Role.USER and answered:
            turns.append(_turn(live[begin:place]))
            begin, answered = place, False
        answered = answered or (role is Role.ASSISTANT and tokens > 0)
    if live:
        turns.append(_turn(live[begin:]))
    return turns


def _turn(part: Sequence[tuple[int, Role, int]]) -> Turn:
    return Turn(
        first=part[0][0],
        last=part[-1][0],
        messages=len(part),
        tokens=sum(tokens for _, _, tokens in part),
    )


def within(turns: Sequence[Turn], total: int) -> list[Turn]:
    """The same turns, each with its share of `total` if they come to more together: old turns that
    were recalled before a question were counted with it, and are not sent again.
    """
    counted = sum(turn.tokens for turn in turns)
    if counted <= total:
        return list(turns)
    room = max(0, total)
    return [turn.replace(tokens=turn.tokens * room // counted) for turn in turns]


def measured_turns(
    history: Sequence[StoredMessage], measured: Measurement, after: int
) -> list[Turn]:
    """The turns of what was measured that stand behind the index `after`, up to which a summary
    stands for the messages; together no more than what is sent.
    """
    turns = turns_of(
        [
            (message.index, message.role, tokens.count)
            for message, tokens in zip(history, measured.messages, strict=True)
            if not message.superseded and not 0 < message.index <= after  # 0: not stored
        ]
    )
    fixed = measured.system_prompt.count + measured.notes.count
    return within(turns, measured.total.count - fixed)


class Plan(Record):
    """Where a conversation is cut."""

    last_index: int
    """The last message that is no longer sent as it is."""
    messages: int
    """Live ones that the cut takes away."""
    replaced: int
    """Tokens of those."""
    kept: int
    """Tokens of the turns that stay."""
    is_short: bool
    """Whether what is sent afterwards takes at most half of what would be too much: if it does
    not, more of the same does not help.
    """


def plan(turns: Sequence[Turn], bounds: Limits, *, fixed: int, notes: int) -> Plan | None:
    """Where to cut: after as few turns as leave the newest ones within `bounds.keep`, and what is
    sent within half of the trigger. The last turn always stays; None if there is no other.

    `fixed` are the tokens of what is sent in any case (the system prompt), `notes` those of what
    will stand for the turns that go.
    """
    if len(turns) < 2:
        return None
    room = min(bounds.keep, bounds.trigger // 2 - fixed - notes)
    kept, count = turns[-1].tokens, 1
    while count < len(turns) - 1 and kept + turns[-count - 1].tokens <= room:
        count += 1
        kept += turns[-count].tokens
    gone = turns[:-count]
    return Plan(
        last_index=gone[-1].last,
        messages=sum(turn.messages for turn in gone),
        replaced=sum(turn.tokens for turn in gone),
        kept=kept,
        is_short=fixed + notes + kept <= bounds.trigger // 2,
    )


def wanted_tokens(replaced: int) -> int:
    """How long the notes should be that stand for so many tokens: a tenth, 150 to 1,500."""
    least, most = _WANTED
    return min(most, max(least, replaced // 10))
