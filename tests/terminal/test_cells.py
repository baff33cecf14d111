"""Columns, not characters."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
import wcwidth

from synapse.terminal import cells, simple_characters


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("plain", 5),
        ("a\tb", 6),
        ("é", 1),
        ("e\u0301", 1),
        ("漢字", 4),
        ("漢\t字", 8),
        ("👩\u200d💻", 2),
        ("🇯🇵", 2),
        ("❤\ufe0f", 2),
        ("👍🏽", 2),
        ("שלום", 4),
        ("\u1100\u1161", 2),
        ("\u200d", 0),
    ],
)
def test_width_counts_what_a_reader_sees(text: str, columns: int) -> None:
    assert cells.width(text) == columns


def test_terminals_that_do_not_join_are_allowed_for() -> None:
    assert cells.max_width("👩\u200d💻") == 4
    assert cells.max_width("❤\ufe0f") == 2
    # One that joins neither, but widens the heart, needs the most of both.
    assert cells.max_width("👩\u200d💻❤\ufe0f") == 6


@pytest.mark.parametrize(
    "text", ["", "漢字 and e\u0301", "• naïve – „Größe“ → 3 €", "┼─│", "한글 ｶﾅ"]
)
def test_what_all_terminals_agree_about_is_certain(text: str) -> None:
    assert cells.has_certain_width(text)
    assert cells.start_of_certain_width(text) == text


@pytest.mark.parametrize(
    "text",
    ["👩\u200d💻", "🚀", "✅", "⚠", "❤\ufe0f", "1\ufe0f\u20e3", "🇯🇵", "a\u200bb", "\ue0b0", "नमस्ते"],
)
def test_emoji_and_what_terminals_learn_late_are_not_certain(text: str) -> None:
    assert not cells.has_certain_width(text)
    assert not cells.has_certain_width(f"words {text} words")
    assert cells.start_of_certain_width(f"words é 漢 {text} words").startswith("words é 漢")


@pytest.mark.parametrize(
    "text", ["a long line", "漢字漢字", "👩\u200d💻👩\u200d💻👩\u200d💻", "e\u0301" * 9, "a\tb\tc"]
)
def test_clipped_text_fits_and_is_cut_between_graphemes(text: str) -> None:
    for columns in range(1, 12):
        clipped = cells.clip(text, columns)
        assert cells.width(clipped) <= columns
        if clipped != cells.expand_tabs(text):
            assert clipped.endswith("…")
            whole = list(cells.graphemes(cells.expand_tabs(text)))
            kept = list(cells.graphemes(clipped[:-1]))
            assert kept == whole[: len(kept)]
        assert cells.max_width(cells.clip_to_max_width(text, columns)) <= columns


def test_clip_leaves_what_fits_and_never_overflows() -> None:
    assert cells.clip("exact", 5) == "exact"
    assert cells.clip("longer", 5) == "long…"
    assert cells.clip("longer", 5, "...") == "lo..."
    assert cells.clip("longer", 2, "...") == ".."
    assert cells.clip("longer", 0) == ""


def test_padding_is_counted_in_columns() -> None:
    assert cells.ljust("漢字", 6) == "漢字  "
    assert cells.rjust("漢字", 6) == "  漢字"
    assert cells.ljust("too long", 3) == "too long"


def test_what_may_join_the_character_before_is_not_said_to_begin_a_grapheme() -> None:
    for character in "a 漢あ한":
        assert cells.begins_grapheme(character)
    for character in ("\u0301", "\u200d", "\ufe0f", "🏽", "🇵", "\u1161"):
        assert not cells.begins_grapheme(character)


SIMPLE = [
    chr(code) for first, last, _ in simple_characters._RANGES for code in range(first, last + 1)
]


def test_simple_characters_are_as_wide_as_wcwidth_says() -> None:
    wrong = [
        sign
        for sign in SIMPLE
        if not simple_characters.COLUMNS[sign]
        == wcwidth.wcwidth(sign)
        == wcwidth.width(f"x{sign}") - 1
    ]
    assert wrong == []
    assert len(SIMPLE) == len(set(SIMPLE))


@pytest.mark.parametrize("seed", range(3))
def test_simple_characters_join_as_wcwidth_says_whatever_stands_beside_them(seed: int) -> None:
    signs = [*SIMPLE, *random.Random(seed).choices([s for s in SIMPLE if s < "\u3100"], k=50_000)]
    random.Random(seed).shuffle(signs)
    for start in range(0, len(signs), 500):
        text = "".join(signs[start : start + 500])
        assert [*cells.graphemes(text)] == [*wcwidth.iter_graphemes(text)]
        assert cells.width(text) == wcwidth.width(text)
        parts = cells.graphemes_with_widths(text)
        assert parts == [(part, wcwidth.width(part)) for part in wcwidth.iter_graphemes(text)]


@pytest.mark.parametrize("other", ["\u200d", "\ufe0f", "🏽", "🇵", "\u1161", "ि", "\u200b"])
def test_what_is_not_simple_is_left_to_wcwidth(other: str) -> None:
    for text in (other, f"東{other}京", f"❤{other}é", f"{other}👍"):
        assert [*cells.graphemes(text)] == [*wcwidth.iter_graphemes(text)]
        assert cells.width(text) == wcwidth.width(text)


@pytest.mark.parametrize(
    "text",
    [
        "東京へ行く。",
        "naïve – “Größe” → 3 €",
        "Привет",
        "שלום",
        "الكتابُ",
        "ภาษาไทยนี้",
        "한국어",
        "ok 🚀 ✅",
    ],
)
def test_most_texts_are_measured_without_the_tables_of_unicode(text: str) -> None:
    code = (
        "import sys; import synapse.terminal.safe as safe, synapse.terminal.cells as cells; "
        f"t = {text!a}; cells.clip(t, 3); cells.ljust(t, 9); cells.max_width(t); "
        "safe.clean_line(t + chr(0x3000) + chr(27)); print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"wcwidth", "re", "unicodedata"} & {*loaded}
