"""How an answer is painted: little, seldom, and never over the scrollback."""

from __future__ import annotations

import random
import re

import pytest
from markdown import documents
from markdown.screens import Played, shown

from synapse.markdown import render
from synapse.terminal import reflow
from synapse.terminal import style as sgr


def test_appended_text_costs_only_itself() -> None:
    played = Played(level=sgr.PLAIN).feed(["Some ", "words ", "more"])
    assert played.frames == ["Some", " words", " more"]


def test_a_changed_row_is_written_from_the_change_on() -> None:
    played = Played().feed(["Some words and *emphasis", "*"])
    assert played.frames[1] == "\x1b[?2026h\x1b[16G\x1b[K\x1b[3memphasis\x1b[0m\x1b[?2026l"


def test_frames_that_move_the_cursor_are_shown_all_at_once() -> None:
    played = Played(60, 12, interval=0.02).feed(documents.tokens(documents.answer()))
    played.close()
    for frame in played.frames:
        assert frame.count("\x1b[?2026h") == frame.count("\x1b[?2026l") <= 1
        if re.search(r"\x1b\[\d*[A-Z]", frame):
            assert frame.startswith("\x1b[?2026h")
            assert frame.endswith("\x1b[?2026l")


def test_there_are_at_most_fifteen_frames_a_second() -> None:
    played = Played(interval=0.001).feed(["word "] * 1_000)
    assert 10 <= len(played.frames) <= 16


def test_painting_takes_at_most_an_eighth_of_the_time() -> None:
    played = Played(interval=0.0)
    slow = iter(range(10_000))

    def size() -> tuple[int, int]:
        played.now += 0.5  # asking for the size is part of painting
        next(slow)
        return (80, 24)

    played.stream._size = size
    assert played.stream.feed("one ") is None
    assert played.stream.feed("two") == pytest.approx(3.5)
    played.now += 3.4
    assert played.stream.tick() == pytest.approx(0.1)
    played.now += 0.2
    assert played.stream.tick() is None
    assert played.output == "one two"


def test_nothing_is_erased_in_the_last_column() -> None:
    rng = random.Random(5)
    for columns in (20, 21, 22, 30):
        text = " ".join(rng.choices(("*a*", "bb", "漢字", "`ccc`", "**d"), k=200))
        painted = Played(columns, 40).feed(documents.chunks(rng, text))
        whole = render(text, columns)
        assert shown(painted.close(), columns, 40) == shown(whole, columns, 40)
        # Erasing comes right after a move: the cursor was not past the last column.
        moves = re.sub(r"\x1b\[[\d;]*m", "", painted.output)
        assert not re.search(r"[^AGhJ]\x1b\[K", moves)


def test_what_was_committed_is_never_touched_again() -> None:
    text = documents.answer()
    columns, rows = 60, 12
    played = Played(columns, rows, interval=0.05)
    before: list[str] = []
    for number, chunk in enumerate(documents.tokens(text)):
        played.feed([chunk])
        if number % 1_500 == 0:
            history = shown(played.output, columns, rows)[:-rows]
            assert history[: len(before)] == before
            before = history


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 10, 24])
def test_live_rows_leave_two_rows_of_the_screen_free(rows: int) -> None:
    played = Played(20, rows, level=sgr.PLAIN)
    played.feed(["word " * 200])
    lines = shown(played.output, 20, 100)
    assert len(lines) == max(1, rows - 2)
    assert (lines[0] == "⋮") == (rows > 3)
    assert shown(played.close(), 20, rows) == shown(render("word " * 200, 20), 20, rows)


def test_a_long_block_scrolls_instead_of_being_repainted() -> None:
    text = documents.numbered("word {n} ", 2_000)
    output = Played(80, 24, interval=0.02).feed(documents.tokens(text)).close()
    assert re.search(r"\x1b\[\dM", output)
    assert len(output) < 3.1 * len(text)


def test_code_wider_than_the_screen_is_clipped_while_it_is_written_and_whole_in_the_end() -> None:
    played = Played(20, 10, level=sgr.PLAIN).feed(["```\n", "x" * 50])
    assert shown(played.output, 20, 10) == ["```", "x" * 19 + "…"]
    assert shown(played.close(), 20, 10) == ["```", "x" * 20, "x" * 20, "x" * 10, "```"]


def test_a_status_line_stands_below_and_goes_without_a_trace() -> None:
    played = Played(level=sgr.PLAIN)
    played.stream.status("thinking… 1 s\x1b[2J\n")
    assert shown(played.output, 80, 24) == ["thinking… 1 s\ufffd[2J"]
    played.now += 1
    played.stream.status("")
    assert shown(played.output, 80, 24) == []
    played.feed(["text"])
    played.now += 1
    played.stream.status("still thinking")
    assert shown(played.output, 80, 24) == ["text", "still thinking"]
    assert shown(played.close(), 80, 24) == ["text"]


def test_a_status_line_is_not_shown_where_nothing_may_be_rewritten() -> None:
    played = Played(mode="blocks")
    assert played.stream.status("thinking") is None
    assert played.feed(["text"]).close() == "text\n"


def test_after_a_suspension_painting_goes_on_below() -> None:
    played = Played(level=sgr.PLAIN).feed(["one *two"])
    played.frames.append("\n[1]+  Stopped\n$ fg\n")
    played.stream.forget()
    played.feed(["* three"])
    assert shown(played.close(), 80, 24) == [
        "one *two",
        "[1]+  Stopped",
        "$ fg",
        "",
        "one two three",
    ]


@pytest.mark.parametrize("new", [(100, 30), (61, 12), (60, 20)])
def test_a_wider_screen_is_used_at_once(new: tuple[int, int]) -> None:
    text = documents.answer()
    start = "word " * 30
    played = Played(60, 12).feed([start])
    played.size = new
    played.stream.resize()
    played.feed(documents.tokens(text))
    output = played.close()
    assert shown(output, *new) == shown(render(start + text, min(new[0], 100)), *new)


@pytest.mark.parametrize(
    ("rewraps", "up"),
    [
        (reflow.ALL, 3),  # two rows of 59 and 39 columns have become two each,
        (reflow.ALL_BUT_THE_CURSORS, 2),  # only the first has,
        (reflow.NEVER, 1),  # or they were cut off
    ],
)
def test_a_narrower_screen_wipes_the_rows_that_it_wrapped(rewraps: int, up: int) -> None:
    played = Played(60, 12, level=sgr.PLAIN, rewraps=rewraps).feed(["word " * 20])
    count = len(played.frames)
    played.size = (30, 12)
    assert played.stream.resize() == pytest.approx(0.3)
    played.now += 0.3
    assert played.stream.tick() is None
    assert played.frames[count] == (
        f"\x1b[?2026h\x1b[{up}A\x1b[G\x1b[K\x1b[B\x1b[J\x1b[A\x1b[?2026l"
    )
    assert shown("".join(played.frames[count + 1 :]), 30, 12) == [
        "word word word word word word"
    ] * 3 + ["word word"]


def test_nothing_is_painted_while_the_size_changes() -> None:
    played = Played(60, 12, interval=0.1, rewraps=reflow.ALL).feed(["word " * 20])
    count = len(played.frames)
    for columns in range(59, 29, -1):
        played.size = (columns, 12)
        played.feed(["word "])
    assert len(played.frames) == count
    played.feed(["word "] * 4)
    assert len(played.frames) > count


def test_an_answer_that_ends_while_the_size_changes_erases_no_more_than_is_certain() -> None:
    played = Played(60, 12, level=sgr.PLAIN, rewraps=reflow.ALL).feed(["word " * 20])
    played.size = (30, 12)
    assert "\x1b[1A" in played.close()
    assert "\x1b[3A" not in played.output


def test_a_window_that_got_its_size_back_is_painted_anew() -> None:
    played = Played(60, 12, level=sgr.PLAIN).feed(["word " * 20])
    count = len(played.frames)
    played.stream.resize()
    played.now += 0.3
    played.stream.tick()
    assert shown("".join(played.frames[count:]), 60, 12) == [
        "word " * 11 + "word",
        "word " * 7 + "word",
    ]


@pytest.mark.parametrize("word", ["🚀", "✅", "⚠", "👩\u200d💻", "❤\ufe0f"])
def test_text_is_added_behind_an_emoji_without_a_jump(word: str) -> None:
    played = Played(level=sgr.PLAIN).feed([f"Go {word} an", "d on", " and on"])
    assert played.frames == [f"Go {word} an", "d on", " and on"]


def test_what_changes_behind_an_emoji_is_written_from_before_it() -> None:
    played = Played().feed(["Some words 🚀 and *emphasis", "*"])
    assert played.frames[1] == "\x1b[?2026h\x1b[11G\x1b[K 🚀 and \x1b[3memphasis\x1b[0m\x1b[?2026l"


def test_nothing_is_erased_from_the_first_column_of_the_first_row_on() -> None:
    """tmux would take it into its scrollback."""
    rng = random.Random(3)
    for seed in range(20):
        text, _ = documents.countable(random.Random(seed))
        played = Played(80, 24, interval=0.1)
        for chunk in documents.chunks(rng, text):
            if rng.random() < 0.1:
                played.size = (rng.choice((40, 60, 80)), 24)
            played.feed([chunk])
        played.close()
        assert not re.search(r"(?<!\x1b\[B)\x1b\[J", played.output)


def test_the_size_is_asked_for_even_if_no_signal_tells_of_it() -> None:
    played = Played(60, 12, level=sgr.PLAIN).feed(["word " * 20])
    played.size = (100, 12)
    played.feed(["more"])
    assert shown(played.close(), 100, 12) == ["word " * 19 + "word", "more"]


def test_an_error_of_the_terminal_comes_out_of_feed() -> None:
    played = Played()

    def broken(_: str) -> None:
        raise BrokenPipeError

    assert played.stream._painter is not None
    played.stream._painter._write = broken
    with pytest.raises(BrokenPipeError):
        played.feed(["text"])


@pytest.mark.parametrize("size", [1, 3, 7])
def test_tabs_of_code_leave_nothing_of_what_was_painted_before(size: int) -> None:
    text = (
        "- a word that is long\n- ```make\n  all:\tx\n  \tcc\t漢字\tx # 👩\u200d💻\tx\n  ```\n\n"
        "```make\nall:\n\tcc\t-o a\tb\n" + "\t\tx\ty\n" * 30 + "```\n"
    )
    chunks = [text[start : start + size] for start in range(0, len(text), size)]
    painted = Played(30, 8).feed(chunks).close()
    assert "\tcc\t-o a\tb\n" in re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", painted)
    for joining in (False, True):
        assert shown(painted, 30, 8, joining=joining) == shown(
            render(text, 30), 30, 8, joining=joining
        )


@pytest.mark.parametrize(
    ("before", "after"), [("", ""), ("> ", "> "), ("- item\n\n  ", "  "), ("text\n\n", "")]
)
@pytest.mark.parametrize(("columns", "rows"), [(60, 12), (30, 16), (100, 30)])
def test_the_header_of_a_tall_table_stays_on_the_screen(
    before: str, after: str, columns: int, rows: int
) -> None:
    lines = ["| number | what it is about |", "|---|---|"]
    lines += [f"| row {n} | {'some words ' * (3 if n % 9 == 0 else 1)}|" for n in range(45)]
    played = Played(columns, rows)
    for number, line in enumerate(lines):
        played.feed([(before if number == 0 else after) + line + "\n"])
        screen = shown(played.output, columns, rows)[-rows:]
        if number > 3:
            assert any("number" in row and "what it is" in row for row in screen), number
            assert any(f"row {number - 2}" in row for row in screen), number
    text = before + f"\n{after}".join(lines) + "\n"
    whole = render(text, columns)
    assert shown(played.close(), columns, rows) == shown(whole, columns, rows)


def test_a_tall_table_costs_little_although_its_header_stays() -> None:
    text = "| a | b |\n|---|---|\n" + documents.numbered("| {n} | some words of row {n} |\n", 80)
    output = Played(80, 24).feed(text.splitlines(keepends=True)).close()
    assert len(output) < 4 * len(text)
