"""Markdown as models write it: tasks, struck-out text, a little HTML, footnotes, links."""

from __future__ import annotations

import re

import pytest
from markdown.screens import Played

from synapse.markdown import render
from synapse.terminal import style as sgr


def plain(text: str, columns: int = 60, **options: bool) -> str:
    return render(text, columns, level=sgr.PLAIN, **options)


def linked(text: str, columns: int = 80) -> str:
    """`text` as a terminal shows it that takes links, these as {address|what is shown}."""
    output = render(text, columns, links=True)
    output = re.sub(r"\x1b\[[\d;]*m", "", output)
    return re.sub(r"\x1b\]8;;(.+?)\x1b\\(.*?)\x1b\]8;;\x1b\\", r"{\1|\2}", output)


def test_tasks_have_boxes() -> None:
    text = (
        "- [ ] one **b**\n- [x] two\n  - [X] three\n\n    more\n- four\n\n3. [ ] five\n4. [x] six"
    )
    assert plain(text) == ("☐ one b\n☑ two\n  ☑ three\n\n    more\n• four\n\n3. ☐ five\n4. ☑ six\n")
    assert plain(text, ascii_only=True) == (
        "[ ] one b\n[x] two\n    [x] three\n\n        more\n* four\n\n3. [ ] five\n4. [x] six\n"
    )
    assert plain(text, accessible=True).splitlines()[:2] == ["* to do: one b", "* done: two"]


@pytest.mark.parametrize(
    "text",
    ["- [x](http://e.example) y", "- [ x ] y", "- [y] z", "[ ] no item", "- a [ ] b", "- []"],
)
def test_what_is_no_task(text: str) -> None:
    assert "☐" not in plain(text)
    assert "☑" not in plain(text)


def test_struck_out_text_is_struck_out_where_terminals_can() -> None:
    assert render("a ~~b *c*~~ d", 80) == "a \x1b[9mb\x1b[0m \x1b[9;3mc\x1b[0m d\n"
    assert render("~~b~~ <del>c</del>", 80, strikes=False) == "~~b~~ ~~c~~\n"
    assert plain("~~b~~") == "~~b~~\n"


@pytest.mark.parametrize(
    ("text", "shown", "in_ascii"),
    [
        ("H<sub>2</sub>O", "H₂O", "H_2O"),
        ("x<sup>2</sup> + y<SUP>n+1</SUP>", "x² + yⁿ⁺¹", "x^2 + y^(n+1)"),
        ("10<sup>-9</sup>, 10<sup>−9</sup>", "10⁻⁹, 10⁻⁹", "10^(-9), 10^(−9)"),
        ("1<sup>st</sup>", "1ˢᵗ", "1^st"),
        ("V<sub>Q</sub> V<sub>in put</sub>", "V_Q V_(in put)", "V_Q V_(in put)"),
        ("a<sup>**b**</sup>", "a^(b)", "a^(b)"),
        ("<sup>[1]</sup>", "[1]", "[1]"),
        ("<kbd>Ctrl</kbd>+<kbd>C</kbd>", "[Ctrl]+[C]", "[Ctrl]+[C]"),
        ("<sub>open and </sup>", "<sub>open and </sup>", "<sub>open and </sup>"),
        ("`<sub>2</sub>`", "`<sub>2</sub>`", "`<sub>2</sub>`"),
        ("List<String> a <T>", "List<String> a <T>", "List<String> a <T>"),
    ],
)
def test_a_little_html_is_shown_as_what_it_means(text: str, shown: str, in_ascii: str) -> None:
    assert plain(text) == f"{shown}\n"
    assert plain(text, ascii_only=True) == f"{in_ascii}\n"


def test_tags_with_a_style_are_shown_by_it() -> None:
    assert render("<kbd>F1</kbd> <b>b</b> <em>e</em> <code>c</code> <s>s</s>", 80) == (
        "\x1b[1mF1 b\x1b[0m \x1b[3me\x1b[0m \x1b[36mc\x1b[0m \x1b[9ms\x1b[0m\n"
    )
    assert render("<b>x *y</b> z* *<b>a*</b>", 80).count("\x1b[0m") == 4  # they may overlap


def test_details_are_shown_open() -> None:
    text = (
        "before\n\n<details>\n<summary>More **on** it</summary>\n\nIn *it*\n\n- item\n\n"
        "</details>\n\nafter"
    )
    assert plain(text) == "before\n\n▾ More on it\n\nIn it\n\n• item\n\nafter\n"
    assert plain(text, ascii_only=True).splitlines()[2] == "v More on it"
    assert "Details: More on it\n\nIn it\n\n* item\n\nEnd of details.\n" in plain(
        text, accessible=True
    )
    short = "<details open><summary>S</summary>text *it* and\nmore</details>\n\nafter"
    assert plain(short) == "▾ S\ntext it and more\n\nafter\n"
    assert plain("<details>\n<summary>\n\nS\n\n</summary>\n\nx\n\n</details>") == "S\n\nx\n"
    assert plain("- a\n\n  <details>\n  <summary>S</summary>\n\n  x\n\n  </details>\n- b") == (
        "• a\n\n  ▾ S\n\n  x\n• b\n"
    )
    assert plain("<!-- c -->\n\n<div>x</div>") == "<!-- c -->\n\n<div>x</div>\n"


def test_footnotes_stand_where_they_are_written() -> None:
    text = (
        "A claim.[^1] Another[^20].\n\n[^1]: The *first*\n    goes on.\n[^20]: http://e.example/x\n\n"
        "    Its second paragraph.\n\n    - list\n\nafter"
    )
    assert plain(text) == (
        "A claim.[1] Another[20].\n\n[1] The first goes on.\n[20] http://e.example/x\n\n"
        "     Its second paragraph.\n\n     • list\n\nafter\n"
    )
    assert plain("> a[^1]\n>\n> [^1]: b") == "▌ a[1]\n▌ \n▌ [1] b\n"


@pytest.mark.parametrize("text", ["match [^a-z] here", "[^note] alone", "`[^1]`", "[^1](x y"])
def test_what_is_no_footnote(text: str) -> None:
    assert plain(text) == f"{text}\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[text](http://e.example/x)", "{http://e.example/x|text}"),
        ("<http://e.example>", "{http://e.example|http://e.example}"),
        ("[https://e.example](https://e.example/)", "{https://e.example/|https://e.example}"),
        ("[e.example](https://e.example)", "{https://e.example|e.example}"),
        ("<me@e.example>", "{mailto:me@e.example|me@e.example}"),
        ("[a **b** c](http://x.example)", "{http://x.example|a} {http://x.example|b}"
         " {http://x.example|c}"),
        ("![a](https://e.example/a.png)", "{https://e.example/a.png|[image: a]}"),
        ("[ü](https://e.example/ü;x)", "{https://e.example/%C3%BC;x|ü}"),
        ("[f](ftp://e.example)", "f (ftp://e.example)"),
        ("[f](../a.md)", "f (../a.md)"),
        ("[f](data:image/png;base64,x)", "f (data:image/png;base64,x)"),
        ("[javascript](javascript:x)", "[javascript](javascript:x)"),
        (
            "[https://bank.example](https://thief.example)",
            "{https://thief.example|https://bank.example} (https://thief.example)",
        ),
        ("[bank.com](https://t.example)", "{https://t.example|bank.com} (https://t.example)"),
    ],
)  # fmt: skip
def test_links_where_the_terminal_takes_them(text: str, shown: str) -> None:
    assert linked(text) == f"{shown}\n"


def test_a_link_that_is_wrapped_is_one_on_each_line() -> None:
    assert linked("[one two three](http://e.example)", 8) == (
        "{http://e.example|one two}\n{http://e.example|three}\n"
    )


def test_an_address_is_shown_once_where_the_terminal_takes_no_links() -> None:
    assert plain("[text](http://e.example/x)") == "text (http://e.example/x)\n"
    assert plain("[https://e.example](https://e.example/)") == "https://e.example\n"
    assert plain("[e.example/ä](https://e.example/ä)") == "e.example/ä\n"
    assert "\x1b]" not in render("[a](http://e.example)", 80)
    assert "\x1b]" not in render("[a](http://e.example)", 80, links=True, accessible=True)
    assert "\x1b" not in render("[a](http://e.example)", 80, links=True, level=sgr.PLAIN)


def test_an_address_too_long_for_terminals_is_shown() -> None:
    address = f"https://e.example/{'x' * 3_000}"
    shown = linked(f"[text]({address})", 5_000)
    assert shown == f"text ({address})\n"


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] a\n- [x] b\n\n<details>\n<summary>S</summary>\n\nx\n\n</details>\n\nend",
        "a[^1]\n\n[^1]: b\n\n    c\n\n[^2]: d\n[^3]: e\n\n- f",
        "~~a~~ <sub>1</sub> <kbd>b</kbd> [c](http://e.example) <br> d",
        "text\n</details>\n<br>\n\n<br>\n- x",
    ],
)
def test_streamed_by_characters_is_rendered_at_once(text: str) -> None:
    for options in ({}, {"links": True}, {"accessible": True}, {"ascii_only": True}):
        streamed = Played(mode="blocks", **options).feed(text).close()
        assert streamed == render(text, 80, **options)
