"""The line that shows where something was found."""

from __future__ import annotations

import random

import pytest

from synapse.cli.listing import snippet as snippet_module
from synapse.cli.listing.snippet import snippet
from synapse.terminal.cells import graphemes, width
from synapse.terminal.safe import clean_line

LONG = "The data of a container is gone with it, unless a volume holds it; volumes outlive them."


def shown(text: str, match: str, columns: int = 40, ellipsis: str = "…") -> str:
    """The snippet around the first place of `match`, which stands in brackets."""
    start = text.index(match)
    spans = [(start, start + len(match))] if match else []
    return snippet(text, spans, columns, mark=lambda part: f"[{part}]", ellipsis=ellipsis)


@pytest.mark.parametrize(
    ("text", "match", "columns", "expected"),
    [
        ("a short text", "short", 40, "a [short] text"),
        ("a short text", "short", 12, "a [short] text"),
        ("a short text", "", 40, "a short text"),
        (LONG, "", 20, "The data of a conta…"),
        (LONG, "The", 20, "[The] data of a conta…"),
        (LONG, "volume", 30, "…unless a [volume] holds it; vo…"),
        (LONG, "them", 30, "…it; volumes outlive [them]."),
        ("  several\n\n\tlines\r\nof it  ", "lines", 40, "several [lines] of it"),
        ("東京旅行の計画を立てる", "旅行", 40, "東京[旅行]の計画を立てる"),
        ("東京旅行の計画を立てる", "計画", 12, "…行の[計画]を…"),
        ("x" * 50, "x" * 50, 10, "[" + "x" * 9 + "]…"),
        ("red \x1b[31mnow\x07 and\u202e then", "now", 40, "red �[31m[now]� and<U+202E> then"),
    ],
)
def test_the_match_stands_in_what_is_around_it(
    text: str, match: str, columns: int, expected: str
) -> None:
    assert shown(text, match, columns) == expected


def test_every_match_in_sight_is_marked() -> None:
    spans = [(0, 1), (4, 5), (8, 9)]
    assert snippet("a b a b a", spans, 40, mark=str.upper) == "A b A b A"


def test_what_is_left_out_is_marked_in_ascii_where_nothing_else_can_be_drawn() -> None:
    assert shown(LONG, "volume", 32, "...") == "...unless a [volume] holds it; ..."


def test_a_match_within_a_grapheme_marks_all_of_it() -> None:
    family = "👩\u200d👩\u200d👧"
    assert (
        snippet(f"the {family} now", [(4, 5)], 40, mark=lambda p: f"[{p}]") == f"the [{family}] now"
    )


PIECES = [
    "word",
    "東京",
    "e\u0301",
    "👩\u200d💻",
    "🇯🇵",
    "\n",
    " ",
    "\x1b[1m",
    "ภาษา",
    "नमस्ते",
    "a\u202eb",
    "-",
]


@pytest.mark.parametrize("columns", [1, 7, 24, 60, 200])
def test_a_line_is_never_too_wide_nor_cut_within_a_grapheme(columns: int) -> None:
    chance = random.Random(columns)
    for _ in range(150):
        text = " ".join(chance.choices(PIECES, k=chance.randrange(1, 60)))
        start = chance.randrange(len(text))
        span = (start, min(len(text), start + chance.randrange(1, 9)))
        line = snippet(text, [span], columns)
        assert "\n" not in line
        assert width(line) <= max(columns, 3)
        known = {" ", *(clean_line(g) for g in graphemes(text)), *"<U+202E>"}
        assert {*graphemes(line.strip("…"))} <= known


def test_a_text_of_many_megabytes_is_looked_at_around_the_match_only() -> None:
    text = "x " * 5_000_000 + "needle" + " y" * 5_000_000
    seen = shown(text, "needle", 40)
    assert (seen[:6], seen[-5:]) == ("…x x x", " y y…")
    assert "[needle]" in seen


@pytest.mark.parametrize(
    "marks", [[], [(0, 2)], [(0, 1), (4, 5)], [(2, 4), (6, 12)], [(1, 7)], [(9, 10)]]
)
def test_plain_texts_are_cut_as_all_others(marks: list[tuple[int, int]]) -> None:
    for text in ("a  b", "ab   c d", "  a b  c.d", "a", "abc def ghi  jkl"):
        within = [(begin, min(end, len(text))) for begin, end in marks if begin < len(text)]
        shown, _, moved = snippet_module._plain(text, within)
        others, widths, others_moved = snippet_module._graphemes(text, within)
        assert [*shown] == others
        assert widths == [1] * len(shown)
        assert [mark for mark in moved if mark[0] < mark[1]] == others_moved


@pytest.mark.parametrize("columns", [5, 20, 50])
def test_as_much_is_shown_where_many_blanks_are_left_out(columns: int) -> None:
    chance = random.Random(columns)
    for _ in range(100):
        words = chance.choices(["word", "東京", "ab"], k=60)
        loose = "".join(f"{word}{chance.choice([' ', '  ', chr(10) * 2])}" for word in words)
        place = chance.randrange(60)
        tight = " ".join(words)
        begin = len(loose.split(words[place])[0])
        span = (begin, begin + len(words[place]))
        first = tight.index(words[place])
        expected = snippet(tight, [(first, first + len(words[place]))], columns)
        assert snippet(loose, [span], columns) == expected


@pytest.mark.parametrize(
    "cluster",
    [
        "🇩🇪",
        "👩\u200d👩\u200d👧\u200d👦",
        "क्\u200dष",
        "e\u0301",
        "ᄒ\u1161\u11ab",
        "ש\u05c1\u05b8",
        "1\ufe0f\u20e3",
    ],
)
def test_no_grapheme_is_taken_apart_wherever_the_edge_falls(cluster: str) -> None:
    known = {"…", "b", "X", *graphemes(cluster)}
    for size in (1, 9, 30):
        text = (cluster * size + "b") * (600 // size) + "X"
        for columns in range(10, 81, 7):
            for spans in ([(len(text) - 1, len(text))], [(text.index("b"), text.index("b") + 1)]):
                assert set(graphemes(snippet(text, spans, columns))) <= known, (size, columns)
