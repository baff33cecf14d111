"""What Markdown looks like on a terminal."""

from __future__ import annotations

import re

import pytest

from synapse.markdown import render
from synapse.terminal import style as sgr
from synapse.terminal.cells import width


def plain(text: str, columns: int = 40, **options: bool) -> str:
    return render(text, columns, level=sgr.PLAIN, **options)


def test_paragraphs_are_wrapped_at_words() -> None:
    assert plain("one two three\nfour five", 9) == "one two\nthree\nfour five\n"
    assert plain("one  \ntwo\\\nthree") == "one\ntwo\nthree\n"


def test_a_word_that_does_not_fit_is_cut() -> None:
    assert plain("a verylongword b", 6) == "a\nverylo\nngword\nb\n"


def test_ideographs_break_anywhere_but_before_closing_marks() -> None:
    assert plain("日本語、「引用」。", 8) == "日本語、\n「引\n用」。\n"
    assert plain("漢字かな and more", 6) == "漢字か\nな and\nmore\n"


def test_joined_emoji_are_not_cut_apart() -> None:
    assert plain("👩\u200d💻" * 3, 4) == "👩\u200d💻👩\u200d💻\n👩\u200d💻\n"


def test_inline_styles() -> None:
    assert render("**b** *i* `c` ***bi***", 80) == (
        "\x1b[1mb\x1b[0m \x1b[3mi\x1b[0m \x1b[36mc\x1b[0m \x1b[3;1mbi\x1b[0m\n"
    )


def test_without_colour_code_keeps_its_backticks_and_bold_its_weight() -> None:
    assert render("**b** ``a`b``", 80, level=sgr.ATTRIBUTES) == "\x1b[1mb\x1b[0m ``a`b``\n"
    assert plain("**b** ``a`b``") == "b ``a`b``\n"


def test_a_link_shows_where_it_leads() -> None:
    assert plain("[text](http://e.example/x)") == "text (http://e.example/x)\n"
    assert plain("<http://e.example>") == "http://e.example\n"
    assert plain("<me@e.example>") == "me@e.example\n"
    assert plain("[bad](javascript:x)") == "[bad](javascript:x)\n"
    assert plain("![alt *text*](u.png)") == "[image: alt *text*] (u.png)\n"


def test_what_has_no_style_is_shown_as_written() -> None:
    assert plain("~~gone~~ <b>x</b>") == "~~gone~~ <b>x</b>\n"
    assert plain("<div>\n  <p>\n</div>") == "<div>\n  <p>\n</div>\n"


def test_headings_keep_their_marks() -> None:
    assert plain("# One\n## Two\nThree\n---") == "# One\n\n## Two\n\n## Three\n"


def test_lists_are_numbered_on_and_indented_by_their_own_markers() -> None:
    assert plain("9. nine\n9. ten is longer\n", 10) == "9. nine\n10. ten is\n    longer\n"
    assert plain("- a\n  - b\n\n    c\n- d") == "• a\n  • b\n\n    c\n• d\n"
    assert plain("1) a\n-\n* b") == "1) a\n•\n• b\n"


def test_blank_lines_in_a_list_are_those_of_the_source() -> None:
    assert plain("text:\n- a\n- b\n\n- c\n\nend") == "text:\n• a\n• b\n\n• c\n\nend\n"


def test_quotes_have_a_bar() -> None:
    assert plain("> a\n> > b\n>\n> - c") == "▌ a\n▌ ▌ b\n▌ \n▌ • c\n"


def test_code_is_neither_wrapped_nor_indented() -> None:
    code = "x" * 90
    assert plain(f"a\n```py\n{code}\n\ty\n```\nb") == f"a\n\n```py\n{code}\n\ty\n```\n\nb\n"
    assert plain("    indented\n      code") == "indented\n  code\n"


CODE = {
    "here-document": "cat <<EOF\n  text\n\n\tEOF\nEOF\ncat <<-EOF\n\tx\n\tEOF",
    "makefile": "all: a\tb\n\tcc -o $@ $<\n\n\t\t@echo '\t'",
    "python": "def f():\n    if x:\n\treturn '漢\t字'",
    "wide": "x" * 200 + "\t" + "y" * 200,
}
LANGUAGES = ["", "sh", "make", "python", "json", "unknown"]


def _inside(before: str, code: str, prefix: str) -> str:
    """`code` in a fence behind `prefix`, after the line `before`."""
    return "\n".join([before, *(f"{prefix}{line}" for line in code.split("\n"))])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODE.values(), ids=CODE)
@pytest.mark.parametrize(
    ("before", "prefix"),
    [
        ("- item", "  "),
        ("12. item\n", "    "),
        ("- a\n  - b\n    1. c\n", "       "),
        ("> quote", "> "),
        ("> - a\n>   > b", ">   > "),
        ("1. > a\n   >", "   > "),
        ("text", ""),
    ],
)
def test_code_gives_itself_back_wherever_it_is(
    before: str, prefix: str, code: str, language: str
) -> None:
    text = _inside(before, f"```{language}\n{code}\n```", prefix)
    for level in (sgr.PLAIN, sgr.COLOR):
        for options in ({}, {"ascii_only": True}, {"accessible": True}):
            shown = re.sub(r"\x1b\[[\d;]*m", "", render(text, 40, level=level, **options))
            assert f"\n{code}\n" in shown
    fence = f"\n```{language}\n{code}\n```\n"
    assert fence in plain(text)


def test_a_code_block_that_begins_an_item_begins_a_line() -> None:
    assert plain("- ```sh\n  a\n  ```\n-     b\n       c\n- d") == (
        "•\n```sh\na\n```\n•\nb\n c\n• d\n"
    )
    assert plain("1. x\n\n       a\n       \tb") == "1. x\n\na\n\tb\n"


def test_columns_of_a_table_line_up() -> None:
    table = plain(
        "| a | 漢字 | c |\n|---|:---:|---:|\n| 1 | e\u0301 | 👩\u200d💻 |\n| long | 2 | three |"
    )
    assert table == (
        "a    │ 漢字 │     c\n─────┼──────┼──────\n"
        + "1    │  e\u0301   │    👩\u200d💻\nlong │  2   │ three\n"
    )


def test_wide_columns_share_the_room_and_narrow_ones_keep_theirs() -> None:
    words = f"{'some words ' * 9}| {'others ' * 9}"
    text = f"| id | text | more |\n|--|--|--|\n| 1 | {words}|\n"
    table = plain(text, 40).splitlines()
    assert all(width(line) <= 40 for line in table)
    assert table[0].startswith("id │ text")
    assert table[2].startswith("1  │ some words")


def _widths(table: str) -> list[int]:
    rule = next(line for line in table.splitlines() if set(line) <= set("─┼"))
    return [len(part.strip("─")) + part.count("─") for part in rule.split("┼")]


def test_a_table_has_the_whole_terminal_and_prose_its_width() -> None:
    row = f"| {'word ' * 20}| {'other ' * 20}|"
    text = f"| a | b |\n|--|--|\n{row}\n\n{'prose ' * 40}\n"
    shown = render(text, 100, level=sgr.PLAIN, screen=240).splitlines()
    assert len(shown[2]) > 200
    assert len(shown) == 3 + 1 + 3
    assert max(map(width, shown[4:])) <= 100
    for before in ("> ", "- "):
        nested = before + text.split("\n\n")[0].replace("\n", f"\n{before.replace('-', ' ')}")
        assert max(map(len, render(nested, 100, level=sgr.PLAIN, screen=240).splitlines())) > 200
    assert max(map(width, render(text, 100, level=sgr.PLAIN, screen=60).splitlines())) <= 100


@pytest.mark.parametrize("columns", [48, 60, 80, 120])
def test_no_word_is_cut_where_the_longest_words_fit(columns: int) -> None:
    long = "internationalisation", "synapse.markdown"
    text = f"| a | b | c |\n|--|--|--|\n| {long[0]} | {'x ' * 300}| {long[1]} |\n"
    table = plain(text, columns)
    assert long[0] in table
    assert long[1] in table
    assert all(width(line) <= columns for line in table.splitlines())


def test_what_is_left_is_shared_by_natural_width() -> None:
    text = f"| a | b |\n|--|--|\n| {'ab ' * 40}| {'ab ' * 120}|\n"
    first, second = _widths(plain(text, 83))
    assert first + second == 80 + 2  # with what the cross takes of the rule
    assert 2.5 < second / first < 3.5


def test_a_narrow_column_is_not_wrapped_for_the_sake_of_a_wide_one() -> None:
    text = f"| state | text |\n|--|--|\n| not yet done | {'some words ' * 30}|\n"
    assert "not yet done │ some words" in plain(text, 60)


def test_a_rule_stands_between_rows_of_several_lines() -> None:
    text = f"| a | b |\n|--|--|\n| 1 | {'word ' * 10}|\n| 2 | x |\n| 3 | y |\n"
    shown = plain(text, 34).splitlines()
    rule = shown[1]
    assert [line for line in shown if line == rule] == [rule] * 3
    assert shown[2:4] == ["1 │ word word word word word word", "  │ word word word word"]
    assert shown[4:] == [rule, "2 │ x", rule, "3 │ y"]
    assert plain(text, 80).splitlines().count(plain(text, 80).splitlines()[1]) == 1
    assert plain(text, 34, ascii_only=True).isascii()


def test_a_break_in_a_cell_begins_a_line() -> None:
    text = "| a | b |\n|--|--|\n| one<br>two<BR/>three | x |\n| `<br>` | <br /> |\n"
    shown = plain(text).splitlines()
    assert shown[2:5] == ["one    │ x", "two    │ ", "three  │ "]
    assert shown[6].startswith("`<br>`")
    assert "a: one\ntwo\nthree." in plain(text, accessible=True)
    assert plain("one<br>two<br/>\nthree") == "one\ntwo\nthree\n"


def test_a_table_that_does_not_fit_is_told_in_words() -> None:
    text = "| name | state | note |\n|--|--|--|\n| s1 | working | fine. |\n| s2 | broken | |\n"
    assert plain(text, 15) == (
        "name: s1.\nstate: working.\nnote: fine.\n\nname: s2.\nstate: broken.\nnote: .\n"
    )


def test_for_screen_readers_nothing_is_drawn() -> None:
    text = "- a\n\n> b\n\n| h |\n|---|\n| v |\n\n```py\nx\n```\n\n---\n"
    assert plain(text, accessible=True) == (
        "* a\n\n| b\n\nh: v.\n\nCode, py:\nx\nEnd of code.\n\n" + "-" * 40 + "\n"
    )


def test_ascii_marks() -> None:
    text = "- a\n\n> b\n\n| h | i |\n|---|---|\n| v | w |\n\n---\n"
    assert plain(text, ascii_only=True).isascii()


@pytest.mark.parametrize("columns", [1, 2, 5, 10, 20])
def test_nothing_is_lost_on_a_narrow_screen(columns: int) -> None:
    text = "Some *words* here\n\n- item one\n  - 漢字 inner\n\n> quoted\n\n1. x\n\n   para\n"
    shown = re.sub(r"[\s•▌]", "", plain(text, columns))
    assert shown == "Somewordshereitemone漢字innerquoted1.xpara"


def test_empty_text_renders_to_nothing() -> None:
    assert render("", 80) == ""
    assert render("\n\n", 80) == ""
