"""Where a conversation that outgrows its window is cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse.app.context.planning import Limits, limits, plan, turns_of, wanted_tokens, within
from synapse.domain import Role

U, A, S, T = Role.USER, Role.ASSISTANT, Role.SYSTEM, Role.TOOL


@pytest.mark.parametrize("window", [None, 0, -1, 10**12])
def test_a_window_that_is_none_triggers_nothing(window: int | None) -> None:
    assert limits(window, 0.8) is None


@pytest.mark.parametrize(
    ("window", "compact_at", "max_tokens", "expected"),
    [
        (200_000, 0.8, None, (200_000, 183_616, 160_000, 16_000)),
        (128_000, 0.9, None, (128_000, 111_616, 111_616, 16_000)),
        (1_000_000, 95_000, None, (1_000_000, 983_616, 95_000, 16_000)),
        (1_024, 0.8, None, (1_024, 768, 768, 230)),
        (8_192, 0.8, 1_024, (8_192, 7_168, 6_553, 1_792)),
        (1_024, 0.8, 4_096, (1_024, 512, 512, 153)),
        (100_000, 500_000, None, (100_000, 83_616, 83_616, 16_000)),
        (1, 0.1, None, (1, 1, 1, 0)),
    ],
)
def test_the_trigger_is_a_share_or_a_number_but_never_more_than_is_usable(
    window: int, compact_at: float, max_tokens: int | None, expected: tuple[int, ...]
) -> None:
    found = limits(window, compact_at, max_tokens)
    assert found is not None
    assert (found.window, found.usable, found.trigger, found.keep) == expected


def test_a_turn_begins_with_a_question_that_follows_an_answer() -> None:
    live = [
        (1, S, 0), (2, U, 5), (3, A, 5),
        (5, U, 5), (6, A, 0), (7, U, 5), (8, T, 0), (9, A, 5),
        (12, U, 5),
    ]  # fmt: skip
    turns = turns_of(live)
    assert [(turn.first, turn.last, turn.messages, turn.tokens) for turn in turns] == [
        (1, 3, 3, 10),
        (5, 9, 5, 15),
        (12, 12, 1, 5),
    ]


def test_a_conversation_that_begins_with_an_answer_is_cut_before_the_first_question() -> None:
    turns = turns_of([(1, A, 5), (2, U, 5), (3, A, 5), (4, U, 1)])
    assert [(turn.first, turn.last) for turn in turns] == [(1, 1), (2, 3), (4, 4)]


@pytest.mark.parametrize(
    ("total", "expected"),
    [(40, [10, 20]), (30, [10, 20]), (15, [5, 10]), (0, [0, 0]), (-3, [0, 0])],
)
def test_turns_come_to_no_more_than_is_sent(total: int, expected: list[int]) -> None:
    turns = turns_of([(1, U, 5), (2, A, 5), (3, U, 15), (4, A, 5)])
    assert [turn.tokens for turn in within(turns, total)] == expected


def test_nothing_can_be_cut_from_a_single_turn() -> None:
    bounds = limits(1_000, 0.8)
    assert bounds is not None
    assert plan(turns_of([(1, U, 5_000)]), bounds, fixed=0, notes=0) is None
    assert plan([], bounds, fixed=0, notes=0) is None


def test_the_newest_turns_stay_as_far_as_they_fit_a_quarter_of_what_is_usable() -> None:
    bounds = limits(100_000, 0.8)
    assert bounds is not None
    assert bounds.keep == 16_000
    live = [(n, U if n % 2 else A, 4_000) for n in range(1, 21)] + [(21, U, 100)]
    found = plan(turns_of(live), bounds, fixed=50, notes=500)
    assert found is not None
    assert (found.last_index, found.messages, found.replaced) == (18, 18, 72_000)
    assert (found.kept, found.is_short) == (8_100, True)


def test_fewer_turns_stay_if_half_of_the_trigger_would_be_passed() -> None:
    bounds = Limits(window=10_000, usable=8_000, trigger=4_000, keep=2_000)
    live = [(n, U if n % 2 else A, 400) for n in range(1, 9)] + [(9, U, 100)]
    roomy = plan(turns_of(live), bounds, fixed=0, notes=100)
    tight = plan(turns_of(live), bounds, fixed=1_000, notes=100)
    assert roomy is not None
    assert tight is not None
    assert (roomy.kept, tight.kept) == (1_700, 900)
    assert roomy.is_short
    assert tight.is_short


def test_a_plan_says_that_more_of_the_same_would_not_help() -> None:
    bounds = Limits(window=10_000, usable=8_000, trigger=4_000, keep=2_000)
    found = plan(turns_of([(1, U, 10), (2, A, 10), (3, U, 3_000)]), bounds, fixed=0, notes=100)
    assert found is not None
    assert (found.last_index, found.kept, found.is_short) == (2, 3_000, False)


def test_notes_are_a_tenth_of_what_they_replace() -> None:
    assert [wanted_tokens(n) for n in (0, 1_000, 8_000, 10**6)] == [150, 150, 800, 1_500]


MESSAGES = st.lists(
    st.tuples(st.sampled_from([U, U, A, A, S, T]), st.integers(0, 3_000)), max_size=40
)


@given(MESSAGES, st.integers(256, 50_000), st.floats(0.1, 1), st.integers(0, 2_000))
def test_every_message_is_in_exactly_one_turn_and_a_cut_splits_none(
    said: list[tuple[Role, int]], window: int, compact_at: float, fixed: int
) -> None:
    live = [(2 * place + 1, role, tokens) for place, (role, tokens) in enumerate(said)]
    turns = turns_of(live)
    assert sum(turn.messages for turn in turns) == len(live)
    assert sum(turn.tokens for turn in turns) == sum(tokens for _, _, tokens in live)
    assert all(a.last < b.first for a, b in itertools.pairwise(turns))
    bounds = limits(window, compact_at)
    assert bounds is not None
    found = plan(turns, bounds, fixed=fixed, notes=100)
    if found is None:
        assert len(turns) < 2
        return
    assert found.last_index in {turn.last for turn in turns[:-1]}
    gone = [row for row in live if row[0] <= found.last_index]
    assert (found.messages, found.replaced) == (len(gone), sum(row[2] for row in gone))
    assert found.kept == sum(row[2] for row in live) - found.replaced
    kept = [turn for turn in turns if turn.first > found.last_index]
    assert len(kept) == 1 or found.kept <= bounds.keep
    assert len(kept) == 1 or found.is_short
